//! The simulated ports, as an actor sees them.

mod engine;
mod queue;
mod renderer;
mod store;
mod surroundings;

use std::sync::Arc;

pub(crate) use engine::{REFUSAL, SimEngine};
pub(crate) use queue::SimQueue;
use renderer::SimRenderer;
pub(crate) use renderer::revision_of;
use store::SimStore;
use surroundings::{SimChance, SimClock, SimFleet};
use swarmgate_service::Retrying;
use swarmgate_service::ports::Ports;

use crate::actor::ActorId;
use crate::world::Sim;

/// Everything that `actor` may touch.
pub(crate) fn ports(sim: &Sim, actor: ActorId) -> Ports {
    let setup = sim.world().setup.clone();
    let clock = Arc::new(SimClock::new(sim.clone(), actor));
    let random = Arc::new(SimChance(sim.clone()));
    let store = Arc::new(SimStore { sim: sim.clone(), actor });
    let queue = |name: &String| (name.clone(), Arc::new(SimQueue::new(sim.clone(), actor, name)) as _);
    Ports {
        store: Arc::new(Retrying::new(store, clock.clone(), random.clone())),
        queues: setup.pools.iter().map(queue).collect(),
        fleet: Arc::new(SimFleet { sim: sim.clone(), actor }),
        clock,
        random,
        renderer: Arc::new(SimRenderer),
        settings: setup.settings,
    }
}
