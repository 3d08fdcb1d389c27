//! `swarmgate serve` as a process: its API over a socket, its page in a browser, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use swarmgate_workload::Workload;

use crate::browser::dom;
use crate::support::{Place, Running, wait_until};

/// A `serve` at work, and where it listens.
pub struct Served {
    running: Running,
    pub address: SocketAddr,
}

impl Served {
    pub fn start(place: &Place) -> Self {
        Self::start_with(place, &[])
    }

    /// The same, with more flags.
    pub fn start_with(place: &Place, more: &[&str]) -> Self {
        let args = [&["serve", "--listen", "127.0.0.1:0", "--data", "data"], more].concat();
        let mut running = place.start(&args);
        let mut line = String::new();
        BufReader::new(running.stdout()).read_line(&mut line).expect("it prints where it listens");
        let address = line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        Self { address: address.unwrap_or_else(|| panic!("no address in `{line}`")), running }
    }

    /// The status and the body of the answer.
    pub fn call(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket takes a limit");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all((head + body).as_bytes()).expect("it reads the request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        (head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a head has a status"), body.to_owned())
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("the answer is JSON")
    }

    fn start_test(&self, body: &Value) -> String {
        let (status, answer) = self.call("POST", "/tests", &body.to_string());
        assert_eq!(status, 202, "{answer}");
        let answer: Value = serde_json::from_str(&answer).expect("the answer is JSON");
        answer["id"].as_str().expect("a test has an id").to_owned()
    }

    fn phase(&self, id: &str) -> String {
        self.get(&format!("/tests/{id}"))["phase"].as_str().expect("a test has a phase").to_owned()
    }

    pub fn wait_for(&self, id: &str, phase: &str, seconds: u64) {
        wait_until(&format!("{id} to be {phase}"), Duration::from_secs(seconds), || self.phase(id) == phase);
    }
}

#[test]
fn two_tests_at_once_count_what_the_server_counted() {
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let served = Served::start(&place);
    let test = |path: &str| json!({ "scenario": server.url(path), "users": 4, "spawn_rate": 50, "duration": "3s" });
    let one = served.start_test(&test("/?test=1"));
    let two = served.start_test(
        &json!({ "scenario": server.url("/?test=2"), "users": 4, "spawn_rate": 50, "duration": "3s", "workers": 2 }),
    );
    served.wait_for(&one, "finished", 20);
    served.wait_for(&two, "finished", 20);
    let count = |id: &str| served.get(&format!("/tests/{id}/report/summary.json"))["total"]["count"].as_u64();
    let (one, two) = (count(&one).expect("a count"), count(&two).expect("a count"));
    assert!(one >= 8 && two >= 8, "{one} and {two} requests");
    assert_eq!(one + two, server.shutdown().received);
}

#[test]
fn the_page_shows_a_test_as_it_runs_and_the_report_after_it() {
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let served = Served::start(&place);
    let id =
        served.start_test(&json!({ "scenario": server.url("/"), "users": 4, "spawn_rate": 50, "duration": "60s" }));
    wait_until("a view", Duration::from_secs(20), || {
        served.get(&format!("/tests/{id}/live"))["total"]["count"].as_u64() > Some(0)
    });
    let Some((page, console)) = dom(&place, &format!("http://{}/#{id}", served.address)) else { return };
    assert!(console.is_empty(), "{console:?}");
    assert!(page.contains(&id) && page.contains("running") && page.contains("Aggregated"), "{page}");
    served.call("POST", &format!("/tests/{id}/stop"), "");
    served.wait_for(&id, "stopped", 20);
    let Some((page, console)) = dom(&place, &format!("http://{}/", served.address)) else { return };
    assert!(console.is_empty(), "{console:?}");
    assert!(page.contains("stopped: inconclusive") && page.contains(&format!("tests/{id}/report")), "{page}");
    let Some((page, console)) = dom(&place, &format!("http://{}/tests/{id}/report/index.html", served.address)) else {
        return;
    };
    assert!(console.is_empty(), "{console:?}");
    assert!(page.contains("<svg") && page.contains("aria-sort"), "the report was not drawn");
}

#[test]
fn asked_to_end_it_stops_tests_and_waits_for_their_reports() {
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let mut served = Served::start(&place);
    let id =
        served.start_test(&json!({ "scenario": server.url("/"), "users": 4, "spawn_rate": 50, "duration": "10m" }));
    wait_until("load", Duration::from_secs(20), || server.stats().received > 8);
    served.running.signal("TERM");
    let ran = served.running.wait();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains(&format!("stopping test {id}")), "{}", ran.stderr);
    let summary = crate::support::read_summary(&place.path(&format!("data/reports/{id}")));
    assert_eq!((summary.total.count, summary.total.cut_off), (server.shutdown().received, 0));
}

#[test]
fn asked_twice_it_ends_at_once_and_the_next_one_makes_the_report() {
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let mut served = Served::start(&place);
    let scenario = format!(
        "target: {}\nload: {{users: 2, spawn_rate: 10/s, duration: 10m}}\ngrace: 20s\nflow: [GET /stall]\n",
        server.url("")
    );
    let id = served.start_test(&json!({ "scenario": scenario }));
    wait_until("load", Duration::from_secs(20), || server.stats().received >= 2);
    let second = place.run(&["serve", "--listen", "127.0.0.1:0", "--data", "data"]);
    assert_eq!(second.code, 4, "{second:?}");
    assert!(second.stderr.contains("another process serves this folder"), "{}", second.stderr);

    served.running.signal("INT");
    wait_until("the first signal to be taken", Duration::from_secs(10), || {
        let (status, _) = served.call("POST", "/tests", &json!({ "scenario": server.url("/") }).to_string());
        status == 503
    });
    served.running.signal("INT");
    let ran = served.running.wait();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("ended at once"), "{}", ran.stderr);

    // Its workers are lost with it: the test ends when their leases are over.
    let next = Served::start(&place);
    next.wait_for(&id, "stopped", 60);
    assert_eq!(next.call("GET", &format!("/tests/{id}/report/index.html"), "").0, 200);
}

#[test]
fn tests_of_a_killed_process_end_with_a_report() {
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let mut served = Served::start(&place);
    let scenario = format!(
        "target: {}\nload: {{users: 2, spawn_rate: 10/s, duration: 10m}}\ngrace: 0s\nflow: [GET /]\n",
        server.url("")
    );
    let id = served.start_test(&json!({ "scenario": scenario }));
    wait_until("load", Duration::from_secs(20), || {
        served.get(&format!("/tests/{id}/live"))["total"]["count"].as_u64() > Some(0)
    });
    served.running.signal("KILL");
    served.running.wait();

    let next = Served::start(&place);
    next.wait_for(&id, "failed", 60);
    let test = next.get(&format!("/tests/{id}"));
    assert_eq!(test["ended"]["failed"]["reason"], "the process that ran it ended");
    assert_eq!(test["verdict"]["outcome"], "inconclusive");
    assert!(next.get(&format!("/tests/{id}/report/summary.json"))["total"]["count"].as_u64() > Some(0));
    let other =
        next.start_test(&json!({ "scenario": server.url("/"), "users": 2, "spawn_rate": 50, "duration": "1s" }));
    next.wait_for(&other, "finished", 20);
}

#[test]
fn an_address_in_use_is_named() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = taken.local_addr().expect("a listener has an address").to_string();
    let ran = place.run(&["serve", "--listen", &address, "--data", "data"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains(&format!("listening on {address}")) && ran.stderr.contains("hint:"), "{}", ran.stderr);
    assert!(!place.path("data").exists(), "it made a folder before it knew that it can serve");
}

#[test]
fn a_large_body_is_refused_unread() {
    let place = Place::new();
    let served = Served::start(&place);
    let mut stream = TcpStream::connect(served.address).expect("it listens");
    let head = format!(
        "POST /tests HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n",
        served.address
    );
    stream.write_all(head.as_bytes()).expect("it reads the head");
    let chunk = [b' '; 64 * 1024];
    // It may close while we send: that is what it should do.
    while stream.write_all(&chunk).is_ok() {}
    let mut answer = String::new();
    // A reset may overtake the answer.
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(served.call("GET", "/health", "").0, 200);
}
