//! Taking shards, one after another.

use std::pin::pin;
use std::time::Duration;

use swarmgate_domain::Micros;
use swarmgate_kubernetes::OwnPod;
use swarmgate_service::ports::{Delivery, LoadEngine, Ports, SecretSource};
use swarmgate_service::{Worker, run_shard};
use tracing::{info, warn};

use crate::health::Health;
use crate::leaving::Leaving;

/// How long one call to the queue waits for a message: the longest that SQS allows.
const LONG_POLL: Micros = Micros::from_secs(20);

/// After a call to the queue has failed.
const PAUSE: Duration = Duration::from_secs(2);

/// Saying on the Pod that it is busy may take so long; the shard does not wait longer for it.
const MARKING: Duration = Duration::from_secs(3);

/// What a worker works with.
pub(crate) struct Job<'a> {
    pub ports: &'a Ports,
    pub engine: &'a dyn LoadEngine,
    pub secrets: &'a dyn SecretSource,
    pub pool: &'a str,
    pub name: &'a str,
    pub own_pod: Option<OwnPod>,
}

impl Job<'_> {
    /// Takes shards until the worker is told to end. One that it has then is given back.
    pub async fn take_shards(&self, leaving: &Leaving, health: &Health) {
        let queue = &*self.ports.queues[self.pool];
        while !leaving.is_told() {
            let visibility = self.ports.settings.least_lease;
            // A call that is given up here may have taken a message: that one comes again after `visibility`.
            let received = tokio::select! {
                received = queue.receive(1, visibility, LONG_POLL) => received,
                () = leaving.told() => break,
            };
            match received {
                Ok(deliveries) => {
                    health.ready();
                    for delivery in deliveries {
                        self.run(&delivery, leaving).await;
                    }
                }
                Err(error) => {
                    health.not_ready();
                    warn!(%error, "no shard can be taken, it is tried again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        health.not_ready();
    }

    async fn run(&self, delivery: &Delivery, leaving: &Leaving) {
        self.mark(Marked::Busy).await;
        let worker = Worker { pool: self.pool, name: self.name, secrets: self.secrets };
        match run_shard(self.ports, self.engine, worker, delivery, pin!(leaving.told())).await {
            Ok(outcome) => info!(?outcome, "done with a shard"),
            // The message comes again, and whoever gets it goes on.
            Err(error) => warn!(%error, source = ?std::error::Error::source(&error), "a shard was given up"),
        }
        self.mark(Marked::Idle).await;
    }

    /// Says on the Pod whether it may be taken away. That this fails is no reason not to work: who takes the Pod away all the same
    /// sends SIGTERM first.
    async fn mark(&self, marked: Marked) {
        let Some(pod) = &self.own_pod else { return };
        let marking = async {
            match marked {
                Marked::Busy => pod.mark_busy().await,
                Marked::Idle => pod.mark_idle().await,
            }
        };
        match tokio::time::timeout(MARKING, marking).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(%error, ?marked, "the Pod could not be marked"),
            Err(_) => warn!(?marked, "the Pod could not be marked in time"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Marked {
    Busy,
    Idle,
}
