//! The function `merge`: the bucket says which objects appeared, in messages of a queue.

mod messages;

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use swarmgate_domain::{Key, Micros, RunId, key};
use swarmgate_service::ports::Ports;
use swarmgate_service::{LiveMemory, leave_mark, objects_created};
use tracing::warn;

use crate::deployment::Deployment;
use crate::doctor::HEARD;
use crate::metrics::Metrics;
use messages::{Message, read};

/// Brings every test up to date that the messages tell of. Names those that are to come again: of tests that could not be, and those
/// that can't be read, which end in the dead-letter queue where someone finds them.
pub async fn handle(deployment: &Deployment, memory: &LiveMemory, event: &SqsEvent) -> SqsBatchResponse {
    let ports = &deployment.ports;
    let messages: Vec<_> = event.records.iter().map(of_record).collect();
    let Outcome { failed, chunks, oldest } = bring_up(ports, &deployment.settings.bucket, memory, &messages).await;
    let delay = oldest.map_or(Micros::ZERO, |oldest| ports.clock.now().saturating_since(oldest));
    Metrics::new("merge")
        .count("Messages", messages.len())
        .count("Chunks", chunks)
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

fn of_record(record: &SqsMessage) -> Notice {
    let (id, body) = (record.message_id.clone(), record.body.clone());
    Notice { id: id.unwrap_or_default(), body: body.unwrap_or_default() }
}

/// A message that may tell of new objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Names it among others.
    pub id: String,
    /// What it says.
    pub body: String,
}

/// What came of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The ids of those that are to come again.
    pub failed: BTreeSet<String>,
    /// How many chunks they told of.
    pub chunks: usize,
    /// When the first of the objects was written, where that is told.
    pub oldest: Option<Micros>,
}

/// Brings every test up to date that messages tell of `bucket`.
pub async fn bring_up(ports: &Ports, bucket: &str, memory: &LiveMemory, messages: &[Notice]) -> Outcome {
    let (mut news, mut unreadable) = (News::default(), BTreeSet::new());
    for Notice { id, body } in messages {
        match read(body, bucket) {
            Ok(message) => news.add(id, message),
            Err(error) => {
                warn!(message = %id, %error, "a message that is no notification of a bucket");
                unreadable.insert(id.clone());
            }
        }
    }
    if news.probed
        && let Err(error) = leave_mark(ports, HEARD, None).await
    {
        warn!(%error, "that the probe was heard of could not be noted, a doctor will miss it");
    }
    let mut failed = unreadable;
    for (run, keys) in &news.keys {
        if let Err(error) = objects_created(ports, memory, keys).await {
            warn!(%run, %error, hint = error.hint(), "a test could not be brought up to date, its messages come again");
            failed.extend(news.messages.remove(run).unwrap_or_default());
        }
    }
    Outcome { failed, chunks: news.chunks, oldest: news.oldest }
}

/// What messages tell, by test: one that can't be brought up to date holds no other one up.
#[derive(Default)]
struct News {
    keys: BTreeMap<RunId, Vec<Key>>,
    messages: BTreeMap<RunId, BTreeSet<String>>,
    chunks: usize,
    /// Whether a doctor wrote its probe.
    probed: bool,
    /// When the first of the objects was written.
    oldest: Option<Micros>,
}

impl News {
    fn add(&mut self, id: &str, message: Message) {
        for created in message.created {
            self.probed |= created.key == key::probe();
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
