//! What is answered to requests that are wrong.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::json;

use crate::world::{World, policy, request};

/// One line for each request that is wrong in some way: what is answered.
#[tokio::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let world = World::new().await;
    let yaml = "target: http://shop.example\nload: { users: 0, spawn_rat: 1/s, duration: 5 parsecs }\nflow: [GET /]\n";
    let json = |body: serde_json::Value| ("application/json", body.to_string());
    let url = "http://shop.example/";
    let cases: Vec<(&str, Method, &str, (&str, String))> = vec![
        ("no JSON", Method::POST, "/tests", ("application/json", "{\"scenario\": \n oops}".into())),
        ("empty body", Method::POST, "/tests", ("application/json", String::new())),
        ("no object", Method::POST, "/tests", json(json!([1]))),
        ("no scenario", Method::POST, "/tests", json(json!({}))),
        ("unknown fields", Method::POST, "/tests", json(json!({ "scenario": url, "user": 5, "colour": "red" }))),
        (
            "wrong types",
            Method::POST,
            "/tests",
            json(
                json!({ "scenario": 7, "users": "ten", "spawn_rate": true, "thresholds": [1], "set": { "a": 1 }, "workers": 1.5 }),
            ),
        ),
        (
            "wrong values",
            Method::POST,
            "/tests",
            json(
                json!({ "scenario": url, "users": 5, "duration": "5 parsecs", "spawn_rate": "fast", "interval": "1" }),
            ),
        ),
        ("out of range", Method::POST, "/tests", json(json!({ "scenario": url, "users": 0, "workers": 0 }))),
        (
            "do not go together",
            Method::POST,
            "/tests",
            json(json!({ "scenario": url, "users": 5, "arrival_rate": 10 })),
        ),
        ("negative rate", Method::POST, "/tests", json(json!({ "scenario": url, "arrival_rate": -1 }))),
        ("bad threshold", Method::POST, "/tests", json(json!({ "scenario": url, "thresholds": ["p95 < soon"] }))),
        ("no such scenario", Method::POST, "/tests", json(json!({ "scenario": "checkout" }))),
        ("no URL", Method::POST, "/tests", json(json!({ "scenario": "http://" }))),
        ("variables of a URL", Method::POST, "/tests", json(json!({ "scenario": url, "set": { "a": "b" } }))),
        ("mistakes in a scenario", Method::POST, "/tests", json(json!({ "scenario": yaml, "duration": "soon" }))),
        (
            "a scenario without a target",
            Method::POST,
            "/tests",
            ("application/yaml", "load: { users: 1, duration: 1s }\nflow: [GET /]\n".into()),
        ),
        (
            "a data file that was not sent",
            Method::POST,
            "/tests",
            json(
                json!({ "scenario": "target: http://shop.example\nload: {users: 1, duration: 1s}\nflow: ['GET /${user.name}']\ndata: {user: {file: users.csv}}\n", "data": { "other.csv": "name\nann\n" } }),
            ),
        ),
        ("type of content", Method::POST, "/tests", ("text/plain", "{}".into())),
        ("metadata address", Method::POST, "/tests", json(json!({ "scenario": "http://0xa9fea9fe/latest/meta-data" }))),
        ("no such test", Method::GET, "/tests/nothing-here", json(json!({}))),
        ("no test id", Method::GET, "/tests/..%2fplan", json(json!({}))),
        ("stop no such test", Method::POST, "/tests/nothing-here/stop", json(json!({}))),
        ("watch no such test", Method::GET, "/tests/nothing-here/live", json(json!({}))),
        ("report of no such test", Method::GET, "/tests/nothing-here/report", json(json!({}))),
        ("file of no such test", Method::GET, "/tests/nothing-here/report/index.html", json(json!({}))),
        ("no such path", Method::GET, "/test", json(json!({}))),
        ("no such method", Method::DELETE, "/tests/nothing-here", json(json!({}))),
        ("no such parameter", Method::GET, "/tests?page=2", json(json!({}))),
        ("no such page", Method::GET, "/tests?from=yesterday", json(json!({}))),
        ("size of a page", Method::GET, "/tests?limit=0", json(json!({}))),
        ("no scenario of the name", Method::GET, "/scenarios/nothing", json(json!({}))),
        ("no name", Method::GET, "/scenarios/No_Name", json(json!({}))),
        ("JSON scenario", Method::PUT, "/scenarios/checkout", json(json!({}))),
        ("mistakes in a stored scenario", Method::PUT, "/scenarios/checkout", ("application/yaml", yaml.into())),
        ("no YAML", Method::PUT, "/scenarios/checkout", ("application/yaml", "a: [".into())),
        ("no name of a file", Method::PUT, "/scenarios/checkout/Users.csv", json(json!({}))),
        ("no baseline of the name", Method::GET, "/baselines/main", json(json!({}))),
        ("baseline of no test", Method::PUT, "/baselines/main", json(json!({ "test": "nothing-here" }))),
        ("baseline of nothing", Method::PUT, "/baselines/main", json(json!({}))),
        ("users of no test", Method::PATCH, "/tests/nothing-here", json(json!({ "users": 5 }))),
        ("users missing", Method::PATCH, "/tests/nothing-here", json(json!({ "spawn_rate": "1/s" }))),
    ];
    let mut shown = String::new();
    for (name, method, path, (kind, body)) in cases {
        let request = request(method.clone(), path).header("content-type", kind);
        let answer = world.send(request.body(body.into()).unwrap()).await;
        assert!(answer.status.is_client_error(), "{name}: {}", answer.shown());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
        shown.push_str(&format!("== {name}: {method} {path}\n{}\n", answer.shown()));
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn nothing_was_started_by_wrong_requests() {
    let world = World::new().await;
    world.send_json(Method::POST, "/tests", &json!({ "scenario": "http://shop.example/", "user": 5 })).await;
    assert_eq!(world.get("/tests").await.json(), json!({ "tests": [], "next": null }));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let world = World::with(swarmgate_api::Policy { most_body: 100, ..policy() }).await;
    for path in ["/tests", "/scenarios/checkout"] {
        let method = if path == "/tests" { Method::POST } else { Method::PUT };
        let answer = world.send_yaml(method, path, &"x".repeat(101)).await;
        assert_eq!(answer.status, 413);
        assert_eq!(answer.json()["errors"][0]["allowed"], "up to 100 bytes");
    }
}

#[tokio::test]
async fn other_hosts_and_other_sites_pages_are_refused() {
    let world = World::new().await;
    let body = || Bytes::from(json!({ "scenario": "http://shop.example/", "duration": "100ms" }).to_string());
    let start = |host: &str, origin: Option<&str>| {
        let request = Request::builder().method(Method::POST).uri("/tests").header("host", host);
        let request = request.header("content-type", "application/json");
        match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    };
    for (host, origin, status) in [
        ("localhost:8089", None, 202),
        ("localhost:8089", Some("http://localhost:8089"), 202),
        ("127.0.0.1:8089", Some("http://127.0.0.1:8089"), 202),
        ("rebound.test:8089", None, 403),
        ("rebound.test:8089", Some("http://rebound.test:8089"), 403),
        ("localhost:8089", Some("http://evil.test"), 403),
        ("localhost:8089", Some("http://localhost:3000"), 403),
        ("localhost:8089", Some("null"), 403),
    ] {
        let answer = world.send(start(host, origin).body(body()).unwrap()).await;
        assert_eq!(answer.status, status, "{host} {origin:?}: {}", answer.shown());
    }
    // Reading is harmless: a browser does not show the answer to another site's page.
    let read = request(Method::GET, "/tests").header("origin", "http://evil.test");
    assert_eq!(world.send(read.body(Bytes::new()).unwrap()).await.status, 200);
    let no_host = Request::builder().uri("/tests").body(Bytes::new()).unwrap();
    assert_eq!(world.send(no_host).await.status, 403);
}

#[tokio::test]
async fn no_path_leads_out_of_a_report() {
    let world = World::new().await;
    let id = world.start("100ms").await;
    world.wait_for(&id, "finished").await;
    for file in
        ["..", "%2e%2e", "..%2fplan.json", "..\\plan.json", ".", "index.html%00", "INDEX.HTML", "plan.json", "a%2fb"]
    {
        let path = format!("/tests/{id}/report/{file}");
        // What can't stand in a URI does not come here at all.
        let Ok(request) = request(Method::GET, &path).body(Bytes::new()) else { continue };
        let answer = world.send(request).await;
        assert_eq!(answer.status, 404, "{file}: {}", answer.shown());
    }
    let up = world.get(&format!("/tests/{id}/report/../../../tests/{id}/plan.json")).await;
    assert_eq!(up.status, 404);
}
