//! Looking at tests, stopping them, changing their users, fetching their reports.

use std::fs;
use std::path::{Path, PathBuf};

use comfy_table::{ContentArrangement, Table, presets};
use http::Method;
use serde_json::{Value, json};
use swarmgate_domain::RunId;

use super::client::Client;
use super::view::{RemoteList, RemoteTest};
use crate::exit::{Exit, Failure};

/// The files of a report.
const REPORT_FILES: [&str; 7] =
    ["index.html", "summary.json", "junit.xml", "intervals.csv", "requests.csv", "failures.csv", "latency.hlog"];

/// The path of a test.
pub(super) fn test_path(id: &str) -> Result<String, Failure> {
    let id = RunId::new(id).map_err(|bad| Failure::input(format!("id `{id}`: {bad}")))?;
    Ok(format!("/tests/{id}"))
}

pub(super) fn list(client: &Client, limit: u32) -> Result<Exit, Failure> {
    let list: RemoteList = client.get(&format!("/tests?limit={limit}"))?;
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["id", "phase", "verdict", "name"]);
    for test in list.tests {
        let status: swarmgate_service::TestStatus = test.clone().into();
        let verdict = test.verdict.as_ref().map_or("", |verdict| verdict.word());
        table.add_row([status.id.as_str(), word(&test).as_str(), verdict, status.name.as_str()]);
    }
    crate::print_line(&table.to_string());
    Ok(Exit::Pass)
}

pub(super) fn show(client: &Client, id: &str) -> Result<Exit, Failure> {
    let test: Value = client.get(&test_path(id)?)?;
    crate::print_line(&format!("{test:#}"));
    Ok(Exit::Pass)
}

pub(super) fn stop(client: &Client, id: &str) -> Result<Exit, Failure> {
    let test: RemoteTest = client.send_json(Method::POST, &format!("{}/stop", test_path(id)?), None, None)?;
    crate::print_line(&format!("{} is {}, and is told to stop", test.id, word(&test)));
    Ok(Exit::Pass)
}

pub(super) fn users(client: &Client, id: &str, users: u32, spawn_rate: Option<&str>) -> Result<Exit, Failure> {
    let mut body = json!({ "users": users });
    if let Some(rate) = spawn_rate {
        body["spawn_rate"] = rate.parse::<f64>().map_or_else(|_| rate.into(), Value::from);
    }
    let change: Value = client.send_json(Method::PATCH, &test_path(id)?, Some(&body), None)?;
    crate::print_line(&format!("{change:#}"));
    Ok(Exit::Pass)
}

pub(super) fn report(client: &Client, id: &str, out: Option<&Path>) -> Result<Exit, Failure> {
    let path = test_path(id)?;
    let folder = out.map_or_else(|| PathBuf::from("reports").join(id), Path::to_owned);
    let cannot =
        |at: &Path, error: std::io::Error| Failure::could_not_run(format!("writing {}: {error}", at.display()));
    // Fetched first: without a report no folder is made.
    let files: Vec<_> = REPORT_FILES
        .iter()
        .map(|file| Ok((folder.join(file), client.fetch(&format!("{path}/report/{file}"))?)))
        .collect::<Result<_, Failure>>()?;
    fs::create_dir_all(&folder).map_err(|error| cannot(&folder, error))?;
    for (at, bytes) in files {
        fs::write(&at, bytes).map_err(|error| cannot(&at, error))?;
    }
    crate::print_line(&folder.join("index.html").display().to_string());
    Ok(Exit::Pass)
}

/// The phase as a word.
fn word(test: &RemoteTest) -> String {
    serde_json::to_value(test.phase).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
