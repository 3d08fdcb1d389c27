//! Events that are not what `merge` waits for.

use serde_json::{Value, json};

use super::world::{BUCKET, Setup, World};

fn record(id: &str, body: &str) -> Value {
    json!({ "messageId": id, "receiptHandle": "r", "body": body, "attributes": {}, "messageAttributes": {},
            "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:1:events", "awsRegion": "us-east-1" })
}

fn created(bucket: &str, key: &str) -> String {
    json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "bucket": { "name": bucket }, "object": { "key": key } } }] }).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_what_can_not_be_handled_comes_again() {
    let setup = Setup { workers: 0, ..Setup::default() };
    let Some(world) = World::start("only_what_can_not_be_handled_comes_again", setup).await else { return };
    let event = json!({ "Records": [
        record("test-event", r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"results"}"#),
        record("no-json", "hello"),
        record("another-bucket", &created("another", "tests/a/ready/000000.new")),
        record("gone", &created(BUCKET, "tests/gone/chunks/00000000/0000/000000-001.new")),
        record("own-write", &created(BUCKET, "tests/gone/live.json")),
        record("foreign", &created(BUCKET, "Some+Thing%21")),
    ] });
    let answer = world.merge.invoke(event.to_string()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let failed: Vec<_> = answer["batchItemFailures"].as_array().unwrap().iter().map(|i| &i["itemIdentifier"]).collect();
    assert_eq!(failed, ["another-bucket", "no-json"]);
}
