//! Safety: what must hold of every single write, checked as it is done.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;
use swarmgate_domain::{
    Chunk, ChunkId, Key, MergedInterval, Micros, Phase, Plan, RunId, RunState, ShardId, Summary, Verdict, key,
};

use swarmgate_service::ports::UsersChange;

use crate::actor::{ActorId, EPOCH};
use crate::check::Expected;
use crate::faults::Fault;
use crate::ledger::{Counts, Uploaded};
use crate::ports::revision_of;
use crate::setup;
use crate::sights::Sight;
use crate::world::World;

/// What those who check remember.
#[derive(Default)]
pub(crate) struct Watch {
    /// Nobody reaches the store before.
    pub outage_to: Micros,
    /// The last sweep found nothing to do.
    pub swept_clean: bool,
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
        ["tests", _, "plan.json"] => plan(world, run, bytes),
        ["tests", _, "state.json"] => state(world, key, before, bytes),
        ["tests", _, "control.json"] => control(world, key, &run, bytes),
        ["tests", _, "lease", _] => lease(world, key, &run, bytes),
        ["tests", _, "done", shard] => done(world, &run, shard),
        ["tests", _, "live.json"] => live(world, key, before, bytes),
        ["tests", _, "chunks", ..] => chunk(world, key, &run, bytes),
        ["tests", _, "merged", ..] => merged(world, key, &run, before, bytes),
        ["tests", _, "revisions", _] => revision(world, key, run, bytes),
        ["reports", _, _] => report(world, key, &run, before, bytes),
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

fn plan(world: &mut World, run: RunId, bytes: &Bytes) {
    let Some(plan) = parse::<Plan>(world, &key::plan(&run), bytes) else { return };
    let test = plan.source.parse().unwrap_or(usize::MAX);
    if world.ledger.runs.values().any(|known| *known == test) {
        world.violated(|| format!("{run}: a second test was made of one request"));
    }
    world.ledger.runs.insert(run.clone(), test);
    world.watch.plans.insert(run, plan);
}

/// A test never goes back, and what was decided stays.
fn state(world: &mut World, key: &Key, before: Option<&Bytes>, bytes: &Bytes) {
    let Some(next) = parse::<RunState>(world, key, bytes) else { return };
    world.tell(|| format!("{key} is {next:?}"));
    let Some(last) = before.and_then(|before| parse::<RunState>(world, key, before)) else { return };
    let goes_back = next.phase < last.phase || next.revision < last.revision;
    let changes_its_mind = (last.verdict.is_some() && next.verdict != last.verdict)
        || (last.start.is_some() && next.start != last.start)
        || (last.ending.is_some() && next.ending != last.ending);
    if goes_back || changes_its_mind {
        world.violated(|| format!("{key} went from {last:?} to {next:?}"));
    }
}

/// A view is not replaced by one of an earlier phase.
fn live(world: &mut World, key: &Key, before: Option<&Bytes>, bytes: &Bytes) {
    let phase = |bytes: &Bytes| -> Option<Phase> {
        let text = std::str::from_utf8(bytes).ok()?;
        let word = text.split_once("\"phase\":\"")?.1.split('"').next()?;
        serde_json::from_value(Value::from(word)).ok()
    };
    let (last, next) = (before.and_then(phase), phase(bytes));
    if next < last {
        world.violated(|| format!("{key} went from {last:?} to {next:?}"));
    }
}

/// A shard that is over since it could not be run, while nothing else ends its test: the test ends as failed.
fn done(world: &mut World, run: &RunId, shard: &str) {
    let goes_on = world.state(run).is_some_and(|state| state.ending.is_none() && state.phase < Phase::Merging);
    let failed = shard.parse().ok().and_then(|shard| world.objects.bytes(&key::failed(run, ShardId(shard)))).is_some();
    // Where functions are slow, one may have seen before this that all is over.
    let at_once = !world.faults.has(&SLOWS_FUNCTIONS);
    if let Some(test) = world.ledger.test_of(run) {
        world.ledger.tests[test].shard_failed |= goes_on && failed && at_once;
    }
}

/// Faults by which a function may be late with what it decided.
const SLOWS_FUNCTIONS: [Fault; 7] = [
    Fault::SlowCall,
    Fault::Busy,
    Fault::LostAnswer,
    Fault::LateWrite,
    Fault::Outage,
    Fault::Partition,
    Fault::FunctionPaused,
];

/// What workers are told is only ever added to.
fn control(world: &mut World, key: &Key, run: &RunId, bytes: &Bytes) {
    let Some(control) = parse::<ControlOf>(world, key, bytes) else { return };
    let Some(test) = world.ledger.test_of(run) else { return };
    let asked = &mut world.ledger.tests[test];
    asked.stop_told = asked.stop_told.or(control.stop_at);
    let known = std::mem::replace(&mut asked.changes, control.users.clone());
    if !control.users.starts_with(&known) {
        world.violated(|| format!("{key} told of {known:?}, and now of {:?}", control.users));
    }
}

#[derive(serde::Deserialize)]
struct ControlOf {
    users: Vec<UsersChange>,
    stop_at: Option<Micros>,
}

/// Each holder of a shard is a new attempt, and the last one stops soon.
fn lease(world: &mut World, key: &Key, run: &RunId, bytes: &Bytes) {
    let Some(lease) = parse::<Value>(world, key, bytes) else { return };
    let name = lease["holder"].as_str().unwrap_or_default().to_owned();
    let attempt = lease["attempt"].as_u64().unwrap_or_default();
    if let Some(last) = world.watch.leases.get(key)
        && last.name != name
    {
        let last_actor = actor_of(&last.name);
        if attempt <= last.attempt {
            let before = last.attempt;
            world.violated(|| format!("{key}: attempt {attempt} came after attempt {before}"));
        }
        let shard = key.as_str().rsplit('/').next().and_then(|shard| shard.parse().ok()).map(ShardId);
        let now_with = actor_of(&name);
        let was_reachable = !world.faults.has(&KEEPS_FROM_STORE);
        let at_work = last_actor.and_then(|actor| world.ledger.at_work.get(&actor));
        if was_reachable && last_actor != now_with && at_work.is_some_and(|(of, at)| of == run && Some(*at) == shard) {
            world.violated(|| format!("{key}: its holder was alive and well, and yet lost it to {name}"));
        }
        for load in &mut world.ledger.loads {
            load.lost |= load.run == *run && Some(load.shard) == shard && Some(load.actor) != now_with;
        }
    }
    world.watch.leases.insert(key.clone(), Holder { name, attempt });
}

/// The actor in a holder's name.
fn actor_of(holder: &str) -> Option<ActorId> {
    holder.split('/').next().and_then(|actor| actor.parse().ok()).map(ActorId)
}

/// Faults that keep a worker that is well from renewing its lease in time.
const KEEPS_FROM_STORE: [Fault; 7] = [
    Fault::SlowCall,
    Fault::Busy,
    Fault::LostAnswer,
    Fault::LateWrite,
    Fault::Outage,
    Fault::Partition,
    Fault::WorkerPaused,
];

/// A chunk is what the engine handed over, each once.
fn chunk(world: &mut World, key: &Key, run: &RunId, bytes: &Bytes) {
    let chunk = match Chunk::decode(bytes) {
        Ok(chunk) => chunk,
        Err(error) => return world.violated(|| format!("{key} can't be read: {error}")),
    };
    let serial = chunk.stats.generator.connections_opened;
    let Some(measured) = world.ledger.by_serial(serial).copied() else {
        return world.violated(|| format!("{key}: nobody measured this"));
    };
    let load = world.ledger.load_of(&measured);
    let start = load.start;
    let same = load.run == *run
        && load.shard == chunk.id.shard
        && measured.interval == chunk.id.interval
        && (measured.from, measured.to) == (chunk.cover.from, chunk.cover.to)
        && measured.saturated != chunk.saturation.is_empty()
        && chunk.id.key(run) == *key
        && counts(&chunk.stats) == measured.counts;
    if !same {
        world.violated(|| format!("{key} is not what was measured: {measured:?}"));
    }
    if let Some(error) = clock_error(world, start, run)
        && error > chunk.clock_doubt + DRIFT
    {
        let doubt = chunk.clock_doubt;
        world.violated(|| format!("{key}: its time is off by {error}, it says by {doubt} at most"));
    }
    let is_over = world.state(run).is_some_and(|state| state.verdict.is_some());
    world.sights.saw_if(is_over, Sight::LateChunk);
    let uploaded = world.ledger.uploaded.entry(run.clone()).or_default();
    if uploaded.values().any(|other| other.serial == serial) {
        world.violated(|| format!("{key}: what was measured as {serial} was uploaded twice"));
        return;
    }
    uploaded.insert(key.clone(), Uploaded { id: chunk.id, serial });
}

/// How far clocks drift apart in a simulated test.
const DRIFT: Micros = Micros::from_millis(100);

/// By how much a worker's test time 0 is not where the test has it.
fn clock_error(world: &World, start: Option<Micros>, run: &RunId) -> Option<Micros> {
    let start_key = key::start(run);
    let said: StartOf = serde_json::from_slice(world.objects.bytes(&start_key)?).ok()?;
    Some(Micros((EPOCH + start?).0.abs_diff(said.at.0)))
}

#[derive(serde::Deserialize)]
struct StartOf {
    at: Micros,
}

/// The requests in some stats.
pub(crate) fn counts(stats: &swarmgate_domain::Stats) -> Counts {
    let mut counts = Counts::default();
    for (place, name) in counts.0.iter_mut().zip(setup::names()) {
        if let Some(entry) = stats.entries.get(&name) {
            *place = (entry.succeeded.count, entry.failed.count);
        }
    }
    counts
}

/// A merged interval is the sum of the chunks that it holds, and only ever holds more.
fn merged(world: &mut World, key: &Key, run: &RunId, before: Option<&Bytes>, bytes: &Bytes) {
    let decode = |bytes: &Bytes| MergedInterval::decode(bytes);
    let merged = match decode(bytes) {
        Ok(merged) => merged,
        Err(error) => return world.violated(|| format!("{key} can't be read: {error}")),
    };
    let held: Vec<ChunkId> = merged.held().map(|(id, _)| id).collect();
    let before: Vec<ChunkId> =
        before.and_then(|bytes| decode(bytes).ok()).map_or(Vec::new(), |last| last.held().map(|(id, _)| id).collect());
    if let Some(lost) = before.iter().find(|id| !held.contains(id)) {
        return world.violated(|| format!("{key} lost the chunk {lost:?}"));
    }
    let mut expected = Counts::default();
    for id in held {
        let uploaded = world.ledger.uploaded.get(run).and_then(|all| all.get(&id.key(run)));
        match uploaded.and_then(|uploaded| world.ledger.by_serial(uploaded.serial)) {
            Some(measured) => expected.add(measured.counts),
            None => return world.violated(|| format!("{key} holds {id:?}, which was never uploaded")),
        }
    }
    let got = counts(merged.stats());
    if got != expected {
        world.violated(|| format!("{key} counts {got:?}, its chunks come to {expected:?}"));
    }
}

fn revision(world: &mut World, key: &Key, run: RunId, bytes: &Bytes) {
    let Some(record) = parse::<Value>(world, key, bytes) else { return };
    world.tell(|| format!("{key} is {record}"));
    let chunks = record["chunks"]["count"].as_u64().unwrap_or_default();
    let Some(verdict) = parse::<VerdictOf>(world, key, bytes) else { return };
    let known = world.watch.revisions.entry(run).or_default();
    known.push((chunks, verdict.verdict));
    let number = known.len();
    if !key.as_str().ends_with(&format!("/{number:04}.json")) {
        world.violated(|| format!("{key} is the {number}. revision"));
    }
}

#[derive(serde::Deserialize)]
struct VerdictOf {
    verdict: Verdict,
}

/// A file of a report is never replaced by an older one, and the summary says what the chunks of its revision come to.
fn report(world: &mut World, key: &Key, run: &RunId, before: Option<&Bytes>, bytes: &Bytes) {
    let (last, next) = (before.and_then(|bytes| revision_of(bytes)), revision_of(bytes));
    let known = world.watch.revisions.get(run).cloned().unwrap_or_default();
    if next.is_none() || next < last || next.is_some_and(|next| next as usize > known.len()) {
        return world
            .violated(|| format!("{key} of revision {last:?} was replaced by {next:?}, there are {}", known.len()));
    }
    if !key.as_str().ends_with("/summary.json") {
        return;
    }
    let Some(summary) = parse::<Summary>(world, key, bytes) else { return };
    let said = &known[summary.revision.saturating_sub(1) as usize];
    if (summary.quality.chunks, &summary.verdict) != (said.0, &said.1) {
        world.violated(|| {
            format!(
                "{key} of revision {} holds {} chunks and says {:?}, decided was {said:?}",
                summary.revision, summary.quality.chunks, summary.verdict
            )
        });
    }
    if let Some(expected) = Expected::of(world, run, summary.quality.chunks)
        && summary.verdict == Verdict::Pass
        && !expected.is_sound()
    {
        world.violated(|| format!("{key} says pass on bad data: {expected:?}"));
    }
}

/// A pool is to have so many workers: where all goes well, never fewer than its shards need that are not done.
pub(crate) fn scaled(world: &mut World, pool: usize, workers: u32) {
    let Some((run, plan)) = world.watch.plans.first_key_value().filter(|_| world.setup.tests.len() == 1) else {
        return;
    };
    if !world.faults.none() || world.state(run).is_none_or(|state| state.phase >= Phase::Merging) {
        return;
    }
    let before: u32 = plan.pools[..pool].iter().map(|share| share.shards).sum();
    let done = |shard: &u32| world.objects.bytes(&key::done(run, ShardId(*shard))).is_some();
    let open = (before..before + plan.pools[pool].shards).filter(|shard| !done(shard)).count();
    if (workers as usize) < open {
        let name = plan.pools[pool].pool.clone();
        world.violated(|| format!("pool {name} is to have {workers} workers, {open} of its shards are not done"));
    }
}

impl World {
    /// The state of a test as it is stored.
    pub fn state(&self, run: &RunId) -> Option<RunState> {
        serde_json::from_slice(self.objects.bytes(&key::state(run))?).ok()
    }
}
