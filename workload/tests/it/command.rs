//! The command: what it prints, how it ends, what its log holds.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use swarmgate_workload::{Workload, WorkloadError};

use crate::client::{Client, get};

struct Running {
    child: Child,
    addr: SocketAddr,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sample-workload"))
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let addr = line.strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line:?}")).trim();
        Self { addr: addr.parse().unwrap(), child }
    }

    fn client(&self) -> Client<TcpStream> {
        Client { stream: TcpStream::connect(self.addr).unwrap() }
    }

    /// Sends a signal; returns the exit code.
    fn end(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

#[test]
fn the_command_serves_until_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let running = Running::start(&["--threads", "1", "--latency", "constant:1ms", "--seed", "7"]);
        let mut client = running.client();
        assert_eq!(client.get("/").status, 200);
        assert_eq!(client.get("/stats").json()["drawn_latency_by_path"]["/"]["p50_us"], json!(1_000));
        assert_eq!(running.end(signal), Some(0), "{signal}");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let workload = Workload::builder().start().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_sample-workload"))
        .args(["--listen", &workload.addr().to_string()])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let expected = format!(
        "error: listening on {}: the port is in use\nhint: end the program that uses the port, or choose another with --listen\n",
        workload.addr()
    );
    assert_eq!((output.status.code(), stderr), (Some(4), expected));
    let error = Workload::builder().listen(workload.addr()).start().unwrap_err();
    assert!(matches!(error, WorkloadError::PortInUse { address } if address == workload.addr()));
}

#[test]
fn a_bad_option_says_what_is_allowed() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sample-workload"))
        .args(["--latency", "gauss:1ms"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(stderr.contains("latency: \"gauss:1ms\" is no distribution, allowed are constant:10ms"), "{stderr}");
}

#[test]
fn the_request_log_has_a_line_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests.jsonl");
    let workload = Workload::builder().request_log(&path).start().unwrap();
    let mut client = Client::connect(&workload);
    client.send(&["/a?b=c", "/stats"].map(get).concat());
    let _ = (client.answer(), client.answer());
    client.post("/echo", "X-Case: Kept\r\n", &"é".repeat(3_000));
    Client::connect(&workload).get("/");
    workload.shutdown();
    let log = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let column = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("path"), ["/a?b=c", "/stats", "/echo", "/"]);
    assert_eq!(column("connection"), [1, 1, 1, 2]);
    assert_eq!(lines[2]["headers"], json!([["Host", "h"], ["X-Case", "Kept"], ["Content-Length", "6000"]]));
    assert_eq!((&lines[2]["method"], &lines[2]["body_bytes"]), (&json!("POST"), &json!(6_000)));
    assert_eq!(lines[2]["body"].as_str().map(str::len), Some(4_096), "only the beginning of a body is logged");
    let times: Vec<u64> = lines.iter().filter_map(|line| line["time_us"].as_u64()).collect();
    assert!(times.len() == 4 && times.is_sorted(), "{times:?}");
}

#[test]
fn a_log_that_cannot_be_created_is_named() {
    let error = Workload::builder().request_log("/nonexistent/requests.jsonl").start().unwrap_err();
    assert_eq!(error.to_string(), "creating the request log /nonexistent/requests.jsonl");
    assert!(error.hint().is_some());
}
