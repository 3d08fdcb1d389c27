//! Pools whose workers someone else keeps.

use async_trait::async_trait;
use swarmgate_service::ports::{Fleet, FleetError, FleetStatus};

/// Pools of a size that is not ours to change: workers that always wait for shards, or that something else starts when a queue fills.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeptElsewhere;

#[async_trait]
impl Fleet for KeptElsewhere {
    async fn scale(&self, _pool: &str, _workers: u32) -> Result<(), FleetError> {
        Ok(())
    }

    async fn status(&self, _pool: &str) -> Result<FleetStatus, FleetError> {
        Ok(FleetStatus::default())
    }
}
