//! The report: made of every uploaded chunk, once for each set of chunks.

use std::sync::Arc;

use bytes::Bytes;
use swarmgate_domain::{Event, Plan, Results, RunId, RunState, Verdict, key};

use crate::error::ServiceError;
use crate::ports::{Condition, Ports};
use crate::records::{Created, create, list_all, read};
use crate::sabotage::Sabotage;
use crate::tally::{ChunkSet, Tally, tally};

const MOST_TRIES: u32 = 50;

/// A report as it was decided: which chunks are in it, and what it says. Written once for each revision.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Revision {
    /// Names the set of chunks.
    chunks: ChunkSet,
    /// What it says.
    verdict: Verdict,
}

/// Sees to it that the newest report holds every chunk that was uploaded.
///
/// The first function to write a revision decides what it says. Its files are a pure function of that, so that all who write them write the same.
pub(crate) async fn publish(ports: &Ports, plan: &Arc<Plan>, state: &RunState) -> Result<Option<Event>, ServiceError> {
    let store = &*ports.store;
    if state.revision > 0 && ports.settings.sabotage == Some(Sabotage::ForgetLateChunks) {
        return Ok(None);
    }
    for _ in 0..MOST_TRIES {
        let latest = latest_revision(ports, &plan.id).await?;
        let known = match &latest {
            Some((number, revision)) if ChunkSet::of(ports, &plan.id).await? == revision.chunks => {
                if state.revision >= *number {
                    return Ok(None);
                }
                Some(*number)
            }
            _ => None,
        };
        let number = known.unwrap_or_else(|| latest.as_ref().map_or(1, |(number, _)| number + 1));
        let first = first_verdict(ports, &plan.id).await?;
        let told = RunState { verdict: first.clone(), ..state.clone() };
        let Tally { chunks, results } = tally(ports, plan, &told, number).await?;
        let is_another = known.is_some() && latest.as_ref().is_some_and(|(_, revision)| revision.chunks != chunks);
        if is_another || results.summary.quality.chunks > chunks.count {
            continue; // a chunk came meanwhile: what was added up is not what this revision would say that it holds
        }
        let revision = Revision { chunks, verdict: results.summary.verdict.clone() };
        if known.is_none() && create(store, &key::revision(&plan.id, number), &revision).await? == Created::Before {
            continue; // someone else decided this revision: look again at what it holds
        }
        if write_report(ports, plan, number, &results).await? == Written::Newest {
            // The verdict that was given stays, whatever later revisions say.
            return Ok(Some(Event::Published { revision: number, verdict: first.unwrap_or(revision.verdict) }));
        }
    }
    Err(ServiceError::Contended { key: key::revision(&plan.id, 0), tries: MOST_TRIES })
}

/// Writes the files of the newest revision anew, whatever lies there. Gives what they say.
pub(crate) async fn rewrite(ports: &Ports, plan: &Arc<Plan>, state: &RunState) -> Result<Results, ServiceError> {
    let number = latest_revision(ports, &plan.id).await?.map_or(1, |(number, _)| number);
    let told = RunState { verdict: first_verdict(ports, &plan.id).await?, ..state.clone() };
    let results = tally(ports, plan, &told, number).await?.results;
    write_report(ports, plan, number, &results).await?;
    Ok(results)
}

async fn latest_revision(ports: &Ports, run: &RunId) -> Result<Option<(u32, Revision)>, ServiceError> {
    let revisions = list_all(&*ports.store, &key::prefix(run, "revisions"), None).await?;
    let Some(last) = revisions.last() else { return Ok(None) };
    let number = u32::try_from(revisions.len()).unwrap_or(u32::MAX);
    Ok(read::<Revision>(&*ports.store, last).await?.map(|record| (number, record.value)))
}

async fn first_verdict(ports: &Ports, run: &RunId) -> Result<Option<Verdict>, ServiceError> {
    Ok(read::<Revision>(&*ports.store, &key::revision(run, 1)).await?.map(|record| record.value.verdict))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// All files are of this revision.
    Newest,
    /// There is a newer one.
    Outdated,
}

/// Writes the files of revision `number`, unless a newer one came.
///
/// A file's version is read before the newest revision is looked up, so that a late writer of an old revision can't replace a newer file:
/// either it sees the newer revision, or its compare-and-swap fails.
async fn write_report(ports: &Ports, plan: &Plan, number: u32, results: &Results) -> Result<Written, ServiceError> {
    let store = &*ports.store;
    for file in ports.renderer.render(results)? {
        let key = key::report(&plan.id, &file.name);
        let bytes = Bytes::from(file.bytes);
        let mut tries = 0;
        loop {
            let before = store.get(&key).await?;
            let newest = latest_revision(ports, &plan.id).await?.map_or(0, |(newest, _)| newest);
            if newest > number && ports.settings.sabotage != Some(Sabotage::OldReportWins) {
                return Ok(Written::Outdated);
            }
            if before.as_ref().is_some_and(|object| object.bytes == bytes) {
                break;
            }
            match store.put(&key, bytes.clone(), Condition::unchanged(before.as_ref())).await {
                Ok(_) => break,
                Err(error) if error.is_conflict() && tries < MOST_TRIES => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(Written::Newest)
}
