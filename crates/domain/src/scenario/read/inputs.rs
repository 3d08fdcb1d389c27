//! What reading a scenario needs from outside, and what it gives.

use std::collections::BTreeMap;

use crate::scenario::mistake::Diagnostics;
use crate::scenario::model::Scenario;

/// What a scenario file refers to.
pub trait ScenarioInputs {
    /// The content of the data file at `path`, as written in the scenario: relative to where the scenario is.
    ///
    /// # Errors
    /// Why there is none, to be shown after the path: `no such file`.
    fn data_file(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The value of an environment variable, if it is set.
    fn environment(&self, name: &str) -> Option<String>;

    /// Texts for variables in place of those in the file (`--set name=text`).
    fn set(&self) -> &BTreeMap<String, String>;
}

/// A scenario with what lies beside it.
#[derive(Clone, Debug)]
pub struct ReadScenario {
    /// What users do.
    pub scenario: Scenario,
    /// The rows of [`Scenario::data`], in the same order. They travel apart from the plan.
    pub data: Vec<DataRows>,
    /// What may not do what was meant. Holds no errors.
    pub warnings: Diagnostics,
}

/// The rows of one data source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRows {
    /// As [`super::super::DataSource::name`].
    pub name: String,
    /// As [`super::super::DataSource::columns`].
    pub columns: Vec<String>,
    /// One value per column in each; at least one row.
    pub rows: Vec<Vec<String>>,
}
