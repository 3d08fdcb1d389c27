//! Chunks become merged intervals: each chunk counted once, in any order.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::chunk::{Chunk, Cover};
use crate::frame::{self, Format, FrameError};
use crate::ids::{Attempt, Interval, RunId, ShardId};
use crate::key::{ChunkId, Group};
use crate::stats::Stats;
use crate::time::Micros;

const FORMAT: Format = Format { name: "merged interval", magic: *b"SWGMERGE", version: 2 };

/// How many different reasons of saturation are kept.
const MOST_REASONS: usize = 8;

/// How long a reason may be for which a chunk can't be read, in characters: it may hold what is in the chunk.
const LONGEST_REASON: usize = 200;

/// The chunks of one interval and one group of shards, added up, with the set of chunks in it.
///
/// It is a pure function of that set: nothing is counted that is not in [`MergedInterval::held`], and nothing twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergedInterval {
    run: RunId,
    interval: Interval,
    group: Group,
    held: BTreeMap<(ShardId, Attempt), HeldChunk>,
    unreadable: BTreeMap<(ShardId, Attempt), String>,
    stats: Stats,
    saturation: BTreeSet<String>,
    clock_doubt: Micros,
}

/// What is remembered of a chunk beside its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldChunk {
    /// From when to when it covers.
    pub cover: Cover,
    /// Whether the worker was the bottleneck.
    pub saturated: bool,
}

/// Why a chunk was not added. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// It is in the set: treat as done.
    #[error("adding {0:?}: it is held already")]
    AlreadyHeld(ChunkId),
    /// It belongs to another test, interval or group: a caller's bug.
    #[error("adding {0:?}: it belongs elsewhere")]
    Elsewhere(ChunkId),
}

impl MergedInterval {
    /// One without any chunk.
    pub fn new(run: RunId, interval: Interval, group: Group) -> Self {
        Self {
            run,
            interval,
            group,
            held: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            stats: Stats::default(),
            saturation: BTreeSet::new(),
            clock_doubt: Micros::ZERO,
        }
    }

    /// Adds `chunk`'s counts to this interval's: percentiles are of all requests, never averages of percentiles.
    ///
    /// # Errors
    /// [`MergeError`]; nothing changed.
    pub fn fold(&mut self, chunk: &Chunk) -> Result<(), MergeError> {
        if self.holds(chunk.id) {
            return Err(MergeError::AlreadyHeld(chunk.id));
        }
        if chunk.run != self.run || chunk.id.interval != self.interval || Group::of(chunk.id.shard) != self.group {
            return Err(MergeError::Elsewhere(chunk.id));
        }
        self.add(chunk);
        Ok(())
    }

    /// Adds without asking whether it is held: only [`MergedInterval::fold`] may, and the simulation, to show that it would find out.
    #[doc(hidden)]
    pub fn add(&mut self, chunk: &Chunk) {
        let held = HeldChunk { cover: chunk.cover, saturated: !chunk.saturation.is_empty() };
        self.held.insert((chunk.id.shard, chunk.id.attempt), held);
        // Of a newer version, perhaps, and this program was replaced by one that knows it.
        self.unreadable.remove(&(chunk.id.shard, chunk.id.attempt));
        self.stats.add(&chunk.stats);
        for reason in &chunk.saturation {
            if self.saturation.len() < MOST_REASONS {
                self.saturation.insert(reason.clone());
            }
        }
        self.clock_doubt = self.clock_doubt.max(chunk.clock_doubt);
    }

    /// Notes that `chunk` lies there, and why it can't be read: whoever sums up must know that something is missing.
    pub fn leave_out(&mut self, chunk: ChunkId, why: &str) {
        let why = why.chars().take(LONGEST_REASON).collect();
        self.unreadable.insert((chunk.shard, chunk.attempt), why);
    }

    /// The chunks that can't be read, with why not.
    pub fn unreadable(&self) -> impl ExactSizeIterator<Item = (ChunkId, &str)> + '_ {
        self.unreadable.iter().map(|((shard, attempt), why)| {
            (ChunkId { interval: self.interval, shard: *shard, attempt: *attempt }, why.as_str())
        })
    }

    /// Whether `chunk` is counted here.
    pub fn holds(&self, chunk: ChunkId) -> bool {
        chunk.interval == self.interval && self.held.contains_key(&(chunk.shard, chunk.attempt))
    }

    /// The chunks in it.
    pub fn held(&self) -> impl Iterator<Item = (ChunkId, HeldChunk)> + '_ {
        self.held.iter().map(|((shard, attempt), held)| {
            (ChunkId { interval: self.interval, shard: *shard, attempt: *attempt }, *held)
        })
    }

    /// How many chunks are in it.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The interval.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// The group of shards.
    pub fn group(&self) -> Group {
        self.group
    }

    /// What was measured.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Why workers were the bottleneck, in words.
    pub fn saturation(&self) -> &BTreeSet<String> {
        &self.saturation
    }

    /// By how much a worker's clock may be off, at most.
    pub fn clock_doubt(&self) -> Micros {
        self.clock_doubt
    }

    /// As it is stored.
    pub fn encode(&self) -> Vec<u8> {
        frame::encode(FORMAT, self)
    }

    /// What was stored.
    ///
    /// # Errors
    /// [`FrameError`]: no merged interval, of another version, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        frame::decode(FORMAT, bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chunk::tests::chunk;

    fn empty() -> MergedInterval {
        MergedInterval::new(RunId::new("t1").unwrap(), Interval(3), Group(0))
    }

    #[test]
    fn a_chunk_is_counted_once_and_only_where_it_belongs() {
        let mut merged = empty();
        let first = chunk(3, 0, 1, 10, 100);
        assert_eq!(merged.fold(&first), Ok(()));
        let before = merged.clone();
        assert_eq!(merged.fold(&first), Err(MergeError::AlreadyHeld(first.id)));
        for stray in [
            chunk(4, 0, 1, 1, 1),
            chunk(3, 256, 1, 1, 1),
            Chunk { run: RunId::new("t2").unwrap(), ..chunk(3, 1, 1, 1, 1) },
        ] {
            assert_eq!(merged.fold(&stray), Err(MergeError::Elsewhere(stray.id)));
        }
        assert_eq!(merged, before);
        assert_eq!(MergedInterval::decode(&merged.encode()), Ok(before));
    }

    #[test]
    fn a_chunk_that_can_not_be_read_is_remembered_until_it_can() {
        let (mut merged, late) = (empty(), chunk(3, 1, 1, 10, 100));
        merged.fold(&chunk(3, 0, 1, 10, 100)).unwrap();
        merged.leave_out(late.id, "the checksum differs");
        let read = MergedInterval::decode(&merged.encode()).unwrap();
        assert_eq!(read.unreadable().collect::<Vec<_>>(), [(late.id, "the checksum differs")]);
        assert_eq!((read.len(), read.holds(late.id)), (1, false));
        merged.fold(&late).unwrap();
        assert_eq!((merged.len(), merged.unreadable().len()), (2, 0));
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same(seeds in Just((0..12_u32).collect::<Vec<_>>()).prop_shuffle()) {
            let chunks: Vec<_> = (0..12).map(|n| chunk(3, n / 2, n % 2 + 1, u64::from(n), 100 + u64::from(n))).collect();
            let (mut straight, mut shuffled) = (empty(), empty());
            chunks.iter().for_each(|c| straight.fold(c).unwrap());
            seeds.iter().for_each(|n| shuffled.fold(&chunks[*n as usize]).unwrap());
            prop_assert_eq!(straight, shuffled);
        }
    }
}
