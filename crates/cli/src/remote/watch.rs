//! Watching a test until it is over.

use std::time::Duration;

use serde_json::json;
use swarmgate_domain::{LiveView, Summary};
use swarmgate_service::TestStatus;
use swarmgate_service::ports::Clock;

use super::args::OutputArgs;
use super::client::Client;
use super::commands::test_path;
use super::view::RemoteTest;
use crate::exit::{Exit, Failure};
use crate::progress::{Progress, Shown};
use crate::{run, table};

/// How often the API is asked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// So many questions in a row may fail: a function that starts anew, a network that is away for a moment.
const MOST_FAILURES: u32 = 10;

pub(super) fn watch(client: &Client, id: &str, output: &OutputArgs) -> Result<Exit, Failure> {
    let path = test_path(id)?;
    let mut progress = Progress::new(match output {
        OutputArgs { quiet: true, .. } => Shown::Nothing,
        OutputArgs { json: true, .. } => Shown::Json,
        _ => Shown::ForPeople,
    });
    let mut failures = 0;
    loop {
        match look(client, &path) {
            Ok((test, view)) => {
                failures = 0;
                progress.show(&test, view.as_ref(), swarmgate_local::SystemClock.now());
                if test.state.phase.is_over() {
                    break;
                }
            }
            Err(failure) if failure.exit == Exit::CouldNotRun && failures < MOST_FAILURES => failures += 1,
            Err(failure) => return Err(failure),
        }
        std::thread::sleep(LOOK_EVERY);
    }
    progress.finish();
    let summary: Summary = client.get(&format!("{path}/report/summary.json"))?;
    let report = client.address(&format!("{path}/report"));
    if output.json {
        crate::print_line(&json!({ "event": "summary", "report": report, "summary": summary }).to_string());
    } else {
        table::print(&summary, output.quiet);
        crate::print_line(&report);
    }
    Ok(run::exit_of(&summary))
}

fn look(client: &Client, path: &str) -> Result<(TestStatus, Option<LiveView>), Failure> {
    let test: RemoteTest = client.get(path)?;
    // Before the first interval there is a view of nothing.
    let view: Option<LiveView> = test
        .phase
        .is_over()
        .then_some(())
        .map_or_else(|| client.get(&format!("{path}/live")).map(Some), |()| Ok(None))?;
    Ok((test.into(), view))
}
