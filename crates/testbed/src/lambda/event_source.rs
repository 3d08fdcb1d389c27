//! From a queue to a function, as Lambda's event source mapping does it.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::function::LambdaFunction;

/// Messages of a batch.
const BATCH: i32 = 10;
/// How long a poll waits for the first, in seconds.
const WAIT: i32 = 1;
/// After so many seconds a message that was not handled comes again.
const VISIBILITY: i32 = 5;
/// After a poll that failed.
const PAUSE: Duration = Duration::from_millis(200);

/// Pollers of a queue that give what they receive to a function, a batch at a time.
#[derive(Debug)]
pub struct EventSource {
    _pollers: JoinSet<()>,
}

impl EventSource {
    /// Starts so many pollers. A batch whose function fails comes again, one that it reports in part, in part.
    pub fn start(config: &SdkConfig, queue_url: &str, function: &LambdaFunction, pollers: usize) -> Self {
        let mut tasks = JoinSet::new();
        for _ in 0..pollers {
            tasks.spawn(poll(Client::new(config), queue_url.to_owned(), function.clone()));
        }
        Self { _pollers: tasks }
    }
}

async fn poll(client: Client, queue_url: String, function: LambdaFunction) {
    loop {
        let call = client.receive_message().queue_url(&queue_url).max_number_of_messages(BATCH).wait_time_seconds(WAIT);
        let call = call.visibility_timeout(VISIBILITY);
        let received = call.message_system_attribute_names(MessageSystemAttributeName::All).send().await;
        let messages = received.ok().and_then(|output| output.messages);
        match messages {
            None => tokio::time::sleep(PAUSE).await,
            Some(messages) if messages.is_empty() => {}
            Some(messages) => handle(&client, &queue_url, &function, &messages).await,
        }
    }
}

async fn handle(client: &Client, queue_url: &str, function: &LambdaFunction, messages: &[Message]) {
    let Ok(answer) = function.invoke(event_of(messages).to_string()).await else { return };
    let failed = failures(&answer);
    let handled = messages.iter().filter(|message| !failed.contains(message.message_id().unwrap_or_default()));
    let entries: Vec<_> = handled.enumerate().filter_map(|(index, message)| entry(index, message)).collect();
    if !entries.is_empty() {
        // What stays comes again, which does no harm.
        let _ = client.delete_message_batch().queue_url(queue_url).set_entries(Some(entries)).send().await;
    }
}

fn entry(index: usize, message: &Message) -> Option<DeleteMessageBatchRequestEntry> {
    let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
    entry.receipt_handle(message.receipt_handle()?).build().ok()
}

/// The ids of the messages that are to come again, as `ReportBatchItemFailures` has it.
fn failures(answer: &[u8]) -> BTreeSet<String> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let items = answer["batchItemFailures"].as_array().into_iter().flatten();
    items.filter_map(|item| item["itemIdentifier"].as_str().map(str::to_owned)).collect()
}

fn event_of(messages: &[Message]) -> Value {
    let record = |message: &Message| {
        let attributes = message.attributes.iter().flatten();
        let attributes: serde_json::Map<_, _> =
            attributes.map(|(name, value)| (name.as_str().to_owned(), json!(value))).collect();
        json!({
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": attributes,
            "messageAttributes": {},
            "md5OfBody": message.md5_of_body,
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:events",
            "awsRegion": "us-east-1",
        })
    };
    json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })
}
