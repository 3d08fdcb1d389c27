//! What happens when an object appears: the store says which keys were written, at least once, in any order.

use std::collections::{BTreeMap, BTreeSet};

use swarmgate_domain::{Group, Key, RunId, key};
use tracing::{info, warn};

use crate::advance::advance;
use crate::error::ServiceError;
use crate::live::{self, LiveMemory};
use crate::merge::merge;
use crate::ports::Ports;

/// Brings everything up to date with the objects under `keys`. Repeatable; a key may be named twice, late, or not at all.
///
/// # Errors
/// [`ServiceError`], the first; the rest was still tried.
pub async fn objects_created(ports: &Ports, memory: &LiveMemory, keys: &[Key]) -> Result<(), ServiceError> {
    // Each test and interval once, however many of its chunks are named.
    let mut runs: BTreeMap<RunId, BTreeSet<_>> = BTreeMap::new();
    for (run, meaning) in keys.iter().filter_map(key::meaning) {
        let chunks = runs.entry(run).or_default();
        if let key::Meaning::Chunk(id) = meaning {
            chunks.insert((id.interval, Group::of(id.shard)));
        }
    }
    let mut first_error = Ok(());
    for (run, chunks) in runs {
        if let Err(error) = bring_up(ports, memory, &run, &chunks).await {
            first_error = first_error.and(Err(error));
        }
    }
    first_error
}

async fn bring_up(
    ports: &Ports,
    memory: &LiveMemory,
    run: &RunId,
    chunks: &BTreeSet<(swarmgate_domain::Interval, Group)>,
) -> Result<(), ServiceError> {
    for (interval, group) in chunks {
        merge(ports, run, *interval, *group).await?;
    }
    let state = match advance(ports, run).await {
        // Someone removed the test, or these objects never were of one: the message would come again for ever.
        Err(ServiceError::NoSuchRun { .. }) => {
            warn!(%run, "objects of a test that is not there, they are left alone");
            return Ok(());
        }
        state => state?,
    };
    if !chunks.is_empty() || state.phase.is_over() {
        live::refresh(ports, memory, run).await?;
    }
    if state.phase.is_over() {
        info!(%run, phase = ?state.phase, revision = state.revision, "the test is over");
        memory.forget(run);
    }
    Ok(())
}
