//! Locustfiles run by a real Locust through the whole pipeline.
//!
//! Needs what `tests/tools/real-locust install` makes. Without it the tests say so and are skipped; with `SWARMGATE_NEED_ALL=1`, as in
//! CI, they fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use swarmgate_domain::{Ended, ErrorKind, Summary};
use swarmgate_workload::{Stats, Workload};

use crate::remote::{remote, started};
use crate::serve::Served;
use crate::support::{Place, Ran, entry, wait_until};

/// The folder of a virtual environment with Locust.
pub fn locust() -> Option<String> {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/real-locust");
    let output = Command::new(tool).arg("installed").output().expect("the tool can be started");
    if output.status.success() {
        return Some(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    assert!(std::env::var_os("SWARMGATE_NEED_ALL").is_none(), "there is no Locust, and no test may be skipped here");
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    {
        eprintln!("skipped: a test with a real Locust, since none is installed");
    }
    None
}

/// Runs `source` by Locust against a server of its own.
fn run(place: &Place, locust: &str, source: &str, args: &[&str]) -> (Ran, Stats) {
    place.write("locustfile.py", source);
    let server = Workload::builder().start().expect("the workload starts");
    let host = server.url("").trim_end_matches('/').to_owned();
    let base = ["run", "locustfile.py", "--locust", locust, "-H", &host, "--out", "out"];
    let ran = place.run(&[&base, args].concat());
    (ran, server.shutdown())
}

fn served(stats: &Stats, method: &str, path: &str) -> BTreeMap<u16, u64> {
    let found = stats.requests.iter().find(|request| request.method == method && request.path == path);
    found.map(|request| request.statuses.clone()).unwrap_or_default()
}

/// Processes of Locust whose command line names `folder`, which a test has for itself.
fn left_behind(folder: &Path) -> Vec<PathBuf> {
    let mark = folder.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    processes
        .filter(|process| {
            let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            line.contains("swarmgate_locust_plugin") && line.contains(&mark)
        })
        .collect()
}

fn counts(summary: &Summary) -> BTreeMap<String, u64> {
    summary.requests.iter().map(|entry| (entry.name.clone(), entry.count)).collect()
}

const MIXED: &str = r#"
import simplejson
from locust import FastHttpUser, HttpUser, between, events, task

@events.test_start.add_listener
def started(environment, **kwargs):
    print("the test starts with", environment.parsed_options.num_users)

class Shopper(HttpUser):
    wait_time = between(0.01, 0.05)

    def on_start(self):
        self.client.post("/login", data=simplejson.dumps({"user": "ann"}), headers={"Content-Type": "application/json"})

    @task(3)
    def browse(self):
        self.client.get("/items")
        self.client.get(f"/items/{1 + id(self) % 3}", name="/items/[id]")

    @task
    def wrong(self):
        self.client.get("/status/503")
        with self.client.get("/status/404", name="expected", catch_response=True) as response:
            if response.status_code == 404:
                response.success()
        with self.client.get("/", name="home", catch_response=True) as response:
            with self.client.get("/chunked?n=3", name="within", catch_response=True):
                response.failure("I do not like it")

    @task
    def moved(self):
        self.client.get("/redirect/2")

    @task
    def broken(self):
        self.client.get("/bytes?n=10", name="before")
        {}["nothing"]

    def on_stop(self):
        self.client.get("/chunked?n=10", name="bye")
        self.client.get("/chunked?n=11", name="bye")

class Fast(FastHttpUser):
    wait_time = between(0.01, 0.05)

    @task
    def get(self):
        self.client.get("/delay?ms=1", name="fast")
"#;

#[test]
fn it_counts_what_the_server_counted() {
    let Some(locust) = locust() else { return };
    let place = Place::new();
    let args = ["-u", "20", "-r", "20", "-t", "4", "--workers", "2", "--threshold", "error_rate < 90%"];
    let (ran, stats) = run(&place, &locust, MIXED, &args);
    let summary = place.summary("out");
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}\n{:?}", summary.verdict);
    // It was taken since the native engine can't, which is said with the place.
    assert!(summary.environment["engine"].starts_with("locust 2."), "{:?}", summary.environment);
    assert!(ran.stderr.contains("locustfile.py:2:") && ran.stderr.contains("simplejson"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the test starts with 20"), "{}", ran.stderr);
    assert!(summary.notes.iter().any(|note| note.contains("Locust")), "{:?}", summary.notes);
    assert!(summary.total.count > 300, "only {} requests", summary.total.count);
    assert_eq!((summary.quality.coverage, summary.load.users_started), (1.0, 20));

    let redirected = entry(&summary, "/redirect/2");
    let mut home = served(&stats, "GET", "/");
    *home.get_mut(&200).expect("the home page was served") -= redirected.count;
    for (name, expected) in [
        ("/login", served(&stats, "POST", "/login")),
        ("/items", served(&stats, "GET", "/items")),
        ("/status/503", served(&stats, "GET", "/status/503")),
        ("expected", served(&stats, "GET", "/status/404")),
        ("before", served(&stats, "GET", "/bytes")),
        ("fast", served(&stats, "GET", "/delay")),
        ("home", home),
    ] {
        let entry = entry(&summary, name);
        assert_eq!(entry.statuses, expected, "of {name}");
        assert_eq!(entry.count, expected.values().sum::<u64>(), "of {name}");
    }
    assert_eq!(summary.total.count + 2 * redirected.count, stats.received, "each request that was served is counted");
    let counts = counts(&summary);
    assert_eq!((counts["/login"], counts["bye"]), (10, 20), "on_start and on_stop of each HttpUser");
    assert_eq!(counts["within"], counts["home"]);
    assert_eq!(redirected.statuses, [(200, redirected.count), (302, 2 * redirected.count)].into());

    assert_eq!(summary.quality.exceptions, counts["before"], "each of these tasks ends with one");
    assert!(summary.exceptions[0].message.contains("KeyError: 'nothing'"), "{:?}", summary.exceptions);

    let failure = |name: &str| summary.failures.iter().find(|failure| failure.name == name).expect("it failed");
    let (broken, disliked) = (failure("/status/503"), failure("home"));
    assert_eq!((broken.kind, broken.count), (ErrorKind::Status, counts["/status/503"]));
    assert!(broken.detail.contains("503 Server Error"), "{}", broken.detail);
    assert_eq!((disliked.kind, disliked.count), (ErrorKind::CheckFailed, counts["home"]));
    assert!(disliked.detail.contains("I do not like it"), "{}", disliked.detail);
    assert_eq!(entry(&summary, "expected").failures, 0);
    assert!(left_behind(&place.path("")).is_empty());
}

#[test]
fn the_walkthroughs_file_runs_as_it_is() {
    let Some(locust) = locust() else { return };
    let place = Place::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/locustfile.py");
    let source = std::fs::read_to_string(path).expect("it is there");
    let args = ["--engine", "locust", "-u", "5", "-r", "5", "-t", "4s", "--csv", "results"];
    let (ran, stats) = run(&place, &locust, &source, &args);
    let summary = place.summary("out");
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    assert_eq!((summary.total.count, summary.total.failures), (stats.received, 0), "{ran:?}");
    assert!(!ran.stderr.contains("native"), "nobody asked for a reason: {}", ran.stderr);
    assert!(place.path("results_stats.csv").is_file());
    // Locust knows no due times, so both clocks are one.
    assert_eq!(summary.total.response, summary.total.service);
}

#[test]
fn several_share_fixed_counts_weights_and_shapes() {
    let Some(locust) = locust() else { return };
    let classes = "
from locust import HttpUser, LoadTestShape, constant, task
class Base(HttpUser):
    abstract = True
    wait_time = constant(60)
    @task
    def once(self):
        self.client.get('/', name=type(self).__name__)
class One(Base):
    fixed_count = 1
class Light(Base):
    weight = 1
class Heavy(Base):
    weight = 3
";
    let shape = "
class Steps(LoadTestShape):
    def tick(self):
        if self.get_run_time() < 2:
            return (5, 5)
        if self.get_run_time() < 4:
            return (15, 10)
        return None
";
    let place = Place::new();
    let args = ["--engine", "locust", "-u", "21", "-r", "100", "-t", "3s", "--workers", "2"];
    let (ran, _) = run(&place, &locust, classes, &args);
    let summary = place.summary("out");
    let all = counts(&summary);
    assert_eq!((all["One"], all["Light"] + all["Heavy"], summary.load.users_started), (1, 20, 21), "{ran:?}");
    assert!((14..=16).contains(&all["Heavy"]), "{all:?}");

    let place = Place::new();
    let source = format!("{classes}{shape}");
    let (ran, _) = run(&place, &locust, &source, &["--engine", "locust", "--workers", "2", "Heavy"]);
    let summary = place.summary("out");
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    assert_eq!((summary.planned_us.0, summary.load.users_peak), (4_000_000, 15));
    assert_eq!((summary.load.users_started, summary.ended.clone()), (15, Ended::Completed));
    assert_eq!(counts(&summary), [("Heavy".to_owned(), 15)].into());
}

/// Users that are in the middle of a task for ever.
const BUSY: &str = "
import time
from locust import HttpUser, task
class U(HttpUser):
    @task
    def loop(self):
        while True:
            self.client.get('/delay?ms=50')
            time.sleep(0.01)
class Sleeper(HttpUser):
    fixed_count = 1
    @task
    def sleep(self):
        time.sleep(600)
";

#[test]
fn stopped_gently_it_counts_what_is_in_flight() {
    let Some(locust) = locust() else { return };
    let place = Place::new();
    place.write("locustfile.py", BUSY);
    let server = Workload::builder().start().expect("the workload starts");
    let host = server.url("").trim_end_matches('/').to_owned();
    let args = ["run", "locustfile.py", "--engine", "locust", "--locust", &locust, "-H", &host, "-u", "6", "-r", "9"];
    let mut running = place.start(&[&args[..], &["-t", "60s", "--out", "out"]].concat());
    wait_until("load", Duration::from_secs(30), || server.stats().received > 50);
    running.signal("INT");
    let ran = running.wait();
    let (summary, stats) = (place.summary("out"), server.shutdown());
    assert_eq!((ran.code, summary.ended.clone()), (3, Ended::Stopped), "{ran:?}");
    assert!(summary.duration_us.0 < 30_000_000, "{:?}", summary.duration_us);
    assert_eq!((summary.total.count, summary.total.failures), (stats.received, 0), "{ran:?}");
    assert!(left_behind(&place.path("")).is_empty());
}

#[test]
fn nothing_is_left_behind_when_swarmgate_ends_at_once() {
    let Some(locust) = locust() else { return };
    for signals in [&["KILL"][..], &["INT", "INT"]] {
        let place = Place::new();
        // It never lets the others go on: what ends it is not a user's.
        place.write("locustfile.py", &BUSY.replace("time.sleep(600)", "\n        while True: pass"));
        let server = Workload::builder().start().expect("the workload starts");
        let host = server.url("").trim_end_matches('/').to_owned();
        let args = ["run", "locustfile.py", "--engine", "locust", "--locust", &locust, "-H", &host, "--workers", "2"];
        let mut running = place.start(&[&args[..], &["-u", "6", "-r", "2", "-t", "60s", "--out", "out"]].concat());
        wait_until("load", Duration::from_secs(30), || {
            let tests = std::fs::read_dir(place.path("out/data/tests")).into_iter().flatten().flatten();
            tests.map(|test| test.path().join("start.json")).any(|start| start.is_file())
        });
        assert_eq!(left_behind(&place.path("")).len(), 2);
        for signal in signals {
            running.signal(signal);
            std::thread::sleep(Duration::from_millis(500));
        }
        running.wait();
        wait_until("both Locusts to be gone", Duration::from_secs(10), || left_behind(&place.path("")).is_empty());
    }
}

#[test]
fn one_that_dies_fails_the_test_with_its_last_words() {
    let Some(locust) = locust() else { return };
    let place = Place::new();
    let source = "
import os, sys
from locust import HttpUser, constant, task
class U(HttpUser):
    wait_time = constant(0.5)
    @task
    def get(self):
        self.client.get('/')
        self.count = getattr(self, 'count', 0) + 1
        if self.count == 4:
            print('this is the end', file=sys.stderr, flush=True)
            os._exit(7)
";
    let (ran, stats) = run(&place, &locust, source, &["--engine", "locust", "-u", "1", "-t", "60s"]);
    let summary = place.summary("out");
    assert_eq!(ran.code, 4, "{ran:?}");
    let Ended::Failed { reason } = &summary.ended else { panic!("{:?}", summary.ended) };
    assert!(reason.contains("exit status: 7") && reason.contains("this is the end"), "{reason}");
    // What it did not come to say is at most what it did in its last moment.
    assert!(
        summary.total.count + 1 >= stats.received && summary.total.count >= 3,
        "{} of {}",
        summary.total.count,
        stats.received
    );
}

#[test]
fn a_user_may_end_the_test() {
    let Some(locust) = locust() else { return };
    let place = Place::new();
    let source = "
from locust import HttpUser, constant, task
class U(HttpUser):
    wait_time = constant(0.1)
    @task
    def get(self):
        self.client.get('/')
        self.count = getattr(self, 'count', 0) + 1
        if self.count == 10:
            self.environment.runner.quit()
";
    let (ran, stats) = run(&place, &locust, source, &["--engine", "locust", "-u", "3", "-r", "9", "-t", "60s"]);
    let summary = place.summary("out");
    assert_eq!((ran.code, summary.ended.clone()), (3, Ended::Stopped), "{ran:?}");
    assert_eq!(summary.total.count, stats.received);
}

#[test]
fn what_is_missing_is_said_before_the_test() {
    let Some(locust) = locust() else { return };
    let place = Place::new();
    let user = "class U(HttpUser):\n    @task\n    def a(self): self.client.get('/')\n";
    let source = |first: &str| format!("{first}\nfrom locust import HttpUser, task\n{user}");
    let host = ["-H", "http://127.0.0.1:1"];
    for (first, locust, engine, words) in [
        ("import no_such_package", locust.as_str(), "locust", &["No module named 'no_such_package'", "installed"][..]),
        ("import no_such_package", &locust, "auto", &["locustfile.py:1:", "No module named 'no_such_package'"]),
        ("import simplejson", "", "auto", &["locustfile.py:1:", "pip install locust"]),
        ("import simplejson", "", "locust", &["there is no `locust`", "pip install locust"]),
        ("import simplejson", "/no/such/venv", "auto", &["/no/such/venv", "pip install locust"]),
        ("import simplejson", &locust, "native", &["locustfile.py:1:", "--engine locust"]),
    ] {
        place.write("locustfile.py", &source(first));
        let common = ["locustfile.py", "--engine", engine, "--locust", locust];
        for args in [&[&["run"][..], &common, &host].concat()[..], &[&["validate"][..], &common].concat()] {
            let ran = place.run(args);
            assert_eq!(ran.code, 2, "{first}, {engine}: {ran:?}");
            for word in words {
                assert!(ran.stderr.contains(word), "{first}, {engine}: `{word}` is not said: {}", ran.stderr);
            }
        }
    }
    place.write("locustfile.py", &source("import simplejson"));
    let ran = place.run(&["validate", "locustfile.py", "--locust", &locust]);
    assert!(ran.code == 0 && ran.stdout.contains("users: U; engine: locust 2."), "{ran:?}");
    assert!(ran.stderr.contains("warning: locustfile.py:1:"), "{ran:?}");
    place.write("locustfile.py", &source(""));
    let ran = place.run(&["validate", "locustfile.py", "--locust", &locust]);
    assert!(ran.code == 0 && ran.stdout.contains("engine: native"), "{ran:?}");
    let ran = place.run(&["run", "locustfile.py", "--engine", "locust", "--locust", &locust, host[0], host[1], "V"]);
    assert!(ran.code == 2 && ran.stderr.contains("`V`") && ran.stderr.contains("allowed are U"), "{ran:?}");
}

#[test]
fn users_of_a_locust_change_over_the_api() {
    let Some(locust) = locust() else { return };
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let served = Served::start_with(&place, &["--locust", &locust]);
    let source = "
import simplejson
from locust import HttpUser, constant, task
class U(HttpUser):
    wait_time = constant(0.2)
    @task
    def get(self):
        self.client.get('/')
";
    place.write("locustfile.py", source);
    let target = server.url("").trim_end_matches('/').to_owned();
    let args = ["locustfile.py", "--target", &target, "-u", "4", "-r", "50", "--duration", "60s", "--workers", "2"];
    let id = started(&place, &served, &args);
    let users = |wanted: f64| {
        wait_until(&format!("{wanted} users"), Duration::from_secs(40), || {
            let (status, live) = served.call("GET", &format!("/tests/{id}/live"), "");
            let live: serde_json::Value = serde_json::from_str(&live).unwrap_or_default();
            status == 200 && live["users"].as_f64() == Some(wanted)
        });
    };
    users(4.0);
    assert_eq!(remote(&place, &served, &["users", &id, "11"]).code, 0);
    users(11.0);
    assert_eq!(remote(&place, &served, &["users", &id, "3", "-r", "20"]).code, 0);
    users(3.0);
    assert_eq!(remote(&place, &served, &["stop", &id]).code, 0);
    served.wait_for(&id, "stopped", 30);
    let summary = crate::support::read_summary(&place.path(&format!("data/reports/{id}")));
    assert_eq!(summary.environment["engine"], "locust 2.47.0");
    assert_eq!((summary.total.count, summary.load.users_started), (server.shutdown().received, 11));
}
