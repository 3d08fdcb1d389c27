//! The outside world, as the use cases see it.

mod engine;
mod queue;
mod secrets;
mod store;
mod surroundings;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use engine::{EngineError, LoadEngine, LoadRun, MeasuredInterval, ShardSpec, UsersChange, WantsEnd};
pub use queue::{Delivery, Queue, QueueError, Receipt};
pub use secrets::{SecretError, SecretSource, Secrets};
pub use store::{Condition, Etag, Object, ObjectStore, Page, StoreError};
pub use surroundings::{
    Clock, Fleet, FleetError, FleetStatus, Outlook, Randomness, RenderError, RenderedFile, Renderer,
};
use swarmgate_domain::Micros;

use crate::sabotage::Sabotage;

/// Everything a use case may touch.
#[derive(Clone)]
pub struct Ports {
    /// The only database.
    pub store: Arc<dyn ObjectStore>,
    /// The queue of each pool, by the pool's name.
    pub queues: BTreeMap<String, Arc<dyn Queue>>,
    /// Workers.
    pub fleet: Arc<dyn Fleet>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Randomness>,
    /// Summary to files.
    pub renderer: Arc<dyn Renderer>,
    /// Waits and limits.
    pub settings: Settings,
}

/// Waits and limits of a deployment.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// From the moment that all workers are ready to test time 0: long enough for each to learn of it.
    pub start_lead: Micros,
    /// How long to wait for all workers to be ready, before starting with those that are.
    pub start_timeout: Micros,
    /// How often a worker that waits asks again.
    pub poll: Micros,
    /// A pipeline stage that has not asked for so long does not wait any more, and its test is stopped. CodePipeline asks every half
    /// minute or so, and gives up after 20 minutes without an answer.
    pub gate_patience: Micros,
    /// The least time for which a lease holds; it holds for three intervals where that is more.
    pub least_lease: Micros,
    /// A planted bug; only the simulation plants one.
    #[doc(hidden)]
    pub sabotage: Option<Sabotage>,
}

/// How many workers of one test look in a second whether it starts. Each look is two readings, and a prefix of S3 takes 5,500 a second.
const LOOKS_A_SECOND: u64 = 2_000;

impl Settings {
    /// For one machine, where workers are threads of this process.
    pub const LOCAL: Self = Self {
        start_lead: Micros::from_millis(200),
        start_timeout: Micros::from_secs(30),
        poll: Micros::from_millis(20),
        gate_patience: Micros::from_secs(15 * 60),
        least_lease: Micros::from_secs(15),
        sabotage: None,
    };

    /// For workers that are Pods, on machines that may have to come first.
    pub const CLOUD: Self = Self {
        start_lead: Micros::from_secs(2),
        start_timeout: Micros::from_secs(600),
        poll: Micros::from_millis(500),
        gate_patience: Micros::from_secs(15 * 60),
        least_lease: Micros::from_secs(15),
        sabotage: None,
    };

    /// How long a worker of a test of so many shards waits between two looks at whether it starts.
    pub fn poll_of(&self, shards: u32) -> Micros {
        self.poll.max(Micros(u64::from(shards) * 1_000_000 / LOOKS_A_SECOND))
    }

    /// From the moment that all workers of a test of so many shards are ready to test time 0: long enough for each to learn of it, the longest
    /// wait between two looks included.
    pub fn start_lead_of(&self, shards: u32) -> Micros {
        self.start_lead + Micros(self.poll_of(shards).saturating_since(self.poll).0 * 3 / 2)
    }

    /// How long a lease holds without a heartbeat.
    pub fn lease(&self, interval: Micros) -> Micros {
        Micros(interval.0.saturating_mul(3)).max(self.least_lease)
    }
}
