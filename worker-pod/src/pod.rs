//! The Pod that this process runs in.

use std::sync::Arc;

use async_trait::async_trait;
use swarmgate_kubernetes::{Access, Cluster, OwnPod};
use swarmgate_local::SystemClock;
use swarmgate_service::ports::{Fleet, FleetError, FleetStatus, Outlook};

use crate::settings::Settings;

/// The Pod, where the downward API says which it is.
pub(crate) fn own_pod(settings: &Settings, clock: Arc<SystemClock>) -> Option<OwnPod> {
    let (namespace, name) = settings.pod.clone()?;
    Some(OwnPod::new(Arc::new(Cluster::new("its own", Access::Surroundings, clock)), namespace, name))
}

/// Workers scale nothing: the functions do.
pub(crate) struct NoFleet;

#[async_trait]
impl Fleet for NoFleet {
    async fn scale(&self, pool: &str, _workers: u32) -> Result<(), FleetError> {
        Err(not_here(pool))
    }

    async fn status(&self, pool: &str) -> Result<FleetStatus, FleetError> {
        Err(not_here(pool))
    }
}

fn not_here(pool: &str) -> FleetError {
    let reason = "a worker does not look after its pool".to_owned();
    FleetError { attempted: format!("pool `{pool}`"), reason, outlook: Outlook::Lasting }
}
