//! A load engine that makes no load: it hands over a known number of requests for each interval, and writes down in the ledger what it did.

use async_trait::async_trait;
use swarmgate_domain::{EntryStats, Interval, Latency, Micros, RunId, Stats};
use swarmgate_service::ports::{EngineError, LoadEngine, LoadRun, MeasuredInterval, ShardSpec, UsersChange};

use crate::actor::{ActorId, Clock};
use crate::faults::Fault;
use crate::ledger::{Counts, LoadId, Measured};
use crate::setup;
use crate::world::{Sim, World};

/// The engine of one worker, at the shard of one test.
pub(crate) struct SimEngine {
    pub sim: Sim,
    pub actor: ActorId,
    pub run: RunId,
}

/// What the engine says when it can't run a shard.
pub(crate) const REFUSAL: &str = "the simulated target does not resolve";

#[async_trait]
impl LoadEngine for SimEngine {
    async fn prepare(&self, spec: ShardSpec) -> Result<Box<dyn LoadRun>, EngineError> {
        let (ready_at, refuses) = {
            let mut world = self.sim.world();
            let slow = world.strikes(Fault::EngineSlow);
            let time = if slow { world.draw_millis(1_000, 40_000) } else { world.draw_millis(10, 500) };
            (world.now + time, world.strikes(Fault::EngineRefuses))
        };
        self.sim.wait(self.actor, ready_at).await;
        let mut world = self.sim.world();
        if refuses {
            world.ledger.refused.insert((self.run.clone(), spec.shard));
            return Err(EngineError {
                attempted: "making ready".to_owned(),
                reason: REFUSAL.to_owned(),
                hint: "see that its name is right".to_owned(),
            });
        }
        let setup = world.setup.clone();
        let test = world.ledger.test_of(&self.run).map(|test| &setup.tests[test]);
        let one_failure_in = test.map_or(0, |test| test.one_failure_in);
        if test.is_none_or(|test| test.request.data != *spec.data) {
            world.violated(|| format!("{}: a worker was given other rows than the test came with", self.run));
        }
        let grace = spec.scenario.grace.0;
        let lag = Micros(world.rng.u64(..=grace));
        let id = world.ledger.load(self.actor, self.run.clone(), spec.shard);
        Ok(Box::new(SimLoad {
            sim: self.sim.clone(),
            clock: world.actor(self.actor).clock,
            actor: self.actor,
            id,
            length: spec.interval,
            start: Micros::ZERO,
            measured_to: Micros::ZERO,
            end: spec.duration,
            lag,
            one_failure_in,
        }))
    }
}

/// A shard at work.
struct SimLoad {
    sim: Sim,
    actor: ActorId,
    clock: Clock,
    id: LoadId,
    /// The length of an interval.
    length: Micros,
    /// Test time 0, by the own clock.
    start: Micros,
    /// Up to which test time it was handed over.
    measured_to: Micros,
    /// The test time at which the load ends.
    end: Micros,
    /// How long requests take to finish at the end.
    lag: Micros,
    one_failure_in: u64,
}

impl SimLoad {
    /// Test time, 0 before the start.
    fn now(&self, world: &World) -> Micros {
        self.clock.shows(world.now).saturating_since(self.start)
    }

    /// When what comes next can be handed over, in virtual time: the end of its interval, and then the grace time at the very end.
    fn closes_at(&self, to: Micros) -> Micros {
        let lag = if to == self.end { self.lag } else { Micros::ZERO };
        self.clock.when(self.start + to + lag)
    }

    fn hand_over(&mut self, interval: Interval, to: Micros) -> MeasuredInterval {
        let mut world = self.sim.world();
        let saturated = world.strikes(Fault::Saturated);
        let mut counts = Counts::default();
        for (succeeded, failed) in &mut counts.0 {
            *succeeded = world.rng.u64(1..=100);
            let most = succeeded.checked_div(self.one_failure_in).map_or(0, |share| share + 1);
            *failed = world.rng.u64(..=most);
        }
        let from = self.measured_to;
        self.measured_to = to;
        let saturation = if saturated { vec!["simulated".to_owned()] } else { Vec::new() };
        let serial = world.ledger.hand_over(Measured { load: self.id, interval, from, to, counts, saturated });
        world.tell(|| format!("{:?} measured interval {interval}: {from} to {to}, serial {serial}", self.actor));
        let with_times = world.setup.histograms;
        MeasuredInterval { interval, from, to, stats: stats(counts, serial, with_times), saturation, wants_end: None }
    }
}

/// Stats with these counts; the serial number goes along as a count of connections.
fn stats(counts: Counts, serial: u64, with_times: bool) -> Stats {
    let mut stats = Stats::default();
    for (name, (succeeded, failed)) in setup::names().into_iter().zip(counts.0) {
        let mut entry = EntryStats::default();
        for (outcome, count) in [(&mut entry.succeeded, succeeded), (&mut entry.failed, failed)] {
            for number in 0..if with_times { count } else { 0 } {
                outcome.record(Latency { service: Micros(number + 1), response: Micros(number + serial % 100 + 1) });
            }
            outcome.count = count;
        }
        entry.statuses = [(200, succeeded), (500, failed)].into();
        stats.entries.insert(name, entry);
    }
    stats.generator.connections_opened = serial;
    stats
}

#[async_trait]
impl LoadRun for SimLoad {
    fn begin(&mut self, start: Micros) {
        let mut world = self.sim.world();
        self.start = start;
        self.measured_to = self.now(&world);
        let at = self.clock.when(start);
        world.tell(|| format!("{:?} begins; its test time 0 is {:.6}", self.actor, at.as_secs_f64()));
        world.ledger.began(self.id, at);
    }

    async fn next(&mut self) -> Option<MeasuredInterval> {
        loop {
            if self.measured_to >= self.end {
                self.sim.world().ledger.ended(self.id);
                return None;
            }
            let interval = Interval::holding(self.measured_to, self.length);
            let to = interval.end(self.length).min(self.end);
            let closes_at = self.closes_at(to);
            if self.sim.world().now >= closes_at {
                return Some(self.hand_over(interval, to));
            }
            self.sim.wait(self.actor, closes_at).await;
        }
    }

    fn change_users(&mut self, change: UsersChange) {
        let mut world = self.sim.world();
        world.tell(|| format!("{:?} changes users: {change:?}", self.actor));
        world.ledger.changed(self.id, change);
    }

    fn stop(&mut self, at: Micros) {
        let mut world = self.sim.world();
        self.end = self.end.min(at.max(self.now(&world)));
        world.tell(|| format!("{:?} is to stop at {at}, and does at {}", self.actor, self.end));
        world.ledger.stopped(self.id);
    }
}

impl Drop for SimLoad {
    fn drop(&mut self) {
        self.sim.world().ledger.dropped(self.id);
    }
}
