//! From the text of a scenario file to the valid [`Scenario`]: what one part of the file says about another is checked here.
mod build;
mod data;
mod flow;
mod inputs;
mod json;
mod kinds;
mod load;
mod names;
mod request;
mod scope;
mod settings;
mod text;
mod thresholds;

pub(crate) use data::unique_rows;
pub use inputs::{DataRows, ReadScenario, ScenarioInputs};
pub(crate) use load::{default_max_users, ramp};
pub(crate) use request::parse_target;
pub(crate) use thresholds::unknown_filter;

use super::file::{Context, Decode, ScenarioFile};
use super::mistake::{Diagnostic, Diagnostics, FieldMistake, Severity};
use super::yaml;

/// Reads the scenario in `text`, a YAML (or JSON) file that `origin` names in messages and, without a `name` in it, in the report.
///
/// # Errors
/// All mistakes of the file at once, each with its place; and with them the warnings.
pub fn read_scenario(text: &str, origin: &str, inputs: &dyn ScenarioInputs) -> Result<ReadScenario, Diagnostics> {
    let root = yaml::parse(text).map_err(|no_tree| {
        let mistake = FieldMistake { field: "file".to_owned(), value: None, wrong: no_tree.wrong };
        Diagnostics::new(vec![Diagnostic::new(Severity::Error, mistake, no_tree.span)], origin, text)
    })?;
    let mut ctx = Context::default();
    let file = ScenarioFile::decode(&root, &mut ctx);
    let (built, found) = match file {
        Some(file) => build::build(&file, root.span, ctx, text, origin, inputs),
        None => (None, ctx.found),
    };
    let diagnostics = Diagnostics::new(found, origin, text);
    match built {
        Some((scenario, data)) if !diagnostics.has_errors() => {
            Ok(ReadScenario { scenario, data, warnings: diagnostics })
        }
        _ => Err(diagnostics),
    }
}
