//! Tests whose workers are gone for good: those of an earlier process on the same folder, and those of a process that ends.

use swarmgate_domain::{Ended, Event, RunId};
use tracing::warn;

use crate::advance::apply;
use crate::error::ServiceError;
use crate::fleet::active_runs;
use crate::ports::Ports;
use crate::records;

/// Ends every test that is not over, saying why. Each gets its report when its leases are over, by [`crate::sweep()`]. Gives these tests.
///
/// # Errors
/// [`ServiceError`], the first; the other tests were still ended.
pub async fn end_active(ports: &Ports, why: &Ended) -> Result<Vec<RunId>, ServiceError> {
    let mut ended = Vec::new();
    let mut first_error = Ok(());
    for run in active_runs(ports).await? {
        match end(ports, &run, why).await {
            Ok(Found::Active) => ended.push(run),
            Ok(Found::Over) | Err(ServiceError::NoSuchRun { .. }) => {}
            Err(error) => {
                warn!(%run, %error, "a test could not be ended");
                first_error = first_error.and(Err(error));
            }
        }
    }
    first_error.map(|()| ended)
}

enum Found {
    Active,
    Over,
}

async fn end(ports: &Ports, run: &RunId, why: &Ended) -> Result<Found, ServiceError> {
    let plan = records::plan(ports, run).await?;
    let state = apply(ports, &plan, &Event::EndAsked { why: why.clone() }).await?;
    Ok(if state.phase.is_over() { Found::Over } else { Found::Active })
}
