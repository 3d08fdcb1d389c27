//! What happens when an object appears: the store says which keys were written, at least once, in any order.

use std::collections::{BTreeMap, BTreeSet};

use swarmgate_domain::{Group, Interval, Key, Phase, Plan, RunId, RunState, ShardId, key};
use tracing::{info, warn};

use crate::advance::advance;
use crate::error::ServiceError;
use crate::live::{self, LiveMemory};
use crate::merge::{Least, Place, merge_groups};
use crate::merged;
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
    chunks: BTreeSet<Place>,
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
    let plan = match records::plan(ports, run).await {
        Ok(plan) => plan,
        // Someone removed the test, or these objects never were of one: the message would come again for ever.
        Err(ServiceError::NoSuchRun { .. }) => {
            warn!(%run, "objects of a test that is not there, they are left alone");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let state = records::state(ports, &plan).await?;
    let mut due = due_now(ports, &plan, &state, &news.chunks);
    due.extend(stragglers(ports, &plan, &news.chunks).await?.into_iter().map(|place| (place, Least::ANY)));
    merge_groups(ports, run, from_anywhere(ports, due)).await?;
    // A chunk alone moves a test on only when it came late: then the report is made anew. In a test of 10,000 workers nearly all news is of
    // that kind, and moving on lists what all of them have done.
    let state = match news.moves {
        Moves::No if state.phase < Phase::Merging => state,
        _ => advance(ports, run).await?,
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

/// Which of the named groups are to be merged, and from when on.
///
/// In a test of many groups chunks of one interval come by the thousand, and each batch of messages names nearly every group: merged each
/// time, a group would be read and written a dozen times for a few chunks each. So it waits for the last of its chunks, whose message finds
/// them all; but not for those that are late by more than an interval.
fn due_now(ports: &Ports, plan: &Plan, state: &RunState, named: &BTreeSet<Place>) -> Vec<(Place, Least)> {
    let now = state.start.map(|start| ports.clock.now().saturating_since(start));
    let least = |(interval, group): Place| {
        let is_late = now.is_none_or(|now| now > interval.end(plan.interval) + plan.interval);
        if !has_many_groups(plan) || is_late || state.phase >= Phase::Merging {
            Least::ANY
        } else {
            group_size(plan, group)
        }
    };
    named.iter().map(|place| (*place, least(*place))).collect()
}

/// Groups two intervals before those named that nobody has merged: they wait for a shard whose worker is lost.
async fn stragglers(ports: &Ports, plan: &Plan, named: &BTreeSet<Place>) -> Result<Vec<Place>, ServiceError> {
    let mut places = Vec::new();
    if !has_many_groups(plan) {
        return Ok(places);
    }
    let intervals: BTreeSet<u32> = named.iter().filter_map(|(interval, _)| interval.0.checked_sub(2)).collect();
    for interval in intervals.into_iter().map(Interval) {
        let merged = merged::groups_of(ports, &plan.id, interval).await?;
        let groups = (0..=Group::of(ShardId(plan.shards().saturating_sub(1))).0).map(Group);
        places.extend(groups.filter(|group| !merged.contains(group)).map(|group| (interval, group)));
    }
    Ok(places)
}

fn has_many_groups(plan: &Plan) -> bool {
    plan.shards() > key::GROUP_SHARDS
}

fn group_size(plan: &Plan, group: Group) -> Least {
    let rest = plan.shards().saturating_sub(group.0.saturating_mul(key::GROUP_SHARDS));
    Least(usize::try_from(rest.min(key::GROUP_SHARDS)).unwrap_or(usize::MAX))
}

/// Functions that are told of the same intervals at once begin at different groups, so that they seldom write the same object; who comes
/// second finds it done.
fn from_anywhere<T>(ports: &Ports, mut groups: Vec<T>) -> Vec<T> {
    let first = ports.random.draw().checked_rem(groups.len() as u64).unwrap_or(0);
    groups.rotate_left(usize::try_from(first).unwrap_or(0));
    groups
}
