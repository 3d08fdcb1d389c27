//! Adding up a whole test: one pass over the keys of its chunks, in memory that does not grow with the test's length.

use std::sync::Arc;

use futures_util::stream::{self, Stream, TryStreamExt};
use swarmgate_domain::{
    ChunkId, Group, Interval, Key, MergedInterval, Plan, Results, RunId, RunState, Summarizer, key,
};

use crate::error::ServiceError;
use crate::merge::{Place, list_chunks, merge_chunks};
use crate::ports::{ObjectStore, Ports};
use crate::records::list_all_folders;

/// So many groups are brought up to date and read at once: they wait for the store, not for the processor.
const AT_ONCE: usize = 8;

/// The keys of so many intervals are listed at once, and in memory: 10,000 workers write 10 pages an interval.
const INTERVALS_AT_ONCE: usize = 8;

/// Names a set of chunks: how many, and a checksum of their keys in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct ChunkSet {
    pub count: u64,
    checksum: u64,
}

impl ChunkSet {
    const EMPTY: Self = Self { count: 0, checksum: 0xcbf2_9ce4_8422_2325 };

    /// The chunks that lie there now.
    ///
    /// # Errors
    /// [`ServiceError`]: the store failed.
    pub async fn of(ports: &Ports, run: &RunId) -> Result<Self, ServiceError> {
        let mut all = Self::EMPTY;
        let mut listing = std::pin::pin!(by_interval(&*ports.store, run));
        while let Some(chunks) = listing.try_next().await? {
            chunks.iter().for_each(|(key, _)| all.add(key));
        }
        Ok(all)
    }

    fn add(&mut self, key: &Key) {
        self.count += 1;
        self.checksum = key
            .as_str()
            .bytes()
            .chain([0])
            .fold(self.checksum, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    }
}

/// What all chunks of a test come to.
pub(crate) struct Tally {
    /// The chunks that lay there.
    pub chunks: ChunkSet,
    /// What they come to. It may hold more of them, where some came meanwhile and someone else merged them.
    pub results: Results,
}

/// Adds up all chunks of a test, as revision `revision`; merges those that nobody has merged.
///
/// # Errors
/// [`ServiceError`]; some are merged.
pub(crate) async fn tally(
    ports: &Ports,
    plan: &Arc<Plan>,
    state: &RunState,
    revision: u32,
) -> Result<Tally, ServiceError> {
    let run = &plan.id;
    let mut summarizer = Summarizer::new(plan.clone(), state.clone());
    let (mut chunks, mut open) = (ChunkSet::EMPTY, Open::default());
    let groups = groups(&*ports.store, run);
    let merges = groups.map_ok(|group| async move {
        Ok((group.place.0, group.taken, merge_chunks(ports, run, group.place, &group.chunks).await?))
    });
    let mut merging = std::pin::pin!(merges.try_buffered(AT_ONCE));
    while let Some((interval, taken, merged)) = merging.try_next().await? {
        chunks = taken;
        if open.interval != Some(interval) {
            open.close(&mut summarizer);
            open.interval = Some(interval);
        }
        open.groups.push(merged);
    }
    open.close(&mut summarizer);
    Ok(Tally { chunks, results: summarizer.finish(revision) })
}

/// The interval whose groups come.
#[derive(Default)]
struct Open {
    interval: Option<Interval>,
    groups: Vec<MergedInterval>,
}

impl Open {
    fn close(&mut self, summarizer: &mut Summarizer) {
        if let Some(interval) = self.interval.take() {
            summarizer.add_interval(interval, &self.groups);
            self.groups.clear();
        }
    }
}

/// The chunks of a group of one interval.
struct GroupOfChunks {
    place: Place,
    chunks: Vec<(Key, ChunkId)>,
    /// All chunks up to these.
    taken: ChunkSet,
}

/// The chunks of a test by interval and group, which is the order of their keys.
fn groups<'a>(
    store: &'a dyn ObjectStore,
    run: &'a RunId,
) -> impl Stream<Item = Result<GroupOfChunks, ServiceError>> + 'a {
    let mut taken = ChunkSet::EMPTY;
    by_interval(store, run)
        .map_ok(move |chunks| {
            let groups: Vec<_> = chunks
                .chunk_by(|(_, one), (_, next)| place(*one) == place(*next))
                .map(|group| {
                    group.iter().for_each(|(key, _)| taken.add(key));
                    Ok(GroupOfChunks { place: place(group[0].1), chunks: group.to_vec(), taken })
                })
                .collect();
            stream::iter(groups)
        })
        .try_flatten()
}

fn place(chunk: ChunkId) -> Place {
    (chunk.interval, Group::of(chunk.shard))
}

/// The chunks of each interval, in the order of their keys. Some intervals are listed at once: a page takes S3 longer than all that is done with it.
fn by_interval<'a>(
    store: &'a dyn ObjectStore,
    run: &'a RunId,
) -> impl Stream<Item = Result<Vec<(Key, ChunkId)>, ServiceError>> + 'a {
    let all = key::prefix(run, "chunks");
    let intervals = {
        let all = all.clone();
        async move { Ok::<_, ServiceError>(stream::iter(list_all_folders(store, &all).await?.into_iter().map(Ok))) }
    };
    stream::once(intervals)
        .try_flatten()
        .map_ok(move |interval| {
            let prefix = format!("{all}{interval}/");
            async move { list_chunks(store, &prefix).await }
        })
        .try_buffered(INTERVALS_AT_ONCE)
}
