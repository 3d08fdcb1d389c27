//! The function `sweep`: a schedule calls it every minute, and it mends whatever got lost.

use swarmgate_service::ports::Ports;
use swarmgate_service::{ServiceError, leave_mark, sweep, told};
use tracing::{error, warn};

use crate::deployment::Deployment;
use crate::doctor::SWEPT;
use crate::metrics::Metrics;

/// Moves every test on, and every pool to the size that is needed.
///
/// # Errors
/// [`ServiceError`]: some could not be; the rest was swept.
pub async fn handle(deployment: &Deployment) -> Result<(), ServiceError> {
    let ports = &deployment.ports;
    let active = ports.store.list(swarmgate_domain::key::ACTIVE_PREFIX, None).await.map(|page| page.keys.len());
    let swept = come_by(ports).await;
    Metrics::new("sweep")
        .count("ActiveTests", active.unwrap_or_default())
        .count("Failed", u32::from(swept.is_err()))
        .requests(deployment.requests.take())
        .print(&*ports.clock);
    swept
}

/// Sweeps, and leaves the mark that it did.
///
/// # Errors
/// [`ServiceError`]: some could not be swept; the rest was.
pub async fn come_by(ports: &Ports) -> Result<(), ServiceError> {
    let swept = sweep(ports).await;
    if let Err(error) = &swept {
        error!(%error, hint = error.hint(), "sweeping failed, it is done again");
    }
    if let Err(error) = leave_mark(ports, SWEPT, swept.as_ref().err().map(|error| told(error))).await {
        warn!(%error, "that it was swept could not be noted, a doctor will find it late");
    }
    swept
}
