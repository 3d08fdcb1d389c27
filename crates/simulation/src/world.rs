//! The simulated world: virtual time, and everything in it that an actor can touch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

use fastrand::Rng;
use swarmgate_domain::{Key, Micros};
use swarmgate_service::ports::{Condition, StoreError};

use crate::actor::{Actor, ActorId, Clock, Role};
use crate::agenda::{Agenda, Happening};
use crate::faults::{Fault, Faults};
use crate::fleet::Pools;
use crate::ledger::Ledger;
use crate::messages::Messages;
use crate::notices;
use crate::objects::{Answer, Objects, Operation};
use crate::setup::Setup;
use crate::sights::Sights;
use crate::watch::{self, Watch};

/// A test that nobody here can read. It sorts after all others: what goes wrong with those is told first.
pub(crate) const FOREIGN: &str = "zz-foreign";

/// The name of the queue of notifications.
pub(crate) const EVENTS: &str = "events";

/// The world, shared by all actors. They run one at a time: the lock is never waited for.
#[derive(Clone)]
pub(crate) struct Sim(Arc<Mutex<World>>);

impl Sim {
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world, for as long as nothing is awaited.
    pub fn world(&self) -> MutexGuard<'_, World> {
        match self.0.try_lock() {
            Ok(world) => world,
            // An actor panicked; the rest is only looked at.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => panic!("the world is held already, by the one who asks for it"),
        }
    }
}

/// The world.
pub(crate) struct World {
    pub setup: Arc<Setup>,
    pub now: Micros,
    pub rng: Rng,
    pub agenda: Agenda,
    pub actors: Vec<Actor>,
    pub objects: Objects,
    pub queues: BTreeMap<String, Messages>,
    pub pools: Pools,
    pub faults: Faults,
    pub ledger: Ledger,
    pub watch: Watch,
    pub sights: Sights,
    /// What should not be, first come.
    pub violation: Option<String>,
    pub trace: Option<Vec<String>>,
}

impl World {
    pub fn new(setup: Setup, faults: Faults, rng: Rng, trace: bool) -> Self {
        let names = setup.pools.iter().map(String::as_str).chain([EVENTS]);
        Self {
            queues: names.map(|name| (name.to_owned(), Messages::default())).collect(),
            objects: Objects::new(setup.page, setup.store_precision),
            pools: Pools::new(setup.pools.len()),
            setup: Arc::new(setup),
            now: Micros::ZERO,
            rng,
            agenda: Agenda::default(),
            actors: Vec::new(),
            faults,
            ledger: Ledger::default(),
            watch: Watch::default(),
            sights: Sights::default(),
            violation: None,
            trace: trace.then(Vec::new),
        }
    }

    /// Writes down what happens, if anyone wants to know.
    pub fn tell(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>12.6} {}", self.now.as_secs_f64(), what()));
        }
    }

    /// Says that something is as it should never be.
    pub fn violated(&mut self, what: impl FnOnce() -> String) {
        if self.violation.is_none() {
            let what = what();
            self.tell(|| format!("VIOLATED: {what}"));
            self.violation = Some(what);
        }
    }

    /// Whether `fault` strikes now.
    pub fn strikes(&mut self, fault: Fault) -> bool {
        let strikes = self.faults.strikes(&mut self.rng, fault);
        if strikes {
            self.tell(|| format!("fault: {fault:?}"));
        }
        strikes
    }

    /// A time between, in milliseconds.
    pub fn draw_millis(&mut self, low: u64, high: u64) -> Micros {
        Micros(self.rng.u64(low * 1_000..=high * 1_000))
    }

    /// What is to happen after `delay`.
    pub fn after(&mut self, delay: Micros, happening: Happening) {
        self.agenda.put(self.now + delay, happening);
    }

    pub fn actor(&mut self, id: ActorId) -> &mut Actor {
        &mut self.actors[id.0 as usize]
    }

    /// A new actor, with a clock of its own.
    pub fn enlist(&mut self, role: Role) -> ActorId {
        let id = ActorId(u32::try_from(self.actors.len()).unwrap_or(u32::MAX));
        let clock = self.draw_clock(role);
        self.actors.push(Actor::new(role, clock));
        self.tell(|| format!("{id:?} starts as {role:?}"));
        id
    }

    fn draw_clock(&mut self, role: Role) -> Clock {
        let mut clock = Clock::default();
        if self.strikes(Fault::ClockSkew) {
            // Functions run where clocks are kept well.
            let most = if role.is_worker() { 5_000_000 } else { 200_000 };
            clock.skew = self.rng.i64(-most..=most);
        }
        if self.strikes(Fault::ClockDrift) {
            clock.drift = self.rng.i64(-200..=200);
        }
        clock
    }

    /// An actor is no more.
    pub fn left(&mut self, id: ActorId, killed: bool) {
        let actor = self.actor(id);
        actor.alive = false;
        actor.busy = false;
        let role = actor.role;
        self.ledger.at_work.remove(&id);
        self.tell(|| format!("{id:?} {}", if killed { "is killed" } else { "ends" }));
        match role {
            Role::Merger { .. } => {
                let delay = self.draw_millis(1, 5_000);
                self.after(delay, Happening::Start(role));
            }
            Role::Caller { test } if killed => self.caller_died(test),
            Role::Worker { pool } => {
                self.pools.left(pool, id);
                self.after(Micros::ZERO, Happening::Reconcile(pool));
            }
            _ => {}
        }
    }

    /// Most callers ask again; some never do.
    fn caller_died(&mut self, test: usize) {
        if self.rng.u8(..4) > 0 {
            let delay = self.draw_millis(1, 20_000);
            self.after(delay, Happening::Start(Role::Caller { test }));
        } else {
            self.ledger.tests[test].abandoned = true;
        }
    }

    /// The store does `operation`, and everything sees to what that means.
    pub fn perform(&mut self, operation: &Operation, by: Option<ActorId>) -> Result<Answer, StoreError> {
        let before = match operation {
            Operation::Put { key, .. } => self.objects.bytes(key).cloned(),
            _ => None,
        };
        let answer = self.objects.perform(operation, self.now);
        self.tell(|| {
            let how = match &answer {
                Ok(Answer::Object(None)) => "there is none",
                Ok(_) => "done",
                Err(_) => "conflict",
            };
            let who = by.map_or("a late call".to_owned(), |id| format!("{id:?}"));
            format!("{who} {}: {how}", operation.describe())
        });
        if let Operation::Put { key, bytes, .. } = operation {
            match &answer {
                Ok(_) => {
                    watch::written(self, key, before.as_ref(), bytes);
                    notices::send(self, key);
                }
                Err(_) => watch::refused(self, key, before.as_ref(), bytes),
            }
        }
        answer
    }

    /// A test that nobody here can read, as a newer version left it.
    pub fn add_foreign_test(&mut self) {
        for (key, bytes) in [(format!("active/{FOREIGN}"), "null"), (format!("tests/{FOREIGN}/plan.json"), "{}")] {
            let key = Key::parse(&key).expect("the id is fit for a key");
            let put = Operation::Put { key, bytes: bytes.into(), condition: Condition::Absent };
            self.objects.perform(&put, self.now).expect("the store is empty");
        }
    }

    /// No more faults: from now on everything must come to its end.
    pub fn heal(&mut self) {
        self.tell(|| "no more faults".to_owned());
        self.faults.heal();
        let now = self.now;
        self.watch.outage_to = now;
        for (number, actor) in (0..).zip(&mut self.actors) {
            actor.cut_off_to = now;
            if actor.paused_to > now {
                actor.paused_to = now;
                self.agenda.put(now, Happening::Wake(ActorId(number)));
            }
        }
        for pool in 0..self.setup.pools.len() {
            self.after(Micros::ZERO, Happening::Reconcile(pool));
        }
    }
}
