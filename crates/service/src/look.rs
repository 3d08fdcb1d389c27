//! Looking for what is new, where no store tells of it: the same work as [`objects_created`], for the price of some listings.

use std::collections::{BTreeSet, HashMap};

use swarmgate_domain::{Interval, Key, RunId, key};
use tracing::warn;

use crate::error::ServiceError;
use crate::events::objects_created;
use crate::fleet::active_runs;
use crate::live::LiveMemory;
use crate::ports::Ports;
use crate::records::{self, list_all};

/// A chunk that comes so many intervals late is not looked for any more: it is in the report, which lists all of them.
const LATEST: u32 = 8;

/// What a process has seen of the tests that run. Safe to lose: what is seen twice is done twice, which changes nothing.
#[derive(Debug, Default)]
pub struct Seen(HashMap<RunId, SeenOfRun>);

#[derive(Debug, Default)]
struct SeenOfRun {
    /// What tells of workers: few objects, listed whole.
    of_workers: BTreeSet<Key>,
    /// Chunks of the newest intervals.
    chunks: BTreeSet<Key>,
    newest: Interval,
}

/// Looks at every test that runs, and brings it up to date with what is new since the last time.
///
/// # Errors
/// [`ServiceError`], the first; the other tests were still looked at, and what is new is so the next time too.
pub async fn look_for_news(ports: &Ports, memory: &LiveMemory, seen: &mut Seen) -> Result<(), ServiceError> {
    let active = active_runs(ports).await?;
    seen.0.retain(|run, _| active.contains(run));
    let mut first_error = Ok(());
    for run in active {
        if let Err(error) = look_at(ports, memory, &run, seen).await {
            warn!(%run, %error, "a test could not be looked at, it is tried again");
            first_error = first_error.and(Err(error));
        }
    }
    first_error
}

async fn look_at(ports: &Ports, memory: &LiveMemory, run: &RunId, seen: &mut Seen) -> Result<(), ServiceError> {
    let plan = match records::plan(ports, run).await {
        Ok(plan) => plan,
        // Its plan is about to be written, or never will be: the sweep sees to it.
        Err(ServiceError::NoSuchRun { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    if records::state(ports, &plan).await?.phase.is_over() {
        seen.0.remove(run);
        return Ok(());
    }
    let seen = seen.0.entry(run.clone()).or_default();
    let mut of_workers = BTreeSet::new();
    for kind in ["ready", "failed", "done"] {
        of_workers.extend(list_all(&*ports.store, &key::prefix(run, kind), None).await?);
    }
    let oldest = Interval(seen.newest.0.saturating_sub(LATEST));
    let chunks = list_all(&*ports.store, &key::prefix(run, "chunks"), before(run, oldest)).await?;
    let chunks: BTreeSet<Key> = chunks.into_iter().collect();
    let news = of_workers.difference(&seen.of_workers).chain(chunks.difference(&seen.chunks));
    let news: Vec<Key> = news.cloned().collect();
    if !news.is_empty() {
        objects_created(ports, memory, &news).await?;
    }
    seen.newest = chunks.iter().next_back().and_then(interval_of).unwrap_or(seen.newest);
    (seen.of_workers, seen.chunks) = (of_workers, chunks);
    Ok(())
}

/// The last text that comes before all chunks of an interval.
fn before(run: &RunId, interval: Interval) -> Option<Key> {
    Key::parse(&format!("{}{interval:08}", key::prefix(run, "chunks")))
}

fn interval_of(chunk: &Key) -> Option<Interval> {
    match key::meaning(chunk)?.1 {
        key::Meaning::Chunk(id) => Some(id.interval),
        _ => None,
    }
}
