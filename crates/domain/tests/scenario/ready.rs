//! The design's example and the ready scenarios.

use std::path::{Path, PathBuf};

use swarmgate_domain::{LoadModel, Overrides, Scenario, ScenarioInputs, read_scenario, scenario_schema};

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

/// Files beside the scenario, and an empty environment.
struct Beside(PathBuf, Inputs);

impl ScenarioInputs for Beside {
    fn data_file(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.0.join(path)).map_err(|error| error.to_string())
    }
    fn environment(&self, name: &str) -> Option<String> {
        self.1.environment(name)
    }
    fn set(&self) -> &std::collections::BTreeMap<String, String> {
        self.1.set()
    }
}

fn ready(name: &str) -> Scenario {
    let path = root().join("scenarios").join(name);
    let text = std::fs::read_to_string(&path).expect("ready scenarios are texts");
    let read = read_scenario(&text, name, &Beside(root().join("scenarios"), Inputs::default()));
    let read = read.unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    assert!(read.warnings.is_empty(), "{}", read.warnings);
    read.scenario
}

#[test]
fn every_ready_scenario_can_be_run() {
    let mut names = Vec::new();
    for file in std::fs::read_dir(root().join("scenarios")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".yaml") {
            ready(&name).with_overrides(&Overrides::default()).unwrap();
            names.push(name);
        }
    }
    names.sort();
    let wanted = [
        "demo",
        "login-browse-buy",
        "open-model",
        "soak",
        "spike",
        "walkthrough-case-1",
        "walkthrough-case-2",
        "walkthrough-case-3",
    ];
    assert_eq!(names, wanted.map(|name| format!("{name}.yaml")));
}

#[test]
fn the_cases_of_the_walkthrough_have_its_users() {
    for (case, users, seconds) in [(1, 100, 100), (2, 1_000, 100), (3, 1_000_000, 10_000)] {
        let scenario = ready(&format!("walkthrough-case-{case}.yaml"));
        let LoadModel::Closed(curve) = &scenario.loads[0].model else { panic!("case {case} has arrivals") };
        assert_eq!(curve.peak(), users);
        let full = curve.points().iter().find(|point| point.value == f64::from(users)).unwrap();
        assert_eq!(full.at.as_secs_f64(), f64::from(seconds), "case {case}");
        assert!(scenario.http.headers[0].1.as_constant().unwrap().contains("Chrome/76.0.3809.100"));
    }
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
