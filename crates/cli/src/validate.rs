//! `swarmgate validate`: every mistake of a scenario at once.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};
use swarmgate_domain::{Diagnostics, Severity, read_scenario};
use swarmgate_locust::Options;
use swarmgate_python::Refusal;

use crate::args::ValidateArgs;
use crate::exit::{Exit, Failure};
use crate::input::{self, FolderInputs, read_text, render, variables};
use crate::locustfile;

/// Reads a scenario and says what is wrong with it.
///
/// # Errors
/// [`Failure`] with every mistake.
pub fn validate(args: &ValidateArgs) -> Result<Exit, Failure> {
    if locustfile::is_locustfile(&args.scenario) {
        return validate_locustfile(args);
    }
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

/// Says everything in a locustfile that can't work here; where there is nothing, whether it loads.
fn validate_locustfile(args: &ValidateArgs) -> Result<Exit, Failure> {
    let source = locustfile::read(&args.scenario)?;
    let refusals = locustfile::refusals(&source);
    if args.json {
        let object = |found: &Refusal| {
            let Refusal { file, line, column, construct, advice } = found;
            json!({ "severity": "error", "file": file, "line": line, "column": column, "problem": construct, "help": advice })
        };
        crate::print_line(&format!("{:#}", refusals.iter().map(object).collect::<Value>()));
    } else {
        refusals.iter().for_each(|refusal| crate::print_error(&format!("error: {refusal}")));
    }
    if !refusals.is_empty() {
        return Ok(Exit::BadInput);
    }
    let clock = Rc::new(Cell::new(input::unix_nanos()));
    // Where requests go is said when it is run; a class without a host must not be a mistake here.
    let options = Options { host: Some("http://localhost".to_owned()), users: 1, ..Options::default() };
    let file = locustfile::load_file(&source, &options, &clock)?;
    if !args.json {
        let classes: Vec<_> = file.classes().iter().map(|class| class.name.as_str()).collect();
        let shape = if file.has_shape() { ", a LoadTestShape" } else { "" };
        crate::print_line(&format!("{}: valid; users: {}{shape}", args.scenario, classes.join(", ")));
    }
    Ok(Exit::Pass)
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
