//! Stored scenarios and baselines.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::world::{World, request};

const CHECKOUT: &str = "target: http://shop.example\nload: { users: 2, spawn_rate: 100/s, duration: 200ms }\nflow: ['GET /${user.name}']\ndata: { user: { file: users.csv } }\n";

#[tokio::test]
async fn a_scenario_is_kept_with_its_files_and_run_by_name() {
    let world = World::new().await;
    let without_file = world.send_yaml(Method::PUT, "/scenarios/checkout", CHECKOUT).await;
    assert_eq!(without_file.status, 422);
    assert_eq!(without_file.json()["errors"][0]["field"], "data.user.file");

    let file = world.send_yaml(Method::PUT, "/scenarios/checkout/users.csv", "name\nann\nbob\n").await;
    assert_eq!((file.status.as_u16(), file.header("location")), (201, Some("/scenarios/checkout/users.csv")));
    let stored = world.send_yaml(Method::PUT, "/scenarios/checkout", CHECKOUT).await;
    assert_eq!((stored.status.as_u16(), stored.header("location")), (201, Some("/scenarios/checkout")));
    assert_eq!(world.send_yaml(Method::PUT, "/scenarios/checkout", CHECKOUT).await.status, 200);

    let read = world.get("/scenarios/checkout").await;
    assert_eq!((read.text().as_str(), read.header("content-type")), (CHECKOUT, Some("application/yaml")));
    let again = request(Method::GET, "/scenarios/checkout").header("if-none-match", read.header("etag").unwrap());
    assert_eq!(world.send(again.body(Bytes::new()).unwrap()).await.status, 304);
    let list = world.get("/scenarios").await.json();
    assert_eq!(list, json!({ "scenarios": [{ "name": "checkout", "link": "/scenarios/checkout" }] }));

    let started = world.send_json(Method::POST, "/tests", &json!({ "scenario": "checkout" })).await;
    assert_eq!(started.status, 202, "{}", started.shown());
    let id = started.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(world.wait_for(&id, "finished").await["name"], "checkout");
}

#[tokio::test]
async fn files_in_the_request_come_in_the_place_of_stored_ones() {
    let world = World::new().await;
    let mut scenario = CHECKOUT.replace("file: users.csv", "file: users.csv, pick: unique");
    world.send_yaml(Method::PUT, "/scenarios/checkout/users.csv", "name\nann\nbob\n").await;
    assert_eq!(world.send_yaml(Method::PUT, "/scenarios/checkout", &scenario).await.status, 201);
    let too_few = json!({ "scenario": "checkout", "data": { "users.csv": "name\nann\n" } });
    let answer = world.send_json(Method::POST, "/tests", &too_few).await;
    assert_eq!(answer.status, 422, "{}", answer.shown());
    assert!(answer.text().contains("1 rows are too few"), "{}", answer.shown());

    scenario.push_str("think_tim: 1s\n");
    let inline = json!({ "scenario": scenario, "data": { "users.csv": "name\nann\nbob\n" } });
    let answer = world.send_json(Method::POST, "/tests", &inline).await;
    assert_eq!(answer.json()["errors"][0]["line"], 5, "{}", answer.shown());
}

#[tokio::test]
async fn a_baseline_names_a_test_that_is_over() {
    let world = World::new().await;
    let id = world.start("1s").await;
    let early = world.send_json(Method::PUT, "/baselines/main", &json!({ "test": id })).await;
    assert_eq!(early.status, 409, "{}", early.shown());
    world.wait_for(&id, "finished").await;
    let set = world.send_json(Method::PUT, "/baselines/main", &json!({ "test": id })).await;
    assert_eq!((set.status.as_u16(), set.header("location")), (201, Some("/baselines/main")));
    assert_eq!(world.send_json(Method::PUT, "/baselines/main", &json!({ "test": id })).await.status, 200);
    let read = world.get("/baselines/main").await.json();
    assert_eq!((read["name"].as_str(), read["test"].as_str()), (Some("main"), Some(id.as_str())));
    assert_eq!(read["links"]["report"], format!("/tests/{id}/report"));
}
