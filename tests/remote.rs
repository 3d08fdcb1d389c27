//! `swarmgate test …` against `swarmgate serve`: another process starts, watches, changes and stops tests by the API.

use std::path::Path;

use serde_json::Value;
use swarmgate_domain::RunId;
use swarmgate_workload::Workload;

use crate::serve::Served;
use crate::support::{Place, Ran, read_summary};

/// Runs `swarmgate test` against what is served.
pub fn remote(place: &Place, served: &Served, args: &[&str]) -> Ran {
    place.run(&[&["test", "--api", &format!("http://{}", served.address)], args].concat())
}

/// Starts a test, and gives its id.
pub fn started(place: &Place, served: &Served, args: &[&str]) -> String {
    let ran = remote(place, served, &[&["start"], args].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let id = ran.stdout.trim().to_owned();
    assert!(RunId::new(id.as_str()).is_ok(), "{ran:?}");
    id
}

#[test]
fn a_file_with_its_data_is_run_there_and_watched_to_its_verdict() {
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let served = Served::start(&place);
    std::fs::create_dir(place.path("mine")).expect("a folder");
    place.write("mine/codes.csv", "code\n218\n219\n");
    place.write(
        "mine/codes.yaml",
        "load: { users: 2, spawn_rate: 10/s, duration: 2s }\nthink_time: 50ms\n\
         data: { by: { file: codes.csv } }\nflow:\n  - GET /status/${by.code}: { name: code }\n\
         thresholds: [ 'error_rate < 1%' ]\n",
    );
    let target = server.url("");
    let args = ["start", "mine/codes.yaml", "--target", &target, "--workers", "2", "--watch"];
    let ran = remote(&place, &served, &args);
    let stats = server.shutdown();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("PASS: "), "{ran:?}");
    let report = ran.stdout.lines().last().expect("the report's address comes last");
    let id = report.strip_suffix("/report").and_then(|path| path.rsplit('/').next()).expect("it names the test");

    let fetched = remote(&place, &served, &["report", id, "--out", "fetched"]);
    assert_eq!((fetched.code, fetched.stdout.as_str()), (0, "fetched/index.html\n"), "{fetched:?}");
    let summary = read_summary(&place.path("fetched"));
    assert_eq!(summary.total.count, stats.received);
    assert!(stats.answered_with("GET", "/status/218", 218) > 0 && stats.answered_with("GET", "/status/219", 219) > 0);
    assert!(Path::new(&place.path("fetched/latency.hlog")).exists());
}

#[test]
fn the_exit_code_of_a_watched_test_is_its_verdict() {
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let served = Served::start(&place);
    let url = server.url("/delay?ms=30");
    let ran = remote(
        &place,
        &served,
        &["start", &url, "--users", "2", "--duration", "1s", "--threshold", "p50 < 1ms", "--watch", "--json"],
    );
    assert_eq!(ran.code, 1, "{ran:?}");
    let last: Value = serde_json::from_str(ran.stdout.lines().last().expect("a summary")).expect("a line of JSON");
    assert_eq!((&last["event"], &last["summary"]["verdict"]["outcome"]), (&"summary".into(), &"fail".into()));
}

#[test]
fn the_same_key_is_the_same_test_which_is_listed_changed_and_stopped() {
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let served = Served::start(&place);
    let url = server.url("/");
    let args = [url.as_str(), "--users", "2", "--duration", "60s", "--key", "release 17"];
    let id = started(&place, &served, &args);
    assert_eq!(started(&place, &served, &args), id);
    served.wait_for(&id, "running", 20);
    let listed = remote(&place, &served, &["list"]);
    assert!(listed.stdout.lines().any(|line| line.contains(&id) && line.contains("running")), "{listed:?}");
    let changed = remote(&place, &served, &["users", &id, "3", "--spawn-rate", "10/s"]);
    assert_eq!(changed.code, 0, "{changed:?}");
    let stopped = remote(&place, &served, &["stop", &id]);
    assert_eq!(stopped.code, 0, "{stopped:?}");
    let watched = remote(&place, &served, &["watch", &id, "--quiet"]);
    assert_eq!(watched.code, 3, "a test that was stopped is inconclusive: {watched:?}");
    let shown: Value = serde_json::from_str(&remote(&place, &served, &["show", &id]).stdout).expect("JSON");
    assert_eq!((&shown["phase"], &shown["workers"]), (&"stopped".into(), &1.into()));
}

#[test]
fn what_is_refused_is_told_in_the_words_of_the_api() {
    let place = Place::new();
    let served = Served::start(&place);
    let refused = |args: &[&str], code: i32, words: &str| {
        let ran = remote(&place, &served, args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(words), "{args:?}: {}", ran.stderr);
    };
    refused(&["start", "http://169.254.169.254/"], 2, "169.254.169.254");
    refused(&["start", "no-such-scenario"], 2, "there is no stored scenario `no-such-scenario`");
    refused(&["start", "missing.yaml"], 2, "scenario `missing.yaml`");
    refused(&["start", "http://127.0.0.1:9/", "--pool", "mars"], 2, "there is no pool `mars`");
    refused(&["show", "20261123-231502-1a2b3c"], 2, "20261123-231502-1a2b3c");
    refused(&["show", "../state"], 2, "id `../state`");
    place.write("wrong.yaml", "target: http://localhost\nload: { users: 1, duration: 1s }\nflow: [ GIT / ]\n");
    refused(&["start", "wrong.yaml"], 2, "wrong.yaml:3:");
    let nobody = place.run(&["test", "--api", "http://127.0.0.1:9", "list"]);
    assert_eq!(nobody.code, 4, "{nobody:?}");
    assert!(nobody.stderr.contains("SWARMGATE_API"), "{nobody:?}");
    let no_url = place.run(&["test", "--api", "localhost", "list"]);
    assert!(no_url.code == 2 && no_url.stderr.contains("--api `localhost`"), "{no_url:?}");
}

#[test]
fn a_locustfile_is_run_there_with_its_files() {
    let (place, server) = (Place::new(), Workload::builder().start().expect("the workload starts"));
    let served = Served::start(&place);
    std::fs::create_dir_all(place.path("mine/common")).expect("a folder");
    place.write("mine/common/paths.py", "ITEMS = '/items'\n");
    let source = "
from common.paths import ITEMS
from locust import HttpUser, constant, tag, task
class Shopper(HttpUser):
    wait_time = constant(0.05)
    @task
    def items(self):
        self.client.get(ITEMS)
    @tag('never')
    @task
    def never(self):
        self.client.get('/never')
class Other(HttpUser):
    @task
    def other(self):
        self.client.get('/other')
";
    place.write("mine/locustfile.py", source);
    let target = server.url("").trim_end_matches('/').to_owned();
    let flags = ["--target", &target, "-u", "4", "-r", "50", "--duration", "2s", "--workers", "2"];
    let args =
        [&["start", "mine/locustfile.py", "Shopper"], &flags[..], &["--exclude-tags", "never", "--watch"]].concat();
    let ran = remote(&place, &served, &args);
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    let report = ran.stdout.lines().last().expect("the report's address comes last");
    let id = report.strip_suffix("/report").and_then(|path| path.rsplit('/').next()).expect("it names the test");
    let summary = read_summary(&place.path(&format!("data/reports/{id}")));
    assert_eq!(summary.total.count, server.shutdown().received);
    assert_eq!(summary.requests.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["/items"]);
    assert_eq!(summary.environment["engine"], "locustfile, run by swarmgate http/1.1");

    // What can't be run is refused with its place, and so is a Locust where none may be used.
    place.write("mine/locustfile.py", &format!("import grpc\n{source}"));
    for (more, words) in [(&[][..], &["line 1", "grpc"][..]), (&["--engine", "locust"], &["engine", "Locust"])] {
        let args = [&["start", "mine/locustfile.py", "--target", &target], more].concat();
        let ran = remote(&place, &served, &args);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(words.iter().all(|word| ran.stderr.contains(word)), "{ran:?}");
    }
}
