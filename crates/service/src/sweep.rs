//! Sweeping: every active test is moved on, whatever message got lost and whatever function died.

use swarmgate_domain::{Micros, RunId, key};
use tracing::warn;

use crate::advance::advance;
use crate::error::ServiceError;
use crate::fleet::{self, active_runs};
use crate::gate;
use crate::live;
use crate::ports::Ports;
use crate::records;

/// How long after its end a test is still looked after, for chunks of workers that were paused.
const LOOKED_AFTER: Micros = Micros::from_secs(3_600);

/// Moves on every test that is to be looked after, and scales every pool to what is needed.
///
/// # Errors
/// [`ServiceError`], the first; the other tests were still swept.
pub async fn sweep(ports: &Ports) -> Result<(), ServiceError> {
    let mut first_error = Ok(());
    for run in active_runs(ports).await? {
        if let Err(error) = sweep_run(ports, &run).await {
            warn!(%run, %error, "sweeping a test failed, it is tried again");
            first_error = first_error.and(Err(error));
        }
    }
    for pool in ports.queues.keys() {
        if let Err(error) = fleet::scale_pool(ports, pool).await {
            first_error = first_error.and(Err(error));
        }
    }
    first_error
}

async fn sweep_run(ports: &Ports, run: &RunId) -> Result<(), ServiceError> {
    match advance(ports, run).await {
        Ok(state) if state.phase.is_over() => {
            live::complete(ports, run, &state).await?;
            if ports.clock.now() > state.since + LOOKED_AFTER {
                ports.store.delete(&key::active(run)).await?;
            }
            Ok(())
        }
        Ok(_) => gate::stop_if_abandoned(ports, run).await,
        // Its accepting function died before the plan was written, or is about to write it. The caller asks again with the same key.
        Err(ServiceError::NoSuchRun { .. }) => forget_if_old(ports, run).await,
        Err(error) => Err(error),
    }
}

async fn forget_if_old(ports: &Ports, run: &RunId) -> Result<(), ServiceError> {
    let mark = records::read::<()>(&*ports.store, &key::active(run)).await?;
    if mark.is_some_and(|mark| mark.object.store_time.shown > mark.object.modified + LOOKED_AFTER) {
        ports.store.delete(&key::active(run)).await?;
    }
    Ok(())
}
