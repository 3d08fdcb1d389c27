//! The port to the load engine: a shard in, measured intervals out.

use std::sync::Arc;

use async_trait::async_trait;
use swarmgate_domain::{Interval, Micros, Scenario, ShardId, Stats};

use super::secrets::Secrets;

/// The part of a test that one worker runs.
#[derive(Clone, Debug)]
pub struct ShardSpec {
    /// The part's number: it runs the users and arrivals whose number is this, modulo `shards`.
    pub shard: ShardId,
    /// How many parts there are.
    pub shards: u32,
    /// What users do.
    pub scenario: Arc<Scenario>,
    /// The rows of each of the scenario's data sources, in their order.
    pub data: Arc<Vec<Vec<Vec<String>>>>,
    /// The base URL that relative URLs are joined to.
    pub target: String,
    /// The length of an interval.
    pub interval: Micros,
    /// When the load ends, in test time.
    pub duration: Micros,
    /// Values for `${secret:name}`, found by the worker. Never logged: see [`Secrets`].
    pub secrets: Secrets,
    /// The test's seed: random choices of a user follow from it and the user's number.
    pub seed: u64,
}

/// Makes load.
#[async_trait]
pub trait LoadEngine: Send + Sync {
    /// Makes ready to run a shard: everything that takes time (names looked up, threads started, requests rendered), but sends nothing.
    ///
    /// # Errors
    /// [`EngineError`]: the shard can't be run here; says why and what to do.
    async fn prepare(&self, spec: ShardSpec) -> Result<Box<dyn LoadRun>, EngineError>;
}

/// One shard at work. Dropping it ends the load at once.
#[async_trait]
pub trait LoadRun: Send {
    /// Starts the load. Test time 0 is `start`, on the worker's clock, in microseconds since the Unix epoch.
    /// Where that is past (a shard taken over), what was due before now is left out: the load goes on as of now.
    fn begin(&mut self, start: Micros);

    /// Waits for the next interval to close, and gives what was measured in it: each interval once, in order, without gaps.
    /// The last one closes when users have finished what was in flight at the end, or the grace time is over. `None` after the last.
    ///
    /// Cancel safe: a call that is dropped loses nothing.
    async fn next(&mut self) -> Option<MeasuredInterval>;

    /// Makes the number of users of closed loads go towards `users` (of the whole test) from test time `at` on.
    fn change_users(&mut self, change: UsersChange);

    /// Ends the load at test time `at` (at once if past): no new requests; those in flight may finish within the grace time.
    fn stop(&mut self, at: Micros);
}

/// A change of the number of users while the test runs.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct UsersChange {
    /// Test time from which it holds, on all workers.
    pub at: Micros,
    /// Users of the whole test.
    pub users: u32,
    /// Users per second, up or down.
    pub spawn_rate: f64,
}

/// What was measured in one interval.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredInterval {
    /// Which one.
    pub interval: Interval,
    /// Test time from which it was measured: the interval's start, or later where the shard was taken over.
    pub from: Micros,
    /// Test time to which: the interval's end, or earlier where the load ended.
    pub to: Micros,
    /// What was measured.
    pub stats: Stats,
    /// Why the generator was the bottleneck, in words; empty when it was not.
    pub saturation: Vec<String>,
    /// Whether the users want the test to end: a locustfile may say so.
    pub wants_end: Option<WantsEnd>,
}

/// How users want the test to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantsEnd {
    /// Before its time, with what was measured.
    Stop,
    /// It can't go on.
    Fail {
        /// Why.
        reason: String,
    },
}

/// Why a shard can't be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{attempted}: {reason}")]
pub struct EngineError {
    /// What was attempted, on what.
    pub attempted: String,
    /// Why it did not work.
    pub reason: String,
    /// What the user can do.
    pub hint: String,
}
