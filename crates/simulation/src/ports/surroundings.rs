//! The small simulated ports: workers to be had, time, and chance.

use async_trait::async_trait;
use swarmgate_domain::Micros;
use swarmgate_service::ports::{Clock, Fleet, FleetError, FleetStatus, Outlook, Randomness};

use crate::actor::{self, ActorId};
use crate::agenda::Happening;
use crate::faults::Fault;
use crate::watch;
use crate::world::Sim;

/// Time, as one actor's clock shows it.
pub(crate) struct SimClock {
    sim: Sim,
    actor: ActorId,
    clock: actor::Clock,
}

impl SimClock {
    pub fn new(sim: Sim, actor: ActorId) -> Self {
        let clock = sim.world().actor(actor).clock;
        Self { sim, actor, clock }
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Micros {
        let now = self.sim.world().now;
        self.clock.shows(now)
    }

    async fn sleep(&self, time: Micros) {
        let until = self.clock.when(self.now() + time);
        self.sim.wait(self.actor, until).await;
    }
}

/// Chance: the seed's.
pub(crate) struct SimChance(pub Sim);

impl Randomness for SimChance {
    fn draw(&self) -> u64 {
        self.0.world().rng.u64(..)
    }
}

/// The fleet, as one actor reaches it.
pub(crate) struct SimFleet {
    pub sim: Sim,
    pub actor: ActorId,
}

impl SimFleet {
    /// The time that a call takes; the index of the pool.
    async fn call(&self, attempted: &str, pool: &str) -> Result<usize, FleetError> {
        let (done_at, dies, fails) = {
            let mut world = self.sim.world();
            let done_at = world.now + world.draw_millis(5, 200);
            (done_at, world.dies(self.actor), world.strikes(Fault::FleetBusy))
        };
        self.sim.wait(self.actor, done_at).await;
        if dies {
            self.sim.die(self.actor).await;
        }
        let index = self.sim.world().setup.pools.iter().position(|name| name == pool);
        let (reason, outlook) = match fails {
            true => ("the fleet did not answer", Outlook::Passing),
            false => ("there is no such pool", Outlook::Lasting),
        };
        let attempted = format!("{attempted} pool `{pool}`");
        index.filter(|_| !fails).ok_or_else(|| FleetError { attempted, reason: reason.to_owned(), outlook })
    }
}

#[async_trait]
impl Fleet for SimFleet {
    async fn scale(&self, pool: &str, workers: u32) -> Result<(), FleetError> {
        let index = self.call("scaling", pool).await?;
        let mut world = self.sim.world();
        world.tell(|| format!("{:?} scales pool {pool} to {workers}", self.actor));
        watch::scaled(&mut world, index, workers);
        world.pools.get(index).wanted = workers;
        world.after(Micros::ZERO, Happening::Reconcile(index));
        Ok(())
    }

    async fn status(&self, pool: &str) -> Result<FleetStatus, FleetError> {
        let index = self.call("asking for", pool).await?;
        let mut world = self.sim.world();
        if world.strikes(Fault::FleetProblem) {
            let until = world.now + world.draw_millis(1_000, 30_000);
            world.pools.get(index).problem_to = until;
        }
        let (now, healed) = (world.now, world.faults.healed());
        let pool = world.pools.get(index);
        let problem = (pool.problem_to > now && !healed).then(|| PROBLEM.to_owned());
        let status = FleetStatus {
            wanted: pool.wanted,
            running: u32::try_from(pool.workers.len()).unwrap_or(u32::MAX),
            problem,
        };
        world.ledger.problem_told |= status.problem.is_some();
        Ok(status)
    }
}

/// What the fleet says when workers will not come.
const PROBLEM: &str = "no machine has room";
