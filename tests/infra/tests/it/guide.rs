//! The guide, followed as far as that goes without an account: what its commands name is there.

use serde_json::Value;

use crate::charts::{KUBERNETES, WORKERS, render};
use crate::reading::document;
use crate::tools::{infra, root, run, said, tools};

/// The commands of the guide, a line each.
fn commands() -> Vec<String> {
    let guide = std::fs::read_to_string(infra("README.md")).unwrap();
    let blocks = guide.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let joined: String = blocks.map(|block| block.replace("\\\n", " ")).collect();
    let lines = joined.lines().map(|line| line.trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// The words after an option, as far as the next one.
fn values_of<'c>(command: &'c str, option: &str) -> Vec<&'c str> {
    let after = command.split(option).skip(1);
    after.flat_map(|rest| rest.split_whitespace().take_while(|word| !word.starts_with("--"))).collect()
}

#[test]
fn every_file_that_is_named_is_there() {
    let mut seen = 0;
    for command in commands() {
        let words = command.split_whitespace().map(|word| word.trim_start_matches('@'));
        for path in
            words.filter(|word| ["infra/", "scenarios/", "crates/"].iter().any(|folder| word.starts_with(folder)))
        {
            assert!(root().join(path).exists(), "{command}: there is no {path}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn every_parameter_and_output_is_one_of_the_template() {
    let mut seen = 0;
    for command in commands() {
        let template = match command.split("--template-file ").nth(1) {
            Some(rest) => document(&root().join(rest.split_whitespace().next().unwrap())),
            None => document(&infra("template.yaml")),
        };
        for name in
            values_of(&command, "--parameter-overrides").iter().filter_map(|value| Some(value.split_once('=')?.0))
        {
            assert!(template["Parameters"].get(name).is_some(), "{command}: there is no parameter {name}");
            seen += 1;
        }
        let stack = document(&infra("template.yaml"));
        for name in command.split("$(stack ").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(stack["Outputs"].get(name).is_some(), "{command}: there is no output {name}");
            seen += 1;
        }
    }
    assert!(seen >= 9, "{seen}");
    // Every parameter of the pipeline without a default is given.
    let pipeline = document(&infra("pipeline.yaml"));
    let given = commands().into_iter().find(|command| command.contains("infra/pipeline.yaml")).unwrap();
    let needed = pipeline["Parameters"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, one): &(_, &Value)| one.get("Default").is_none());
    for (name, _) in needed {
        assert!(given.contains(&format!(" {name}=")), "{name} is not given");
    }
}

/// The file that the guide shows, with the chart that it is for.
fn takes_the_values_on_premises(tools: &std::path::Path) {
    let guide = std::fs::read_to_string(infra("README.md")).unwrap();
    let (_, rest) = guide.split_once("```yaml\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("on-premises.yaml");
    std::fs::write(&values, rest.split("```").next().unwrap()).unwrap();
    let arguments =
        ["template", "workers", "helm/workers", "--values", values.to_str().unwrap(), "--kube-version", KUBERNETES];
    let output = run(tools, "helm", &arguments);
    assert!(output.status.success(), "{}", said(&output));
    let text = said(&output);
    assert!(text.contains("name: workers-controller") && text.contains("elasticmq.queues"), "{text}");
}

#[test]
fn charts_take_the_values_that_are_set() {
    let Some(tools) = tools() else { return };
    let mut charts = 0;
    for command in commands()
        .iter()
        .filter(|command| command.starts_with("helm upgrade --install") && command.contains("infra/helm/"))
    {
        let words: Vec<&str> = command.split_whitespace().collect();
        let Some(chart) = words[4].strip_prefix("infra/helm/") else { continue };
        // What the shell would put in: something of the right kind.
        let set: Vec<String> = words
            .windows(2)
            .filter(|pair| pair[0] == "--set")
            .map(|pair| {
                let (name, value) = pair[1].split_once('=').unwrap();
                let value = match (name, value.contains('$')) {
                    ("queueUrl", _) => "https://queue",
                    (_, false) => value,
                    ("allowedTargets", true) => "{shop.example}",
                    _ => "something",
                };
                format!("{name}={value}")
            })
            .collect();
        let set: Vec<&str> = set.iter().map(String::as_str).collect();
        if command.contains("--values on-premises.yaml") {
            continue;
        }
        render(tools, chart, words[3], "default", &set).unwrap_or_else(|error| panic!("{command}: {error}"));
        charts += 1;
    }
    assert_eq!(charts, 2);
    takes_the_values_on_premises(tools);
    assert!(render(tools, "workers", "workers", "default", &[WORKERS]).is_ok());
}
