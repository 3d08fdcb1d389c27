//! Scenarios: from a file as typed to what users do.
//!
//! Text becomes a tree with places (`yaml`), the tree becomes the file as typed (`file`), and that the valid [`Scenario`] (`read`).
//! What is wrong is collected on the way (`mistake`), so that all mistakes of a file are shown at once.
#[cfg(test)]
mod agreement;
mod file;
mod from_url;
mod mistake;
mod model;
mod overrides;
mod read;
mod script;
mod template;
mod walk;
mod yaml;

pub use file::scenario_schema;
pub use mistake::{Diagnostic, Diagnostics, FieldMistake, Position, Severity};
pub use model::*;
pub use overrides::Overrides;
pub use read::{DataRows, ReadScenario, ScenarioInputs, read_scenario};
pub use script::{Script, ScriptAnswer, ScriptEngine, ScriptFile, ScriptOutcome};
pub use template::{Part, Template};
pub(crate) use walk::requests_of;
