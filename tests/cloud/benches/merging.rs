//! Merging the chunks of a large test as they come: 10,000 workers, 50 request names, on an S3-compatible store.
//!
//! Prints what one interval costs in time, CPU, memory and requests, how many functions at once keep up with intervals of 5 s, and what an hour of
//! that is at list prices. `SHARDS`, `NAMES`, `INTERVALS` and `FUNCTIONS` change the size.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark prints what it measured")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use swarmgate_aws::{Addressing, S3Store};
use swarmgate_domain::{
    Attempt, Chunk, ChunkId, Cover, EntryKind, EntryName, EntryStats, Interval, Key, Latency, Micros, PoolShare, RunId,
    Scenario, ShardId, Stats,
};
use swarmgate_local::{MemoryQueue, SystemClock, SystemRandomness};
use swarmgate_report::ReportRenderer;
use swarmgate_service::ports::{
    Condition, Etag, Fleet, FleetError, FleetStatus, Object, ObjectStore, Page, Ports, Queue, Settings, StoreError,
};
use swarmgate_service::{LiveMemory, Retrying, TestRequest, accept, objects_created, stop, sweep};
use swarmgate_testbed::AwsStandIns;

/// Keys that one event of a function names: 6 MB of S3's messages hold more.
const BATCH: usize = 1_000;

/// The length of an interval.
const INTERVAL: Duration = Duration::from_secs(5);

/// Lambda's price for a GB-second (arm64), and S3's for a thousand writes and lists, and for a thousand reads, in dollars.
const GB_SECOND: f64 = 0.000_013_333_4;
const THOUSAND_WRITES: f64 = 0.005;
const THOUSAND_READS: f64 = 0.000_4;

#[tokio::main]
async fn main() {
    // Asked by `cargo test` what there is to run: nothing.
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return;
    }
    let size = |name: &str, usual: u32| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (shards, names) = (size("SHARDS", 10_000), size("NAMES", 50));
    let (intervals, functions) = (size("INTERVALS", 2), size("FUNCTIONS", 4));
    let Some(aws) = AwsStandIns::start("merging", None).await else { return };
    aws.make_bucket("results").await;
    let s3 = S3Store::new(&aws.config(aws.store_url()).await, "results", Addressing::Path);
    let counted = Arc::new(Counted { store: s3, reads: AtomicU64::new(0), writes: AtomicU64::new(0) });
    let ports = ports(counted.clone());
    let run = begun(&ports, shards).await;

    let stats = stats(names);
    for interval in (0..intervals).map(Interval) {
        let chunk = |shard| Chunk {
            run: run.clone(),
            id: ChunkId { interval, shard: ShardId(shard), attempt: Attempt(1) },
            cover: Cover { from: interval.start(INTERVAL.into()), to: interval.end(INTERVAL.into()) },
            stats: stats.clone(),
            saturation: Vec::new(),
            clock_doubt: Micros::ZERO,
        };
        let bytes = chunk(0).encode().len();
        let putting = Instant::now();
        let puts = (0..shards).map(|shard| {
            let (chunk, store) = (chunk(shard), ports.store.clone());
            async move {
                let key = chunk.id.key(&chunk.run);
                store.put(&key, chunk.encode().into(), Condition::Absent).await.expect("the store takes a chunk");
                key
            }
        });
        let keys: Vec<Key> = stream::iter(puts).buffer_unordered(32).collect().await;
        println!("interval {}: {shards} chunks of {bytes} bytes, written in {:.1?}", interval.0, putting.elapsed());

        counted.reset();
        let (wall, cpu) = (Instant::now(), cpu_seconds());
        let (memory, batches) = (Arc::new(LiveMemory::default()), keys.chunks(BATCH).map(<[Key]>::to_vec));
        stream::iter(batches)
            .for_each_concurrent(functions as usize, |batch| {
                let (ports, memory) = (ports.clone(), memory.clone());
                async move {
                    let handled = tokio::spawn(async move { objects_created(&ports, &memory, &batch).await });
                    handled.await.expect("a function does not panic").expect("the store answers");
                }
            })
            .await;
        report(wall.elapsed(), cpu_seconds() - cpu, functions, &counted);
    }
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    counted.reset();
    stop(&ports, &run).await.expect("the test can be stopped");
    while !sweep_until_over(&ports, &run).await {}
    let (wall, cpu) = (wall.elapsed(), cpu_seconds() - cpu);
    let (reads, writes) = counted.seen();
    println!(
        "the report of {intervals} intervals: {wall:.1?}, {cpu:.1} s of CPU, {reads} reads, {writes} writes and lists"
    );
    println!("the most memory at once, the client's buffers among it: {} MB", peak_megabytes());
}

/// Says what an interval came to.
fn report(wall: Duration, cpu: f64, functions: u32, counted: &Counted) {
    let (reads, writes) = counted.seen();
    let needed = (wall.as_secs_f64() * f64::from(functions) / INTERVAL.as_secs_f64()).ceil();
    let hour = 3_600.0 / INTERVAL.as_secs_f64();
    // A function of 1,769 MB has one core.
    let compute = needed * INTERVAL.as_secs_f64() * 1.769 * GB_SECOND;
    #[expect(clippy::cast_precision_loss, reason = "counts of one interval are small")]
    let requests = writes as f64 / 1e3 * THOUSAND_WRITES + reads as f64 / 1e3 * THOUSAND_READS;
    println!(
        "  merged by {functions} functions at once in {wall:.1?} with {cpu:.1} s of CPU, {reads} reads, {writes} writes and lists; \
         {needed} functions at once keep up with intervals of 5 s; an hour costs {:.2} $ of Lambda and {:.2} $ of S3 requests",
        compute * hour,
        requests * hour
    );
}

/// A test of so many shards whose load has begun.
async fn begun(ports: &Ports, shards: u32) -> RunId {
    let mut scenario = Scenario::from_url("http://shop.example/").expect("it is a URL");
    scenario.target = Some("http://shop.example".to_owned());
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
    accept(ports, request).await.expect("the test is accepted").id
}

/// Does what a schedule does; says whether the report is there.
async fn sweep_until_over(ports: &Ports, run: &RunId) -> bool {
    sweep(ports).await.expect("the store answers");
    let test = swarmgate_service::status(ports, run).await.expect("the test is there");
    test.state.phase.is_over()
}

/// What a worker measures in an interval: 50 requests under each name, of 1 ms to 1 s.
fn stats(names: u32) -> Stats {
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

fn ports(store: Arc<Counted>) -> Ports {
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

/// A store that counts what S3 would charge for.
struct Counted {
    store: S3Store,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl Counted {
    fn reset(&self) {
        self.reads.store(0, Ordering::Relaxed);
        self.writes.store(0, Ordering::Relaxed);
    }

    fn seen(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.writes.load(Ordering::Relaxed))
    }
}

#[async_trait]
impl ObjectStore for Counted {
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.store.get(key).await
    }

    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.store.put(key, bytes, condition).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.store.list(prefix, after).await
    }

    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.store.list_folders(prefix, after).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.store.delete(key).await
    }
}

/// CPU time of this process, user and system.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default().as_secs_f64()
}

/// The most memory that this process held.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
