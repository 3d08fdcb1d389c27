//! What a deployment does not allow.

use std::net::Ipv4Addr;

use http::Method;
use serde_json::json;
use swarmgate_api::{AllowedHosts, Policy};
use swarmgate_domain::{AllowedTargets, Micros};
use swarmgate_local::LOCAL_POOL;

use crate::world::World;

fn strict() -> Policy {
    let targets = ["shop.example", "*.test.example"].map(|pattern| pattern.parse().unwrap());
    Policy {
        most_users: 100,
        most_rate: 50.0,
        longest: Micros::from_secs(60),
        most_workers: 2,
        targets: AllowedTargets::Listed(targets.into()),
        hosts: AllowedHosts::Any,
        ..Policy::local(Ipv4Addr::LOCALHOST.into(), LOCAL_POOL)
    }
}

#[tokio::test]
async fn what_goes_beyond_the_limits_is_refused_by_name() {
    let world = World::with(strict()).await;
    let refused = async |body: serde_json::Value, fields: &[&str]| {
        let answer = world.send_json(Method::POST, "/tests", &body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.shown());
        let errors = answer.json()["errors"].as_array().unwrap().clone();
        assert_eq!(errors.iter().map(|error| error["field"].clone()).collect::<Vec<_>>(), fields, "{}", answer.shown());
        assert!(errors.iter().all(|error| error["allowed"].is_string()), "{}", answer.shown());
    };
    let url = "http://shop.example/";
    refused(json!({ "scenario": url, "users": 101 }), &["users"]).await;
    refused(json!({ "scenario": url, "arrival_rate": 51 }), &["arrival_rate"]).await;
    refused(json!({ "scenario": url, "duration": "61s" }), &["duration"]).await;
    refused(json!({ "scenario": url, "workers": 3 }), &["workers"]).await;
    refused(
        json!({ "scenario": url, "users": 200, "duration": "2m", "workers": 3 }),
        &["users", "duration", "workers"],
    )
    .await;
    refused(json!({ "scenario": "http://other.example/" }), &["target"]).await;
    refused(json!({ "scenario": url, "target": "http://169.254.169.254" }), &["target"]).await;
    let elsewhere =
        "target: http://shop.example\nload: {users: 1, duration: 1s}\nflow: [GET /, GET http://evil.example/x]\n";
    refused(json!({ "scenario": elsewhere }), &["flow.GET"]).await;
}

#[tokio::test]
async fn what_is_within_the_limits_is_accepted() {
    let world = World::with(strict()).await;
    let body = json!({ "scenario": "http://a.test.example/", "users": 100, "duration": "60s", "workers": 2 });
    let answer = world.send_json(Method::POST, "/tests", &body).await;
    assert_eq!(answer.status, 202, "{}", answer.shown());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    world.wait_for(&id, "running").await;
    let beyond = world.send_json(Method::PATCH, &format!("/tests/{id}"), &json!({ "users": 101 })).await;
    assert_eq!(beyond.status, 422);
    world.send_json(Method::POST, &format!("/tests/{id}/stop"), &json!({})).await;
    world.wait_for(&id, "stopped").await;
}
