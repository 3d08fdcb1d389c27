//! A pool of workers that are tasks of this process.

use async_trait::async_trait;
use swarmgate_service::ports::{Fleet, FleetError, FleetStatus};
use tokio::sync::watch;

/// The name of the one pool of a machine.
pub const LOCAL_POOL: &str = "local";

/// A pool of workers that are tasks of this process: says how many are wanted; [`crate::Pipeline`] sees to it.
#[derive(Clone, Debug)]
pub struct TaskFleet(watch::Sender<u32>);

impl TaskFleet {
    /// A pool without workers.
    pub fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// How many workers are wanted, as that changes.
    pub(crate) fn wanted(&self) -> watch::Receiver<u32> {
        self.0.subscribe()
    }
}

impl Default for TaskFleet {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Fleet for TaskFleet {
    async fn scale(&self, _pool: &str, workers: u32) -> Result<(), FleetError> {
        self.0.send_if_modified(|wanted| std::mem::replace(wanted, workers) != workers);
        Ok(())
    }

    async fn status(&self, _pool: &str) -> Result<FleetStatus, FleetError> {
        let wanted = *self.0.borrow();
        Ok(FleetStatus { wanted, running: wanted, problem: None })
    }
}
