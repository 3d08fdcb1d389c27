//! One seed from its first call to its last check: first what goes wrong, then what must come of it all the same.

use std::sync::Arc;

use swarmgate_domain::{Micros, key};
use swarmgate_service::LiveMemory;

use crate::actor::{ActorId, Role};
use crate::actors::body;
use crate::agenda::Happening;
use crate::check::{compare_with_ledger, unsettled};
use crate::executor::{Body, Executor};
use crate::faults::Fault;
use crate::fleet;
use crate::setup::Aftermath;
use crate::world::{EVENTS, FOREIGN, Sim, World};

/// How long after the last fault all must have come to its end.
const PATIENCE: Micros = Micros::from_secs(1_800);

/// How long the last workers may take to find out that nothing in the queues is to be done.
const CLEANING: Micros = Micros::from_secs(300);

/// How long after its end a test is looked after.
const LOOKED_AFTER: Micros = Micros::from_secs(3_600);

/// A seed on its way.
pub(crate) struct Course<'a> {
    sim: &'a Sim,
    stage: Stage,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Things go wrong, or all goes well and is to come to its end.
    Testing,
    /// Until then a last worker looks at what is left in the queues.
    Cleaning(Micros),
    /// Someone makes reports of what is there, and nobody else is at work.
    Rebuilding,
    /// Until then tests are still looked after.
    Forgetting(Micros),
}

impl<'a> Course<'a> {
    pub fn new(sim: &'a Sim) -> Self {
        Self { sim, stage: Stage::Testing }
    }

    /// Runs it. Gives how often an actor was woken.
    pub fn run(mut self) -> Result<u64, String> {
        let memory = Arc::new(LiveMemory::default());
        let make = |sim: &Sim, id: ActorId, role: Role| -> Body { body(sim, id, role, &memory) };
        let mut executor = Executor::new(self.sim.clone(), &make);
        self.prepare();
        loop {
            let next = {
                let mut world = self.sim.world();
                let Some((time, happening)) = world.agenda.next() else {
                    return Err("nothing happens any more, and it is not over".to_owned());
                };
                world.now = time;
                happening
            };
            self.happen(&mut executor, next);
            let violation = self.sim.world().violation.clone();
            violation.map_or(Ok(()), Err)?;
            if self.is_over()? {
                break;
            }
        }
        let steps = executor.steps;
        drop(executor);
        compare_with_ledger(&mut self.sim.world())?;
        Ok(steps)
    }

    fn prepare(&self) {
        let mut world = self.sim.world();
        world.ask();
        world.begin_functions();
        if let Some((at, aftermath)) = world.setup.crash {
            world.after(at, Happening::Crash(aftermath));
        }
        let heal_at = world.setup.heal_at;
        let heal_at = if world.faults.none() { Micros::ZERO } else { heal_at };
        world.after(heal_at, Happening::Heal);
        if world.strikes(Fault::ForeignTest) {
            world.add_foreign_test();
        }
        if world.strikes(Fault::Outage) {
            let from = world.draw_millis(1_000, 60_000);
            world.after(from, Happening::Outage);
        }
    }

    fn happen(&mut self, executor: &mut Executor<'_>, happening: Happening) {
        match happening {
            Happening::Wake(id, waker) => {
                waker.wake();
                executor.wake(id);
            }
            Happening::Kill(id) => executor.kill(id),
            Happening::TimeOut(id, invocation) => {
                if self.sim.world().actor(id).invocation == invocation {
                    executor.kill(id);
                }
            }
            Happening::Start(role) => self.start(executor, role),
            Happening::Write(operation) => {
                // Nobody waits for the answer.
                self.sim.world().perform(&operation, None).ok();
            }
            Happening::Notice(key) => self.sim.world().send(EVENTS, key),
            Happening::Reconcile(pool) => fleet::reconcile(&mut self.sim.world(), pool),
            Happening::Outage => {
                let mut world = self.sim.world();
                let length = world.draw_millis(1_000, 60_000);
                world.watch.outage_to = world.now + length;
            }
            Happening::Sweep => {
                let (missed, twice) = {
                    let mut world = self.sim.world();
                    let every = world.setup.sweep_every;
                    world.after(every, Happening::Sweep);
                    (world.strikes(Fault::SweepMissed), world.strikes(Fault::SweepTwice))
                };
                for _ in 0..if missed { 0 } else { 1 + u32::from(twice) } {
                    executor.start(Role::Sweeper);
                }
            }
            Happening::Heal => self.sim.world().heal(),
            Happening::Crash(aftermath) => self.crash(executor, aftermath),
        }
    }

    fn crash(&mut self, executor: &mut Executor<'_>, aftermath: Aftermath) {
        executor.kill_all();
        let mut world = self.sim.world();
        world.crash(aftermath);
        match aftermath {
            Aftermath::Rebuild => {
                self.stage = Stage::Rebuilding;
                world.after(Micros::ZERO, Happening::Start(Role::Rebuilder));
            }
            Aftermath::Restart => {
                self.stage = Stage::Testing;
                world.after(Micros::ZERO, Happening::Start(Role::Restarter));
                world.begin_functions();
            }
        }
    }

    fn start(&self, executor: &mut Executor<'_>, role: Role) {
        if let Role::Worker { pool } = role
            && !fleet::arrived(&mut self.sim.world(), pool)
        {
            return;
        }
        let id = executor.start(role);
        if let Role::Worker { pool } = role {
            let mut world = self.sim.world();
            if world.actor(id).alive {
                world.pools.get(pool).workers.push(id);
            }
        }
    }

    /// Whether all that should come to its end did.
    fn is_over(&mut self) -> Result<bool, String> {
        let mut world = self.sim.world();
        match self.stage {
            Stage::Testing if world.watch.swept_clean => {
                world.watch.swept_clean = false;
                if unsettled(&world).is_some() {
                    return Ok(false);
                }
                if world.faults.healed() {
                    self.stage = Stage::Cleaning(world.now + CLEANING);
                    for pool in 0..world.setup.pools.len() {
                        world.after(Micros::ZERO, Happening::Start(Role::Cleaner { pool }));
                    }
                    world.after(Micros::ZERO, Happening::Start(Role::Lister));
                } else {
                    // There is nothing left for faults to strike.
                    world.heal();
                }
                Ok(false)
            }
            Stage::Testing if world.now > world.setup.heal_at + PATIENCE => Err(format!(
                "it does not settle: {}",
                unsettled(&world).unwrap_or("every sweep still writes".to_owned())
            )),
            Stage::Testing => Ok(false),
            Stage::Cleaning(until) => {
                let left: usize = world.queues.values().map(crate::messages::Messages::len).sum();
                if left > 0 && world.now > until {
                    return Err(format!("{left} messages are left, and would come again for ever"));
                }
                let done = left == 0 && world.watch.listed;
                if done && world.setup.to_be_forgotten {
                    let sweeps = Micros(world.setup.sweep_every.0 * 3);
                    self.stage = Stage::Forgetting(world.now + LOOKED_AFTER + sweeps);
                    return Ok(false);
                }
                Ok(done)
            }
            Stage::Rebuilding => Ok(world.agenda.iter().next().is_none()),
            Stage::Forgetting(until) if world.now > until => match world.objects.keys(key::ACTIVE_PREFIX).next() {
                Some(mark) if !mark.as_str().ends_with(FOREIGN) => Err(format!("{mark} is looked after for ever")),
                _ => Ok(true),
            },
            Stage::Forgetting(_) => Ok(false),
        }
    }
}

impl World {
    /// The functions run from now on.
    fn begin_functions(&mut self) {
        for number in 0..self.setup.mergers {
            self.after(Micros::ZERO, Happening::Start(Role::Merger { number }));
        }
        let sweep_every = self.setup.sweep_every;
        self.after(sweep_every, Happening::Sweep);
    }
}
