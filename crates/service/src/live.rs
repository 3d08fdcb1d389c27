//! The live view: what is known of a running test, small however long the test.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use swarmgate_domain::{
    Ended, Ending, Event, Interval, LiveView, Micros, Phase, Plan, RunId, RunState, Summarizer, ThresholdOutcome, key,
};

use crate::advance::{advance, apply};
use crate::error::ServiceError;
use crate::merged;
use crate::ports::{Condition, Object, Ports};
use crate::records::{self, read};

/// Intervals this far behind the newest are taken as settled: a chunk that comes later is in the report, but not in the live view.
const SETTLED_AFTER: u32 = 8;

/// How many tests are remembered.
const MOST_REMEMBERED: usize = 32;

/// What a process remembers of running tests, so that it need not read settled intervals again. Safe to lose.
#[derive(Default)]
pub struct LiveMemory(Mutex<HashMap<RunId, Settled>>);

#[derive(Clone)]
struct Settled {
    /// What of the state the summarizer was made for.
    start: Option<Micros>,
    ending: Option<Ending>,
    up_to: Option<Interval>,
    summarizer: Summarizer,
}

/// How often the last view of a test is tried to be written; after that the next sweep does it.
const MOST_TRIES: u32 = 10;

/// Writes the live view anew, and ends the test where a threshold that may do so is breached.
///
/// # Errors
/// [`ServiceError`]; the view is as before.
pub(crate) async fn refresh(ports: &Ports, memory: &LiveMemory, run: &RunId) -> Result<(), ServiceError> {
    let plan = Arc::new(records::plan(ports, run).await?);
    for _ in 0..MOST_TRIES {
        if write_view(ports, memory, &plan).await? == Written::Yes {
            break;
        }
    }
    Ok(())
}

/// Sees to it that the live view of a test that is over says so, where the function that ended it died or was not one that writes views.
///
/// # Errors
/// [`ServiceError`]; the view is as before.
pub(crate) async fn complete(ports: &Ports, run: &RunId, state: &RunState) -> Result<(), ServiceError> {
    let view = read::<LiveView>(&*ports.store, &key::live(run)).await?;
    match view {
        Some(view) if (view.value.phase, &view.value.verdict) == (state.phase, &state.verdict) => Ok(()),
        _ => refresh(ports, &LiveMemory::default(), run).await,
    }
}

/// Whether there is nothing more to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Yes,
    /// Someone else wrote, of an older state perhaps.
    ByOther,
}

async fn write_view(ports: &Ports, memory: &LiveMemory, plan: &Arc<Plan>) -> Result<Written, ServiceError> {
    // Read before the state is, so that a view of an older state can't replace one of a newer.
    let key = key::live(&plan.id);
    let before = ports.store.get(&key).await?;
    let state = records::state(ports, plan).await?;
    if !state.phase.is_over() && before.as_ref().is_some_and(|view| is_fresh(view, plan)) {
        return Ok(Written::Yes);
    }
    let (summarizer, newest) = so_far(ports, memory, plan, &state).await?;
    let now = newest.map_or(Micros::ZERO, |newest| newest.end(plan.interval));
    if state.phase == Phase::Running && state.ending.is_none() {
        abort_on_breach(ports, plan, &summarizer, now).await?;
    }
    let results = summarizer.so_far(now);
    let view = LiveView::new(results.summary, results.intervals, state.phase, state.verdict);
    match ports.store.put(&key, records::json(&view), Condition::unchanged(before.as_ref())).await {
        Ok(_) => Ok(Written::Yes),
        // While the test runs someone else's view is as good, and the next interval brings another.
        Err(error) if error.is_conflict() => Ok(if state.phase.is_over() { Written::ByOther } else { Written::Yes }),
        Err(error) => Err(error.into()),
    }
}

/// Whether a view of a large test is so new that it need not be written again: each writing reads all groups of some intervals, and
/// functions that are told of the chunks of one interval are many.
fn is_fresh(view: &Object, plan: &Plan) -> bool {
    let age = view.store_time.shown.saturating_since(view.modified);
    plan.shards() > key::GROUP_SHARDS && age < Micros(plan.interval.0 / 2)
}

/// The test as far as it is merged, and the newest interval.
async fn so_far(
    ports: &Ports,
    memory: &LiveMemory,
    plan: &Arc<Plan>,
    state: &RunState,
) -> Result<(Summarizer, Option<Interval>), ServiceError> {
    let known = memory.recall(&plan.id).filter(|known| (known.start, &known.ending) == (state.start, &state.ending));
    let mut settled = known.unwrap_or_else(|| Settled {
        start: state.start,
        ending: state.ending.clone(),
        up_to: None,
        summarizer: Summarizer::new(plan.clone(), state.clone()),
    });
    let fresh = merged::list(ports, &plan.id, settled.up_to).await?;
    let newest = fresh.keys().next_back().copied().or(settled.up_to);
    let boundary = newest.map_or(Interval(0), |newest| Interval(newest.0.saturating_sub(SETTLED_AFTER)));
    for (interval, keys) in fresh.range(..boundary) {
        settled.summarizer.add_interval(*interval, &merged::read(ports, keys).await?);
        settled.up_to = Some(*interval);
    }
    let mut all = settled.summarizer.clone();
    memory.remember(&plan.id, settled);
    for (interval, keys) in fresh.range(boundary..) {
        all.add_interval(*interval, &merged::read(ports, keys).await?);
    }
    Ok((all, newest))
}

impl LiveMemory {
    fn recall(&self, run: &RunId) -> Option<Settled> {
        self.0.lock().expect("no holder of this lock panics").get(run).cloned()
    }

    fn remember(&self, run: &RunId, settled: Settled) {
        let mut memory = self.0.lock().expect("no holder of this lock panics");
        if memory.len() >= MOST_REMEMBERED {
            memory.clear();
        }
        memory.insert(run.clone(), settled);
    }

    /// Forgets a test that is over.
    pub(crate) fn forget(&self, run: &RunId) {
        self.0.lock().expect("no holder of this lock panics").remove(run);
    }
}

async fn abort_on_breach(ports: &Ports, plan: &Plan, summarizer: &Summarizer, now: Micros) -> Result<(), ServiceError> {
    let results = summarizer.thresholds(now);
    let breached = plan.scenario.thresholds.iter().zip(results).find(|(threshold, result)| {
        threshold.abort.is_some_and(|abort| now >= abort.0) && result.outcome == ThresholdOutcome::Breached
    });
    if let Some((threshold, _)) = breached {
        let why = Ended::Aborted { threshold: threshold.text.clone() };
        apply(ports, plan, &Event::EndAsked { why }).await?;
        // Workers are told now, not with the next interval.
        advance(ports, &plan.id).await?;
    }
    Ok(())
}
