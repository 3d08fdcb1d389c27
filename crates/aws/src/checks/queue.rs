//! Whether a queue is there, and whether anything was given up on.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sqs::types::QueueAttributeName::{self, ApproximateNumberOfMessages, QueueArn, RedrivePolicy};
use swarmgate_service::{Examiner, Finding};

use crate::SqsQueue;

/// Looks at a queue and at its dead letters.
#[derive(Clone, Debug)]
pub struct QueueExaminer {
    /// What findings call it, such as `events queue`.
    pub what: String,
    /// The queue.
    pub queue: SqsQueue,
    /// What to do when there is no such queue.
    pub when_missing: String,
    /// Where it is said why messages were given up on.
    pub see: String,
}

/// Why attributes can't be had.
enum Failure {
    NoQueue,
    Denied,
    Other(String),
}

#[async_trait]
impl Examiner for QueueExaminer {
    fn what(&self) -> String {
        self.what.clone()
    }

    async fn examine(&self) -> Vec<Finding> {
        let url = &self.queue.url;
        let attributes = match self.attributes(url, &[ApproximateNumberOfMessages, RedrivePolicy, QueueArn]).await {
            Ok(attributes) => attributes,
            Err(failure) => return vec![self.failed(&self.what, url, failure)],
        };
        let waiting = attributes.get(&ApproximateNumberOfMessages).map_or("0", String::as_str);
        let found = Finding::fine(&self.what, format!("{url}: {waiting} messages wait"));
        let dead_letters = attributes.get(&RedrivePolicy).and_then(|policy| dead_letters_of(policy));
        vec![found, self.dead_letters(dead_letters).await]
    }
}

impl QueueExaminer {
    async fn dead_letters(&self, arn: Option<String>) -> Finding {
        let (what, url) = (format!("{}: dead letters", self.what), &self.queue.url);
        let Some(arn) = arn else {
            let said = "it has no dead-letter queue: a message that nobody can handle comes again until it is too old";
            let policy = r#"{"RedrivePolicy":"{\"deadLetterTargetArn\":\"ARN\",\"maxReceiveCount\":\"8\"}"}"#;
            return Finding::wrong(
                what,
                said,
                format!("aws sqs set-queue-attributes --queue-url {url} --attributes '{policy}'"),
            );
        };
        // Both are of one account and region, as SQS wants it.
        let (folder, name) = (url.rsplit_once('/').map_or("", |(folder, _)| folder), arn.rsplit(':').next());
        let dead_url = format!("{folder}/{}", name.unwrap_or_default());
        match self.attributes(&dead_url, &[ApproximateNumberOfMessages]).await {
            Err(failure) => self.failed(&what, &dead_url, failure),
            Ok(attributes) => match attributes.get(&ApproximateNumberOfMessages).map_or("0", String::as_str) {
                "0" => Finding::fine(what, "no message was given up on"),
                count => Finding::wrong(
                    what,
                    format!("{count} messages were given up on; {} says why", self.see),
                    format!(
                        "once that is mended: aws sqs start-message-move-task --source-arn {arn}; or, to drop them: aws sqs purge-queue --queue-url {dead_url}"
                    ),
                ),
            },
        }
    }

    async fn attributes(
        &self,
        url: &str,
        names: &[QueueAttributeName],
    ) -> Result<HashMap<QueueAttributeName, String>, Failure> {
        let call = self.queue.client.get_queue_attributes().queue_url(url);
        let output = call.set_attribute_names(Some(names.to_vec())).send().await.map_err(|error| {
            match error.code().unwrap_or_default() {
                code if code.contains("NonExistentQueue") || code.contains("QueueDoesNotExist") => Failure::NoQueue,
                code if code.contains("AccessDenied") => Failure::Denied,
                _ => Failure::Other(DisplayErrorContext(&error).to_string()),
            }
        })?;
        Ok(output.attributes.unwrap_or_default())
    }

    fn failed(&self, what: &str, url: &str, failure: Failure) -> Finding {
        match failure {
            Failure::NoQueue => Finding::wrong(what, format!("{url}: there is no such queue"), &self.when_missing),
            Failure::Denied => Finding::wrong(
                what,
                format!("{url}: it may not be looked at"),
                "give the role that asks sqs:GetQueueAttributes on it: deploying the stack again does",
            ),
            Failure::Other(reason) => Finding::wrong(
                what,
                format!("{url}: {reason}"),
                "see that the queue's URL is right, and that SQS can be reached from here",
            ),
        }
    }
}

fn dead_letters_of(policy: &str) -> Option<String> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    Some(policy["deadLetterTargetArn"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_letters_are_named_by_the_policy() {
        let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead","maxReceiveCount":8}"#;
        assert_eq!(dead_letters_of(policy).as_deref(), Some("arn:aws:sqs:eu-west-1:123456789012:dead"));
        assert_eq!(dead_letters_of("{}"), None);
    }
}
