//! Safety: what must hold of every single write, checked as it is done.

mod measurements;
mod records;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use swarmgate_domain::{Key, Micros, Phase, Plan, RunId, RunState, Verdict, key};

use crate::sights::Sight;
use crate::world::World;

/// What those who check remember.
#[derive(Default)]
pub(crate) struct Watch {
    /// Nobody reaches the store before.
    pub outage_to: Micros,
    /// The last sweep found nothing to do.
    pub swept_clean: bool,
    /// All tests were listed in the end.
    pub listed: bool,
    /// Each test's plan.
    pub plans: BTreeMap<RunId, Plan>,
    /// What each revision said: how many chunks it is made of, and its verdict.
    pub revisions: BTreeMap<RunId, Vec<(u64, Verdict)>>,
    leases: BTreeMap<Key, Holder>,
}

/// Who holds a shard.
struct Holder {
    name: String,
    attempt: u64,
    /// It gave the shard back.
    released: bool,
}

/// An object was written in place of `before`.
pub(crate) fn written(world: &mut World, key: &Key, before: Option<&Bytes>, bytes: &Bytes) {
    let parts: Vec<_> = key.as_str().split('/').collect();
    match parts.as_slice() {
        ["tests", _, "merged" | "live.json" | "control.json" | "state.json", ..] | ["tests", _, "lease", _] => {}
        ["reports", ..] => {}
        _ if before.is_some() => world.violated(|| format!("{key} was written twice, it may be written once")),
        _ => {}
    }
    let Some(run) = parts.get(1).and_then(|id| RunId::new(*id).ok()) else { return };
    match parts.as_slice() {
        ["tests", _, "plan.json"] => records::plan(world, run, bytes),
        ["tests", _, "state.json"] => records::state(world, key, before, bytes),
        ["tests", _, "control.json"] => records::control(world, key, &run, bytes),
        ["tests", _, "lease", _] => records::lease(world, key, &run, bytes),
        ["tests", _, "done", shard] => records::done(world, &run, shard.trim_end_matches(key::NEWS)),
        ["tests", _, "live.json"] => records::live(world, key, before, bytes),
        ["tests", _, "chunks", ..] => measurements::chunk(world, key, &run, bytes),
        ["tests", _, "merged", ..] => measurements::merged(world, key, &run, before, bytes),
        ["tests", _, "revisions", _] => measurements::revision(world, key, run, bytes),
        ["reports", _, _] => measurements::report(world, key, &run, before, bytes),
        _ => {}
    }
}

/// A write was refused, since its condition did not hold.
pub(crate) fn refused(world: &mut World, key: &Key, there: Option<&Bytes>, bytes: &Bytes) {
    match key::meaning(key) {
        Some((_, key::Meaning::Chunk(_))) if there != Some(bytes) => {
            world.violated(|| format!("{key}: two workers measured as one attempt, and one is lost"));
        }
        Some((_, key::Meaning::Merged(..))) => world.sights.saw(Sight::MergeRace),
        _ => {}
    }
}

/// What was written, if it is what it should be.
fn parse<T: DeserializeOwned>(world: &mut World, key: &Key, bytes: &Bytes) -> Option<T> {
    let parsed = serde_json::from_slice(bytes);
    parsed.map_err(|error| world.violated(|| format!("{key} can't be read: {error}"))).ok()
}

/// A pool is to have so many workers: where all goes well, never fewer than its shards need until the last is done.
pub(crate) fn scaled(world: &mut World, pool: usize, workers: u32) {
    let Some((run, plan)) = world.watch.plans.first_key_value().filter(|_| world.setup.tests.len() == 1) else {
        return;
    };
    if !world.faults.none() || world.state(run).is_none_or(|state| state.phase >= Phase::Merging) {
        return;
    }
    let share = &plan.pools[pool];
    if workers < share.shards {
        let said = format!(
            "pool {} is to have {workers} workers, {} are needed until its test is over",
            share.pool, share.shards
        );
        world.violated(|| said);
    }
}

impl World {
    /// The state of a test as it is stored.
    pub fn state(&self, run: &RunId) -> Option<RunState> {
        serde_json::from_slice(self.objects.bytes(&key::state(run))?).ok()
    }
}
