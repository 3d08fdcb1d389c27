//! What actors do: the use cases, called as the functions, workers and users of a deployment call them.

mod functions;
mod users;
mod workers;

use std::sync::Arc;

pub(crate) use functions::RESTARTED;
use swarmgate_domain::Micros;
use swarmgate_service::{LiveMemory, TestRequest};

use crate::actor::{ActorId, Role};
use crate::executor::Body;
use crate::world::Sim;

/// What a rival wants to load.
const RIVAL: &str = "http://rival";

/// How long a call to a queue waits for a message.
const LONG_POLL: Micros = Micros::from_secs(20);

/// What an actor of `role` does.
pub(crate) fn body(sim: &Sim, id: ActorId, role: Role, memory: &Arc<LiveMemory>) -> Body {
    let sim = sim.clone();
    match role {
        Role::Caller { test } => {
            let request = sim.world().setup.tests[test].request.clone();
            Box::pin(users::caller(sim, id, test, request))
        }
        Role::Rival { test } => {
            let request = sim.world().setup.tests[test].request.clone();
            Box::pin(users::caller(sim, id, test, TestRequest { target: RIVAL.to_owned(), ..request }))
        }
        Role::Merger { .. } => {
            let shared = sim.world().setup.shared_memory;
            let memory = if shared { memory.clone() } else { Arc::default() };
            Box::pin(functions::merger(sim, id, memory))
        }
        Role::Sweeper => Box::pin(functions::sweeper(sim, id)),
        Role::Worker { pool } | Role::Cleaner { pool } => Box::pin(workers::worker(sim, id, pool)),
        Role::Stopper { test } => Box::pin(users::stopper(sim, id, test)),
        Role::Changer { test, change } => Box::pin(users::changer(sim, id, test, change)),
        Role::Viewer { test } => Box::pin(users::viewer(sim, id, test)),
        Role::Rebuilder => Box::pin(functions::rebuilder(sim, id)),
        Role::Restarter => Box::pin(functions::restarter(sim, id)),
        Role::Lister => Box::pin(users::lister(sim, id)),
    }
}
