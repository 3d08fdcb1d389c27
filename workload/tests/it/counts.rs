//! The counts are exact.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use swarmgate_workload::{RunningWorkload, Stats, Workload};

use crate::client::{Client, get};

/// What a client saw: answers by path and status, and bytes.
type Seen = (BTreeMap<(String, u16), u64>, u64, u64);

/// One client of several: its own mix of paths, a new connection after every 97 requests.
fn load(workload: &RunningWorkload, number: usize, requests: usize) -> Seen {
    let paths = ["/", "/status/503", "/bytes?n=2000", "/items/3", "/missing", "/delay?ms=0.1", "/redirect/2"];
    let (mut seen, mut sent_bytes, mut got_bytes) = (BTreeMap::new(), 0, 0);
    let mut client = Client::connect(workload);
    for turn in 0..requests {
        if turn % 97 == 96 {
            client = Client::connect(workload);
        }
        let target = paths[(turn * (number + 1) + number) % paths.len()];
        let answer = client.get(target);
        let path = target.split('?').next().unwrap_or(target).to_owned();
        *seen.entry((path, answer.status)).or_insert(0) += 1;
        sent_bytes += get(target).len() as u64;
        got_bytes += answer.size;
    }
    (seen, sent_bytes, got_bytes)
}

#[test]
fn the_counts_equal_what_concurrent_clients_saw() {
    let workload = Workload::builder().start().unwrap();
    let seen: Vec<Seen> = thread::scope(|scope| {
        let workload = &workload;
        let clients: Vec<_> = (0..8).map(|number| scope.spawn(move || load(workload, number, 1_000))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let stats = workload.stats(); // at once: no answer that was read may be missing
    let mut expected: BTreeMap<(String, u16), u64> = BTreeMap::new();
    for (key, count) in seen.iter().flat_map(|(seen, ..)| seen) {
        *expected.entry(key.clone()).or_default() += count;
    }
    let counted: BTreeMap<(String, u16), u64> = stats
        .requests
        .iter()
        .flat_map(|row| row.statuses.iter().map(|(status, count)| ((row.path.clone(), *status), *count)))
        .collect();
    assert_eq!(counted, expected);
    assert_eq!((stats.received, stats.answered, stats.aborted, stats.in_flight), (8_000, 8_000, 0, 0));
    assert_eq!(stats.bytes_in, seen.iter().map(|(_, sent, _)| sent).sum::<u64>());
    assert_eq!(stats.bytes_out, seen.iter().map(|(.., got)| got).sum::<u64>());
    assert_eq!(stats.connections.accepted, 8 * 11);
    assert_eq!(stats.service_time.count, 8_000);
}

#[test]
fn every_answer_that_was_read_is_counted_at_once() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    for answered in 1..=2_000 {
        client.get("/");
        assert_eq!(workload.stats().answered, answered);
    }
}

/// Waits until the counts are as they should be, as the server learns of a closed connection only after a moment.
#[track_caller]
fn eventually(workload: &RunningWorkload, holds: impl Fn(&Stats) -> bool) -> Stats {
    let patience = Duration::from_secs(5);
    let mut waited = Duration::ZERO;
    loop {
        let stats = workload.stats();
        if holds(&stats) {
            return stats;
        }
        assert!(waited < patience, "still {stats:?}");
        thread::sleep(Duration::from_millis(5));
        waited += Duration::from_millis(5);
    }
}

#[test]
fn clients_that_give_up_are_counted_as_aborted() {
    let workload = Workload::builder().start().unwrap();
    for path in ["/delay?ms=60000", "/stall", "/stall?ms=60000", "/latency?profile=constant:60s"] {
        let mut client = Client::connect(&workload);
        client.send(&get(path));
        eventually(&workload, |stats| stats.in_flight == 1);
        drop(client);
        eventually(&workload, |stats| stats.in_flight == 0);
    }
    let stats = workload.stats();
    assert_eq!((stats.received, stats.answered, stats.aborted), (4, 0, 4));
    assert_eq!(stats.request("GET", "/stall").map(|row| row.aborted), Some(2));
    eventually(&workload, |stats| stats.connections.open == 0);
}

#[test]
fn an_answer_cut_off_in_the_middle_is_aborted() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    client.send(&get("/bytes?n=1000000000"));
    assert_eq!(client.head().status, 200);
    drop(client);
    let stats = eventually(&workload, |stats| stats.in_flight == 0);
    assert_eq!((stats.answered, stats.aborted), (0, 1));
    assert!(stats.bytes_out > 0 && stats.bytes_out < 1_000_000_000);
}

#[test]
fn broken_answers_are_counted_apart() {
    let workload = Workload::builder().start().unwrap();
    for path in ["/reset", "/garbage", "/reset"] {
        let mut client = Client::connect(&workload);
        client.send(&get(path));
        let _ = std::io::Read::read_to_end(&mut client.stream, &mut Vec::new());
    }
    let stats = workload.stats();
    assert_eq!((stats.received, stats.answered, stats.broken), (3, 0, 3));
    assert_eq!(stats.request("GET", "/reset").map(|row| row.broken), Some(2));
}

#[test]
fn the_statistics_endpoint_says_what_the_library_says() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    for path in ["/", "/status/500", "/health", "/latency?profile=constant:1ms"] {
        client.get(path);
    }
    let over_http: Stats = serde_json::from_value(client.get("/stats").json()).unwrap();
    let stats = workload.stats();
    assert_eq!(over_http, Stats { seconds: over_http.seconds, ..stats });
    assert_eq!(over_http.received, 3, "neither /health nor /stats counts");
    assert_eq!(over_http.drawn_latency_by_path["/latency"].max_us, 1_000);
    assert!(over_http.service_time_by_path["/latency"].p50_us >= 1_000);
}

#[test]
fn a_reset_starts_from_zero_and_keeps_what_is_in_flight() {
    let workload = Workload::builder().start().unwrap();
    let (mut client, mut slow) = (Client::connect(&workload), Client::connect(&workload));
    client.get("/");
    slow.send(&get("/delay?ms=300"));
    eventually(&workload, |stats| stats.in_flight == 1);
    let answer = client.post("/stats/reset", "", "");
    assert_eq!((answer.status, answer.text()), (200, r#"{"reset":true}"#));
    let stats = workload.stats();
    assert_eq!((stats.received, stats.answered, stats.in_flight, stats.bytes_out), (1, 0, 1, 0));
    assert_eq!((stats.connections.accepted, stats.connections.open), (0, 2));
    assert_eq!(slow.answer().status, 200);
    let stats = workload.stats();
    assert_eq!((stats.received, stats.answered, stats.requests.len()), (1, 1, 1));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test measures what the server measures")]
fn service_times_are_within_what_the_client_measures() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    for wait_ms in [5.0, 20.0, 60.0] {
        let started = Instant::now();
        client.get(&format!("/delay?ms={wait_ms}"));
        let client_us = started.elapsed().as_micros();
        let stats = workload.stats();
        let served = &stats.service_time_by_path["/delay"];
        assert!(served.max_us as f64 >= wait_ms * 1_000.0, "{served:?}");
        assert!(u128::from(served.max_us) <= client_us + client_us / 1_000 + 1, "{served:?}, client {client_us} us");
    }
}
