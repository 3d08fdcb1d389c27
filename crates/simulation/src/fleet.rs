//! The simulated fleet: worker processes that come and go.

use swarmgate_domain::Micros;

use crate::actor::{ActorId, Role};
use crate::agenda::Happening;
use crate::faults::Fault;
use crate::world::World;

/// The pools, by their index in the set-up.
pub(crate) struct Pools(Vec<Pool>);

/// A pool of workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    /// Workers asked for.
    pub wanted: u32,
    /// On their way.
    pub coming: u32,
    /// Running.
    pub workers: Vec<ActorId>,
    /// Says that workers will not come, until then.
    pub problem_to: Micros,
}

impl Pools {
    pub fn new(count: usize) -> Self {
        Self(vec![Pool::default(); count])
    }

    pub fn get(&mut self, pool: usize) -> &mut Pool {
        &mut self.0[pool]
    }

    pub fn iter(&self) -> impl Iterator<Item = &Pool> {
        self.0.iter()
    }

    /// A worker is no more.
    pub fn left(&mut self, pool: usize, worker: ActorId) {
        self.0[pool].workers.retain(|id| *id != worker);
    }
}

/// Starts or stops workers of a pool, until there are as many as are wanted.
pub(crate) fn reconcile(world: &mut World, index: usize) {
    let pool = world.pools.get(index);
    let there = pool.workers.len() + pool.coming as usize;
    let wanted = pool.wanted as usize;
    for _ in there..wanted {
        let delay = if world.strikes(Fault::WorkerMissing) {
            world.draw_millis(30_000, 300_000)
        } else if world.strikes(Fault::WorkerSlow) {
            world.draw_millis(1_000, 40_000)
        } else {
            world.draw_millis(50, 1_500)
        };
        world.pools.get(index).coming += 1;
        world.after(delay, Happening::Start(Role::Worker { pool: index }));
    }
    let mut surplus = there.saturating_sub(wanted);
    for worker in world.pools.get(index).workers.clone() {
        if surplus > 0 && (!world.actor(worker).busy || world.strikes(Fault::WorkerStopped)) {
            world.after(Micros::ZERO, Happening::Kill(worker));
            surplus -= 1;
        }
    }
}

/// A worker came. Whether it is still wanted.
pub(crate) fn arrived(world: &mut World, index: usize) -> bool {
    let pool = world.pools.get(index);
    pool.coming = pool.coming.saturating_sub(1);
    pool.workers.len() < pool.wanted as usize
}
