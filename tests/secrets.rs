//! Secrets reach the requests, and nothing else.

use std::path::{Path, PathBuf};

use swarmgate_workload::Workload;

use crate::support::Place;

const SCENARIO: &str = "load: { users: 1, spawn_rate: 1/s, duration: 1s }\nthink_time: 100ms\nflow:\n  - GET /status/${secret:the-code}: { name: with a secret }\n";

#[test]
fn a_secret_is_sent_and_written_nowhere() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    place.write("a.yaml", SCENARIO);
    let mut command = place.command(&["run", "a.yaml", "--target", &server.url(""), "--out", "out", "--quiet"]);
    let ran = command.env("SWARMGATE_SECRET_THE_CODE", "217").output().expect("the command can be started");
    let stats = server.shutdown();
    assert!(ran.status.success(), "{ran:?}");
    assert!(stats.answered_with("GET", "/status/217", 217) > 0, "{stats:?}");
    let files = files_below(&place.path("out"));
    assert!(files.iter().any(|path| path.ends_with("index.html")) && files.len() > 8, "{files:?}");
    for path in files {
        let bytes = std::fs::read(&path).expect("it can be read");
        let holds = bytes.windows(10).any(|window| window == b"status/217");
        assert!(!holds, "{} holds the secret", path.display());
    }
}

#[test]
fn a_secret_that_is_missing_is_named_with_what_to_do() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    place.write("a.yaml", SCENARIO);
    let ran = place.run(&["run", "a.yaml", "--target", &server.url(""), "--out", "out", "--quiet"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("reading the secret `the-code`"), "{ran:?}");
    assert!(ran.stderr.contains("set `SWARMGATE_SECRET_THE_CODE`"), "{ran:?}");
    assert_eq!(server.shutdown().received, 0);
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("an entry of the folder").path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
