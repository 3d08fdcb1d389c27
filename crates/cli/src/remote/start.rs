//! Starting a test: the scenario is read here first, so that its mistakes are shown with their places.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use http::Method;
use serde_json::{Map, Value, json};
use swarmgate_domain::{ScenarioInputs, read_scenario};

use super::args::StartArgs;
use super::client::Client;
use super::view::RemoteAccepted;
use super::watch;
use crate::exit::{Exit, Failure};
use crate::input::{self, FolderInputs, read_text, render, variables};
use crate::locustfile;

pub(super) fn start(client: &Client, args: &StartArgs) -> Result<Exit, Failure> {
    let body = body(args)?;
    let accepted: RemoteAccepted = client.send_json(Method::POST, "/tests", Some(&body), args.key.as_deref())?;
    if args.watch {
        return watch::watch(client, accepted.id.as_str(), &args.output);
    }
    if args.output.json {
        crate::print_line(&json!({ "event": "started", "id": accepted.id }).to_string());
    } else {
        crate::print_line(accepted.id.as_str());
    }
    Ok(Exit::Pass)
}

fn body(args: &StartArgs) -> Result<Value, Failure> {
    let mut body = Map::new();
    let (load, scenario) = (&args.load, &args.scenario);
    let is_url = scenario.starts_with("http://") || scenario.starts_with("https://");
    if !is_url && locustfile::is_locustfile(scenario) {
        let source = locustfile::read(scenario)?;
        let (main, data) = source.texts().map_err(Failure::input)?;
        body.insert("scenario".to_owned(), main.into());
        body.insert("data".to_owned(), json!(data));
    } else if !is_url && Path::new(scenario).extension().is_some() {
        let (text, data) = read(scenario, &variables(&load.set)?)?;
        body.insert("scenario".to_owned(), text.into());
        body.insert("data".to_owned(), json!(data));
    } else {
        body.insert("scenario".to_owned(), scenario.as_str().into());
    }
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("target", load.target.as_deref().map(Value::from));
    put("users", load.users.map(Value::from));
    put("spawn_rate", load.spawn_rate.as_deref().map(rate));
    put("duration", load.duration.as_deref().map(Value::from));
    put("arrival_rate", load.arrival_rate.as_deref().map(rate));
    put("interval", load.interval.as_deref().map(Value::from));
    put("workers", args.workers.map(Value::from));
    put("thresholds", (!load.threshold.is_empty()).then(|| json!(load.threshold)));
    put("engine", args.engine.and_then(|engine| Some(engine.to_possible_value()?.get_name().into())));
    put("classes", (!args.classes.is_empty()).then(|| json!(args.classes)));
    put("tags", (!args.tags.is_empty()).then(|| json!(args.tags)));
    put("exclude_tags", (!args.exclude_tags.is_empty()).then(|| json!(args.exclude_tags)));
    put("pools", (!args.pool.is_empty()).then(|| json!(args.pool)));
    put("set", (!load.set.is_empty()).then(|| variables(&load.set).map(|set| json!(set))).transpose()?);
    Ok(Value::Object(body))
}

/// `10` is a number to the API, `10/s` a text.
fn rate(text: &str) -> Value {
    text.parse::<f64>().map_or_else(|_| text.into(), Value::from)
}

/// The text of a scenario file, and the content of the data files that it names.
fn read(path: &str, set: &BTreeMap<String, String>) -> Result<(String, BTreeMap<String, String>), Failure> {
    let text = read_text(Path::new(path))?;
    let inputs = Recording { inputs: FolderInputs::new(Path::new(path), set.clone()), files: RefCell::default() };
    read_scenario(&text, path, &inputs).map_err(|mistakes| Failure::rendered(render(&mistakes)))?;
    let mut data = BTreeMap::new();
    for (name, bytes) in inputs.files.into_inner() {
        let shown = name.clone();
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::input(format!("data file `{shown}`: it is no UTF-8 text")))?;
        data.insert(name.trim_start_matches("./").to_owned(), text);
    }
    Ok((text, data))
}

/// Remembers which files a scenario names.
struct Recording {
    inputs: input::FolderInputs,
    files: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl ScenarioInputs for Recording {
    fn data_file(&self, path: &str) -> Result<Vec<u8>, String> {
        let bytes = self.inputs.data_file(path)?;
        self.files.borrow_mut().insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.inputs.environment(name)
    }

    fn set(&self) -> &BTreeMap<String, String> {
        self.inputs.set()
    }
}
