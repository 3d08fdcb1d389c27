//! HTTP/1.1 on the wire: what stays open, what is pipelined, what is refused.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use swarmgate_workload::Workload;

use crate::client::{Client, get};

#[test]
fn a_connection_serves_many_requests() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    for _ in 0..100 {
        assert_eq!(client.get("/").status, 200);
    }
    let stats = workload.stats();
    assert_eq!((stats.connections.accepted, stats.connections.open, stats.received), (1, 1, 100));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let paths = ["/status/201", "/delay?ms=30", "/", "/bytes?n=100000", "/status/404", "/chunked?n=10", "/items/7"];
    client.send(&paths.map(get).concat().repeat(20));
    for _ in 0..20 {
        let statuses = paths.map(|_| client.answer().status);
        assert_eq!(statuses, [201, 200, 200, 200, 404, 200, 200]);
    }
    let stats = workload.stats();
    assert_eq!((stats.received, stats.answered, stats.in_flight), (140, 140, 0));
}

#[test]
fn statistics_in_a_pipeline_count_what_came_before() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    client.send(&["/", "/", "/stats", "/"].map(get).concat());
    let stats = [(); 4].map(|()| client.answer())[2].json();
    assert_eq!(stats["answered"], json!(2));
    assert_eq!(workload.stats().answered, 3);
}

#[test]
fn requests_in_pieces_are_put_together() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let chunked = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
    for piece in chunked.as_bytes().chunks(7) {
        client.send(std::str::from_utf8(piece).unwrap());
        sleep(Duration::from_millis(1));
    }
    assert_eq!(client.answer().json()["body"], json!("abcd"));
    assert_eq!(workload.stats().bytes_in, chunked.len() as u64);
}

#[test]
fn a_large_body_arrives_whole() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let body = "0123456789".repeat(100_000);
    assert_eq!(client.post("/echo", "", &body).json()["body"], json!(body));
    assert_eq!(client.post("/echo", "", &"x".repeat(1_048_577)).status, 413);
}

#[test]
fn endless_chunk_extensions_are_refused() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(&format!("1;{}\r\nx\r\n", "e".repeat(2_000)).repeat(4_250));
    assert_eq!(client.answer().status, 413);
    assert_eq!(workload.stats().malformed, 1);
}

#[test]
fn a_server_is_started_and_ended_within_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let stats = runtime.block_on(async {
        let workload = Workload::builder().start().unwrap();
        Client::connect(&workload).get("/");
        workload.shutdown()
    });
    assert_eq!(stats.answered, 1);
}

#[test]
fn an_expected_continue_is_sent_once() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    assert_eq!(client.head().status, 100);
    client.send("bo");
    sleep(Duration::from_millis(20));
    client.send("dy");
    assert_eq!(client.answer().json()["body"], json!("body"));
}

#[test]
fn a_head_request_gets_the_head_alone() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    for path in ["/", "/bytes?n=5000", "/chunked?n=50", "/status/200"] {
        client.send(&get(path));
        let whole = client.answer();
        client.send(&get(path).replace("GET", "HEAD"));
        assert_eq!(client.head().head, whole.head, "{path}");
    }
    assert_eq!(workload.stats().answered_with("HEAD", "/bytes", 200), 1);
}

#[test]
fn http_1_0_and_the_connection_header_decide_what_stays_open() {
    let workload = Workload::builder().start().unwrap();
    let check = |request: &str, connection: Option<&str>| {
        let mut client = Client::connect(&workload);
        client.send(request);
        assert_eq!(client.answer().header("Connection"), connection, "{request}");
        if connection == Some("close") {
            assert!(client.rest().is_empty());
        } else {
            assert_eq!(client.get("/").status, 200);
        }
    };
    check("GET / HTTP/1.0\r\n\r\n", Some("close"));
    check("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", Some("keep-alive"));
    check("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", Some("close"));
    check("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n", None);
}

#[test]
fn what_is_no_request_is_refused_and_counted_apart() {
    let workload = Workload::builder().start().unwrap();
    for (bytes, status) in [
        ("\x16\x03\x01\x02", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 400),
        (&format!("GET /{} HTTP/1.1\r\n", "x".repeat(20_000)), 431),
    ] {
        let mut client = Client::connect(&workload);
        client.send(bytes);
        let answer = client.answer();
        assert_eq!((answer.status, answer.header("Connection")), (status, Some("close")), "{bytes:.40}");
        assert!(client.rest().is_empty());
    }
    let stats = workload.stats();
    assert_eq!((stats.malformed, stats.received), (4, 0));
}

#[test]
fn methods_are_told_apart() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let refused = client.post("/", "", "");
    assert_eq!((refused.status, refused.header("Allow")), (405, Some("GET, HEAD")));
    client.send(&get("/").replace("GET", "PROPFIND"));
    assert_eq!(client.answer().status, 501);
    let stats = workload.stats();
    assert_eq!((stats.answered_with("POST", "/", 405), stats.answered_with("OTHER", "/", 501)), (1, 1));
}
