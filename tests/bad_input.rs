//! Bad input: a clear message that names the field, the value and what is allowed; the right exit code; no panic.

use std::io::{Read, Write};
use std::net::TcpListener;

use swarmgate_domain::ErrorKind;

use crate::support::{Place, Ran};

/// The command ends with `code` and says each of `words`; and it never panics.
fn check(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "`{word}` is not said: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

fn run_scenario(text: &str) -> Ran {
    let place = Place::new();
    place.write("scenario.yaml", text);
    let ran = place.run(&["run", "scenario.yaml"]);
    assert!(!place.path("reports").exists(), "a report was made of a bad scenario");
    ran
}

#[test]
fn mistakes_of_a_scenario_are_shown_all_at_once() {
    let ran = run_scenario(
        "target: http://127.0.0.1:1\nload: { users: -5, spwan_rate: 1/s, duration: 5 parsecs }\nflow: [ GET / ]\ndata: { user: { file: none.csv } }\n",
    );
    check(&ran, 2, &["users", "-5", "spwan_rate", "spawn_rate", "5 parsecs", "none.csv", "scenario.yaml:2:"]);
}

#[test]
fn a_huge_line_is_no_trouble() {
    let ran = run_scenario(&format!("name: {}\n", "x".repeat(10 * 1024 * 1024)));
    check(&ran, 2, &["scenario.yaml", "4194304"]);
    assert!(ran.stderr.len() < 2_000, "the message is {} bytes long", ran.stderr.len());
}

#[test]
fn flags_say_what_is_allowed() {
    let place = Place::new();
    for (args, words) in [
        (&["run", "http://127.0.0.1:1", "--duration", "5x"][..], &["--duration", "5x"][..]),
        (&["run", "http://127.0.0.1:1", "--users", "0"], &["users", "0"]),
        (&["run", "http://127.0.0.1:1", "--threshold", "p95 <"], &["p95 <"]),
        (&["run", "http://127.0.0.1:1", "--workers", "0"], &["--workers", "`0`", "1 to"]),
        (&["run", "ftp://127.0.0.1:1"], &["ftp://127.0.0.1:1"]),
        (&["run", "missing.yaml"], &["missing.yaml", "No such file"]),
        (&["run", "http://127.0.0.1:1", "--set", "a"], &["--set", "KEY=VALUE"]),
        (&["run", "http://127.0.0.1:1", "--set", "a=b"], &["--set", "a=b", "a scenario file may have"]),
        (&["run", "http://127.0.0.1:1", "--threshold", "p95{name=/nowhere} < 1s"], &["/nowhere"]),
        (&["report", "."], &["there is no test"]),
        (&["run"], &["SCENARIO"]),
        (&["rnu"], &["rnu"]),
    ] {
        check(&place.run(args), 2, words);
    }
}

#[test]
fn a_target_that_nobody_serves_is_said_before_the_test() {
    let place = Place::new();
    let free = TcpListener::bind("127.0.0.1:0").expect("there is a free port").local_addr().expect("it is bound");
    let url = format!("http://{free}");
    check(&place.run(&["run", &format!("{url}/page")]), 4, &[&url, "onnection refused", "hint"]);
    assert!(!place.path("reports").exists());
}

#[test]
fn a_forbidden_target_is_refused() {
    let place = Place::new();
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
    ] {
        check(&place.run(&["run", url]), 4, &["never loaded"]);
    }
}

#[test]
fn a_target_that_speaks_no_http_is_a_failed_test_that_says_so() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let server = std::thread::spawn(move || {
        // As a mail server does. Ends when the run is over and the test connects once more.
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = [0; 4];
            let _ = stream.write_all(b"220 mail.example ready\r\n");
            if matches!(stream.read(&mut head), Ok(4) if &head == b"stop") {
                return;
            }
        }
    });
    let ran = place.run(&["run", &url, "--users", "2", "--spawn-rate", "10", "--duration", "2s", "--out", "out"]);
    let summary = place.summary("out");
    let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    std::net::TcpStream::connect(address).and_then(|mut s| s.write_all(b"stop")).expect("the server is there");
    server.join().expect("the server ends");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(summary.failures.iter().all(|f| f.kind == ErrorKind::BadResponse), "{:?}", summary.failures);
    assert!(ran.stdout.contains("bad response"), "{}", ran.stdout);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let place = Place::new();
    let server = swarmgate_workload::Workload::builder().start().expect("the workload starts");
    place.write("file", "not a folder");
    let ran = place.run(&["run", &server.url("/"), "--out", "file/out", "--duration", "1s"]);
    check(&ran, 4, &["file/out"]);
}

#[test]
fn a_folder_that_holds_a_test_is_not_used_again() {
    let place = Place::new();
    let server = swarmgate_workload::Workload::builder().start().expect("the workload starts");
    let args = ["run", &server.url("/"), "--users", "1", "--duration", "1s", "--out", "out", "--quiet"];
    place.run(&args);
    let before = place.summary("out");
    check(&place.run(&args), 2, &["--out `out`", before.id.as_str()]);
    assert_eq!(place.summary("out"), before);
}
