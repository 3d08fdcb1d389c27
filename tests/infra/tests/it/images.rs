//! The Dockerfile, as far as that can be told without building it: nothing here has a container runtime or hadolint.

use crate::tools::{infra, root};

fn lines() -> Vec<String> {
    let text = std::fs::read_to_string(infra("Dockerfile")).unwrap().replace("\\\n", " ");
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// A stage's name and its lines.
fn stages() -> Vec<(String, Vec<String>)> {
    let mut stages: Vec<(String, Vec<String>)> = Vec::new();
    for line in lines() {
        match line.strip_prefix("FROM ") {
            Some(from) => stages.push((from.rsplit_once(" AS ").unwrap().1.to_owned(), vec![line.clone()])),
            None => stages.last_mut().unwrap().1.push(line),
        }
    }
    stages
}

#[test]
fn images_are_one_binary_on_a_base_without_a_shell_and_no_root() {
    let stages = stages();
    for image in ["worker", "controller", "sample-workload"] {
        let lines = &stages.iter().find(|(name, _)| name == image).unwrap().1;
        assert_eq!(lines[0], format!("FROM gcr.io/distroless/static-debian12:nonroot AS {image}"));
        let copies: Vec<&String> = lines.iter().filter(|line| line.starts_with("COPY ")).collect();
        assert_eq!(copies.len(), 1, "{copies:?}");
        assert!(lines.contains(&"USER 65532:65532".to_owned()), "{image}: the charts run it as this user");
        assert!(!lines.iter().any(|line| line.starts_with("RUN ")), "{image} has no shell");
        let binary = copies[0].rsplit_once(' ').unwrap().1;
        assert!(lines.contains(&format!("ENTRYPOINT [\"{binary}\"]")), "{image}: {lines:?}");
    }
}

#[test]
fn every_stage_is_made_of_one_before_it_or_of_a_named_version() {
    let mut known: Vec<String> = Vec::new();
    for (name, lines) in stages() {
        let base = lines[0].split(' ').nth(1).unwrap().to_owned();
        let is_pinned = base.split_once(':').is_some_and(|(_, tag)| tag != "latest");
        assert!(is_pinned || known.contains(&base), "{name} is made of {base}");
        for line in &lines {
            if let Some(from) = line.strip_prefix("COPY --from=") {
                assert!(known.contains(&from.split(' ').next().unwrap().to_owned()), "{line}");
            }
        }
        known.push(name);
    }
}

#[test]
fn images_are_built_by_the_projects_compiler_from_packages_that_exist() {
    let toolchain = std::fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap().trim_matches('"');
    assert!(lines().contains(&format!("FROM rust:{channel}-alpine AS builder")), "rust-toolchain.toml says {channel}");
    for line in lines().iter().filter(|line| line.contains("cargo build")) {
        assert!(line.contains("--release --locked"), "{line}");
        let after = |flag: &str| line.split(flag).nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let (package, binary) = (after("--package "), after("--bin "));
        let folder = package.trim_start_matches("swarmgate-");
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("name = \"{package}\"")) && manifest.contains(&format!("name = \"{binary}\"")),
            "{line}"
        );
    }
}
