//! Merging: the chunks that lie under an interval's prefix become that interval's merged object.

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use swarmgate_domain::{Chunk, ChunkId, FrameError, Group, Interval, Key, MergedInterval, RunId, key};
use tracing::warn;

use crate::error::ServiceError;
use crate::ports::{Condition, Object, ObjectStore, Ports};
use crate::records::list_all;
use crate::sabotage::Sabotage;

const MOST_TRIES: u32 = 50;

/// So many groups are merged at once: merging waits for the store more than for the processor.
const AT_ONCE: usize = 4;

/// So many chunks of a group are read ahead of the one that is added, for the same reason.
const READ_AHEAD: usize = 16;

/// Merges each of `groups`, of some intervals, of which chunks of `least` shards are there.
///
/// # Errors
/// [`ServiceError`], the first; some are merged.
pub(crate) async fn merge_groups(
    ports: &Ports,
    run: &RunId,
    groups: impl IntoIterator<Item = (Place, Least)>,
) -> Result<(), ServiceError> {
    let merges: Vec<_> = groups.into_iter().map(|(place, least)| merge(ports, run, place, least).boxed()).collect();
    let mut merging = stream::iter(merges).buffer_unordered(AT_ONCE);
    while merging.try_next().await?.is_some() {}
    Ok(())
}

/// A group of an interval.
pub(crate) type Place = (Interval, Group);

/// Of how many shards of a group chunks must be there for it to be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Least(pub usize);

impl Least {
    /// Whatever is there is merged.
    pub const ANY: Self = Self(0);
}

/// Lists a group's chunks, and merges them where there are enough.
async fn merge(ports: &Ports, run: &RunId, (interval, group): Place, least: Least) -> Result<(), ServiceError> {
    let chunks = list_chunks(&*ports.store, &key::chunks_prefix(run, interval, group)).await?;
    if shards_of(&chunks) >= least.0 {
        merge_chunks(ports, run, (interval, group), &chunks).await?;
    }
    Ok(())
}

/// Brings the merged interval up to `chunks`: adds those that it does not hold, writes it if it is unchanged. Gives it.
///
/// Nothing is counted twice, since the merged interval says which chunks it holds; nothing is lost, since the loser of a race starts anew.
///
/// # Errors
/// [`ServiceError`]: the store failed, or others wrote each time.
pub(crate) async fn merge_chunks(
    ports: &Ports,
    run: &RunId,
    (interval, group): Place,
    chunks: &[(Key, ChunkId)],
) -> Result<MergedInterval, ServiceError> {
    let (store, sabotage) = (&*ports.store, ports.settings.sabotage);
    let key = key::merged(run, interval, group);
    for _ in 0..MOST_TRIES {
        let before = store.get(&key).await?;
        let mut merged = match &before {
            Some(object) => {
                known(&key, &object.bytes)?.unwrap_or_else(|| MergedInterval::new(run.clone(), interval, group))
            }
            None => MergedInterval::new(run.clone(), interval, group),
        };
        let held = (merged.len(), merged.unreadable().len());
        let missing = chunks.iter().filter(|(_, id)| !merged.holds(*id) || sabotage == Some(Sabotage::CountTwice));
        let reads: Vec<_> = missing.map(|(key, id)| read(ports, key, *id).boxed()).collect();
        let mut reading = stream::iter(reads).buffered(READ_AHEAD);
        while let Some((chunk_key, id, object)) = reading.try_next().await? {
            let Some(object) = object else { continue };
            match chunk_of(&object.bytes, run, id) {
                Ok(chunk) if sabotage == Some(Sabotage::CountTwice) => merged.add(&chunk),
                Ok(chunk) => merged.fold(&chunk).expect("it is not held, and of this group"),
                Err(why) => {
                    warn!(%chunk_key, why, "a chunk can't be read, it is left out, and the report says so");
                    merged.leave_out(id, &why);
                }
            }
        }
        if (merged.len(), merged.unreadable().len()) == held {
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

/// The chunks whose keys start with `prefix`, in order.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub(crate) async fn list_chunks(store: &dyn ObjectStore, prefix: &str) -> Result<Vec<(Key, ChunkId)>, ServiceError> {
    let with_id = |key: Key| match key::meaning(&key) {
        Some((_, key::Meaning::Chunk(id))) => Some((key, id)),
        _ => None,
    };
    Ok(list_all(store, prefix, None).await?.into_iter().filter_map(with_id).collect())
}

/// How many shards `chunks`, which are in order, are of.
fn shards_of(chunks: &[(Key, ChunkId)]) -> usize {
    chunks.chunk_by(|(_, one), (_, next)| one.shard == next.shard).count()
}

async fn read<'a>(
    ports: &Ports,
    key: &'a Key,
    id: ChunkId,
) -> Result<(&'a Key, ChunkId, Option<Object>), ServiceError> {
    Ok((key, id, ports.store.get(key).await?))
}

/// The merged interval that these bytes are; `None`: they are none any more.
fn known(key: &Key, bytes: &[u8]) -> Result<Option<MergedInterval>, ServiceError> {
    match MergedInterval::decode(bytes) {
        Ok(merged) => Ok(Some(merged)),
        // Of a newer version: that one is to go on with it.
        Err(source @ FrameError::Version { .. }) => Err(ServiceError::Frame { key: key.clone(), source }),
        Err(error) => {
            warn!(%key, %error, "a merged interval can't be read, it is made anew of its chunks");
            Ok(None)
        }
    }
}

/// The chunk that these bytes are, which lay where the chunk `id` of `run` belongs.
///
/// # Errors
/// Why they are none, or another.
fn chunk_of(bytes: &[u8], run: &RunId, id: ChunkId) -> Result<Chunk, String> {
    let chunk = Chunk::decode(bytes).map_err(|error| error.to_string())?;
    if (&chunk.run, chunk.id) != (run, id) {
        return Err(format!("it is of the test {}, and lies under another chunk's key", chunk.run));
    }
    Ok(chunk)
}
