//! Once warm, a request takes no memory from the allocator: whatever it renders, checks, captures and counts.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads clocks, and ends where it finds nothing"
)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use swarmgate_domain::{ErrorKind, Micros, Scenario, ScenarioInputs, ShardId, read_scenario};
use swarmgate_service::ports::{LoadEngine, LoadRun, Secrets, ShardSpec};
use swarmgate_worker::{Engine, EngineOptions};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// What histograms and tables may still grow by, and what the runtime of the test itself takes.
const SETTLING: u64 = 100;

static ANSWERS: AtomicU64 = AtomicU64::new(0);

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n";
const COOKIE: &str = "Set-Cookie: session=abc; Path=/\r\n";
const BODY: &str = "\r\n{\"token\":\"b0a1f2\",\"items\":[{\"id\":17},{\"id\":18}]}\r\n";

/// Answers each request, with a cookie for who has none, and allocates nothing.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || answer_all(stream));
        }
    });
    address
}

fn answer_all(mut stream: TcpStream) {
    let mut room = [0; 4096];
    let answers = [format!("{HEAD}{COOKIE}{BODY}"), format!("{HEAD}{BODY}")];
    // A request comes in one piece: it is written at once and is shorter than a segment.
    while let Ok(count @ 1..) = stream.read(&mut room) {
        ANSWERS.fetch_add(1, Ordering::Relaxed);
        let has_cookie = room[..count].windows(8).any(|w| w == b"Cookie: ");
        if stream.write_all(answers[usize::from(has_cookie)].as_bytes()).is_err() {
            return;
        }
    }
}

struct NoInputs(BTreeMap<String, String>);

impl ScenarioInputs for NoInputs {
    fn data_file(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("none".to_owned())
    }
    fn environment(&self, _: &str) -> Option<String> {
        None
    }
    fn set(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

fn scenario(flow: &str) -> Scenario {
    let text = format!("load: {{ users: 8, spawn_rate: 1000/s, duration: 3s }}\nthink_time: 0s\nflow:\n{flow}");
    let read = read_scenario(&text, "test", &NoInputs(BTreeMap::new()));
    read.map_err(|mistakes| mistakes.render(false)).unwrap().scenario
}

async fn begun(scenario: Scenario, target: SocketAddr) -> Box<dyn LoadRun> {
    let duration = scenario.duration();
    let spec = ShardSpec {
        shard: ShardId(0),
        shards: 1,
        scenario: Arc::new(scenario),
        data: Arc::default(),
        target: format!("http://{target}"),
        // None closes while it is measured.
        interval: duration,
        duration,
        secrets: Secrets::default(),
        seed: 1,
    };
    let options = EngineOptions { threads: Some(1), ..EngineOptions::default() };
    let mut run: Box<dyn LoadRun> = Engine::new(options).prepare(spec).await.unwrap();
    run.begin(Micros::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap()));
    run
}

/// Requests and allocations of a second in the middle of a run.
async fn measure(scenario: Scenario, target: SocketAddr) -> (u64, u64) {
    let mut run = begun(scenario, target).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let (before, region) = (ANSWERS.load(Ordering::Relaxed), Region::new(ALLOCATOR));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (change, after) = (region.change(), ANSWERS.load(Ordering::Relaxed));
    let mut failed = 0;
    while let Some(interval) = run.next().await {
        failed += interval.stats.entries.values().map(|entry| entry.failed.count).sum::<u64>();
    }
    assert_eq!(failed, 0, "the server answers all");
    (after - before, (change.allocations + change.reallocations) as u64)
}

/// A body of 10 GB takes no room, whether a check reads it or not.
async fn endless_bodies_take_no_room() {
    let target = serve_endlessly();
    let region = Region::new(ALLOCATOR);
    let flow = "  - GET /ignored: { timeout: 1s }\n  - GET /read: { timeout: 1s, check: { body: contains needle } }";
    let mut run = begun(scenario(flow), target).await;
    let mut received = 0;
    while let Some(interval) = run.next().await {
        let entries = interval.stats.entries.values();
        received += entries.clone().map(|entry| entry.body_bytes).sum::<u64>();
        let kinds: Vec<ErrorKind> = entries.flat_map(|entry| entry.errors.keys().map(|key| key.kind)).collect();
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == ErrorKind::Timeout), "{kinds:?}");
    }
    let change = region.change();
    assert!(received > 0, "nothing came");
    // Each of 8 users has a buffer, and keeps up to 10 MiB of the body for the check, in memory that doubles as it grows.
    let held = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    assert!(held < 8 << 20, "{held} bytes are held after {received} bytes of bodies");
}

/// Sends a body that is never done, as fast as it is taken.
fn serve_endlessly() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n";
                let mut sent = stream.write_all(head);
                while sent.is_ok() {
                    sent = stream.write_all(&[b'x'; 64 << 10]);
                }
            });
        }
    });
    address
}

/// One test, since the allocator counts for the whole process.
#[tokio::test]
async fn memory_is_taken_once() {
    requests_take_none_once_warm().await;
    endless_bodies_take_no_room().await;
}

async fn requests_take_none_once_warm() {
    let target = serve();
    let flows = [
        "  - GET /",
        "  - GET /plain: { check: { status: 200, json: { \"$.token\": b0a1f2 } }, capture: { token: json $.token, id: 'json $.items[1].id' } }
  - POST /order?id=${id}: { headers: { Authorization: 'Bearer ${token}' }, json: { token: '${token}', at: '${timestamp_ms}' } }
  - POST /form/${id}: { form: { token: '${token}' }, capture: { kind: header content-type } }",
    ];
    for flow in flows {
        let (requests, allocations) = measure(scenario(flow), target).await;
        let text = format!("{allocations} allocations for {requests} requests of\n{flow}");
        assert!(requests > 20 * SETTLING, "too few to tell: {text}");
        assert!(allocations < SETTLING, "{text}");
    }
}
