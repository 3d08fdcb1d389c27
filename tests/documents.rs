//! What the documents show works: each scenario in them is read, each command in them is known.

use std::path::{Path, PathBuf};

use crate::support::Place;

fn document(name: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (path, text)
}

/// The code blocks of a language, in order.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    text.split(opening.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn every_scenario_in_the_documents_is_valid() {
    let place = Place::new();
    place.write("users.csv", &format!("name,password\n{}", "ann,x\n".repeat(200)));
    let mut count = 0;
    for name in ["README.md", "docs/scenarios.md", "docs/locustfiles.md"] {
        for (number, block) in blocks(&document(name).1, "yaml").into_iter().enumerate() {
            place.write("scenario.yaml", block);
            let ran = place.run(&["validate", "scenario.yaml"]);
            assert_eq!(ran.code, 0, "{name}, block {}: {}", number + 1, ran.stderr);
            count += 1;
        }
    }
    assert!(count >= 9, "only {count} scenarios were found: is the search for them right?");
}

#[test]
fn every_command_in_the_documents_is_known() {
    let place = Place::new();
    let mut count = 0;
    for name in ["README.md", "docs/scenarios.md", "docs/locustfiles.md"] {
        let text = document(name).1;
        for line in blocks(&text, "sh").join("\n").lines().filter(|line| line.starts_with("swarmgate ")) {
            let command = line.split(['#', '>', '|']).next().unwrap_or_default();
            let command = if line.contains('\'') { line } else { command };
            let words = shell_words(command);
            // With `--help` at the end nothing is run, but what stands before it must be known.
            let args: Vec<_> = words.iter().skip(1).map(String::as_str).chain(["--help"]).collect();
            let ran = place.run(&args);
            assert_eq!(ran.code, 0, "{name}: `{line}`: {}", ran.stderr);
            count += 1;
        }
    }
    assert!(count >= 5, "only {count} commands were found: is the search for them right?");
}

/// Words as a shell splits them, as far as single quotes go.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (part, text) in line.split('\'').enumerate() {
        let last = words.len() - 1;
        if part % 2 == 1 {
            words[last].push_str(text);
            continue;
        }
        let mut pieces = text.split(' ');
        words[last].push_str(pieces.next().unwrap_or_default());
        words.extend(pieces.map(str::to_owned));
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    for name in ["README.md", "ARCHITECTURE.md", "docs/scenarios.md", "docs/locustfiles.md", "CHANGELOG.md"] {
        let (path, text) = document(name);
        let folder = path.parent().expect("a document lies in a folder");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !link.starts_with("http") && !link.starts_with('#') {
                let file = link.split('#').next().unwrap_or_default();
                assert!(folder.join(file).exists(), "{name} links to {link}, which is not there");
            }
        }
    }
}
