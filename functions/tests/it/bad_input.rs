//! Bad input, as a client of the deployed API sees it: a clear answer, and nothing is started.

use std::time::Duration;

use reqwest::{Request, Response};
use serde_json::{Value, json};
use swarmgate_domain::{Doubt, Verdict};
use swarmgate_testbed::{Access, Caller, EventFormat, HttpFront};

use super::world::{Setup, World};

/// The metadata service, and whatever else load never goes to, as people write it who hope to get there.
const NEVER_LOADED: [&str; 19] = [
    "169.254.169.254",
    "169.254.169.254.",
    "2852039166",
    "0xA9FEA9FE",
    "025177524776",
    "0251.0376.0251.0376",
    "0xa9.254.0251.254",
    "169.254.43518",
    "[::ffff:169.254.169.254]",
    "[::FFFF:A9FE:A9FE]",
    "[64:ff9b::a9fe:a9fe]",
    "[fd00:ec2::254]",
    "[FD00:EC2:0:0:0:0:0:254]",
    "[fe80::1]",
    "%31%36%39.254.169.254",
    "１６９.254.169.254",
    "METADATA.google.internal.",
    "0.0.0.0",
    "224.0.0.1",
];

async fn world(test: &str) -> Option<World> {
    World::start(test, Setup { workers: 0, ..Setup::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_may_not_be_is_answered_with_field_value_and_what_is_allowed() {
    let Some(world) = world("what_may_not_be_is_answered").await else { return };
    let refused = async |body: Value, field: &str, allowed: &str| {
        let (status, answer) = world.post_test("bad", &body).await;
        let error = &answer["errors"][0];
        assert_eq!((status.as_u16(), &error["field"]), (422, &json!(field)), "{body}: {answer}");
        assert!(error["value"].is_string() && error["detail"].is_string(), "{body}: {answer}");
        assert!(error["allowed"].as_str().is_some_and(|said| said.contains(allowed)), "{body}: {answer}");
    };
    let url = "http://127.0.0.1:9/";
    for host in NEVER_LOADED {
        refused(json!({ "scenario": format!("http://{host}/latest/meta-data") }), "target", "127.0.0.1").await;
        refused(json!({ "scenario": url, "target": format!("http://{host}:8080") }), "target", "127.0.0.1").await;
        let flow = format!("target: {url}\nload: {{ users: 1, duration: 1s }}\nflow: [ \"GET http://{host}/\" ]\n");
        let (status, answer) = world.post_test("bad", &json!({ "scenario": flow })).await;
        assert_eq!(status, 422, "{host}: {answer}");
        assert!(answer["errors"][0]["field"].as_str().is_some_and(|field| field.starts_with("flow")), "{answer}");
    }
    // What looks like an allowed host is a user's name, which no URL to test holds.
    refused(json!({ "scenario": "http://127.0.0.1@169.254.169.254/" }), "scenario", "URLs such as").await;
    refused(json!({ "scenario": "http://127.0.0.1:80@169.254.169.254/" }), "scenario", "URLs such as").await;
    refused(json!({ "scenario": "http://shop.example/" }), "target", "127.0.0.1").await;
    refused(json!({ "scenario": "http://127.0.0.1.shop.example/" }), "target", "127.0.0.1").await;
    refused(json!({ "scenario": "http://127.0.0.2/" }), "target", "127.0.0.1").await;
    refused(json!({ "scenario": url, "users": 100_001 }), "users", "up to 100000").await;
    refused(json!({ "scenario": url, "arrival_rate": "100001/s" }), "arrival_rate", "up to 100000/s").await;
    refused(json!({ "scenario": url, "duration": "7h" }), "duration", "up to 6h").await;
    refused(json!({ "scenario": url, "workers": 6 }), "workers", "1 to 5").await;
    refused(json!({ "scenario": url, "pools": ["mars"] }), "pools", "default").await;

    let too_large = format!("{{\"scenario\": \"{}\"}}", "x".repeat(6 * 1024 * 1024));
    let json =
        |body: String| world.client.post(world.url("/tests")).header("content-type", "application/json").body(body);
    let answer = json(too_large).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["errors"][0]["allowed"], "up to 6291456 bytes", "{answer}");
    assert_eq!(json("{\"scenario\":".to_owned()).send().await.unwrap().status(), 400);
    for path in ["/tests/none", "/nothing", "/tests/none/report"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    }
    world.has_no_test().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_signed_calls_come_to_the_function() {
    let Some(world) = world("only_signed_calls_come_to_the_function").await else { return };
    let caller = world.caller();
    let access = Access::Iam(caller.clone());
    let http_api = HttpFront::start(&world.api, EventFormat::HttpApi, "$default", access.clone()).await;
    let rest_api = HttpFront::start(&world.api, EventFormat::RestProxy, "prod", access).await;
    let (now, body) = (Duration::ZERO, json!({ "scenario": "http://169.254.169.254/" }));
    let request = |url: &str| -> Request {
        world.client.post(format!("{url}/tests")).header("idempotency-key", "k").json(&body).build().unwrap()
    };
    let send = async |request: Request| -> Response { world.client.execute(request).await.unwrap() };
    let guess = Caller { secret: "a guess".to_owned(), ..caller.clone() };
    let stranger = Caller { key_id: "AKIAOTHER".to_owned(), ..caller.clone() };
    for (url, says_why) in [(http_api.url(), false), (rest_api.url(), true)] {
        let refused = async |request: Request, why: &str| {
            let answer = send(request).await;
            let (status, answer) = (answer.status(), answer.json::<Value>().await.unwrap());
            let message = answer["message"].as_str().unwrap_or_default();
            assert_eq!(status, 403, "{why}: {answer}");
            assert!(message.starts_with(if says_why { why } else { "Forbidden" }), "{why}: {answer}");
        };
        let signed = |by: &Caller, ago: Duration| {
            let mut request = request(&url);
            by.sign(&mut request, ago);
            request
        };
        let mut tampered = signed(&caller, now);
        *tampered.body_mut() = Some(r#"{"scenario": "http://127.0.0.1/"}"#.into());
        refused(request(&url), "Missing Authentication Token").await;
        refused(signed(&guess, now), "The request signature we calculated does not match").await;
        refused(signed(&stranger, now), "The security token").await;
        refused(signed(&caller, Duration::from_secs(6 * 60)), "Signature expired").await;
        refused(tampered, "The request signature we calculated does not match").await;
        // The function refuses it, which shows that it came there.
        assert_eq!(send(signed(&caller, now)).await.status(), 422);
    }
    world.has_no_test().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cluster_that_is_not_there_ends_the_test_with_its_name() {
    let setup = Setup { workers: 0, cluster: Some("gone"), ..Setup::default() };
    let Some(world) = World::start("a_cluster_that_is_not_there", setup).await else { return };
    let id = world.start_test("no-cluster", 2, "60s").await;
    let test = world.wait_until_over(&id).await;
    assert_eq!(test["phase"], "failed", "{test}");
    let summary = world.summary(&id).await;
    assert_eq!(summary.verdict.word(), "inconclusive");
    let told = test.to_string();
    for words in ["pool `default`", "the cluster `gone`", "No cluster found for name: gone", "SWARMGATE_POOLS"] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    let (status, again) = world.post_test("no-cluster", &world.test_body(2, "60s")).await;
    assert_eq!((status.as_u16(), again["id"].as_str()), (202, Some(id.as_str())), "{again}");
    assert_eq!(world.server.stats().received, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn chunks_that_can_not_be_read_make_no_pass_and_hold_nothing_up() {
    let setup = Setup { workers: 2, ..Setup::default() };
    let Some(world) = World::start("chunks_that_can_not_be_read", setup).await else { return };
    let id = world.start_test("corrupt", 2, "5s").await;
    // Where the workers' own chunks were to lie, which are then never written; and one beside them.
    let newer = [b"SWGCHUNK".as_slice(), &[9, 0], &[7; 40]].concat();
    let chunk = |name: &str| format!("tests/{id}/chunks/{name}");
    world.put(&chunk("00000001/0000/000000-001.new"), b"no chunk at all".to_vec()).await;
    world.put(&chunk("00000002/0000/000001-001.new"), newer).await;
    world.put(&chunk("00000003/0000/000000-007.new"), Vec::new()).await;

    let test = world.wait_until_over(&id).await;
    assert_eq!((test["phase"].as_str(), test["revision"].as_u64()), (Some("finished"), Some(1)), "{test}");
    let (summary, received) = (world.summary(&id).await, world.server.stats().received);
    let Verdict::Inconclusive { doubts } = &summary.verdict else { panic!("{:?}", summary.verdict) };
    assert!(doubts.iter().any(|doubt| matches!(doubt, Doubt::Unreadable { chunks: 3, .. })), "{doubts:?}");
    let quality = &summary.quality;
    assert!((0.7..0.9).contains(&quality.coverage), "two of ten chunks are not there: {quality:?}");
    assert!(
        summary.total.count > received / 2 && summary.total.count < received,
        "{} of {received}",
        summary.total.count
    );
    let page = world.report_file(&id, "index.html").await.text().await.unwrap();
    for words in
        ["shard 0 from 1s on, attempt 1: reading a chunk: these bytes are none", "format version 9 is not known"]
    {
        assert!(page.contains(words), "the report does not say: {words}; {:?}", quality.unreadable);
    }
    let log = world.merge.log();
    assert!(log.contains("can't be read, it is left out"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_redirect_to_where_load_never_goes_is_not_followed() {
    let setup = Setup { workers: 1, ..Setup::default() };
    let Some(world) = World::start("a_redirect_to_where_load_never_goes", setup).await else { return };
    let flow = "flow: [ GET /redirect?to=http://169.254.169.254/latest/, GET /redirect?to=http://2852039166/ ]";
    let scenario = format!("load: {{ users: 1, duration: 2s }}\nthink_time: 100ms\n{flow}\n");
    let body = json!({ "scenario": scenario, "target": world.server.url(""), "interval": "1s" });
    let (status, answer) = world.post_test("redirect", &body).await;
    assert_eq!(status, 202, "{answer}");
    let id = answer["id"].as_str().unwrap();
    world.wait_until_over(id).await;
    let summary = world.summary(id).await;
    assert!(summary.total.failures > 5 && summary.total.failures == summary.total.count, "{:?}", summary.total);
    assert_eq!(summary.verdict.word(), "fail", "{:?}", summary.verdict);
    for failure in &summary.failures {
        assert!(failure.detail.contains("link-local address"), "{failure:?}");
    }
}
