//! Making a report anew from what lies in a store, also of a test whose processes were killed.

use std::sync::Arc;

use swarmgate_domain::{Ended, Event, RunId, Summary};

use crate::advance::{advance, apply, shard_failure};
use crate::error::ServiceError;
use crate::ports::Ports;
use crate::publish::rewrite;
use crate::records;

/// Ends a test that nobody runs any more, and writes its report of everything that was uploaded.
///
/// Only for stores that no other process works on: a worker that is still at work would make a later revision.
///
/// # Errors
/// [`ServiceError`]: no such test, or its objects can't be read or written.
pub async fn rebuild(ports: &Ports, run: &RunId) -> Result<Summary, ServiceError> {
    let plan = Arc::new(records::plan(ports, run).await?);
    if let Some(reason) = shard_failure(ports, &plan).await? {
        // Nobody had come to see it before all was killed.
        apply(ports, &plan, &Event::EndAsked { why: Ended::Failed { reason } }).await?;
    }
    apply(ports, &plan, &Event::AllOver).await?;
    let state = advance(ports, run).await?;
    Ok(rewrite(ports, &plan, &state).await?.summary)
}
