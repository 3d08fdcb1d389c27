//! What must hold in the end, when nothing goes wrong any more and all has settled.

mod expected;
mod settled;

pub(crate) use expected::Expected;
pub(crate) use settled::unsettled;
use swarmgate_domain::{Ended, Key, Micros, Phase, RunId, RunState, Summary, key};

use crate::ledger::Counts;
use crate::ports::{REFUSAL, revision_of};
use crate::setup::names;
use crate::sights::Sight;
use crate::world::World;

/// Compares what the tests came to with the ledger. The first thing that is wrong, in words.
pub(crate) fn compare_with_ledger(world: &mut World) -> Result<(), String> {
    for test in 0..world.setup.tests.len() {
        accepted_once(world, test)?;
    }
    let runs: Vec<_> = world.ledger.runs.keys().cloned().collect();
    world.sights.saw_if(runs.len() > 1, Sight::TwoTests);
    for run in runs {
        test(world, &run).map_err(|what| format!("{run}: {what}"))?;
    }
    loads(world)
}

fn accepted_once(world: &mut World, test: usize) -> Result<(), String> {
    let asked = &world.ledger.tests[test];
    let there = world.ledger.runs.iter().filter(|(_, of)| **of == test).count();
    if asked.ids.len() > 1 || asked.made > 1 || there > 1 {
        return Err(format!("asked for once, test {test} was made several times: {asked:?}"));
    }
    if there == 0 && !asked.abandoned {
        return Err(format!("test {test} was asked for, and is not there"));
    }
    world.sights.saw_if(there == 0, Sight::NeverAccepted);
    Ok(())
}

fn test(world: &mut World, run: &RunId) -> Result<(), String> {
    let state = world.state(run).ok_or("it has no state")?;
    let summary = one_report(world, run, &state)?;
    let expected = Expected::of(world, run, summary.quality.chunks)
        .ok_or_else(|| format!("the newest report holds {} chunks, others were uploaded", summary.quality.chunks))?;
    agrees(&summary, &expected)?;
    ended_as_asked(world, run, &state, &summary)?;
    live_view_is_final(world, run, &state)?;
    if world.faults.none() {
        went_well(world, run, &state, &summary)?;
    }
    see(world, run, &state, &summary);
    Ok(())
}

/// Without any fault nothing is missing, nothing is done again, and nothing takes long.
fn went_well(world: &World, run: &RunId, state: &RunState, summary: &Summary) -> Result<(), String> {
    let (plan, quality) = (&world.watch.plans[run], &summary.quality);
    // Stopped before it started: nothing was due.
    let due = state.duration(plan.duration()) > Micros::ZERO;
    let complete = !due || (quality.coverage >= 1.0 && quality.gaps.is_empty());
    if !complete || quality.overlap > 0.0 || quality.takeovers > 0 || state.revision > 1 {
        return Err(format!("nothing went wrong, and yet: revision {}, {quality:?}", state.revision));
    }
    let end = state.start.map_or(state.since, |start| start + plan.duration() + plan.scenario.grace);
    if matches!(state.ended(), Ended::Failed { .. })
        || state.since > end + Micros(2 * world.setup.sweep_every.0) + SLACK
    {
        return Err(format!("nothing went wrong, and yet it ended as {state:?}"));
    }
    Ok(())
}

/// How long functions take, where nothing goes wrong.
const SLACK: Micros = Micros::from_secs(30);

/// All files of the report are of the newest revision, and the verdict that was given is that of the first one.
fn one_report(world: &World, run: &RunId, state: &RunState) -> Result<Summary, String> {
    let revisions = world.watch.revisions.get(run).cloned().unwrap_or_default();
    if revisions.is_empty() || state.revision as usize != revisions.len() {
        return Err(format!("the newest revision is {}, there are {}", state.revision, revisions.len()));
    }
    if state.verdict.as_ref() != Some(&revisions[0].1) {
        return Err(format!("the verdict is {:?}, the first report said {:?}", state.verdict, revisions[0].1));
    }
    let prefix = format!("reports/{run}/");
    let files: Vec<&Key> = world.objects.keys(&prefix).collect();
    if files.len() != 3 {
        return Err(format!("its report has {} files", files.len()));
    }
    for file in files {
        let of = world.objects.bytes(file).and_then(|bytes| revision_of(bytes));
        if of != Some(state.revision) {
            return Err(format!("{file} is of revision {of:?}, the newest is {}", state.revision));
        }
    }
    let bytes = world.objects.bytes(&key::report(run, "summary.json")).ok_or("there is no summary")?;
    serde_json::from_slice(bytes).map_err(|error| format!("its summary can't be read: {error}"))
}

/// Every number that the ledger knows is in the report as it was.
fn agrees(summary: &Summary, expected: &Expected) -> Result<(), String> {
    let mut counts = Counts::default();
    for (place, name) in counts.0.iter_mut().zip(names()) {
        let entry = summary.requests.iter().find(|entry| (&entry.method, &entry.name) == (&name.method, &name.name));
        *place = entry.map_or((0, 0), |entry| (entry.count - entry.failures, entry.failures));
        if let Some(entry) = entry
            && entry.statuses.values().sum::<u64>() != entry.count
        {
            return Err(format!("of {} requests {} have a status", entry.count, entry.statuses.values().sum::<u64>()));
        }
    }
    if counts != expected.counts || summary.load.connections_opened != expected.serials {
        return Err(format!("the report counts {counts:?}, uploaded were {:?}", expected.counts));
    }
    if (summary.total.count, summary.total.failures) != (counts.total(), counts.failures()) {
        return Err(format!("the total is {}, its parts come to {}", summary.total.count, counts.total()));
    }
    let over_time: u64 = summary.series.iter().map(|point| point.count).sum();
    if over_time != counts.total() {
        return Err(format!("over time there are {over_time} requests, in all {}", counts.total()));
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
    let rate = counts.total() as f64 / expected.lasted.as_secs_f64().max(1e-6);
    if summary.duration_us != expected.lasted || (summary.total.rate - rate).abs() > 1e-6 * rate {
        let (rate, lasted) = (summary.total.rate, summary.duration_us);
        return Err(format!("the report says {rate}/s for {lasted}, load was there for {}", expected.lasted));
    }
    if let Some(point) = summary.series.iter().find(|point| point.count > 0 && point.length_us == Micros::ZERO) {
        return Err(format!("a point of the series counts requests in no time: {point:?}"));
    }
    let quality = &summary.quality;
    let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
    let got = (quality.shards_silent, quality.intervals, quality.intervals_saturated, quality.takeovers);
    let due = (expected.silent, expected.intervals, expected.intervals_saturated, expected.takeovers);
    if !near(quality.coverage, expected.coverage)
        || !near(quality.overlap, expected.overlap)
        || quality.gaps != expected.gaps
        || got != due
    {
        return Err(format!("the report says {quality:?}, it was {expected:?}"));
    }
    if summary.verdict.word() != expected.verdict() {
        return Err(format!("the newest report says {:?} of {expected:?}", summary.verdict));
    }
    Ok(())
}

/// It ended for a reason that there was, and a user who was told that it stops was told the truth.
fn ended_as_asked(world: &World, run: &RunId, state: &RunState, summary: &Summary) -> Result<(), String> {
    let ended = state.ended();
    let (phase, there_was) = match &ended {
        Ended::Completed => (Phase::Finished, state.start.is_some() && !shard_failed(world, run)),
        Ended::Aborted { .. } => {
            let threshold = &world.watch.plans[run].scenario.thresholds[0];
            (Phase::Finished, threshold.abort.is_some() && summary.total.failures > 0)
        }
        Ended::Stopped => (Phase::Stopped, world.ledger.stops.contains_key(run)),
        Ended::Failed { reason } => (Phase::Failed, had_reason(world, run, reason)),
    };
    if state.phase != phase || summary.ended != ended || !there_was {
        return Err(format!("it ended as {:?}, which should not be: {ended:?}", state.phase));
    }
    if world.ledger.stops.get(run) == Some(&true) && ended != Ended::Stopped {
        return Err(format!("a user was told that it is stopped, it ended as {ended:?}"));
    }
    Ok(())
}

/// Whether a shard could not be run, and it was known before the test was over.
fn shard_failed(world: &World, run: &RunId) -> bool {
    world.ledger.test_of(run).is_some_and(|test| world.ledger.tests[test].shard_failed)
}

fn had_reason(world: &World, run: &RunId, reason: &str) -> bool {
    if reason.contains(REFUSAL) {
        return world.ledger.refused.iter().any(|(refused, _)| refused == run);
    }
    reason.starts_with("no worker was ready") || (reason.contains("no machine has room") && world.ledger.problem_told)
}

/// Who looks at the live view sees that the test is over, and how it ended.
fn live_view_is_final(world: &World, run: &RunId, state: &RunState) -> Result<(), String> {
    let bytes = world.objects.bytes(&key::live(run)).ok_or("there is no live view")?;
    let view: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let (phase, verdict) = (serde_json::json!(state.phase), serde_json::json!(state.verdict));
    if view["phase"] != phase || view["verdict"] != verdict {
        return Err(format!(
            "the live view still says {} and {}, it is {phase} and {verdict}",
            view["phase"], view["verdict"]
        ));
    }
    Ok(())
}

/// A worker that lost its shard stopped, and all workers changed users at the same time.
fn loads(world: &World) -> Result<(), String> {
    for load in &world.ledger.loads {
        let name = format!("{}: shard {} at {:?}", load.run, load.shard, load.actor);
        if load.after_loss > 1 {
            return Err(format!("{name} lost its lease, and measured {} intervals more", load.after_loss));
        }
        if !load.over {
            return Err(format!("{name} still makes load"));
        }
        let Some(test) = world.ledger.test_of(&load.run) else { continue };
        let asked = &world.ledger.tests[test].changes;
        let measured_to =
            load.handed_over.iter().filter_map(|serial| world.ledger.by_serial(*serial)).map(|m| m.to).max();
        let too_long = load.due.stop.is_some_and(|at| measured_to > Some(at));
        if too_long || (measured_to.is_some() && load.changes.len() < load.due.changes) {
            return Err(format!("{name} measured before it did what it was told: {:?}", load.due));
        }
        if !asked.starts_with(&load.changes) {
            return Err(format!("{name} changed users by {:?}, it was told {asked:?}", load.changes));
        }
    }
    for asked in &world.ledger.tests {
        if let Some(change) = asked.told.iter().find(|change| !asked.changes.contains(change)) {
            return Err(format!(
                "a user was told that users change by {change:?}, workers were told {:?}",
                asked.changes
            ));
        }
    }
    Ok(())
}

/// Notes what was to be seen.
fn see(world: &mut World, run: &RunId, state: &RunState, summary: &Summary) {
    let quality = &summary.quality;
    let fenced = world.ledger.loads.iter().any(|load| load.run == *run && load.lost && load.stopped);
    let plan = &world.watch.plans[run];
    let (two_pools, second_group) = (plan.pools.len() > 1, plan.shards() > 256);
    let first = state.verdict.as_ref().map(|verdict| verdict.word());
    let ended = state.ended();
    for (seen, sight) in [
        (first == Some("pass"), Sight::Passed),
        (first == Some("fail"), Sight::Breached),
        (first == Some("inconclusive"), Sight::Inconclusive),
        (matches!(ended, Ended::Aborted { .. }), Sight::Aborted),
        (ended == Ended::Stopped, Sight::Stopped),
        (ended == Ended::Stopped && state.start.is_none(), Sight::StoppedEarly),
        (state.phase == Phase::Failed, Sight::Failed),
        (quality.takeovers > 0, Sight::TakenOver),
        (fenced, Sight::Fenced),
        (quality.overlap > 0.0, Sight::Overlap),
        (!quality.gaps.is_empty(), Sight::Gap),
        (state.revision > 1, Sight::LateRevision),
        (first != Some(summary.verdict.word()), Sight::VerdictDiffers),
        (second_group, Sight::SecondGroup),
        (two_pools, Sight::TwoPools),
    ] {
        world.sights.saw_if(seen, sight);
    }
}
