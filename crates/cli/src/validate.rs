//! `swarmgate validate`: every mistake of a scenario at once.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};
use swarmgate_domain::{Diagnostics, Severity, read_scenario};
use swarmgate_locust::Options;
use swarmgate_locust_process::Asked;
use swarmgate_python::Refusal;

use crate::args::{EngineChoice, ValidateArgs};
use crate::exit::{Exit, Failure};
use crate::input::{self, FolderInputs, read_text, render, variables};
use crate::locustfile::{self, Chosen};

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

/// Says everything in a locustfile that can't work here; where there is nothing, or a Locust can run it, whether it loads, and what would
/// run it.
fn validate_locustfile(args: &ValidateArgs) -> Result<Exit, Failure> {
    let source = locustfile::read(&args.scenario)?;
    let refusals = if args.engine.engine == EngineChoice::Locust { Vec::new() } else { locustfile::refusals(&source) };
    let clock = Rc::new(Cell::new(input::unix_nanos()));
    // Where requests go is said when it is run; a class without a host must not be a mistake here.
    let options = Options { host: Some("http://localhost".to_owned()), users: 1, ..Options::default() };
    let asked = Asked { users: 1, spawn_rate: 1.0, ..Asked::default() };
    let chosen = locustfile::choose(&args.scenario, &source, &options, &asked, &args.engine, &clock);
    let severity = if chosen.is_ok() { "warning" } else { "error" };
    if args.json {
        let object = |found: &Refusal| {
            let Refusal { file, line, column, construct, advice } = found;
            json!({ "severity": severity, "file": file, "line": line, "column": column, "problem": construct, "help": advice })
        };
        crate::print_line(&format!("{:#}", refusals.iter().map(object).collect::<Value>()));
        return match chosen {
            Err(_) if !refusals.is_empty() => Ok(Exit::BadInput),
            chosen => chosen.map(|_| Exit::Pass),
        };
    }
    let (classes, has_shape, engine): (Vec<_>, _, _) = match &chosen? {
        Chosen::Native(file, _) => {
            let classes = file.classes().iter().map(|class| class.name.clone()).collect();
            (classes, file.has_shape(), "native".to_owned())
        }
        Chosen::Locust(by) => {
            refusals.iter().for_each(|refusal| crate::print_error(&format!("warning: {refusal}")));
            let described = &by.described;
            let classes = described.classes.iter().map(|class| class.name.clone()).collect();
            (classes, described.shape.is_some(), by.label())
        }
    };
    let shape = if has_shape { ", a LoadTestShape" } else { "" };
    crate::print_line(&format!("{}: valid; users: {}{shape}; engine: {engine}", args.scenario, classes.join(", ")));
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
