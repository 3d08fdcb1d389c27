//! What actors do: the use cases, called as the functions, workers and users of a deployment call them.

use std::sync::Arc;

use swarmgate_domain::{Ended, Key, Micros, RunId, ShardId};
use swarmgate_service::ports::{Delivery, Ports, Queue};
use swarmgate_service::{
    AcceptError, Accepted, LiveMemory, Repeated, ServiceError, ShardOutcome, accept, change_users, list, live_view,
    objects_created, report_file, run_shard, status, stop, sweep,
};

use crate::actor::{ActorId, Role};
use crate::agenda::Happening;
use crate::executor::Body;
use crate::faults::Fault;
use crate::ledger::{Asked, Load};
use crate::ports::{SimEngine, SimQueue, ports};
use crate::sights::Sight;
use crate::world::{EVENTS, FOREIGN, Sim, World};

/// How long a call to a queue waits for a message.
const LONG_POLL: Micros = Micros::from_secs(20);

/// How long a notification is hidden while a function works on it.
const NOTICE_VISIBILITY: Micros = Micros::from_secs(45);

/// How often a user asks again after an error.
const MOST_ASKS: u32 = 5;

/// What an actor of `role` does.
pub(crate) fn body(sim: &Sim, id: ActorId, role: Role, memory: &Arc<LiveMemory>) -> Body {
    let sim = sim.clone();
    match role {
        Role::Caller { test } => Box::pin(caller(sim, id, test)),
        Role::Merger { .. } => {
            let shared = sim.world().setup.shared_memory;
            let memory = if shared { memory.clone() } else { Arc::default() };
            Box::pin(merger(sim, id, memory))
        }
        Role::Sweeper => Box::pin(sweeper(sim, id)),
        Role::Worker { pool } | Role::Cleaner { pool } => Box::pin(worker(sim, id, pool)),
        Role::Stopper { test } => Box::pin(stopper(sim, id, test)),
        Role::Changer { test, change } => Box::pin(changer(sim, id, test, change)),
        Role::Viewer { test } => Box::pin(viewer(sim, id, test)),
    }
}

impl World {
    /// Takes down what the caller of a test was told, and whether that was the last it wants to hear.
    fn is_answered(&mut self, caller: ActorId, test: usize, answer: Result<Accepted, AcceptError>) -> bool {
        match answer {
            Ok(accepted) => {
                self.tell(|| format!("{caller:?} is told that its test is {accepted:?}"));
                self.sights.saw_if(accepted.repeated == Repeated::Yes, Sight::AcceptedBefore);
                let asked = &mut self.ledger.tests[test];
                asked.made += u32::from(accepted.repeated == Repeated::No);
                asked.ids.insert(accepted.id);
                true
            }
            Err(AcceptError::Service(error)) => {
                self.tell(|| format!("{caller:?} is told: {error}"));
                false
            }
            Err(error) => {
                self.violated(|| format!("a good test was not accepted: {error}"));
                true
            }
        }
    }
}

/// Asks for a test until it is accepted, always by the same key.
async fn caller(sim: Sim, id: ActorId, test: usize) {
    let ports = ports(&sim, id);
    let setup = sim.world().setup.clone();
    loop {
        let answer = accept(&ports, setup.tests[test].request.clone()).await;
        if sim.world().is_answered(id, test, answer) {
            return;
        }
        ports.clock.sleep(Micros::from_secs(2)).await;
    }
}

/// A function that brings tests up to date, invoked with one batch of notifications after another.
async fn merger(sim: Sim, id: ActorId, memory: Arc<LiveMemory>) {
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

async fn sweeper(sim: Sim, id: ActorId) {
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
    let clean = match &swept {
        Ok(()) => true,
        Err(ServiceError::Unreadable { key, .. }) => key.as_str().contains(FOREIGN),
        Err(_) => false,
    };
    world.watch.swept_clean = clean && world.objects.writes == writes;
}

/// A worker process: takes one shard after another.
async fn worker(sim: Sim, id: ActorId, pool: usize) {
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
    let outcome = run_shard(ports, &engine, pool, &format!("{}", id.0), delivery).await;
    let mut world = sim.world();
    world.tell(|| format!("{id:?} is done with its shard: {outcome:?}"));
    world.ledger.at_work.remove(&id);
    let begun = |load: &&Load| load.actor == id && load.start.is_some();
    let given_up = world.ledger.loads[loads_before..].iter().filter(begun).any(|load| !load.ended);
    if matches!(outcome, Err(ServiceError::Queue(_))) && given_up {
        world.violated(|| format!("{run}: the load of a shard was given up since a queue did not answer: {outcome:?}"));
    }
    if matches!(outcome, Ok(ShardOutcome::Done | ShardOutcome::Theirs)) {
        world.uploaded_all(id, &run);
    }
}

/// The id that a test will have or has, once it is known.
async fn id_of(sim: &Sim, ports: &Ports, test: usize) -> Option<RunId> {
    loop {
        {
            let world = sim.world();
            if let Some((run, _)) = world.ledger.runs.iter().find(|(_, index)| **index == test) {
                return Some(run.clone());
            }
            if world.ledger.tests[test].abandoned || world.now > world.setup.heal_at + Micros::from_secs(60) {
                return None;
            }
        }
        ports.clock.sleep(Micros::SECOND).await;
    }
}

async fn stopper(sim: Sim, id: ActorId, test: usize) {
    let ports = ports(&sim, id);
    let Some(run) = id_of(&sim, &ports, test).await else { return };
    sim.world().ledger.stops.entry(run.clone()).or_default();
    for _ in 0..MOST_ASKS {
        match stop(&ports, &run).await {
            Ok(state) => {
                let mut world = sim.world();
                world.tell(|| format!("{id:?} is told that {run} is stopped: {state:?}"));
                let stopped = state.ended() == Ended::Stopped;
                world.ledger.stops.insert(run, stopped);
                return;
            }
            Err(error) => sim.world().tell(|| format!("{id:?} could not stop: {error}")),
        }
        ports.clock.sleep(Micros::SECOND).await;
    }
}

async fn changer(sim: Sim, id: ActorId, test: usize, change: usize) {
    let ports = ports(&sim, id);
    let Some(run) = id_of(&sim, &ports, test).await else { return };
    let users = sim.world().setup.tests[test].changes[change].users;
    let answer = change_users(&ports, &run, users, 10.0).await;
    let mut world = sim.world();
    world.tell(|| format!("{id:?} changes users: {answer:?}"));
    if let Ok(change) = answer {
        world.sights.saw(Sight::UsersChanged);
        world.ledger.tests[test].told.push(change);
    }
}

/// Looks at a test every now and then: what it sees never goes back.
async fn viewer(sim: Sim, id: ActorId, test: usize) {
    let ports = ports(&sim, id);
    let Some(run) = id_of(&sim, &ports, test).await else { return };
    let mut phase = None;
    while !sim.world().faults.healed() {
        match status(&ports, &run).await {
            Ok(status) => {
                if phase > Some(status.state.phase) {
                    return sim.world().violated(|| format!("a user saw {run} go back to {:?}", status.state.phase));
                }
                phase = Some(status.state.phase);
            }
            Err(ServiceError::NoSuchRun { .. }) if phase.is_none() => {}
            Err(error) => sim.world().tell(|| format!("{id:?} could not look: {error}")),
        }
        let seen = live_view(&ports, &run).await.ok().flatten().map_or(0, |view| view.total.count);
        let sent = sim.world().ledger.measured_of(&run);
        if seen > sent {
            return sim.world().violated(|| format!("{run}: the live view counts {seen} requests, {sent} were sent"));
        }
        if let (Ok(Some(page)), Ok(Some(_))) =
            (report_file(&ports, &run, "index.html").await, list(&ports, None).await.map(|ids| ids.first().cloned()))
            && crate::ports::revision_of(&page).is_none()
        {
            return sim.world().violated(|| format!("{run}: its report is cut off"));
        }
        ports.clock.sleep(Micros::from_secs(5)).await;
    }
}

impl crate::world::World {
    /// A function is ended when it takes too long.
    fn after_timeout(&mut self, id: ActorId, invocation: u32) {
        let timeout = self.setup.function_timeout;
        self.after(timeout, Happening::TimeOut(id, invocation));
    }

    /// A worker has no shard any more: it may be one too many.
    fn idle(&mut self, id: ActorId, pool: usize) {
        self.actor(id).busy = false;
        self.after(Micros::ZERO, Happening::Reconcile(pool));
    }

    /// A worker that came to the end of its shard uploaded everything that the engine handed over.
    fn uploaded_all(&mut self, id: ActorId, run: &RunId) {
        let Some(load) = self.ledger.loads.iter().rev().find(|load| load.actor == id && load.run == *run) else {
            return;
        };
        let uploaded = self.ledger.uploaded.get(run);
        let there = |serial: &u64| uploaded.is_some_and(|all| all.values().any(|chunk| chunk.serial == *serial));
        if let Some(missing) = load.handed_over.iter().copied().find(|serial| !there(serial)) {
            self.violated(|| {
                format!("{run}: a worker came to its end, but what it measured as {missing} is not in the store")
            });
        }
    }

    /// Two callers ask for each test, or one.
    pub(crate) fn ask(&mut self) {
        for test in 0..self.setup.tests.len() {
            self.ledger.tests.push(Asked::default());
            let (asked_at, stop_at) = (self.setup.tests[test].asked_at, self.setup.tests[test].stop_at);
            self.after(asked_at, Happening::Start(Role::Caller { test }));
            if self.strikes(Fault::CallerTwice) {
                let delay = self.draw_millis(0, 5_000);
                self.after(asked_at + delay, Happening::Start(Role::Caller { test }));
            }
            if let Some(at) = stop_at {
                self.after(at, Happening::Start(Role::Stopper { test }));
            }
            for change in 0..self.setup.tests[test].changes.len() {
                let at = self.setup.tests[test].changes[change].at;
                self.after(at, Happening::Start(Role::Changer { test, change }));
            }
            if self.setup.tests[test].viewed {
                self.after(asked_at, Happening::Start(Role::Viewer { test }));
            }
        }
    }
}
