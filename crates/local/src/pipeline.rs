//! The whole pipeline in one process: what Lambda, SQS and Kubernetes do on AWS, as tasks.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use swarmgate_domain::{Key, Micros, key};
use swarmgate_service::ports::{Delivery, LoadEngine, ObjectStore, Ports, Queue, Renderer, Settings};
use swarmgate_service::{LiveMemory, Retrying, ServiceError, Worker, objects_created, run_shard, sweep};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::warn;

use crate::clock::{SystemClock, SystemRandomness};
use crate::fleet::{LOCAL_POOL, TaskFleet};
use crate::notifying::Notifying;
use crate::queue::MemoryQueue;
use crate::secrets::LocalSecrets;

/// How often every test is looked at, whatever messages there were.
const SWEEP_EVERY: Micros = Micros::SECOND;

/// After this time a message whose handler failed comes again.
const EVENT_VISIBILITY: Micros = Micros::from_secs(10);

/// Messages taken at once: one pass over a test serves them all.
const EVENT_BATCH: usize = 100;

/// How long a receiver waits for a message before it looks whether it is still wanted.
const RECEIVE_WAIT: Micros = Micros::from_millis(250);

/// The pipeline at work. Dropping it ends everything at once.
pub struct Pipeline {
    ports: Ports,
    failure: watch::Receiver<Option<ServiceError>>,
    tasks: JoinSet<()>,
}

impl Pipeline {
    /// Starts the pipeline on `store`, with `engine` to make load and `renderer` to make reports. Needs a tokio runtime.
    pub fn start(store: Arc<dyn ObjectStore>, engine: Arc<dyn LoadEngine>, renderer: Arc<dyn Renderer>) -> Self {
        let (events, shards, fleet) = (MemoryQueue::default(), MemoryQueue::default(), TaskFleet::new());
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandomness));
        let told = Arc::new(Notifying::new(store, Arc::new(events.clone())));
        let ports = Ports {
            store: Arc::new(Retrying::new(told, clock.clone(), random.clone())),
            queues: BTreeMap::from([(LOCAL_POOL.to_owned(), Arc::new(shards) as Arc<dyn Queue>)]),
            fleet: Arc::new(fleet.clone()),
            clock,
            random,
            renderer,
            settings: Settings::LOCAL,
        };
        let (failed, failure) = watch::channel(None);
        let mut tasks = JoinSet::new();
        tasks.spawn(handle_events(ports.clone(), events, failed.clone()));
        tasks.spawn(sweep_again_and_again(ports.clone(), failed.clone()));
        tasks.spawn(keep_workers(ports.clone(), fleet.wanted(), engine, failed));
        Self { ports, failure, tasks }
    }

    /// The ports, to call use cases with.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The first error that will not mend itself, such as a full disk, once there is one.
    pub fn failure(&self) -> watch::Receiver<Option<ServiceError>> {
        self.failure.clone()
    }

    /// Ends all tasks, and waits until they are gone.
    pub async fn shutdown(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Keeps the first error that will not mend itself.
fn report(failed: &watch::Sender<Option<ServiceError>>, error: ServiceError) {
    warn!(%error, "a step of the pipeline failed, it is tried again");
    failed.send_if_modified(|known| {
        let is_first = known.is_none();
        known.get_or_insert(error);
        is_first
    });
}

async fn handle_events(ports: Ports, events: MemoryQueue, failed: watch::Sender<Option<ServiceError>>) {
    let memory = LiveMemory::default();
    loop {
        let deliveries = events.receive(EVENT_BATCH, EVENT_VISIBILITY, RECEIVE_WAIT).await.unwrap_or_default();
        let keys: Vec<_> = deliveries.iter().filter_map(|d| Key::parse(&d.body)).collect();
        match objects_created(&ports, &memory, &keys).await {
            Ok(()) => delete_all(&events, &deliveries).await,
            Err(error) => report(&failed, error),
        }
    }
}

async fn delete_all(queue: &MemoryQueue, deliveries: &[Delivery]) {
    for delivery in deliveries {
        if let Err(error) = queue.delete(&delivery.receipt).await {
            warn!(%error, "a handled message could not be removed, it comes again");
        }
    }
}

async fn sweep_again_and_again(ports: Ports, failed: watch::Sender<Option<ServiceError>>) {
    loop {
        ports.clock.sleep(SWEEP_EVERY).await;
        if let Err(error) = sweep(&ports).await {
            report(&failed, error);
        }
    }
}

/// Keeps as many workers as are wanted. One too many ends when its shard is over.
async fn keep_workers(
    ports: Ports,
    mut wanted: watch::Receiver<u32>,
    engine: Arc<dyn LoadEngine>,
    failed: watch::Sender<Option<ServiceError>>,
) {
    let mut workers = JoinSet::new();
    let mut started = 0_u64;
    loop {
        let count = *wanted.borrow_and_update() as usize;
        while workers.len() < count {
            started += 1;
            let name = format!("{}-{started}", std::process::id());
            workers.spawn(work(ports.clone(), wanted.clone(), engine.clone(), name, failed.clone()));
        }
        tokio::select! {
            changed = wanted.changed() => if changed.is_err() { return },
            Some(_) = workers.join_next() => {}
        }
    }
}

/// Takes shards, one after another, while any worker is wanted.
async fn work(
    ports: Ports,
    wanted: watch::Receiver<u32>,
    engine: Arc<dyn LoadEngine>,
    name: String,
    failed: watch::Sender<Option<ServiceError>>,
) {
    while *wanted.borrow() > 0 {
        let visibility = ports.settings.least_lease;
        let received = ports.queues[LOCAL_POOL].receive(1, visibility, RECEIVE_WAIT).await;
        for delivery in received.unwrap_or_default() {
            let worker = Worker { pool: LOCAL_POOL, name: &name, secrets: &LocalSecrets::default() };
            let never = pin!(std::future::pending());
            if let Err(error) = run_shard(&ports, &*engine, worker, &delivery, never).await {
                report(&failed, error);
            }
        }
    }
}

/// The prefix under which the files of a test's report lie.
pub fn report_prefix(run: &swarmgate_domain::RunId) -> String {
    let index = key::report(run, "index.html");
    index.as_str().trim_end_matches("index.html").to_owned()
}
