//! The report says what the server saw: counts by name and status exactly, percentiles within 1 % and 200 us.

use std::collections::BTreeMap;

use swarmgate_domain::{Doubt, ErrorKind, Percentiles, Summary, Verdict};
use swarmgate_workload::{Stats, Workload};

use crate::support::{Place, entry};

/// Errors, redirects, time-outs and checks mixed. Each entry's requests go to paths of their own.
const MIXED: &str = r#"
name: mixed
load: LOAD
think_time: THINK
flow:
  - GET /: { name: home }
  - POST /login: { name: login, json: { user: "u${user_id}" }, check: { status: 200 }, capture: { token: "json $.token" } }
  - GET /items: { name: items, check: { status: 2xx } }
  - POST /cart: { name: cart, json: { item: 1 }, headers: { Authorization: "Bearer ${token}" } }
  - GET /status/503: { name: broken }
  - GET /status/404: { name: not found but fine, check: { status: 404 } }
  - GET /redirect/2: { name: redirected }
  - GET /delay?ms=3: { name: slow }
  - GET /stall: { name: stalled, timeout: 100ms }
  - GET /reset: { name: reset }
  - GET /chunked?n=3000&chunk=700: { name: chunked }
  - GET /close: { name: closed after }
thresholds: [ "error_rate < 90%" ]
grace: 10s
"#;

#[test]
fn a_closed_run_counts_what_the_server_counted() {
    check_counts("{ users: 20, spawn_rate: 20/s, duration: 5s }", "1ms..20ms", &["--workers", "2"]);
}

#[test]
fn an_open_run_counts_what_the_server_counted() {
    check_counts("{ arrival_rate: 30/s, duration: 5s, max_users: 500 }", "none", &[]);
}

fn check_counts(load: &str, think: &str, more: &[&str]) {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    place.write("mixed.yaml", &MIXED.replace("LOAD", load).replace("THINK", think));
    let target = server.url("");
    let ran = place.run(&[&["run", "mixed.yaml", "--target", &target, "--out", "out", "--quiet"], more].concat());
    let summary = place.summary("out");
    let stats = server.shutdown();
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}\n{:?}", summary.verdict);
    assert!(summary.total.count > 500, "only {} requests", summary.total.count);
    assert_eq!(summary.total.cut_off, 0, "requests were cut off in spite of the grace time");
    assert_eq!(summary.quality.coverage, 1.0);

    let of_server = |method: &str, paths: &[&str]| served(&stats, method, paths);
    // The redirects end at `/`, which the entry `home` asks for too.
    let mut home = of_server("GET", &["/"]);
    let redirected = entry(&summary, "redirected");
    *home.get_mut(&200).expect("the home page was served") -= redirected.statuses[&200];
    let mut hops = of_server("GET", &["/redirect/2", "/redirect/1"]);
    hops.insert(200, redirected.count);
    for (name, expected) in [
        ("home", home),
        ("redirected", hops),
        ("login", of_server("POST", &["/login"])),
        ("items", of_server("GET", &["/items"])),
        ("cart", of_server("POST", &["/cart"])),
        ("broken", of_server("GET", &["/status/503"])),
        ("not found but fine", of_server("GET", &["/status/404"])),
        ("slow", of_server("GET", &["/delay"])),
        ("stalled", BTreeMap::new()),
        ("reset", BTreeMap::new()),
        ("chunked", of_server("GET", &["/chunked"])),
        ("closed after", of_server("GET", &["/close"])),
    ] {
        assert_eq!(entry(&summary, name).statuses, expected, "of {name}");
    }
    for (name, path, kind) in [
        ("stalled", "/stall", ErrorKind::Timeout),
        ("reset", "/reset", ErrorKind::Reset),
        ("broken", "/status/503", ErrorKind::Status),
    ] {
        let (entry, received) = (entry(&summary, name), stats.request("GET", path).expect("it was asked for").received);
        assert_eq!((entry.count, entry.failures), (received, received), "of {name}");
        let counted: u64 = summary.failures.iter().filter(|f| f.name == name && f.kind == kind).map(|f| f.count).sum();
        assert_eq!(counted, received, "of {name} by kind");
    }
    for name in
        ["home", "login", "items", "cart", "not found but fine", "redirected", "slow", "chunked", "closed after"]
    {
        assert_eq!(entry(&summary, name).failures, 0, "of {name}: {:?}", summary.failures);
    }
    let all: u64 = summary.requests.iter().map(|entry| entry.count).sum();
    assert_eq!(summary.total.count, all);
    // A redirect's hops are requests of the server, but one of ours.
    assert_eq!(stats.received, all + summary.total.redirects);
}

fn served(stats: &Stats, method: &str, paths: &[&str]) -> BTreeMap<u16, u64> {
    let mut statuses = BTreeMap::new();
    for request in stats.requests.iter().filter(|r| r.method == method && paths.contains(&r.path.as_str())) {
        for (status, count) in &request.statuses {
            *statuses.entry(*status).or_default() += count;
        }
    }
    statuses
}

/// Runs whose tail a pause of the whole machine may have moved: the test asks for one that nothing disturbed.
const UNDISTURBED_TRIES: usize = 3;

#[test]
fn percentiles_are_the_servers() {
    // Some 9,000 requests, so that 99.9 % is not the slowest one.
    let scenario = "load: { users: 20, spawn_rate: 20/s, duration: 10s }\nthink_time: none\nflow: [ GET / ]\n";
    let place = Place::new();
    place.write("tail.yaml", scenario);
    let mut apart = Vec::new();
    for number in 0..UNDISTURBED_TRIES {
        let latency = "lognormal:median=20ms,sigma=0.5".parse().expect("a latency");
        let server = Workload::builder().latency(latency).seed(7).start().expect("the workload starts");
        let out = format!("out{number}");
        let ran = place.run(&["run", "tail.yaml", "--target", &server.url(""), "--out", &out, "--quiet"]);
        let summary: Summary = place.summary(&out);
        let stats = server.shutdown();
        assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
        let (ours, theirs) = (&summary.total.service, &stats.service_time_by_path["/"]);
        assert_eq!(ours.count, theirs.count);
        assert!(ours.count > 4_000, "{} requests are too few for a tail", ours.count);
        apart = percentiles_apart(ours, theirs);
        if apart.is_empty() {
            return;
        }
    }
    panic!("in none of {UNDISTURBED_TRIES} runs; in the last: {apart:?}");
}

/// What is further from the server's than 1 % and 200 us.
fn percentiles_apart(ours: &Percentiles, theirs: &swarmgate_workload::Percentiles) -> Vec<String> {
    [
        ("p50", ours.p50_us, theirs.p50_us),
        ("p90", ours.p90_us, theirs.p90_us),
        ("p95", ours.p95_us, theirs.p95_us),
        ("p99", ours.p99_us, theirs.p99_us),
        ("p99.9", ours.p99_9_us, theirs.p99_9_us),
    ]
    .into_iter()
    .filter(|(_, ours, theirs)| ours.0.abs_diff(*theirs) > theirs / 100 + 200)
    .map(|(name, ours, theirs)| format!("{name}: {} us, the server's is {theirs} us", ours.0))
    .collect()
}

#[test]
fn a_breach_is_a_fail_and_an_unsound_run_is_no_pass() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    let url = server.url("/delay?ms=30");
    let run = |name: &str, more: &[&str]| {
        let mut ran = None;
        for number in 0..UNDISTURBED_TRIES {
            let out = format!("{name}{number}");
            let args =
                ["run", &url, "--users", "2", "--spawn-rate", "10", "--duration", "2s", "--quiet", "--out", &out];
            let (latest, summary) = (place.run(&[&args, more].concat()), place.summary(&out));
            let disturbed = matches!(&summary.verdict, Verdict::Inconclusive { doubts } if doubts.iter().any(|doubt| matches!(doubt, Doubt::Saturated { .. })));
            ran = Some((latest, summary));
            if !disturbed {
                break;
            }
        }
        ran.expect("it was tried once at least")
    };
    let (ran, summary) = run("fail", &["--threshold", "p50 < 10ms"]);
    assert_eq!((ran.code, summary.verdict.word()), (1, "fail"), "{ran:?} {:?}", summary.verdict);
    assert!(matches!(&summary.verdict, Verdict::Fail { breaches } if breaches[0].starts_with("p50 < 10ms: 3")));
    // There is no TLS here, so there is nothing that could hold the limit.
    let (ran, summary) = run("nothing", &["--threshold", "tls.p50 < 1s"]);
    assert_eq!((ran.code, summary.verdict.word()), (3, "inconclusive"), "{ran:?} {:?}", summary.verdict);
}
