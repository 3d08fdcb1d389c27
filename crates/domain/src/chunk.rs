//! Chunks: what one attempt at a shard measured in one interval.

use serde::{Deserialize, Serialize};

use crate::frame::{self, Format, FrameError};
use crate::ids::RunId;
use crate::key::ChunkId;
use crate::stats::Stats;
use crate::time::Micros;

const FORMAT: Format = Format { name: "chunk", magic: *b"SWGCHUNK", version: 2 };

/// One attempt's measurements of one interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// The test.
    pub run: RunId,
    /// Which interval, shard and attempt.
    pub id: ChunkId,
    /// From when to when it covers.
    pub cover: Cover,
    /// What was measured.
    pub stats: Stats,
    /// Why the worker was the bottleneck, in words; empty when it was not.
    pub saturation: Vec<String>,
    /// By how much the worker's clock may be off against the store's, at most.
    pub clock_doubt: Micros,
}

/// A span of test time: from, to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cover {
    /// Included.
    pub from: Micros,
    /// Left out; not before `from`.
    pub to: Micros,
}

impl Cover {
    /// How long it is.
    pub fn length(self) -> Micros {
        self.to.saturating_since(self.from)
    }

    /// What of it lies before `end`.
    pub fn before(self, end: Micros) -> Self {
        Self { from: self.from.min(end), to: self.to.min(end) }
    }
}

impl Chunk {
    /// As it is stored.
    pub fn encode(&self) -> Vec<u8> {
        frame::encode(FORMAT, self)
    }

    /// What was stored.
    ///
    /// # Errors
    /// [`FrameError`]: no chunk, of another version, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        frame::decode(FORMAT, bytes)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::{Attempt, Interval, ShardId};
    use crate::scenario::EntryName;
    use crate::stats::{EntryStats, Latency};

    /// A chunk of 5 s in which `count` requests took `us` microseconds each.
    pub(crate) fn chunk(interval: u32, shard: u32, attempt: u32, count: u64, us: u64) -> Chunk {
        let mut entry = EntryStats::default();
        for _ in 0..count {
            entry.succeeded.record(Latency { service: Micros(us), response: Micros(us) });
            *entry.statuses.entry(200).or_default() += 1;
        }
        let name = EntryName::request("GET", "/");
        let length = Micros::from_secs(5);
        Chunk {
            run: RunId::new("t1").unwrap(),
            id: ChunkId { interval: Interval(interval), shard: ShardId(shard), attempt: Attempt(attempt) },
            cover: Cover { from: Interval(interval).start(length), to: Interval(interval).end(length) },
            stats: Stats { entries: [(name, entry)].into(), ..Stats::default() },
            saturation: Vec::new(),
            clock_doubt: Micros::ZERO,
        }
    }

    #[test]
    fn decoding_undoes_encoding() {
        let chunk = chunk(3, 2, 1, 10, 1_234);
        assert_eq!(Chunk::decode(&chunk.encode()), Ok(chunk));
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        let good = chunk(3, 2, 1, 10, 1_234).encode();
        let mut future = good.clone();
        future[8] = 3;
        let mut damaged = good.clone();
        *damaged.last_mut().unwrap() ^= 1;
        for (bytes, message) in [
            (&b"PK\x03\x04"[..], "reading a chunk: these bytes are none"),
            (
                &future,
                "reading a chunk: format version 3 is not known, this program reads 2: use the version of swarmgate that wrote it",
            ),
            (&damaged, "reading a chunk: the checksum differs: the object is damaged"),
            (&good[..good.len() - 1], "reading a chunk: the checksum differs: the object is damaged"),
        ] {
            assert_eq!(Chunk::decode(bytes).unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            // With a right head and checksum, so that the body's decoder is reached.
            let mut framed = b"SWGCHUNK\x02\x00".to_vec();
            framed.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
            framed.extend_from_slice(&bytes);
            prop_assert!(Chunk::decode(&framed).is_err());
            prop_assert!(Chunk::decode(&bytes).is_err());
        }

        /// Bytes of a real chunk changed, left out and put in, under a checksum that is right: read or refused, and what is read
        /// can be counted with. `PROPTEST_CASES=1000000 cargo test --release -p swarmgate-domain mangled` does it for longer.
        #[test]
        fn mangled_chunks_are_read_or_refused(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
            count in 0..40_u64,
        ) {
            let mut body = chunk(3, 2, 1, count, 1_234).encode().split_off(14);
            for (at, byte, what) in changes {
                let at = at.index(body.len());
                match what {
                    0 => body[at] = byte,
                    1 => body.insert(at, byte),
                    _ => {
                        body.remove(at);
                    }
                }
            }
            let mut framed = b"SWGCHUNK\x02\x00".to_vec();
            framed.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
            framed.extend_from_slice(&body);
            if let Ok(read) = Chunk::decode(&framed) {
                let mut sum = Stats::default();
                sum.add(&read.stats);
                for entry in sum.entries.values() {
                    entry.succeeded.response.percentile(99.0);
                }
            }
        }
    }
}
