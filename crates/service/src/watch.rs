//! The view of a test as it is now, from before its first interval to after its end.

use std::sync::Arc;

use swarmgate_domain::{LiveView, Micros, RunId, Summarizer};

use crate::control::live_view;
use crate::error::ServiceError;
use crate::ports::Ports;
use crate::records;

/// A test as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// What is measured.
    pub view: LiveView,
    /// The newest revision of the report; 0: there is none yet.
    pub revision: u32,
}

/// A test as it is now: what was last merged, with the phase and the verdict of now. Before the first interval it holds no measurements.
///
/// # Errors
/// [`ServiceError`]: no such test, or the store failed.
pub async fn watch(ports: &Ports, run: &RunId) -> Result<Watched, ServiceError> {
    let plan = records::plan(ports, run).await?;
    let state = records::state(ports, &plan).await?;
    let merged = live_view(ports, run).await?;
    let view = merged.unwrap_or_else(|| {
        let nothing = Summarizer::new(Arc::new(plan), state.clone()).so_far(Micros::ZERO);
        LiveView::new(nothing.summary, nothing.intervals, state.phase, None)
    });
    let view = LiveView { phase: state.phase, started_at: state.start, verdict: state.verdict, ..view };
    Ok(Watched { view, revision: state.revision })
}
