//! Taking shards, one after another.

use std::pin::pin;
use std::time::Duration;

use swarmgate_domain::Micros;
use swarmgate_service::ports::{Delivery, LoadEngine, Outlook, Ports, SecretSource};
use swarmgate_service::{Worker, run_shard};
use tracing::{info, warn};

use crate::health::Health;
use crate::leaving::Leaving;
use crate::marks::{Mark, MarkingEngine, Marks};

/// How long one call to the queue waits for a message: the longest that SQS allows.
const LONG_POLL: Micros = Micros::from_secs(20);

/// After a call to the queue has failed.
const PAUSE: Duration = Duration::from_secs(2);

/// After so many calls in a row that failed the worker says on its Pod that it can't reach the queue.
const MOST_FAILURES: u32 = 10;

/// What a worker works with.
pub(crate) struct Job<'a> {
    pub ports: &'a Ports,
    pub engine: &'a dyn LoadEngine,
    pub secrets: &'a dyn SecretSource,
    pub pool: &'a str,
    pub name: &'a str,
    pub marks: Marks,
}

impl Job<'_> {
    /// Takes shards until the worker is told to end. One that it has then is given back.
    pub async fn take_shards(&self, leaving: &Leaving, health: &Health) {
        let queue = &*self.ports.queues[self.pool];
        let (mut failures, mut works) = (0, true);
        while !leaving.is_told() {
            let visibility = self.ports.settings.least_lease;
            // A call that is given up here may have taken a message: that one comes again after `visibility`.
            let received = tokio::select! {
                received = queue.receive(1, visibility, LONG_POLL) => received,
                () = leaving.told() => break,
            };
            match received {
                Ok(deliveries) => {
                    failures = 0;
                    for delivery in deliveries {
                        works = self.run(&delivery, leaving).await == Worked::Yes;
                    }
                    if works {
                        health.ready();
                    } else {
                        health.not_ready();
                    }
                }
                Err(error) => {
                    health.not_ready();
                    warn!(%error, "no shard can be taken, it is tried again");
                    failures += 1;
                    if failures == MOST_FAILURES {
                        self.marks.set(Mark::Troubled(error.to_string())).await;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        health.not_ready();
    }

    /// Runs a shard. Says whether this worker could do its part.
    async fn run(&self, delivery: &Delivery, leaving: &Leaving) -> Worked {
        self.marks.set(Mark::Busy).await;
        let worker = Worker { pool: self.pool, name: self.name, secrets: self.secrets };
        let engine = MarkingEngine { engine: self.engine, marks: self.marks.clone() };
        match run_shard(self.ports, &engine, worker, delivery, pin!(leaving.told())).await {
            Ok(outcome) => {
                info!(?outcome, "done with a shard");
                // Most were marked as their load ended. Not those that were lost or given back, nor where marking failed.
                self.marks.set(Mark::Idle).await;
                Worked::Yes
            }
            // The message comes again, and whoever gets it goes on.
            Err(error) => {
                warn!(%error, hint = error.hint(), source = ?std::error::Error::source(&error), "a shard was given up");
                if error.outlook() == Outlook::Passing {
                    self.marks.set(Mark::Idle).await;
                    return Worked::Yes;
                }
                self.marks.set(Mark::Troubled(error.with_hint())).await;
                Worked::No
            }
        }
    }
}

/// Whether a worker could do its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worked {
    Yes,
    No,
}
