//! What happens when an object appears: the store says which keys were written, at least once, in any order.

use std::collections::{BTreeMap, BTreeSet};

use swarmgate_domain::{Group, Interval, Key, Phase, RunId, RunState, key};
use tracing::{info, warn};

use crate::advance::advance;
use crate::error::ServiceError;
use crate::live::{self, LiveMemory};
use crate::merge::merge_groups;
use crate::ports::Ports;
use crate::records;

/// Brings everything up to date with the objects under `keys`. Repeatable; a key may be named twice, late, or not at all.
///
/// # Errors
/// [`ServiceError`], the first; the rest was still tried.
pub async fn objects_created(ports: &Ports, memory: &LiveMemory, keys: &[Key]) -> Result<(), ServiceError> {
    // Each test and interval once, however many of its chunks are named.
    let mut runs: BTreeMap<RunId, News> = BTreeMap::new();
    for (run, meaning) in keys.iter().filter_map(key::meaning) {
        let news = runs.entry(run).or_default();
        match meaning {
            key::Meaning::Chunk(id) => _ = news.chunks.insert((id.interval, Group::of(id.shard))),
            _ => news.moves = Moves::Yes,
        }
    }
    let mut first_error = Ok(());
    for (run, news) in runs {
        if let Err(error) = bring_up(ports, memory, &run, &news).await {
            first_error = first_error.and(Err(error));
        }
    }
    first_error
}

/// What is new of a test.
#[derive(Default)]
struct News {
    /// Where chunks came.
    chunks: BTreeSet<(Interval, Group)>,
    /// Whether there is news that may move the test on: a worker that is ready, a shard that is over.
    moves: Moves,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Moves {
    Yes,
    #[default]
    No,
}

async fn bring_up(ports: &Ports, memory: &LiveMemory, run: &RunId, news: &News) -> Result<(), ServiceError> {
    merge_groups(ports, run, from_anywhere(ports, &news.chunks)).await?;
    let state = match moved_on(ports, run, news.moves).await {
        // Someone removed the test, or these objects never were of one: the message would come again for ever.
        Err(ServiceError::NoSuchRun { .. }) => {
            warn!(%run, "objects of a test that is not there, they are left alone");
            return Ok(());
        }
        state => state?,
    };
    if !news.chunks.is_empty() || state.phase.is_over() {
        live::refresh(ports, memory, run).await?;
    }
    if state.phase.is_over() {
        info!(%run, phase = ?state.phase, revision = state.revision, "the test is over");
        memory.forget(run);
    }
    Ok(())
}

/// Functions that are told of the same intervals at once begin at different groups, so that they seldom write the same object; who comes
/// second finds it done.
fn from_anywhere(ports: &Ports, groups: &BTreeSet<(Interval, Group)>) -> Vec<(Interval, Group)> {
    let mut groups: Vec<_> = groups.iter().copied().collect();
    let first = ports.random.draw().checked_rem(groups.len() as u64).unwrap_or(0);
    groups.rotate_left(usize::try_from(first).unwrap_or(0));
    groups
}

/// The test's state, after what may be done now was done. A chunk alone moves a test on only when it came late: then the report is made anew.
/// In a test of 10,000 workers nearly all news is of that kind, and moving on lists what all of them have done.
async fn moved_on(ports: &Ports, run: &RunId, moves: Moves) -> Result<RunState, ServiceError> {
    if moves == Moves::No {
        let plan = records::plan(ports, run).await?;
        let state = records::state(ports, &plan).await?;
        if state.phase < Phase::Merging {
            return Ok(state);
        }
    }
    advance(ports, run).await
}
