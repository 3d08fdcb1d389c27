//! How much a request costs: closed users without think time against one URL.
//!
//! `cargo run --release -p swarmgate-worker --example hammer -- http://127.0.0.1:8080/ 50 5 1`
//! (URL, connections, seconds, threads) prints requests, rate, and CPU seconds per million requests, user and system.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a command that measures")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use swarmgate_domain::*;
use swarmgate_service::ports::{LoadEngine, Secrets, ShardSpec};
use swarmgate_worker::{Engine, EngineOptions};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |at: usize, default: &str| arguments.get(at).map_or(default, String::as_str).to_owned();
    let target = argument(0, "http://127.0.0.1:8080/");
    let users: u32 = argument(1, "50").parse().expect("connections: a number");
    let seconds: u64 = argument(2, "5").parse().expect("seconds: a number");
    let threads: u32 = argument(3, "1").parse().expect("threads: a number");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let total = runtime.block_on(hammer(&target, users, seconds, threads));

    let entries = total.entries.values();
    let succeeded: u64 = entries.clone().map(|e| e.succeeded.count).sum();
    let failed: u64 = entries.clone().map(|e| e.failed.count).sum();
    let mut service = Histogram::default();
    entries.for_each(|e| service.add(&e.succeeded.service));
    let requests = succeeded + failed;
    let per = |n: u64, d: f64| n as f64 / d;
    println!("requests {requests} failed {failed} rate {:.0}/s", per(requests, seconds as f64));
    println!(
        "cpu {:.2} s, {:.2} s per million requests",
        per(total.generator.cpu_micros, 1e6),
        per(total.generator.cpu_micros, requests as f64)
    );
    let at = |p| service.percentile(p).unwrap_or_default();
    println!("service time p50 {} p99 {} max {}", at(50.0), at(99.0), at(100.0));
}

async fn hammer(target: &str, users: u32, seconds: u64, threads: u32) -> Stats {
    let duration = Micros::from_secs(seconds);
    let spec = ShardSpec {
        shard: ShardId(0),
        shards: 1,
        scenario: Arc::new(scenario(users, duration)),
        data: Arc::default(),
        target: target.to_owned(),
        interval: Micros::from_secs(1),
        duration,
        secrets: Secrets::default(),
        seed: 1,
    };
    let engine = Engine::new(EngineOptions { threads: Some(threads), ..EngineOptions::default() });
    let mut run = engine.prepare(spec).await.expect("the target can be tested");
    run.begin(Micros::from(SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set")));
    let mut total = Stats::default();
    while let Some(interval) = run.next().await {
        for reason in &interval.saturation {
            println!("interval {}: {reason}", interval.interval);
        }
        total.add(&interval.stats);
    }
    total
}

fn scenario(users: u32, duration: Micros) -> Scenario {
    let request = Request {
        name: NameId(0),
        method: "GET".to_owned(),
        url: Template::text("/"),
        query: Vec::new(),
        headers: Vec::new(),
        body: Body::Empty,
        auth: None,
        checks: Vec::new(),
        captures: Vec::new(),
        timeout: Micros::from_secs(30),
        redirects: 0,
    };
    let curve = UserCurve::new(vec![
        CurvePoint { at: Micros::ZERO, value: f64::from(users) },
        CurvePoint { at: duration, value: f64::from(users) },
    ]);
    Scenario {
        name: "hammer".to_owned(),
        description: None,
        labels: BTreeMap::new(),
        target: None,
        loads: vec![Load { name: "main".to_owned(), kind: None, model: LoadModel::Closed(curve.expect("two points")) }],
        kinds: vec![UserKind {
            name: "user".to_owned(),
            weight: 1.0,
            think_time: ThinkTime::None,
            think_after: ThinkAfter::Iteration,
            on_start: Vec::new(),
            flow: vec![Step::Request(Box::new(request))],
            on_stop: Vec::new(),
        }],
        http: HttpSettings {
            headers: Vec::new(),
            auth: Auth::None,
            cookies: Cookies::Session,
            connections: ConnectionReuse::KeepAlive,
            connect_timeout: Micros::from_secs(5),
            tls: TlsTrust::AcceptAny,
        },
        data: Vec::new(),
        slots: 0,
        slot_names: Vec::new(),
        names: vec![EntryName { kind: EntryKind::Request, method: "GET".to_owned(), name: "/".to_owned() }],
        thresholds: Vec::new(),
        interval: None,
        grace: Micros::from_secs(5),
    }
}
