//! The whole story, but for Kubernetes: a POST becomes a report in the bucket.

use serde_json::Value;
use swarmgate_testbed::EventFormat;

use super::world::{Setup, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_post_becomes_a_report_in_the_bucket() {
    let Some(world) = World::start("a_post_becomes_a_report_in_the_bucket", Setup::default()).await else { return };
    let body = world.test_body(3, "5s");
    let (status, first) = world.post_test("deploy-17", &body).await;
    assert_eq!(status, 202, "{first}");
    let (status, second) = world.post_test("deploy-17", &body).await;
    assert_eq!((status.as_u16(), &second["id"]), (202, &first["id"]), "the same key made another test");
    let id = first["id"].as_str().unwrap();

    let test = world.wait_until_over(id).await;
    assert_eq!((test["phase"].as_str(), test["revision"].as_u64()), (Some("finished"), Some(1)), "{test}");
    let summary = world.checked_summary(id).await;
    assert!(summary.total.count > 100, "only {} requests", summary.total.count);
    assert_eq!((summary.quality.coverage, summary.quality.clock_doubt_us.0 < 1_500_000), (1.0, true));

    let page = world.report_file(id, "index.html").await;
    assert_eq!(
        (page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()),
        (200, "text/html; charset=utf-8")
    );
    assert!(page.text().await.unwrap().contains(id));
    let tests: Value = world.get("/tests").await.json().await.unwrap();
    assert_eq!(tests["tests"].as_array().map(Vec::len), Some(1), "{tests}");

    // What an operator watches is in the log, and nothing that is secret.
    let log = world.merge.log() + &world.api.log();
    for metric in ["\"Chunks\":", "\"Started\":1", "\"StoreReads\":", "CloudWatchMetrics"] {
        assert!(log.contains(metric), "{metric} is not in {log}");
    }
    assert!(!log.contains("testtesttest"), "a log shows a secret key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rest_api_with_a_stage_serves_as_well() {
    let setup = Setup { workers: 1, format: EventFormat::RestProxy, stage: "prod", ..Setup::default() };
    let Some(world) = World::start("a_rest_api_with_a_stage_serves_as_well", setup).await else { return };
    let request = world.client.post(world.url("/tests")).json(&world.test_body(1, "2s"));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let accepted: Value = answer.json().await.unwrap();
    let id = accepted["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("/prod/tests/{id}"));
    assert_eq!(accepted["links"]["report"], format!("/prod/tests/{id}/report"));
    let test = world.wait_until_over(&id).await;
    assert_eq!(test["phase"], "finished", "{test}");
    world.checked_summary(&id).await;
    let next: Value = world.get("/tests?limit=1").await.json().await.unwrap();
    assert_eq!(next["tests"][0]["id"], id.as_str());
    assert_eq!(next["tests"][0]["links"]["self"], location);
}
