//! What 10,000 workers leave in the store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use swarmgate_domain::{
    Attempt, Chunk, ChunkId, Cover, EntryKind, EntryName, EntryStats, Interval, Latency, Micros, Overrides, Phase,
    PoolShare, RunId, Scenario, ShardId, Stats, key,
};
use swarmgate_local::{MemoryQueue, SystemClock, SystemRandomness};
use swarmgate_report::ReportRenderer;
use swarmgate_service::ports::{Condition, Fleet, FleetError, FleetStatus, ObjectStore, Ports, Queue, Settings};
use swarmgate_service::{Retrying, TestRequest, accept, advance};

/// The length of an interval.
pub const INTERVAL: Duration = Duration::from_secs(5);

/// A test of so many shards and intervals whose load has begun.
pub async fn begun(ports: &Ports, shards: u32, intervals: u32) -> RunId {
    let overrides = Overrides { duration: Some((INTERVAL * intervals).into()), ..Overrides::default() };
    let scenario = Scenario::from_url("http://shop.example/").expect("it is a URL");
    let scenario = scenario.with_overrides(&overrides).expect("it may take that long");
    let request = TestRequest {
        scenario,
        data: Vec::new(),
        source: "http://shop.example/".to_owned(),
        target: "http://shop.example".to_owned(),
        pools: vec![PoolShare { pool: "default".to_owned(), shards }],
        interval: INTERVAL.into(),
        environment: BTreeMap::new(),
        idempotency_key: None,
        id: None,
    };
    let run = accept(ports, request).await.expect("the test is accepted").id;
    let start = format!(r#"{{"at":{}}}"#, ports.clock.now().0);
    ports.store.put(&key::start(&run), start.into(), Condition::Absent).await.expect("the store takes when it starts");
    let state = advance(ports, &run).await.expect("the test is moved on");
    assert_eq!(state.phase, Phase::Running);
    run
}

/// A worker's chunk.
pub fn chunk(run: &RunId, interval: Interval, shard: u32, stats: &Stats) -> Chunk {
    Chunk {
        run: run.clone(),
        id: ChunkId { interval, shard: ShardId(shard), attempt: Attempt(1) },
        cover: Cover { from: interval.start(INTERVAL.into()), to: interval.end(INTERVAL.into()) },
        stats: stats.clone(),
        saturation: Vec::new(),
        clock_doubt: Micros::ZERO,
    }
}

/// What a worker measures in an interval: 50 requests under each name, of 1 ms to 1 s.
pub fn stats(names: u32) -> Stats {
    let mut stats = Stats::default();
    for name in 0..names {
        let mut entry = EntryStats::default();
        for request in 0..50_u64 {
            let done = Micros(1_000 + (request * 7_919 + u64::from(name) * 104_729) % 1_000_000);
            let latency = Latency::measure(Micros::ZERO, Micros::ZERO, done).expect("it ends after it begins");
            entry.succeeded.record(latency);
            entry.first_byte.record(Micros(done.0 / 2));
        }
        entry.statuses.insert(200, 50);
        let key = EntryName { kind: EntryKind::Request, method: "GET".to_owned(), name: format!("/items/{name}") };
        stats.entries.insert(key, entry);
    }
    stats
}

/// What this program itself does a test by: the functions have their own.
pub fn ports(store: Arc<dyn ObjectStore>) -> Ports {
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandomness));
    let queue: Arc<dyn Queue> = Arc::new(MemoryQueue::default());
    Ports {
        store: Arc::new(Retrying::new(store, clock.clone(), random.clone())),
        queues: BTreeMap::from([("default".to_owned(), queue)]),
        fleet: Arc::new(NoFleet),
        clock,
        random,
        renderer: Arc::new(ReportRenderer),
        settings: Settings::CLOUD,
    }
}

/// No worker is needed: their chunks are made here.
struct NoFleet;

#[async_trait]
impl Fleet for NoFleet {
    async fn scale(&self, _pool: &str, _workers: u32) -> Result<(), FleetError> {
        Ok(())
    }

    async fn status(&self, _pool: &str) -> Result<FleetStatus, FleetError> {
        Ok(FleetStatus::default())
    }
}
