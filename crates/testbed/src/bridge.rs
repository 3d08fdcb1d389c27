//! From the store's notifications to S3's messages in a queue.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use swarmgate_aws::SqsQueue;
use swarmgate_service::ports::Queue;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::server::Server;

/// As S3 encodes keys in messages: slashes stay.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// Notifications that wait to be sent; the store's calls wait when there are more.
const MOST_WAITING: usize = 10_000;

/// How the messages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Each once, in about the order of the writes.
    Once,
    /// Each three times, each up to so much later: in any order.
    ThriceWithin(Duration),
}

/// Of which objects a bucket tells: by how their keys begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFilter {
    /// How they begin.
    pub prefix: &'static str,
    /// How they end.
    pub suffix: &'static str,
}

/// What the store's webhook speaks to.
#[derive(Debug)]
pub struct EventBridge {
    server: Server,
    notices: Option<mpsc::Receiver<Value>>,
    tasks: JoinSet<()>,
}

impl EventBridge {
    /// A bridge to nowhere yet: the store must know its URL before there is a queue.
    pub async fn start() -> Self {
        let (sender, notices) = mpsc::channel(MOST_WAITING);
        let server = Server::start(Router::new().fallback(notified).with_state(sender)).await;
        Self { server, notices: Some(notices), tasks: JoinSet::new() }
    }

    /// What the store is to call.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Sends what is told, and was, of objects that `filter` lets pass to `queue`. To be called once.
    pub fn deliver_to(&mut self, queue: SqsQueue, filter: KeyFilter, arrival: Arrival) {
        let notices = self.notices.take().expect("a bridge leads to one queue");
        self.tasks.spawn(deliver(notices, queue, filter, arrival));
    }
}

async fn notified(State(notices): State<mpsc::Sender<Value>>, body: bytes::Bytes) {
    if let Ok(notice) = serde_json::from_slice(&body) {
        // The bridge may be gone: then nobody waits for messages.
        let _ = notices.send(notice).await;
    }
}

async fn deliver(mut notices: mpsc::Receiver<Value>, queue: SqsQueue, filter: KeyFilter, arrival: Arrival) {
    let mut sending = JoinSet::new();
    while let Some(notice) = notices.recv().await {
        if !filter.passes(&notice) {
            continue;
        }
        let message = message_of(&notice).to_string();
        let delays = match arrival {
            Arrival::Once => vec![Duration::ZERO],
            Arrival::ThriceWithin(most) => (0..3).map(|_| most.mul_f64(fastrand::f64())).collect(),
        };
        for delay in delays {
            let (queue, message) = (queue.clone(), message.clone());
            sending.spawn(async move {
                tokio::time::sleep(delay).await;
                queue.send(vec![message]).await.expect("the stand-in takes messages");
            });
        }
        while let Some(sent) = sending.try_join_next() {
            sent.expect("sending does not panic");
        }
    }
}

impl KeyFilter {
    /// What is told when notifications are set up is of no object, and passes.
    fn passes(self, notice: &Value) -> bool {
        let mut keys = notice["Records"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|record| record["s3"]["object"]["key"].as_str());
        keys.all(|key| key.starts_with(self.prefix) && key.ends_with(self.suffix))
    }
}

/// S3's message for a notification of the store, which names the event and the key in its own way.
fn message_of(notice: &Value) -> Value {
    let Some(records) = notice["Records"].as_array() else {
        // What S3 sends when a bucket's notifications are set up.
        return json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": notice["Time"], "Bucket": notice["Bucket"] });
    };
    let record = |record: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (bucket, object) = (&record["s3"]["bucket"], &record["s3"]["object"]);
        let key = utf8_percent_encode(&text(&object["key"]), KEY).to_string();
        json!({
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": record["awsRegion"],
            "eventTime": record["eventTime"],
            "eventName": text(&record["eventName"]).trim_start_matches("s3:"),
            "userIdentity": { "principalId": record["userIdentity"]["PrincipalId"] },
            "requestParameters": { "sourceIPAddress": record["requestParameters"]["sourceIPAddress"] },
            "responseElements": record["responseElements"],
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "tests",
                "bucket": { "name": bucket["name"], "arn": format!("arn:aws:s3:::{}", text(&bucket["name"])) },
                "object": { "key": key, "size": object["size"], "eTag": object["eTag"], "sequencer": object["sequencer"] },
            },
        })
    };
    json!({ "Records": records.iter().map(record).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_that_begin_and_end_so_are_told_of() {
        let filter = KeyFilter { prefix: "tests/", suffix: ".new" };
        let passes = |key: &str| filter.passes(&json!({ "Records": [{ "s3": { "object": { "key": key } } }] }));
        assert_eq!(["tests/a.new", "tests/a", "other/a.new"].map(passes), [true, false, false]);
        assert!(filter.passes(&json!({ "Event": "s3:TestEvent" })));
    }

    #[test]
    fn a_notification_becomes_a_message_of_s3() {
        let notice = json!({ "Records": [{
            "eventName": "s3:ObjectCreated:Put", "awsRegion": "us-east-1", "userIdentity": { "PrincipalId": "me" },
            "s3": { "bucket": { "name": "b" }, "object": { "key": "tests/a b/c+d", "size": 3, "eTag": "e" } },
        }] });
        let record = &message_of(&notice)["Records"][0];
        assert_eq!(record["eventName"], "ObjectCreated:Put");
        assert_eq!(record["s3"]["object"]["key"], "tests/a%20b/c%2Bd");
        assert_eq!(message_of(&json!({ "Event": "s3:TestEvent" }))["Event"], "s3:TestEvent");
    }
}
