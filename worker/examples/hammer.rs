//! How much a request costs: closed users against one URL.
//!
//! `cargo run --release -p swarmgate-worker --example hammer -- http://127.0.0.1:8080/ 50 5 1`
//! (URL, users, seconds, threads) prints requests, rate, and CPU seconds per million requests, user and system.
//! Numbers more are the least and the longest think time in milliseconds, the spawn rate and the most connections: many users
//! who mostly wait.
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
    let low: u64 = argument(4, "0").parse().expect("least think time: a number");
    let high: u64 = argument(5, "0").parse().expect("longest think time: a number");
    let spawn_rate: f64 = argument(6, "1000000").parse().expect("spawn rate: a number");
    let connections = arguments.get(7).map(|text| text.parse().expect("most connections: a number"));
    let think_time = match high {
        0 => ThinkTime::None,
        _ => ThinkTime::Uniform { low: Micros::from_millis(low), high: Micros::from_millis(high) },
    };
    let curve = UserCurve::ramp(users, spawn_rate, Micros::from_secs(seconds));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let total = runtime.block_on(hammer(&target, scenario(curve, think_time), seconds, threads, connections));

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
    let late = &total.generator.lateness;
    if let (Some(p50), Some(p99), Some(max)) = (late.percentile(50.0), late.percentile(99.0), late.max()) {
        println!("users {} went on late by p50 {p50} p99 {p99} max {max}", total.generator.users_started);
    }
    println!("service time p50 {} p99 {} max {}", at(50.0), at(99.0), at(100.0));
}

async fn hammer(target: &str, scenario: Scenario, seconds: u64, threads: u32, connections: Option<u32>) -> Stats {
    let duration = Micros::from_secs(seconds);
    let spec = ShardSpec {
        shard: ShardId(0),
        shards: 1,
        scenario: Arc::new(scenario),
        data: Arc::default(),
        target: target.to_owned(),
        interval: Micros::from_secs(1),
        duration,
        secrets: Secrets::default(),
        seed: 1,
    };
    let engine = Engine::new(EngineOptions { threads: Some(threads), connections, ..EngineOptions::default() });
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

fn scenario(curve: UserCurve, think_time: ThinkTime) -> Scenario {
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
    Scenario {
        name: "hammer".to_owned(),
        description: None,
        labels: BTreeMap::new(),
        target: None,
        loads: vec![Load { name: "main".to_owned(), kind: None, model: LoadModel::Closed(curve) }],
        kinds: vec![UserKind {
            name: "user".to_owned(),
            weight: 1.0,
            think_time,
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
