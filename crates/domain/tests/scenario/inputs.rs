//! What scenarios of tests refer to.

use std::collections::BTreeMap;

use swarmgate_domain::{ReadScenario, ScenarioInputs, read_scenario};

/// Files, environment and `--set` of a test.
#[derive(Default)]
pub struct Inputs {
    pub files: BTreeMap<String, String>,
    pub environment: BTreeMap<String, String>,
    pub set: BTreeMap<String, String>,
}

impl Inputs {
    /// With three users in `users.csv`.
    pub fn with_users(count: usize) -> Self {
        let rows: String = (0..count).map(|n| format!("user{n},secret{n}\n")).collect();
        let files = [("users.csv".to_owned(), format!("name,password\n{rows}"))].into();
        Self { files, ..Self::default() }
    }
}

impl ScenarioInputs for Inputs {
    fn data_file(&self, path: &str) -> Result<Vec<u8>, String> {
        self.files.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| "no such file".to_owned())
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }

    fn set(&self) -> &BTreeMap<String, String> {
        &self.set
    }
}

/// Reads `text`, which must be a scenario.
#[track_caller]
pub fn read(text: &str, inputs: &Inputs) -> ReadScenario {
    read_scenario(text, "test.yaml", inputs).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// What a terminal shows for `text`, which must be no scenario.
#[track_caller]
pub fn mistakes(text: &str, inputs: &Inputs) -> String {
    match read_scenario(text, "test.yaml", inputs) {
        Ok(read) => panic!("this was taken:\n{text}\n{:#?}", read.scenario),
        Err(diagnostics) => diagnostics.render(false),
    }
}
