//! Users: they ask for tests, stop them, change them and look at them.

use swarmgate_domain::{Ended, Micros, RunId};
use swarmgate_service::ports::Ports;
use swarmgate_service::{
    AcceptError, Repeated, ServiceError, TestRequest, accept, change_users, list, live_view, recent, report_file,
    status, stop,
};

use crate::actor::{ActorId, Role};
use crate::agenda::Happening;
use crate::faults::Fault;
use crate::ledger::Asked;
use crate::ports::{ports, revision_of};
use crate::sights::Sight;
use crate::world::{Sim, World};

/// How often a user asks again after an error.
const MOST_ASKS: u32 = 5;

/// Asks for a test until it is accepted, always by the same key. Only one of those who ask for different tests by one key gets it.
pub(super) async fn caller(sim: Sim, id: ActorId, test: usize, request: TestRequest) {
    let ports = ports(&sim, id);
    let is_planned = |run: &RunId| sim.world().watch.plans.get(run).is_some_and(|plan| plan.target == request.target);
    loop {
        match accept(&ports, request.clone()).await {
            Ok(accepted) => {
                let planned = is_planned(&accepted.id);
                let mut world = sim.world();
                if !planned {
                    world.violated(|| format!("{}: a caller was told that it is its test, and it is not", accepted.id));
                }
                world.tell(|| format!("{id:?} is told that its test is {accepted:?}"));
                world.sights.saw_if(accepted.repeated == Repeated::Yes, Sight::AcceptedBefore);
                let asked = &mut world.ledger.tests[test];
                asked.made += u32::from(accepted.repeated == Repeated::No);
                asked.ids.insert(accepted.id);
                return;
            }
            Err(AcceptError::Service(error)) => sim.world().tell(|| format!("{id:?} is told: {error}")),
            Err(AcceptError::KeyReused { id: run }) if !is_planned(&run) => {
                let mut world = sim.world();
                world.tell(|| format!("{id:?} is told that {run} is of another"));
                return world.sights.saw(Sight::KeyReused);
            }
            Err(error) => return sim.world().violated(|| format!("a good test was not accepted: {error}")),
        }
        ports.clock.sleep(Micros::from_secs(2)).await;
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

pub(super) async fn stopper(sim: Sim, id: ActorId, test: usize) {
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

pub(super) async fn changer(sim: Sim, id: ActorId, test: usize, change: usize) {
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
pub(super) async fn viewer(sim: Sim, id: ActorId, test: usize) {
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
            && revision_of(&page).is_none()
        {
            return sim.world().violated(|| format!("{run}: its report is cut off"));
        }
        ports.clock.sleep(Micros::from_secs(5)).await;
    }
}

/// Lists all tests: each is there, once.
pub(super) async fn lister(sim: Sim, id: ActorId) {
    let ports = ports(&sim, id);
    let (mut listed, mut from) = (Vec::new(), None);
    loop {
        match recent(&ports, from.as_deref(), 1).await {
            Ok(page) => {
                listed.extend(page.tests.into_iter().map(|test| test.id));
                from = page.next;
            }
            Err(error) => return sim.world().violated(|| format!("tests can't be listed: {error}")),
        }
        if from.is_none() {
            break;
        }
    }
    listed.sort();
    let mut world = sim.world();
    world.watch.listed = true;
    let there: Vec<_> = world.ledger.runs.keys().cloned().collect();
    if listed != there {
        world.violated(|| format!("listed are {listed:?}, there are {there:?}"));
    }
}

impl World {
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
            if self.strikes(Fault::CallerRival) {
                let at = self.draw_millis(0, 15_000);
                self.after(at, Happening::Start(Role::Rival { test }));
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
