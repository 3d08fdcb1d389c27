//! Whether all has come to its end.

use crate::actor::Role;
use crate::agenda::Happening;
use crate::world::{EVENTS, World};

/// What has not come to its end yet, in words; `None` when all has.
pub(crate) fn unsettled(world: &World) -> Option<String> {
    for run in world.ledger.runs.keys() {
        match world.state(run) {
            Some(state) if state.phase.is_over() => {}
            state => return Some(format!("{run} is not over: {state:?}")),
        }
    }
    let events = world.queues[EVENTS].len();
    if events > 0 {
        return Some(format!("{events} notifications are still to be worked on"));
    }
    if let Some(pool) = world.pools.iter().find(|pool| pool.wanted > 0 || !pool.workers.is_empty()) {
        return Some(format!("a pool is not at zero: {pool:?}"));
    }
    let at_work = |role: Role| !role.is_permanent() && role != Role::Sweeper;
    if let Some(actor) = world.actors.iter().find(|actor| actor.alive && at_work(actor.role)) {
        return Some(format!("{:?} is still at work", actor.role));
    }
    let to_come = world.agenda.iter().find(|happening| match happening {
        Happening::Start(role) => at_work(*role) && !role.is_worker(),
        Happening::Write(_) | Happening::Notice(_) => true,
        _ => false,
    });
    to_come.map(|happening| format!("{happening:?} is still to come"))
}
