//! How `serve` ends: gently at the first signal, at once at the second.

use std::time::Duration;

use swarmgate_api::Api;
use swarmgate_domain::{Ended, RunId};
use swarmgate_local::Pipeline;
use swarmgate_service::ports::Ports;
use swarmgate_service::{ServiceError, advance, end_active, status};

use crate::exit::{Exit, Failure};
use crate::signals::Interrupts;

/// How often tests that are stopping are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long stopping tests may take: the usual grace time of requests in flight, lost leases, the report.
const MOST_TIME: Duration = Duration::from_secs(90);

/// Serves until a signal comes, then stops every test and waits for the reports.
///
/// # Errors
/// [`Failure`]: the store failed, or a report took too long.
pub async fn serve_and_close(pipeline: &Pipeline, api: &Api, mut interrupts: Interrupts) -> Result<Exit, Failure> {
    wait_for_signal(pipeline, &mut interrupts).await;
    api.close();
    let ports = pipeline.ports();
    let stopping = end_active(ports, &Ended::Stopped).await?;
    if stopping.is_empty() {
        return Ok(Exit::Pass);
    }
    crate::print_error(&format!("stopping {}: the report comes first (again: end at once)", counted(&stopping)));
    tokio::select! {
        waited = tokio::time::timeout(MOST_TIME, wait_for_reports(ports, &stopping)) => match waited {
            Ok(reports) => Ok(reports.map(|()| Exit::Pass)?),
            Err(_elapsed) => Err(Failure::could_not_run(format!("stopping {}: it took too long", counted(&stopping)))
                .with_hint(Some(REPORTS_LATER.to_owned()))),
        },
        () = interrupts.next() => {
            crate::print_error(&format!("ended at once; {REPORTS_LATER}"));
            Ok(Exit::Inconclusive)
        }
    }
}

const REPORTS_LATER: &str = "`swarmgate serve` or `swarmgate report` on the same folder makes the reports";

/// Waits for a signal, and says meanwhile what fails in the pipeline and will not mend itself.
async fn wait_for_signal(pipeline: &Pipeline, interrupts: &mut Interrupts) {
    let mut failure = pipeline.failure();
    loop {
        tokio::select! {
            () = interrupts.next() => return,
            Ok(()) = failure.changed() => {
                let error = failure.borrow_and_update().clone();
                if let Some(error) = error {
                    crate::print_error(&Failure::from(error).to_string());
                }
            }
        }
    }
}

async fn wait_for_reports(ports: &Ports, stopping: &[RunId]) -> Result<(), ServiceError> {
    for run in stopping {
        advance(ports, run).await?;
    }
    for run in stopping {
        while !status(ports, run).await?.state.phase.is_over() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    Ok(())
}

fn counted(tests: &[RunId]) -> String {
    match tests {
        [only] => format!("test {only}"),
        more => format!("{} tests", more.len()),
    }
}
