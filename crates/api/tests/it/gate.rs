//! What a pipeline stage is told, from its first question to the verdict.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use swarmgate_api::{Artifact, GateAnswer, GateFailure, GateJob, Policy};
use swarmgate_domain::WeightedPool;

use crate::world::{World, policy};

/// An artifact with one folder.
#[derive(Default)]
struct Files(BTreeMap<String, Bytes>);

#[async_trait]
impl Artifact for Files {
    async fn folder_of(&self, path: &str) -> Result<BTreeMap<String, Bytes>, String> {
        match path.strip_prefix("load/") {
            Some(_) => Ok(self.0.clone()),
            None => Err("there is no such folder".to_owned()),
        }
    }
}

fn job(parameters: &serde_json::Value) -> GateJob {
    GateJob { id: "11111111-aaaa".to_owned(), parameters: parameters.to_string(), continuation: None }
}

/// Asks until there is an answer that is not "wait". With the runs that were named on the way.
async fn ask_to_the_end(world: &World, job: GateJob, files: &Files) -> (GateAnswer, Vec<String>) {
    let (mut job, mut runs) = (job, Vec::new());
    for _ in 0..400 {
        match world.api.gate(&job, files).await.unwrap() {
            GateAnswer::Wait { run, percent, .. } => {
                assert!(percent < 100);
                runs.push(run.to_string());
                job.continuation = Some(run.to_string());
            }
            answer => return (answer, runs),
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the stage is not told a verdict after 10 s");
}

async fn with_link() -> World {
    World::with(Policy { public_url: Some("https://api.example/prod/".to_owned()), ..policy() }).await
}

#[tokio::test]
async fn a_stage_waits_and_passes_with_values_for_later_stages() {
    let world = with_link().await;
    let parameters = json!({ "scenario": "http://shop.example/", "users": 4, "duration": "300ms" });
    let first = world.api.gate(&job(&parameters), &Files::default()).await.unwrap();
    // The function died before its answer came, and is called again: the same test.
    let (answer, runs) = ask_to_the_end(&world, job(&parameters), &Files::default()).await;
    let GateAnswer::Wait { run: first, .. } = first else { panic!("{first:?}") };
    assert!(runs.iter().all(|run| *run == first.to_string()), "{runs:?}");
    let GateAnswer::Succeed { run, outputs, summary } = answer else { panic!("{answer:?}") };
    assert_eq!(run, first);
    assert_eq!(outputs["verdict"], "pass");
    assert_eq!(outputs["report"], format!("https://api.example/prod/tests/{run}/report"));
    assert!(outputs["p95_ms"].parse::<f64>().unwrap() > 0.0);
    assert!(summary.starts_with("pass: every threshold held"), "{summary}");
    assert_eq!(world.get("/tests").await.json()["tests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_breach_fails_the_stage_with_the_threshold_the_value_and_the_link() {
    let world = with_link().await;
    let scenario =
        "target: http://shop.example\nload: {users: 1, duration: 300ms}\nflow: [GET /]\nthresholds: ['p50 < 1us']\n";
    let files = Files(BTreeMap::from([("smoke.yaml".to_owned(), Bytes::from(scenario))]));
    let (answer, _) = ask_to_the_end(&world, job(&json!({ "file": "load/smoke.yaml" })), &files).await;
    let GateAnswer::Fail { run: Some(run), failure: GateFailure::Verdict, message } = answer else {
        panic!("{answer:?}")
    };
    assert!(message.starts_with("fail: p50 < 1us: "), "{message}");
    assert!(message.ends_with(&format!("https://api.example/prod/tests/{run}/report")), "{message}");
}

#[tokio::test]
async fn an_inconclusive_test_fails_the_stage_unless_asked_otherwise() {
    for (inconclusive, passes) in [(None, false), (Some("fail"), false), (Some("pass"), true)] {
        let world = World::new().await;
        let mut parameters =
            json!({ "scenario": "http://shop.example/", "duration": "300ms", "thresholds": ["tls.p50 < 1s"] });
        if let Some(word) = inconclusive {
            parameters["inconclusive"] = word.into();
        }
        let (answer, _) = ask_to_the_end(&world, job(&parameters), &Files::default()).await;
        match answer {
            GateAnswer::Succeed { outputs, .. } => {
                assert!(passes, "{inconclusive:?}");
                assert_eq!(outputs["verdict"], "inconclusive");
            }
            GateAnswer::Fail { message, .. } => {
                assert!(!passes, "{inconclusive:?}");
                assert!(message.starts_with("inconclusive: "), "{message}");
            }
            GateAnswer::Wait { .. } => unreachable!("it was asked to the end"),
        }
    }
}

#[tokio::test]
async fn wrong_parameters_are_a_configuration_error_that_names_the_field() {
    let world = World::new().await;
    let refused = async |parameters: &str, words: &str| {
        let job = GateJob { parameters: parameters.to_owned(), ..job(&json!({})) };
        let answer = world.api.gate(&job, &Files::default()).await.unwrap();
        let GateAnswer::Fail { run: None, failure: GateFailure::Configuration, message } = answer else {
            panic!("{parameters}: {answer:?}")
        };
        assert!(message.contains(words), "{parameters}: {message}");
    };
    refused("", "body: it is empty").await;
    refused("{", "body").await;
    refused("{}", "scenario: it is missing").await;
    refused(r#"{"scenario":"http://a.example/","usrs":3}"#, "did you mean `users`?").await;
    refused(r#"{"scenario":"http://a.example/","usrs":3}"#, "file, inconclusive").await;
    refused(r#"{"scenario":"http://a.example/","inconclusive":"maybe"}"#, "inconclusive: `\"maybe\"` is neither").await;
    refused(r#"{"scenario":"http://a.example/","file":"load/a.yaml"}"#, "file: it is given beside `scenario`").await;
    refused(r#"{"file":"load/a.yaml"}"#, "file: it is not in the artifact").await;
    refused(r#"{"file":"elsewhere.yaml"}"#, "file: there is no such folder").await;
    refused(r#"{"scenario":"http://169.254.169.254/"}"#, "169.254.169.254").await;
    refused(r#"{"scenario":"http://a.example/","pools":["mars"]}"#, "there is no pool `mars`").await;
    assert_eq!(world.get("/tests").await.json()["tests"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_test_is_shared_by_the_pools_that_were_asked_for() {
    let pool = |name: &str, weight| WeightedPool { name: name.to_owned(), weight };
    let pools = vec![pool(swarmgate_local::LOCAL_POOL, 1), pool("elsewhere", 3)];
    let world = World::with(Policy { pools, ..policy() }).await;
    let parameters =
        json!({ "scenario": "http://shop.example/", "duration": "300ms", "pools": ["local"], "workers": 4 });
    let (answer, _) = ask_to_the_end(&world, job(&parameters), &Files::default()).await;
    assert!(matches!(answer, GateAnswer::Succeed { .. }), "{answer:?}");
    // Without a choice both share it, and there is no queue for the other one here.
    let both = json!({ "scenario": "http://shop.example/", "duration": "300ms", "workers": 4 });
    let asked = GateJob { id: "22222222-bbbb".to_owned(), ..job(&both) };
    let error = world.api.gate(&asked, &Files::default()).await.unwrap_err();
    assert!(error.to_string().contains("elsewhere"), "{error}");
}
