//! Workers that are tasks of the test: the real shard loop with the real engine, on the same store and queue as the functions.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use swarmgate_aws::{Addressing, S3Store, SqsQueue};
use swarmgate_domain::Micros;
use swarmgate_local::{LocalSecrets, SystemClock, SystemRandomness};
use swarmgate_report::ReportRenderer;
use swarmgate_service::ports::{Fleet, FleetError, FleetStatus, Outlook, Ports, Queue, Settings};
use swarmgate_service::{Retrying, Worker, run_shard};
use swarmgate_worker::{Engine, EngineOptions};
use tokio::task::JoinSet;

/// A worker asks for nobody.
struct NoFleet;

#[async_trait]
impl Fleet for NoFleet {
    async fn scale(&self, pool: &str, _workers: u32) -> Result<(), FleetError> {
        let (attempted, reason) = (format!("scaling {pool}"), "a worker scales nothing".to_owned());
        Err(FleetError { attempted, reason, outlook: Outlook::Lasting })
    }

    async fn status(&self, _pool: &str) -> Result<FleetStatus, FleetError> {
        Ok(FleetStatus::default())
    }
}

/// Starts so many workers of the pool `default`. They work until the set is dropped.
pub fn start(count: usize, store: S3Store, queue: SqsQueue) -> JoinSet<()> {
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandomness));
    let ports = Ports {
        store: Arc::new(Retrying::new(Arc::new(store), clock.clone(), random.clone())),
        queues: BTreeMap::from([("default".to_owned(), Arc::new(queue) as Arc<dyn Queue>)]),
        fleet: Arc::new(NoFleet),
        clock,
        random,
        renderer: Arc::new(ReportRenderer),
        settings: Settings { poll: Micros::from_millis(200), ..Settings::CLOUD },
    };
    let mut workers = JoinSet::new();
    for number in 0..count {
        workers.spawn(work(ports.clone(), format!("worker-{number}")));
    }
    workers
}

async fn work(ports: Ports, name: String) {
    let engine = Engine::new(EngineOptions { threads: Some(1), connections: Some(100), ..EngineOptions::default() });
    loop {
        let received = ports.queues["default"].receive(1, ports.settings.least_lease, Micros::SECOND).await;
        for delivery in received.unwrap_or_default() {
            // What failed comes again.
            let worker = Worker { pool: "default", name: &name, secrets: &LocalSecrets::default() };
            let never = pin!(std::future::pending());
            let _ = run_shard(&ports, &engine, worker, &delivery, never).await;
        }
    }
}

/// The store of the test's bucket.
pub async fn store(config: &aws_config::SdkConfig) -> S3Store {
    S3Store::new(config, super::world::BUCKET, Addressing::Path)
}
