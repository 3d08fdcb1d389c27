//! How many workers each pool needs, over all tests that are active.

use std::collections::BTreeSet;
use std::sync::Arc;

use swarmgate_domain::{Key, Phase, Plan, PoolShare, RunId, key};

use tracing::warn;

use crate::error::ServiceError;
use crate::ports::{FleetStatus, Outlook, Ports, Queue};
use crate::records::{self, list_all};

/// Scales the pools of `plan` to what all active tests need.
pub(crate) async fn scale(ports: &Ports, plan: &Plan) -> Result<(), ServiceError> {
    let pools: BTreeSet<_> = plan.pools.iter().map(|share| share.pool.as_str()).collect();
    for pool in pools {
        scale_pool(ports, pool).await?;
    }
    Ok(())
}

/// Scales one pool to what all active tests need.
pub(crate) async fn scale_pool(ports: &Ports, pool: &str) -> Result<(), ServiceError> {
    let mut wanted = 0;
    for run in active_runs(ports).await? {
        wanted += match wanted_by(ports, &run, pool).await {
            // Of a newer version, perhaps. It must not keep all other tests from their workers.
            Err(error @ ServiceError::Unreadable { .. }) => {
                warn!(%run, %error, "a test can't be read, its workers are not counted");
                0
            }
            wanted => wanted?,
        };
    }
    // Repeating it does nothing, and is cheaper than asking how the pool stands.
    Ok(ports.fleet.scale(pool, wanted).await?)
}

async fn wanted_by(ports: &Ports, run: &RunId, pool: &str) -> Result<u32, ServiceError> {
    let plan = match records::plan(ports, run).await {
        Ok(plan) => plan,
        // Marked as active, but its accepting function has not come to the plan.
        Err(ServiceError::NoSuchRun { .. }) => return Ok(0),
        Err(error) => return Err(error),
    };
    // All of them until the last is done: who takes single workers away from a pool can't know for sure which of them still work.
    let shards = plan.shards_of(pool).count();
    let is_over = shards == 0 || records::state(ports, &plan).await?.phase >= Phase::Merging;
    Ok(if is_over { 0 } else { u32::try_from(shards).unwrap_or(u32::MAX) })
}

/// The tests that are to be looked after.
pub(crate) async fn active_runs(ports: &Ports) -> Result<Vec<RunId>, ServiceError> {
    let keys = list_all(&*ports.store, key::ACTIVE_PREFIX, None).await?;
    let id = |key: &Key| RunId::new(key.as_str().strip_prefix(key::ACTIVE_PREFIX)?).ok();
    Ok(keys.iter().filter_map(id).collect())
}

/// Why the pools of `plan` will not get their workers, where that is known.
pub(crate) async fn problem(ports: &Ports, plan: &Plan) -> Result<Option<String>, ServiceError> {
    for share in &plan.pools {
        let problem = match ports.fleet.status(&share.pool).await {
            Ok(status) => status.problem,
            Err(error) if error.outlook == Outlook::Lasting => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        if let Some(problem) = problem {
            return Ok(Some(format!("pool `{}`: {problem}", share.pool)));
        }
    }
    Ok(None)
}

/// How the pools of `plan` stand, in words: for a test that can't wait any longer, and nobody knows why.
pub(crate) async fn words(ports: &Ports, plan: &Plan) -> String {
    let mut words = Vec::new();
    for PoolShare { pool, shards } in &plan.pools {
        let said = match ports.fleet.status(pool).await {
            Err(error) => error.to_string(),
            // Someone else keeps its workers, who says nothing of them.
            Ok(FleetStatus { wanted: 0, running: 0, problem: None }) => {
                format!(
                    "{shards} workers are needed, and nothing is known of any: see that they run, and read its queue"
                )
            }
            Ok(FleetStatus { wanted, running: 0, problem: None }) => format!("none of {wanted} workers runs yet"),
            Ok(FleetStatus { wanted, running, problem: None }) => {
                format!("{running} of {wanted} workers run, but none has come with its shard: their logs say why")
            }
            Ok(FleetStatus { problem: Some(problem), .. }) => problem,
        };
        words.push(format!("pool `{pool}`: {said}"));
    }
    words.join("; ")
}

/// The queue of a pool.
pub(crate) fn queue<'a>(ports: &'a Ports, pool: &str) -> Result<&'a Arc<dyn Queue>, ServiceError> {
    ports.queues.get(pool).ok_or_else(|| ServiceError::NoSuchPool {
        pool: pool.to_owned(),
        known: ports.queues.keys().cloned().collect::<Vec<_>>().join(", "),
    })
}
