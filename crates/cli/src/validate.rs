//! `swarmgate validate`: every mistake of a scenario at once.

use std::path::Path;

use serde_json::{Value, json};
use swarmgate_domain::{Diagnostics, Severity, read_scenario};

use crate::args::ValidateArgs;
use crate::exit::{Exit, Failure};
use crate::input::{FolderInputs, read_text, render, variables};

/// Reads a scenario and says what is wrong with it.
///
/// # Errors
/// [`Failure`] with every mistake.
pub fn validate(args: &ValidateArgs) -> Result<Exit, Failure> {
    let path = Path::new(&args.scenario);
    let text = read_text(path)?;
    let inputs = FolderInputs::new(path, variables(&args.set)?);
    let (exit, found, line) = match read_scenario(&text, &args.scenario, &inputs) {
        Ok(read) => {
            let scenario = &read.scenario;
            let line = format!(
                "{}: valid; {} kinds of users, {} names, {} thresholds, lasts {}",
                args.scenario,
                scenario.kinds.len(),
                scenario.names.len(),
                scenario.thresholds.len(),
                scenario.duration()
            );
            (Exit::Pass, read.warnings, Some(line))
        }
        Err(mistakes) => (Exit::BadInput, mistakes, None),
    };
    if args.json {
        crate::print_line(&format!("{:#}", as_json(&found)));
    } else {
        if !found.is_empty() {
            crate::print_error(&render(&found));
        }
        if let Some(line) = line {
            crate::print_line(&line);
        }
    }
    Ok(exit)
}

/// The mistakes as an array of objects.
fn as_json(found: &Diagnostics) -> Value {
    let object = |found: &swarmgate_domain::Diagnostic| {
        let wrong = &found.mistake.wrong;
        json!({
            "severity": match found.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "field": found.mistake.field,
            "value": found.mistake.value,
            "problem": wrong.problem,
            "allowed": wrong.allowed,
            "help": wrong.help,
            "line": found.at.line,
            "column": found.at.column,
        })
    };
    found.iter().map(object).collect()
}
