//! No measurement is lost, changed or counted twice, from the engine to the report.

use bytes::Bytes;
use serde_json::Value;
use swarmgate_domain::{Chunk, ChunkId, Key, MergedInterval, Micros, RunId, Stats, Summary, Verdict, key};

use super::parse;
use crate::actor::EPOCH;
use crate::check::Expected;
use crate::ledger::{Counts, Uploaded};
use crate::ports::revision_of;
use crate::setup;
use crate::sights::Sight;
use crate::world::World;

/// A chunk is what the engine handed over, each once.
pub(super) fn chunk(world: &mut World, key: &Key, run: &RunId, bytes: &Bytes) {
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
fn counts(stats: &Stats) -> Counts {
    let mut counts = Counts::default();
    for (place, name) in counts.0.iter_mut().zip(setup::names()) {
        if let Some(entry) = stats.entries.get(&name) {
            *place = (entry.succeeded.count, entry.failed.count);
        }
    }
    counts
}

/// A merged interval is the sum of the chunks that it holds, and only ever holds more.
pub(super) fn merged(world: &mut World, key: &Key, run: &RunId, before: Option<&Bytes>, bytes: &Bytes) {
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

pub(super) fn revision(world: &mut World, key: &Key, run: RunId, bytes: &Bytes) {
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
pub(super) fn report(world: &mut World, key: &Key, run: &RunId, before: Option<&Bytes>, bytes: &Bytes) {
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
