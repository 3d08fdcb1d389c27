//! The function `sweep`: a schedule calls it every minute, and it mends whatever got lost.

use swarmgate_service::ServiceError;
use swarmgate_service::sweep;
use tracing::error;

use crate::deployment::Deployment;
use crate::metrics::Metrics;

/// Moves every test on, and every pool to the size that is needed.
///
/// # Errors
/// [`ServiceError`]: some could not be; the rest was swept.
pub async fn handle(deployment: &Deployment) -> Result<(), ServiceError> {
    let ports = &deployment.ports;
    let active = ports.store.list(swarmgate_domain::key::ACTIVE_PREFIX, None).await.map(|page| page.keys.len());
    let swept = sweep(ports).await;
    if let Err(error) = &swept {
        error!(%error, hint = error.hint(), "sweeping failed, it is done again in a minute");
    }
    Metrics::new("sweep")
        .count("ActiveTests", active.unwrap_or_default())
        .count("Failed", u32::from(swept.is_err()))
        .requests(deployment.requests.take())
        .print(&*ports.clock);
    swept
}
