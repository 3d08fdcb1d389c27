//! Each endpoint's answer.

use std::io::{ErrorKind, Read};

use serde_json::json;
use swarmgate_workload::Workload;

use crate::client::Client;

#[test]
fn the_welcome_page_is_html() {
    let workload = Workload::builder().start().unwrap();
    let answer = Client::connect(&workload).get("/?utm=x");
    assert_eq!((answer.status, answer.header("Content-Type")), (200, Some("text/html; charset=utf-8")));
    assert!(answer.text().contains("Welcome to the sample workload"));
}

#[test]
fn the_loop_answers_its_parameters_and_the_same_result_each_time() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let first = client.get("/load-gen/loop?count=50&range=1000").json();
    assert_eq!((&first["count"], &first["range"]), (&json!(50), &json!(1000)));
    assert!(first["result"].as_u64().unwrap() > 20_000_000, "50,000 numbers of 499.5 on average: {first}");
    assert_eq!(client.get("/load-gen/loop").json(), first, "50 and 1000 are the defaults");
    let refused = client.get("/load-gen/loop?count=-1");
    assert_eq!(refused.status, 400);
    let message = "count: \"-1\" is not allowed, allowed are whole numbers from 0 to 100000000";
    assert_eq!(refused.json(), json!({ "error": message }));
}

#[test]
fn statuses_come_as_asked_for() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    for status in [200, 201, 204, 304, 400, 404, 418, 500, 503, 599] {
        let answer = client.get(&format!("/status/{status}"));
        assert_eq!(answer.status, status);
        assert_eq!(answer.body.is_empty(), matches!(status, 204 | 304), "the body of {status}");
    }
    assert_eq!(client.get("/status/700").status, 400);
    client.send(&crate::client::get("/status/103"));
    assert_eq!((client.head().status, client.answer().status), (103, 200));
}

#[test]
fn redirects_lead_where_they_should() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let answer = client.get("/redirect?to=%2Fitems%3Fa%3Db&code=307");
    assert_eq!((answer.status, answer.header("Location")), (307, Some("/items?a=b")));
    let mut path = "/redirect/3".to_owned();
    let mut hops = 0;
    while let Some(next) = client.get(&path).header("Location") {
        (path, hops) = (next.to_owned(), hops + 1);
    }
    assert_eq!((path.as_str(), hops), ("/", 3));
}

#[test]
fn bodies_have_the_length_asked_for() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    for length in [0, 1, 1_024, 65_536, 65_537, 3_000_000] {
        let whole = client.get(&format!("/bytes?n={length}"));
        assert_eq!(whole.body.len(), length);
        assert!(whole.body.chunks(64).all(|line| whole.body.starts_with(line)), "the pattern is not broken");
        let chunked = client.get(&format!("/chunked?n={length}&chunk=1000"));
        assert_eq!(chunked.body.len(), length);
    }
}

#[test]
fn close_answers_first_and_reset_never() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let answer = client.get("/close");
    assert_eq!((answer.text(), answer.header("Connection")), ("closing\n", Some("close")));
    assert!(client.rest().is_empty());
    let mut client = Client::connect(&workload);
    client.send(&crate::client::get("/reset"));
    assert_eq!(client.stream.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn garbage_is_no_http() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    client.send(&crate::client::get("/garbage"));
    let bytes = client.rest();
    assert!(!bytes.is_empty() && !bytes.starts_with(b"HTTP"), "{bytes:?}");
}

#[test]
fn the_shop_knows_who_signed_in() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let login = client.post("/login", "Content-Type: application/json\r\n", r#"{"user": "anna"}"#);
    assert_eq!((login.status, &login.json()["user"]), (200, &json!("anna")));
    let token = login.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(login.header("Set-Cookie"), Some(format!("session={token}; Path=/; HttpOnly").as_str()));
    let form = client.post("/login", "Content-Type: application/x-www-form-urlencoded\r\n", "user=anna&password=x");
    assert_eq!(form.json(), login.json());

    let bearer = format!("Authorization: Bearer {token}\r\n");
    let cookie = format!("Cookie: theme=dark; session={token}\r\n");
    for signed_in in [&bearer, &cookie] {
        let cart = client.post("/cart", signed_in, r#"{"item": 2, "quantity": 3}"#);
        let line = json!({ "user": "anna", "item": 2, "quantity": 3, "total_cents": 897 });
        assert_eq!((cart.status, cart.json()), (200, line));
        let order = client.post("/checkout", signed_in, "");
        assert_eq!((order.status, &order.json()["user"]), (200, &json!("anna")));
    }
    for path in ["/cart", "/checkout"] {
        assert_eq!(client.post(path, "", "").status, 401);
        assert_eq!(client.post(path, "Authorization: Bearer 61.0\r\n", "").status, 401);
    }
    assert_eq!(client.post("/cart", &bearer, "item=21").status, 400);
    for nobody in ["", "{", r#"{"user": ""}"#, r#"{"user": null}"#, "name=anna"] {
        assert_eq!(client.post("/login", "", nobody).status, 400, "{nobody}");
    }
}

#[test]
fn items_are_listed_and_found() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let list = client.get("/items").json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(20));
    assert_eq!(client.get("/items/20").json(), list["items"][19]);
    assert_eq!(client.get("/items/21").status, 404);
    assert_eq!(client.get("/nothing").status, 404);
    assert_eq!(client.get("/health").json(), json!({ "status": "ok" }));
}

#[test]
fn echo_shows_the_request_as_received() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    let echo = client.post("/echo?a=%20b&c", "X-Two: 1\r\nX-Two: 2\r\n", "körper").json();
    let headers = json!({ "host": "h", "x-two": "1, 2", "content-length": "7" });
    let expected = json!({
        "method": "POST", "path": "/echo", "query": "a=%20b&c", "headers": headers, "body": "körper", "body_bytes": 7
    });
    assert_eq!(echo, expected);
}
