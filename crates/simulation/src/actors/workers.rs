//! Workers: processes that take one shard after another.

use std::collections::BTreeSet;
use std::pin::pin;

use async_trait::async_trait;
use swarmgate_domain::{Micros, RunId, ShardId};
use swarmgate_service::ports::{Delivery, Ports, Queue, SecretError, SecretSource, Secrets};
use swarmgate_service::{ServiceError, ShardOutcome, Worker, run_shard};

use super::LONG_POLL;
use crate::actor::ActorId;
use crate::agenda::Happening;
use crate::faults::Fault;
use crate::ledger::Load;
use crate::ports::{SimEngine, SimQueue, ports};
use crate::sights::Sight;
use crate::world::{Sim, World};

/// A worker process: takes one shard after another.
pub(super) async fn worker(sim: Sim, id: ActorId, pool: usize) {
    let ports = ports(&sim, id);
    let name = sim.world().setup.pools[pool].clone();
    let queue = SimQueue::new(sim.clone(), id, &name);
    let visibility = ports.settings.least_lease;
    loop {
        match queue.receive(1, visibility, LONG_POLL).await {
            Ok(deliveries) => {
                for delivery in deliveries {
                    sim.world().actor(id).busy = true;
                    work(&sim, id, &ports, &name, &delivery).await;
                    sim.world().idle(id, pool);
                }
            }
            Err(_) => ports.clock.sleep(Micros::SECOND).await,
        }
    }
}

async fn work(sim: &Sim, id: ActorId, ports: &Ports, pool: &str, delivery: &Delivery) {
    // Which test it is of, as the engine is not told: the body is JSON with the field `run`.
    let message: serde_json::Value = serde_json::from_str(&delivery.body).unwrap_or_default();
    let run = message.get("run").and_then(|run| RunId::new(run.as_str()?).ok());
    let shard = message.get("shard").and_then(|shard| u32::try_from(shard.as_u64()?).ok());
    let Some((run, shard)) = run.zip(shard.map(ShardId)) else { return };
    let loads_before = {
        let mut world = sim.world();
        world.ledger.at_work.insert(id, (run.clone(), shard));
        world.ledger.loads.len()
    };
    let engine = SimEngine { sim: sim.clone(), actor: id, run: run.clone() };
    let name = format!("{}", id.0);
    let worker = Worker { pool, name: &name, secrets: &NoSecrets };
    let outcome = run_shard(ports, &engine, worker, delivery, pin!(told_to_leave(sim, ports))).await;
    let mut world = sim.world();
    if matches!(outcome, Ok(ShardOutcome::GivenBack)) {
        world.sights.saw(Sight::GivenBack);
    }
    world.tell(|| format!("{id:?} is done with its shard: {outcome:?}"));
    world.ledger.at_work.remove(&id);
    let begun = |load: &&Load| load.actor == id && load.start.is_some();
    let given_up = world.ledger.loads[loads_before..].iter().filter(begun).any(|load| !load.ended);
    if matches!(outcome, Err(ServiceError::Queue(_))) && given_up {
        world.violated(|| format!("{run}: the load of a shard was given up since a queue did not answer: {outcome:?}"));
    }
    if matches!(outcome, Ok(ShardOutcome::Done | ShardOutcome::Theirs | ShardOutcome::GivenBack)) {
        world.uploaded_all(id, &run, loads_before);
    }
}

/// Simulated scenarios refer to no secret.
struct NoSecrets;

#[async_trait]
impl SecretSource for NoSecrets {
    async fn read(&self, _names: &BTreeSet<String>) -> Result<Secrets, SecretError> {
        Ok(Secrets::default())
    }
}

/// Resolves when the worker is asked to end, which may be never.
async fn told_to_leave(sim: &Sim, ports: &Ports) {
    let after = {
        let mut world = sim.world();
        world.strikes(Fault::WorkerLeaves).then(|| world.draw_millis(0, 60_000))
    };
    match after {
        Some(after) => ports.clock.sleep(after).await,
        None => std::future::pending().await,
    }
}

impl World {
    /// A worker has no shard any more: it may be one too many.
    fn idle(&mut self, id: ActorId, pool: usize) {
        self.actor(id).busy = false;
        self.after(Micros::ZERO, Happening::Reconcile(pool));
    }

    /// A worker that came to the end of its shard uploaded everything that the engine handed over since there were `loads_before`.
    fn uploaded_all(&mut self, id: ActorId, run: &RunId, loads_before: usize) {
        let loads = self.ledger.loads[loads_before..].iter().filter(|load| load.actor == id);
        let uploaded = self.ledger.uploaded.get(run);
        let there = |serial: &u64| uploaded.is_some_and(|all| all.values().any(|chunk| chunk.serial == *serial));
        let missing = loads.flat_map(|load| load.handed_over.iter().copied()).find(|serial| !there(serial));
        if let Some(missing) = missing {
            self.violated(|| {
                format!("{run}: a worker came to its end, but what it measured as {missing} was not uploaded")
            });
        }
    }
}
