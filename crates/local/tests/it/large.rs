//! Tests of so many workers that their chunks lie in several groups: when a group is merged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use swarmgate_domain::*;
use swarmgate_local::SystemClock;
use swarmgate_service::ports::*;
use swarmgate_service::{LiveMemory, objects_created};

use crate::begun::{Begun, INTERVAL};

/// One group and a part of another.
const SHARDS: u32 = 300;

/// A clock that stands where it is set to.
struct SetClock(AtomicU64);

#[async_trait]
impl Clock for SetClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::Relaxed))
    }

    async fn sleep(&self, _time: Micros) {}
}

struct World {
    test: Begun,
    clock: Arc<SetClock>,
    memory: LiveMemory,
}

impl World {
    /// A test that runs, and for which no chunk has come.
    async fn start() -> Self {
        let clock = Arc::new(SetClock(AtomicU64::new(SystemClock.now().0)));
        Self { test: Begun::start(clock.clone(), SHARDS).await, clock, memory: LiveMemory::default() }
    }

    /// Some shards' chunks of an interval come, `after` its end.
    async fn come(&self, interval: u32, shards: impl IntoIterator<Item = u32>, after: Micros) {
        let interval = Interval(interval);
        self.clock.0.store((self.test.start + interval.end(INTERVAL) + after).0, Ordering::Relaxed);
        let mut keys = Vec::new();
        for shard in shards {
            let chunk = Chunk {
                run: self.test.run.clone(),
                id: ChunkId { interval, shard: ShardId(shard), attempt: Attempt(1) },
                cover: Cover { from: interval.start(INTERVAL), to: interval.end(INTERVAL) },
                stats: Stats::default(),
                saturation: Vec::new(),
                clock_doubt: Micros::ZERO,
            };
            let key = chunk.id.key(&self.test.run);
            self.test.ports.store.put(&key, chunk.encode().into(), Condition::Absent).await.unwrap();
            keys.push(key);
        }
        objects_created(&self.test.ports, &self.memory, &keys).await.unwrap();
    }

    /// How many chunks of each group of an interval are merged.
    async fn merged(&self, interval: u32) -> [usize; 2] {
        let mut counts = [0, 0];
        for (group, count) in (0..).map(Group).zip(&mut counts) {
            let object =
                self.test.ports.store.get(&key::merged(&self.test.run, Interval(interval), group)).await.unwrap();
            *count = object.map_or(0, |object| MergedInterval::decode(&object.bytes).unwrap().len());
        }
        counts
    }
}

const SOON: Micros = Micros::from_millis(300);

#[tokio::test]
async fn a_group_waits_for_its_last_chunk() {
    let world = World::start().await;
    world.come(0, (1..200).chain(256..290), SOON).await;
    assert_eq!(world.merged(0).await, [0, 0]);
    world.come(0, (200..256).chain(290..300), SOON).await;
    assert_eq!(world.merged(0).await, [0, 44]);
    world.come(0, [0], SOON).await;
    assert_eq!(world.merged(0).await, [256, 44]);
}

#[tokio::test]
async fn a_group_whose_worker_is_lost_waits_for_two_intervals_and_a_late_chunk_for_nobody() {
    let world = World::start().await;
    for interval in 0..3 {
        world.come(interval, 1..300, SOON).await;
    }
    assert_eq!([world.merged(0).await, world.merged(1).await], [[255, 44], [0, 44]]);
    world.come(3, 1..300, SOON).await;
    assert_eq!([world.merged(1).await, world.merged(2).await], [[255, 44], [0, 44]]);
    world.come(2, [0], INTERVAL + SOON).await;
    assert_eq!(world.merged(2).await, [256, 44]);
    world.come(1, [0], INTERVAL + SOON).await;
    assert_eq!(world.merged(1).await, [256, 44]);
}
