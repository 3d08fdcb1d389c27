//! The design's example and the ready scenarios.

use std::path::{Path, PathBuf};

use swarmgate_domain::{LoadModel, Micros, Scenario, read_scenario, scenario_schema};

use crate::inputs::{Inputs, read};

/// As it stands in the design.
const DESIGN: &str = r#"target: http://localhost:8080
load: { users: 100, spawn_rate: 1/s, duration: 5m }      # or stages: [...], or arrival_rate: 500/s, or several named loads
think_time: 1s..5s
flow:
  - GET /
  - POST /login: { json: {user: "${user.name}"}, check: {status: 200}, capture: {token: "json $.token"} }
data: { user: { file: users.csv, pick: unique } }          # unique rows over all workers
thresholds: [ "p95 < 300ms", "error_rate < 1%", "p99{name=/login} < 1s", "rps > 50" ]
"#;

#[test]
fn the_example_of_the_design_works_as_written() {
    let read = read(DESIGN, &Inputs::with_users(100));
    assert!(read.warnings.is_empty(), "{}", read.warnings);
    insta::assert_json_snapshot!(read.scenario);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_schema_is_the_one_of_the_types() {
    let path = root().join("schemas/scenario.schema.json");
    let schema = serde_json::to_string_pretty(&scenario_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == schema,
        "schemas/scenario.schema.json is not what the types say: run this test with UPDATE=1, and commit it"
    );
}
