//! Locustfiles that are sent along.

use http::Method;
use serde_json::{Value, json};
use swarmgate_api::Policy;

use crate::world::{Answer, World, policy};

const SHOP: &str = "from locust import HttpUser, constant, task\nclass Shopper(HttpUser):\n    wait_time = constant(1)\n    @task\n    def get(self):\n        self.client.get('/')\n";

async fn post(world: &World, source: &str, more: &Value) -> Answer {
    let mut body = json!({ "scenario": "locustfile.py", "data": { "locustfile.py": source }, "target": "http://shop.example", "users": 2, "spawn_rate": 100, "duration": "200ms" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    world.send_json(Method::POST, "/tests", &body).await
}

/// The field and the beginning of each mistake.
fn mistakes(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    errors.iter().map(|error| (text(error, "field"), text(error, "detail"))).collect()
}

#[tokio::test]
async fn they_are_tests_as_others() {
    let world = World::new().await;
    let answer = post(&world, SHOP, &json!({ "classes": ["Shopper"] })).await;
    assert_eq!(answer.status, 202, "{}", answer.shown());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(world.wait_for(&id, "finished").await["name"], "locustfile");
}

#[tokio::test]
async fn all_that_is_wrong_is_said() {
    let world = World::new().await;
    let grpc = format!("import grpc\n{SHOP}");
    let shape = format!(
        "from locust import LoadTestShape\n{SHOP}class S(LoadTestShape):\n    def tick(self):\n        return None\n"
    );
    for (source, more, field, words) in [
        (SHOP, json!({ "scenario": "other.py" }), "scenario", "there is no file `other.py`"),
        (SHOP, json!({ "data": { "locustfile.py": SHOP, "../x.py": "" } }), "data", "`../x.py` is no path"),
        (SHOP, json!({ "classes": ["Seller"] }), "class", "allowed are Shopper"),
        (SHOP, json!({ "engine": "python" }), "engine", "there is no such engine"),
        (SHOP, json!({ "engine": "locust" }), "engine", "have no Locust"),
        (SHOP, json!({ "set": { "a": "b" } }), "set", "no variables"),
        (SHOP, json!({ "duration": "soon" }), "duration", "duration"),
        (
            SHOP,
            json!({ "scenario": "http://shop.example/", "data": {}, "tags": ["a"] }),
            "tags",
            "goes with a locustfile",
        ),
        (&grpc, json!({}), "data", "line 1, column"),
        ("class Shopper\n", json!({}), "data", "line 1"),
        ("x = 1\n", json!({}), "scenario", "no User class found"),
        ("while True: pass\n", json!({}), "scenario", "instructions"),
        (&shape, json!({}), "scenario", "there is no load"),
    ] {
        let answer = post(&world, source, &more).await;
        assert_eq!(answer.status, 422, "{more}: {}", answer.shown());
        let found = mistakes(&answer);
        assert!(found.iter().any(|(at, text)| at == field && text.contains(words)), "{field}: {words}: {found:?}");
    }
}

#[tokio::test]
async fn a_locust_runs_what_the_native_engine_cannot_where_it_may() {
    let world = World::with(Policy { locust: Some("locust 2.47.0".to_owned()), ..policy() }).await;
    let answer = post(&world, &format!("import grpc\n{SHOP}"), &json!({})).await;
    assert_eq!(answer.status, 202, "{}", answer.shown());
    let warnings = answer.json()["warnings"].clone();
    assert!(warnings[0]["detail"].as_str().unwrap().contains("grpc"), "{warnings}");
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    world.wait_for(&id, "finished").await;
    let summary = world.get(&format!("/tests/{id}/report/summary.json")).await.json();
    assert_eq!(summary["environment"]["engine"], "locust 2.47.0");
}
