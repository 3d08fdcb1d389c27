//! The function `merge`: the bucket says which objects appeared, in messages of a queue.

mod messages;

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use swarmgate_domain::{Key, Micros, RunId, key};
use swarmgate_service::{LiveMemory, objects_created};
use tracing::warn;

use crate::deployment::Deployment;
use crate::metrics::Metrics;
use messages::{Message, read};

/// Brings every test up to date that the messages tell of. Names those that are to come again: of tests that could not be, and those
/// that can't be read, which end in the dead-letter queue where someone finds them.
pub async fn handle(deployment: &Deployment, memory: &LiveMemory, event: &SqsEvent) -> SqsBatchResponse {
    let ports = &deployment.ports;
    let (mut news, mut unreadable) = (News::default(), BTreeSet::new());
    for record in &event.records {
        let id = record.message_id.clone().unwrap_or_default();
        match read(record.body.as_deref().unwrap_or_default(), &deployment.settings.bucket) {
            Ok(message) => news.add(&id, message),
            Err(error) => {
                warn!(message = %id, %error, "a message that is no notification of a bucket");
                unreadable.insert(id);
            }
        }
    }
    let mut failed = unreadable;
    for (run, keys) in &news.keys {
        if let Err(error) = objects_created(ports, memory, keys).await {
            warn!(%run, %error, hint = error.hint(), "a test could not be brought up to date, its messages come again");
            failed.extend(news.messages.remove(run).unwrap_or_default());
        }
    }
    let delay = news.oldest.map_or(Micros::ZERO, |oldest| ports.clock.now().saturating_since(oldest));
    Metrics::new("merge")
        .count("Messages", event.records.len())
        .count("Chunks", news.chunks)
        .count("FailedMessages", failed.len())
        .milliseconds("Delay", delay)
        .requests(deployment.requests.take())
        .print(&*ports.clock);
    let mut response = SqsBatchResponse::default();
    for id in failed {
        response.add_failure(id);
    }
    response
}

/// What messages tell, by test: one that can't be brought up to date holds no other one up.
#[derive(Default)]
struct News {
    keys: BTreeMap<RunId, Vec<Key>>,
    messages: BTreeMap<RunId, BTreeSet<String>>,
    chunks: usize,
    /// When the first of the objects was written.
    oldest: Option<Micros>,
}

impl News {
    fn add(&mut self, id: &str, message: Message) {
        for created in message.created {
            // What a function writes itself is no news: it would call itself for ever.
            let Some((run, meaning)) = key::meaning(&created.key).filter(|(_, meaning)| is_of_worker(meaning)) else {
                continue;
            };
            self.chunks += usize::from(matches!(meaning, key::Meaning::Chunk(_)));
            self.oldest = [self.oldest, created.at].into_iter().flatten().min();
            self.keys.entry(run.clone()).or_default().push(created.key);
            self.messages.entry(run).or_default().insert(id.to_owned());
        }
    }
}

fn is_of_worker(meaning: &key::Meaning) -> bool {
    use key::Meaning::{Chunk, Done, Failed, Ready};
    matches!(meaning, Ready(_) | Chunk(_) | Done(_) | Failed(_))
}
