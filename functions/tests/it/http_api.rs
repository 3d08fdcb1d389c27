//! Bad input, as a client of the deployed API sees it.

use serde_json::{Value, json};

use super::world::{Setup, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bad_input_is_answered_clearly_and_starts_nothing() {
    let setup = Setup { workers: 0, ..Setup::default() };
    let Some(world) = World::start("bad_input_is_answered_clearly_and_starts_nothing", setup).await else { return };
    for (body, field) in [
        (json!({ "scenario": "http://shop.example/" }), "target"),
        (json!({ "scenario": "http://169.254.169.254/latest" }), "target"),
        (json!({ "scenario": "http://2852039166/latest" }), "target"),
        (json!({ "scenario": "http://[::ffff:169.254.169.254]/" }), "target"),
        (json!({ "scenario": "http://127.0.0.1:9/", "workers": 6 }), "workers"),
        (json!({ "scenario": "http://127.0.0.1:9/", "users": 100_001 }), "users"),
        (json!({ "scenario": "http://127.0.0.1:9/", "duration": "7h" }), "duration"),
    ] {
        let (status, answer) = world.post_test("bad", &body).await;
        assert_eq!((status.as_u16(), &answer["errors"][0]["field"]), (422, &json!(field)), "{body}: {answer}");
    }
    let answer =
        world.client.post(world.url("/tests")).header("content-type", "application/json").body("{\"scenario\":");
    assert_eq!(answer.send().await.unwrap().status(), 400);
    for path in ["/tests/none", "/nothing", "/tests/none/report"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    }
    let tests: Value = world.get("/tests").await.json().await.unwrap();
    assert_eq!(tests["tests"], json!([]));
}
