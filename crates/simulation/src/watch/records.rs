//! What was decided about a test stays, and nothing goes back.

use bytes::Bytes;
use serde_json::Value;
use swarmgate_domain::{Key, Micros, Phase, Plan, RunId, RunState, ShardId, key};
use swarmgate_service::ports::UsersChange;

use super::{Holder, parse};
use crate::actor::ActorId;
use crate::faults::Fault;
use crate::world::World;

pub(super) fn plan(world: &mut World, run: RunId, bytes: &Bytes) {
    let Some(plan) = parse::<Plan>(world, &key::plan(&run), bytes) else { return };
    let test = plan.source.parse().unwrap_or(usize::MAX);
    if world.ledger.runs.values().any(|known| *known == test) {
        world.violated(|| format!("{run}: a second test was made of one request"));
    }
    world.ledger.runs.insert(run.clone(), test);
    world.watch.plans.insert(run, plan);
}

/// A test never goes back, and what was decided stays.
pub(super) fn state(world: &mut World, key: &Key, before: Option<&Bytes>, bytes: &Bytes) {
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
pub(super) fn live(world: &mut World, key: &Key, before: Option<&Bytes>, bytes: &Bytes) {
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
pub(super) fn done(world: &mut World, run: &RunId, shard: &str) {
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
pub(super) fn control(world: &mut World, key: &Key, run: &RunId, bytes: &Bytes) {
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
pub(super) fn lease(world: &mut World, key: &Key, run: &RunId, bytes: &Bytes) {
    let Some(lease) = parse::<Value>(world, key, bytes) else { return };
    let name = lease["holder"].as_str().unwrap_or_default().to_owned();
    let attempt = lease["attempt"].as_u64().unwrap_or_default();
    if let Some(last) = world.watch.leases.get(key)
        && last.name != name
    {
        let (last_actor, given_back) = (actor_of(&last.name), last.released);
        if attempt <= last.attempt {
            let before = last.attempt;
            world.violated(|| format!("{key}: attempt {attempt} came after attempt {before}"));
        }
        let shard = key.as_str().rsplit('/').next().and_then(|shard| shard.parse().ok()).map(ShardId);
        let now_with = actor_of(&name);
        let was_reachable = !world.faults.has(&KEEPS_FROM_STORE);
        let at_work = last_actor.and_then(|actor| world.ledger.at_work.get(&actor));
        if was_reachable
            && !given_back
            && last_actor != now_with
            && at_work.is_some_and(|(of, at)| of == run && Some(*at) == shard)
        {
            world.violated(|| format!("{key}: its holder was alive and well, and yet lost it to {name}"));
        }
        for load in &mut world.ledger.loads {
            load.lost |= load.run == *run && Some(load.shard) == shard && Some(load.actor) != now_with;
        }
    }
    let released = lease["released"].as_bool().unwrap_or_default();
    world.watch.leases.insert(key.clone(), Holder { name, attempt, released });
}

/// The actor in a holder's name.
fn actor_of(holder: &str) -> Option<ActorId> {
    holder.split('/').next().and_then(|actor| actor.parse().ok()).map(ActorId)
}

/// Faults that keep a worker that is well from renewing its lease in time.
const KEEPS_FROM_STORE: [Fault; 6] =
    [Fault::SlowCall, Fault::Busy, Fault::LostAnswer, Fault::LateWrite, Fault::Partition, Fault::WorkerPaused];
