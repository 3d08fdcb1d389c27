//! A stage of CodePipeline: from the job to its last answer.

use std::io::{Cursor, Write};
use std::time::Duration;

use serde_json::{Value, json};
use swarmgate_testbed::JobAnswer;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::world::{BUCKET, Setup, World};

/// How often CodePipeline asks again; it takes half a minute or so.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// How often a stage of a few seconds asks at most.
const MOST_QUESTIONS: u32 = 300;

/// Where the input artifact lies.
const ARTIFACT: &str = "artifacts/source.zip";

fn event(world: &World, job: &str, parameters: &Value, token: Option<&str>) -> String {
    let (access_key, secret_key) = world.keys();
    let mut data = json!({
        "actionConfiguration": { "configuration": { "FunctionName": "gate", "UserParameters": parameters.to_string() } },
        "inputArtifacts": [
            { "name": "source", "revision": null,
              "location": { "type": "S3", "s3Location": { "bucketName": BUCKET, "objectKey": ARTIFACT } } },
        ],
        "outputArtifacts": [],
        "artifactCredentials": { "accessKeyId": access_key, "secretAccessKey": secret_key, "sessionToken": null },
    });
    if let Some(token) = token {
        data["continuationToken"] = token.into();
    }
    json!({ "CodePipeline.job": { "id": job, "accountId": "123456789012", "data": data } }).to_string()
}

/// Asks as CodePipeline does, with a new job each time, until the last answer.
async fn run_stage(world: &World, stage: &str, parameters: &Value) -> JobAnswer {
    let mut token: Option<String> = None;
    for number in 0..MOST_QUESTIONS {
        let job = format!("{stage}-{number}");
        world.pipelines.open_job(&job);
        let asked = event(world, &job, parameters, token.as_deref());
        world.gate.invoke(asked).await.unwrap_or_else(|error| panic!("{error:?}\n{}", world.gate.log()));
        let answer = world.pipelines.answers(&job).pop().expect("each job is answered");
        match &answer {
            JobAnswer::Success(told) if told["continuationToken"].is_string() => {
                token = told["continuationToken"].as_str().map(str::to_owned);
                tokio::time::sleep(ASK_EVERY).await;
            }
            _ => return answer,
        }
    }
    panic!("the stage {stage} has no end\n{}", world.gate.log());
}

fn scenario(world: &World, threshold: &str) -> String {
    format!(
        "target: {}\nload: {{ users: 5, spawn_rate: 5/s, duration: 3s }}\nthink_time: 20ms..60ms\nflow: [ GET / ]\n\
         interval: 1s\nthresholds: [ \"{threshold}\" ]\n",
        world.server.url("")
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stage_waits_for_its_verdict() {
    let Some(world) = World::start("a_stage_waits_for_its_verdict", Setup::default()).await else { return };
    let passing = json!({ "scenario": scenario(&world, "error_rate < 50%"), "workers": 2 });
    let JobAnswer::Success(told) = run_stage(&world, "pass", &passing).await else {
        panic!("no pass\n{}", world.gate.log())
    };
    let outputs = &told["outputVariables"];
    assert_eq!((&outputs["verdict"], &outputs["error_rate"]), (&json!("pass"), &json!("0.000000")), "{told}");
    let id = outputs["test_id"].as_str().expect("a test has an id");
    assert_eq!(outputs["report"], format!("https://swarmgate.example/tests/{id}/report"));
    assert_eq!(world.checked_total(id).await, world.server.stats().received);

    // The first question came twice: it is over, and there is no second test.
    world.gate.invoke(event(&world, "pass-0", &passing, None)).await.expect("nothing is wrong");
    let tests: Value = world.get("/tests").await.json().await.expect("the answer is JSON");
    assert_eq!(tests["tests"].as_array().map(Vec::len), Some(1), "{tests}");
    let (_, secret_key) = world.keys();
    assert!(!world.gate.log().contains(secret_key), "a log shows the artifact's secret key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stage_fails_with_the_threshold_and_the_link() {
    let Some(world) = World::start("a_stage_fails_with_the_threshold_and_the_link", Setup::default()).await else {
        return;
    };
    world.put(ARTIFACT, zipped(&[("load/shop.yaml", &scenario(&world, "p50 < 1us"))])).await;
    let failing = json!({ "file": "load/shop.yaml" });
    let JobAnswer::Failure(told) = run_stage(&world, "fail", &failing).await else {
        panic!("no failure\n{}", world.gate.log())
    };
    let message = told["failureDetails"]["message"].as_str().expect("a failure has a message");
    assert_eq!(told["failureDetails"]["type"], "JobFailed");
    assert!(message.starts_with("fail: p50 < 1us: "), "{message}");
    assert!(message.contains("https://swarmgate.example/tests/key-"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stage_that_is_set_up_wrong_is_told_how() {
    let setup = Setup { workers: 0, ..Setup::default() };
    let Some(world) = World::start("a_stage_that_is_set_up_wrong_is_told_how", setup).await else { return };
    world.put(ARTIFACT, zipped(&[("other.yaml", "target: http://127.0.0.1/")])).await;
    for (parameters, named) in [
        (json!({}), "scenario"),
        (json!({ "file": "load/shop.yaml" }), "it is not in the artifact"),
        (json!({ "scenario": "http://127.0.0.1/", "wokers": 3 }), "did you mean `workers`?"),
        (json!({ "scenario": "http://169.254.169.254/" }), "never loaded"),
    ] {
        let answer = run_stage(&world, &format!("bad-{}", fastrand::u32(..)), &parameters).await;
        let JobAnswer::Failure(told) = answer else { panic!("{parameters} is taken") };
        assert_eq!(told["failureDetails"]["type"], "ConfigurationError", "{told}");
        let message = told["failureDetails"]["message"].as_str().expect("a failure has a message");
        assert!(message.contains(named), "{parameters}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_inconclusive_test_fails_its_stage_unless_asked_otherwise() {
    let Some(world) = World::start("an_inconclusive_test_fails_its_stage", Setup::default()).await else { return };
    // There is no TLS to measure.
    let mut parameters = json!({ "scenario": scenario(&world, "tls.p50 < 1s") });
    let JobAnswer::Failure(told) = run_stage(&world, "doubtful", &parameters).await else {
        panic!("no failure\n{}", world.gate.log())
    };
    let message = told["failureDetails"]["message"].as_str().expect("a failure has a message");
    // A busy machine may be a reason beside it.
    let reason = "`tls.p50 < 1s` is about requests of which there were none";
    assert!(message.starts_with("inconclusive: ") && message.contains(reason), "{message}");
    assert_eq!(told["failureDetails"]["type"], "JobFailed");
    parameters["inconclusive"] = "pass".into();
    let JobAnswer::Success(told) = run_stage(&world, "allowed", &parameters).await else {
        panic!("no pass\n{}", world.gate.log())
    };
    assert_eq!(told["outputVariables"]["verdict"], "inconclusive", "{told}");
}

/// Asks once for a long test; gives its id.
async fn begun(world: &World, job: &str) -> String {
    let long = scenario(world, "error_rate < 1%").replace("duration: 3s", "duration: 10m");
    let asked = event(world, job, &json!({ "scenario": long, "workers": 2 }), None);
    world.gate.invoke(asked).await.expect("the stage is told that it is to wait");
    let tests: Value = world.get("/tests").await.json().await.expect("the answer is JSON");
    tests["tests"][0]["id"].as_str().unwrap_or_else(|| panic!("{tests}\n{}", world.gate.log())).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stage_that_asks_no_more_stops_its_test() {
    let setup = Setup { workers: 2, gate_patience: "4s", ..Setup::default() };
    let Some(world) = World::start("a_stage_that_asks_no_more", setup).await else { return };
    world.pipelines.open_job("stopped-0");
    let id = begun(&world, "stopped-0").await;
    // While it asks the test goes on, whatever it is told.
    for number in 1..6 {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let job = format!("stopped-{number}");
        world.pipelines.open_job(&job);
        world
            .gate
            .invoke(event(&world, &job, &json!({ "scenario": "shop" }), Some(&id)))
            .await
            .expect("it is told to wait");
        let JobAnswer::Success(told) = world.pipelines.answers(&job).pop().expect("each job is answered") else {
            panic!("the stage has failed\n{}", world.gate.log())
        };
        assert_eq!(told["continuationToken"], id.as_str());
    }
    let test = world.wait_until_over(&id).await;
    assert_eq!(test["phase"], "stopped", "{test}");
    let summary = world.checked_summary(&id).await;
    assert!(summary.total.count > 0 && summary.verdict.word() == "inconclusive", "{:?}", summary.verdict);
    assert!(world.sweep.log().contains("its pipeline stage asks no more"), "{}", world.sweep.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_that_code_pipeline_does_not_know_leaves_nothing_running() {
    let Some(world) = World::start("a_job_that_code_pipeline_does_not_know", Setup::default()).await else { return };
    let id = begun(&world, "forged").await;
    assert_eq!(world.wait_until_over(&id).await["phase"], "stopped");
    assert!(world.gate.log().contains("a job that CodePipeline does not know"), "{}", world.gate.log());

    // A forged answer to another's question stops nothing.
    world.pipelines.open_job("real-0");
    let real = begun(&world, "real-0").await;
    let forged = event(&world, "forged-again", &json!({ "scenario": "shop" }), Some(&real));
    world.gate.invoke(forged).await.expect("nothing is wrong");
    let test: Value = world.get(&format!("/tests/{real}")).await.json().await.expect("the answer is JSON");
    assert!(test["ending"].is_null(), "{test}");

    // The stage was stopped, or it timed out: its job is over, and who asks for it learns nothing.
    world.pipelines.open_job("over");
    world.gate.invoke(event(&world, "over", &json!({}), None)).await.expect("it is told what is wrong");
    world.gate.invoke(event(&world, "over", &json!({}), None)).await.expect("that it is over is no failure");
    assert_eq!(world.pipelines.answers("over").len(), 1);
    assert!(world.gate.log().contains("the job is over, nobody waits for its answer"), "{}", world.gate.log());
    let stopped = world.client.post(world.url(&format!("/tests/{real}/stop"))).send().await.expect("the API answers");
    assert!(stopped.status().is_success());
    world.wait_until_over(&real).await;
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, SimpleFileOptions::default()).expect("memory can be written");
        writer.write_all(text.as_bytes()).expect("memory can be written");
    }
    writer.finish().expect("memory can be written").into_inner()
}
