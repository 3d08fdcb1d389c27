//! Merging: the chunks that lie under an interval's prefix become that interval's merged object.

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use swarmgate_domain::{Chunk, ChunkId, Group, Interval, Key, MergedInterval, RunId, key};
use tracing::warn;

use crate::error::ServiceError;
use crate::ports::{Condition, ObjectStore, Ports};
use crate::records::list_all;
use crate::sabotage::Sabotage;

const MOST_TRIES: u32 = 50;

/// So many groups are merged at once: merging waits for the store more than for the processor, and each holds a group's chunks one by one.
const AT_ONCE: usize = 4;

/// Merges each of `groups`, of some intervals.
///
/// # Errors
/// [`ServiceError`], the first; some are merged.
pub(crate) async fn merge_groups(
    ports: &Ports,
    run: &RunId,
    groups: impl IntoIterator<Item = (Interval, Group)>,
) -> Result<(), ServiceError> {
    let merges: Vec<_> =
        groups.into_iter().map(|(interval, group)| merge(ports, run, interval, group).boxed()).collect();
    let mut merging = stream::iter(merges).buffer_unordered(AT_ONCE);
    while merging.try_next().await?.is_some() {}
    Ok(())
}

/// Brings the merged interval up to what lies in the store: lists the chunks, adds those that it does not hold, writes it if it is unchanged.
///
/// Nothing is counted twice, since the merged interval says which chunks it holds; nothing is lost, since the loser of a race starts anew.
///
/// # Errors
/// [`ServiceError`]; the merged interval is as before.
pub async fn merge(
    ports: &Ports,
    run: &RunId,
    interval: Interval,
    group: Group,
) -> Result<MergedInterval, ServiceError> {
    let (store, sabotage) = (&*ports.store, ports.settings.sabotage);
    let key = key::merged(run, interval, group);
    for _ in 0..MOST_TRIES {
        let before = store.get(&key).await?;
        let mut merged = match &before {
            Some(object) => MergedInterval::decode(&object.bytes)
                .map_err(|source| ServiceError::Frame { key: key.clone(), source })?,
            None => MergedInterval::new(run.clone(), interval, group),
        };
        let held = merged.len();
        for chunk_key in list_all(store, &key::chunks_prefix(run, interval, group), None).await? {
            if let Some(key::Meaning::Chunk(id)) = key::meaning(&chunk_key).map(|(_, meaning)| meaning)
                && (!merged.holds(id) || sabotage == Some(Sabotage::CountTwice))
                && let Some(chunk) = read_chunk(store, &chunk_key, id).await?
            {
                match sabotage {
                    Some(Sabotage::CountTwice) => merged.add(&chunk),
                    _ => merged.fold(&chunk).unwrap_or_else(|error| warn!(%chunk_key, %error, "a chunk is left out")),
                }
            }
        }
        if merged.len() == held {
            return Ok(merged);
        }
        let condition = match sabotage {
            Some(Sabotage::OverwriteOthers) => Condition::unchanged(store.get(&key).await?.as_ref()),
            _ => Condition::unchanged(before.as_ref()),
        };
        match store.put(&key, merged.encode().into(), condition).await {
            Ok(_) => return Ok(merged),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServiceError::Contended { key, tries: MOST_TRIES })
}

/// The chunk at `key`. A damaged one is left out and logged: the coverage shows the gap.
async fn read_chunk(store: &dyn ObjectStore, key: &Key, id: ChunkId) -> Result<Option<Chunk>, ServiceError> {
    let Some(object) = store.get(key).await? else { return Ok(None) };
    match Chunk::decode(&object.bytes) {
        Ok(chunk) if chunk.id == id => Ok(Some(chunk)),
        Ok(chunk) => {
            warn!(%key, found = ?chunk.id, "a chunk lies under another chunk's key, it is left out");
            Ok(None)
        }
        Err(error) => {
            warn!(%key, %error, "a chunk can't be read, it is left out");
            Ok(None)
        }
    }
}
