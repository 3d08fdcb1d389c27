//! A gate: a pipeline stage that asks again and again until a test has its verdict.
//!
//! The stage can't tell us that it was stopped: it just asks no more. So each time that it asks leaves a mark, and a running test whose
//! mark is too old is stopped by [`crate::sweep()`].

use serde::{Deserialize, Serialize};
use swarmgate_domain::{Ended, Event, Micros, Phase, RunId, RunState, Summary, key};

use crate::advance::{advance, apply};
use crate::error::ServiceError;
use crate::ports::Ports;
use crate::records::{self, change, read};

/// That a stage waits. Its age, by the store's clock, says when it asked last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    /// The stage's job.
    job: String,
    /// Counts up, so that each time is a new version of the object.
    asked: u64,
}

/// What there is to tell a stage.
#[derive(Clone, Debug)]
pub enum GateView {
    /// Not over.
    Running {
        /// Where it stands.
        phase: Phase,
        /// How much of the load is over: 0 to 100.
        percent: u8,
    },
    /// Over, with a verdict.
    Over(Box<Summary>),
}

/// Says how the test stands that the stage of `job` waits for, and remembers that it asked.
///
/// # Errors
/// [`ServiceError`]: no such test, or the store failed. Ask again.
pub async fn gate(ports: &Ports, run: &RunId, job: &str) -> Result<GateView, ServiceError> {
    let state = advance(ports, run).await?;
    if !state.phase.is_over() {
        change::<Waiting>(&*ports.store, &key::gate(run), |found| {
            Some(Waiting { job: job.to_owned(), asked: found.map_or(0, |found| found.asked) + 1 })
        })
        .await?;
        let plan = records::plan(ports, run).await?;
        let percent = percent(ports.clock.now(), &state, state.duration(plan.duration()));
        return Ok(GateView::Running { phase: state.phase, percent });
    }
    let key = key::report(run, "summary.json");
    match read::<Summary>(&*ports.store, &key).await? {
        Some(summary) => Ok(GateView::Over(Box::new(summary.value))),
        None => {
            Err(ServiceError::Unreadable { key, reason: "the report of a test that is over is missing".to_owned() })
        }
    }
}

/// How much of a load of this length is over.
fn percent(now: Micros, state: &RunState, duration: Micros) -> u8 {
    let done = state.start.map_or(0, |start| now.saturating_since(start).0).saturating_mul(100);
    u8::try_from(done.checked_div(duration.0).unwrap_or(0).min(99)).unwrap_or(99)
}

/// Ends a test whose stage asks no more.
pub(crate) async fn stop_if_abandoned(ports: &Ports, run: &RunId) -> Result<(), ServiceError> {
    let Some(mark) = read::<Waiting>(&*ports.store, &key::gate(run)).await? else { return Ok(()) };
    if mark.object.store_time.shown > mark.object.modified + ports.settings.gate_patience {
        tracing::warn!(%run, job = mark.value.job, "its pipeline stage asks no more, the test is stopped");
        let plan = records::plan(ports, run).await?;
        apply(ports, &plan, &Event::EndAsked { why: Ended::Stopped }).await?;
        advance(ports, run).await?;
    }
    Ok(())
}
