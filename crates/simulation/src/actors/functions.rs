//! The functions: bringing tests up to date, sweeping, and what is done after everything was killed.

use std::sync::Arc;

use swarmgate_domain::{Ended, Key, Micros};
use swarmgate_service::ports::Queue;
use swarmgate_service::{LiveMemory, ServiceError, end_active, objects_created, rebuild, sweep};

use super::LONG_POLL;
use crate::actor::ActorId;
use crate::agenda::Happening;
use crate::ports::{SimQueue, ports};
use crate::sights::Sight;
use crate::world::{EVENTS, FOREIGN, Sim, World};

/// How long a notification is hidden while a function works on it.
const NOTICE_VISIBILITY: Micros = Micros::from_secs(45);

/// Why tests ended whose processes were killed.
pub(crate) const RESTARTED: &str = "its process was killed";

/// A function that brings tests up to date, invoked with one batch of notifications after another.
pub(super) async fn merger(sim: Sim, id: ActorId, memory: Arc<LiveMemory>) {
    let ports = ports(&sim, id);
    let queue = SimQueue::new(sim.clone(), id, EVENTS);
    let setup = sim.world().setup.clone();
    loop {
        let Ok(deliveries) = queue.receive(setup.batch, NOTICE_VISIBILITY, LONG_POLL).await else {
            ports.clock.sleep(Micros::SECOND).await;
            continue;
        };
        if deliveries.is_empty() {
            continue;
        }
        let invocation = invoked(&sim, id);
        sim.world().after_timeout(id, invocation);
        let size = if setup.partial_batches { 1 } else { deliveries.len() };
        for part in deliveries.chunks(size) {
            let keys: Vec<_> = part.iter().filter_map(|delivery| Key::parse(&delivery.body)).collect();
            match objects_created(&ports, &memory, &keys).await {
                Ok(()) => {
                    for delivery in part {
                        // One that is not deleted comes again.
                        queue.delete(&delivery.receipt).await.ok();
                    }
                }
                Err(error) => sim.world().tell(|| format!("{id:?} failed: {error}")),
            }
        }
        invoked(&sim, id);
    }
}

/// A function begins or ends its work: the number of its invocation, odd while it works.
fn invoked(sim: &Sim, id: ActorId) -> u32 {
    let mut world = sim.world();
    let actor = world.actor(id);
    actor.invocation += 1;
    actor.invocation
}

pub(super) async fn sweeper(sim: Sim, id: ActorId) {
    let invocation = invoked(&sim, id);
    let writes = {
        let mut world = sim.world();
        world.after_timeout(id, invocation);
        world.objects.writes
    };
    let swept = sweep(&ports(&sim, id)).await;
    let mut world = sim.world();
    world.tell(|| format!("{id:?} swept: {swept:?}"));
    // Nothing was left to do, for nobody.
    let clean = swept.as_ref().err().is_none_or(is_of_foreign);
    world.watch.swept_clean = clean && world.objects.writes == writes;
}

/// Makes the report of each test, with nobody else at work.
pub(super) async fn rebuilder(sim: Sim, id: ActorId) {
    let ports = ports(&sim, id);
    let runs: Vec<_> = sim.world().ledger.runs.keys().cloned().collect();
    for run in runs {
        if let Err(error) = rebuild(&ports, &run).await {
            return sim.world().violated(|| format!("{run}: its report can't be made of what is there: {error}"));
        }
    }
    sim.world().sights.saw(Sight::Rebuilt);
}

/// Ends each test whose workers are gone, and leaves the rest to the sweep.
pub(super) async fn restarter(sim: Sim, id: ActorId) {
    let ended = end_active(&ports(&sim, id), &Ended::Failed { reason: RESTARTED.to_owned() }).await;
    let mut world = sim.world();
    world.sights.saw(Sight::Restarted);
    if let Err(error) = ended
        && !is_of_foreign(&error)
    {
        world.violated(|| format!("the tests that were there can't be ended: {error}"));
    }
}

/// Whether it is about the test that nobody can read.
fn is_of_foreign(error: &ServiceError) -> bool {
    matches!(error, ServiceError::Unreadable { key, .. } if key.as_str().contains(FOREIGN))
}

impl World {
    /// A function is ended when it takes too long.
    fn after_timeout(&mut self, id: ActorId, invocation: u32) {
        let timeout = self.setup.function_timeout;
        self.after(timeout, Happening::TimeOut(id, invocation));
    }
}
