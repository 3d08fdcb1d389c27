//! An SQS queue as the queue of a pool.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use swarmgate_domain::Micros;
use swarmgate_service::ports::{Delivery, Queue, QueueError, Receipt};

/// Messages of a call, and bytes of all their bodies: SQS takes no more (Developer Guide, "Message quotas").
const MOST_MESSAGES: usize = 10;
const MOST_BYTES: usize = 1024 * 1024;

/// The longest wait for a message, and the longest time that one is hidden.
const LONGEST_WAIT: i32 = 20;
const LONGEST_VISIBILITY: i32 = 12 * 3_600;

/// How often messages are sent that the queue did not take for a reason of its own.
const MOST_TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long an answer may take, beside the wait for a message that was asked for.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// A standard queue of SQS. Clones share their connections.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl SqsQueue {
    /// The queue at `url`, which must be in the region of `config`. Sends nothing yet.
    pub fn new(config: &SdkConfig, url: impl Into<String>) -> Self {
        Self { client: Client::from_conf(Builder::from(config).build()), url: url.into() }
    }

    async fn send_batch(&self, bodies: &[String]) -> Result<(), QueueError> {
        let attempted = format!("sending {} messages to {}", bodies.len(), self.url);
        let mut left: Vec<usize> = (0..bodies.len()).collect();
        for tries in 1.. {
            let entries = left.iter().map(|index| {
                let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(&bodies[*index]);
                entry.build().expect("an id and a body are all that an entry must have")
            });
            let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries.collect()));
            let output = call.send().await.map_err(|error| failed(&attempted, &error))?;
            let Some(first) = output.failed.first() else { return Ok(()) };
            if first.sender_fault || tries == MOST_TRIES {
                let reason = format!("{}: {}", first.code, first.message.as_deref().unwrap_or_default());
                return Err(QueueError { attempted, reason });
            }
            left = output.failed.iter().filter_map(|entry| entry.id.parse().ok()).collect();
            tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tries)).await;
        }
        unreachable!("the loop ends by returning")
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, bodies: Vec<String>) -> Result<(), QueueError> {
        if let Some(body) = bodies.iter().find(|body| !(fits(body))) {
            let attempted = format!("sending a message of {} bytes to {}", body.len(), self.url);
            let reason = format!("a message is 1 to {MOST_BYTES} bytes of the characters that XML allows");
            return Err(QueueError { attempted, reason });
        }
        for batch in batches(&bodies) {
            self.send_batch(batch).await?;
        }
        Ok(())
    }

    async fn receive(&self, most: usize, visibility: Micros, wait: Micros) -> Result<Vec<Delivery>, QueueError> {
        let most = i32::try_from(most.clamp(1, MOST_MESSAGES)).expect("it is 10 at most");
        let wait = whole_seconds(wait, LONGEST_WAIT);
        let time = ANSWER_TIME + Duration::from_secs(u64::from(wait.unsigned_abs()));
        let times = TimeoutConfig::builder().operation_attempt_timeout(time).build();
        let call = self.client.receive_message().queue_url(&self.url).max_number_of_messages(most);
        let call = call.visibility_timeout(whole_seconds(visibility, LONGEST_VISIBILITY)).wait_time_seconds(wait);
        let call = call.customize().config_override(Builder::default().timeout_config(times));
        let output = call.send().await.map_err(|error| failed(&format!("receiving from {}", self.url), &error))?;
        let messages = output.messages.unwrap_or_default();
        let delivery = |body: Option<String>, receipt: Option<String>| {
            Some(Delivery { body: body.unwrap_or_default(), receipt: Receipt(receipt?) })
        };
        Ok(messages.into_iter().filter_map(|message| delivery(message.body, message.receipt_handle)).collect())
    }

    async fn hide(&self, receipt: &Receipt, visibility: Micros) -> Result<(), QueueError> {
        let call = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(&receipt.0);
        let call = call.visibility_timeout(whole_seconds(visibility, LONGEST_VISIBILITY));
        match call.send().await {
            Err(error) if !is_outdated(&error) => {
                Err(failed(&format!("changing how long a message of {} is hidden", self.url), &error))
            }
            _ => Ok(()),
        }
    }

    async fn delete(&self, receipt: &Receipt) -> Result<(), QueueError> {
        let call = self.client.delete_message().queue_url(&self.url).receipt_handle(&receipt.0);
        match call.send().await {
            Err(error) if !is_outdated(&error) => Err(failed(&format!("removing a message of {}", self.url), &error)),
            _ => Ok(()),
        }
    }
}

/// Whether SQS takes it as a body.
fn fits(body: &str) -> bool {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    !body.is_empty() && body.len() <= MOST_BYTES && body.chars().all(is_legal)
}

/// The bodies in calls that SQS takes. Each body is one that fits.
fn batches(bodies: &[String]) -> Vec<&[String]> {
    let (mut batches, mut rest) = (Vec::new(), bodies);
    while !rest.is_empty() {
        let mut bytes = 0;
        let fitting = rest.iter().take(MOST_MESSAGES).take_while(|body| {
            bytes += body.len();
            bytes <= MOST_BYTES
        });
        let (batch, others) = rest.split_at(fitting.count());
        batches.push(batch);
        rest = others;
    }
    batches
}

/// In whole seconds, rather more than less.
fn whole_seconds(time: Micros, most: i32) -> i32 {
    i32::try_from(time.0.div_ceil(1_000_000)).unwrap_or(most).min(most)
}

/// Whether it says that the message was delivered anew, is gone, or was hidden for 12 hours, which is the most there is: nothing is to be done
/// about that. Who gets it then finds the shard held.
fn is_outdated<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let code = error.code().unwrap_or_default();
    let is_at_limit = || error.message().is_some_and(|message| message.contains("Total VisibilityTimeout"));
    code.ends_with("ReceiptHandleIsInvalid") || code.ends_with("MessageNotInflight") || is_at_limit()
}

fn failed(attempted: &str, error: &(impl std::error::Error + 'static)) -> QueueError {
    QueueError { attempted: attempted.to_owned(), reason: DisplayErrorContext(error).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_sent_in_calls_that_fit() {
        let sizes = |bodies: &[String]| batches(bodies).iter().map(|batch| batch.len()).collect::<Vec<_>>();
        assert_eq!(sizes(&[]), [0_usize; 0]);
        assert_eq!(sizes(&vec!["x".to_owned(); 25]), [10, 10, 5]);
        let large = "x".repeat(400 * 1024);
        assert_eq!(sizes(&[large.clone(), large.clone(), large.clone()]), [2, 1]);
        assert_eq!(sizes(&["x".repeat(MOST_BYTES), large]), [1, 1]);
    }

    #[test]
    fn only_legal_bodies_are_sent() {
        for good in ["{\"a\":1}", "\t\n\r", "\u{e4}\u{1F600}\u{FFFD}"] {
            assert!(fits(good), "{good:?}");
        }
        for bad in ["", "a\0b", "\u{b}", "\u{FFFE}", &"x".repeat(MOST_BYTES + 1)] {
            assert!(!fits(bad), "{:?}", &bad[..bad.len().min(10)]);
        }
    }

    #[test]
    fn times_are_rounded_up() {
        assert_eq!(whole_seconds(Micros::ZERO, 20), 0);
        assert_eq!(whole_seconds(Micros(1), 20), 1);
        assert_eq!(whole_seconds(Micros::from_millis(2_500), 20), 3);
        assert_eq!(whole_seconds(Micros(u64::MAX), 20), 20);
    }
}
