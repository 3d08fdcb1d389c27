//! The thread's clockwork: starts users and arrivals, wakes those whose wait is over, ends what takes too long, closes intervals.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use swarmgate_domain::{EntryStats, Micros, Scenario};
use swarmgate_service::ports::UsersChange;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

use super::alarm::Alarm;
use super::recorder::Part;
use super::schedule::{Crowd, OpenLoad, Share, Span};
use super::script::{ScriptHost, Told};
use super::user::{Model, Phase, User};
use super::{Outfit, Thread};
use crate::clock::Clock;
use crate::net::{self, Ring};

/// What a thread is told while it works; each state is the whole of it.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// The clock and the test time from which on there is load, once it begins.
    pub begun: Option<(Clock, Micros)>,
    /// When the load is to end, if earlier than planned.
    pub stop: Option<Micros>,
    /// All changes of the number of users so far.
    pub changes: Vec<UsersChange>,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Order {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The length of an interval.
    pub interval: Micros,
    /// When the load ends, in test time.
    pub duration: Micros,
}

/// What a thread works with that can't be sent there.
pub struct Tools {
    /// Wakes the driver.
    pub alarm: Alarm,
    /// The users' Python, where that is what they are.
    pub script: Option<ScriptHost>,
    /// The thread's io_uring, where there is one.
    pub ring: Option<Rc<Ring>>,
}

/// Where a thread's measurements go.
#[derive(Debug)]
pub struct Ends {
    /// Closed intervals; while this is full they wait in the recorder: there are as many as the test has intervals.
    pub parts: mpsc::Sender<Part>,
    /// Entries of parts that were read, cleared.
    pub spent: Receiver<Vec<EntryStats>>,
}

/// The driver looks around this often at least: how late it then is tells how busy the thread is.
const PROBE: Micros = Micros(20_000);

/// Turns are so far apart at least, unless users are waiting for theirs: at 50,000 arrivals a second, each for itself would cost
/// half as much again as the requests do.
const SHORTEST_REST: Micros = Micros(250);

/// How many arrivals get a new place in one turn. A place opens a connection, which takes longer than a request: if each arrival
/// that is late by now opened one, the next ones were later still, until all places were taken at once. Turns follow each other while arrivals
/// wait, and between two of them places become free: the fewer are opened, the sooner those who are late have caught up.
const MOST_NEW_PLACES: usize = 8;

/// How many users are woken in one turn. Turns are as far apart as all runners that are ready take: with 1,024 and some ten thousand
/// connections, the users who were woken were fewer than those whose wait was over.
const MOST_WOKEN: usize = 1 << 14;
/// How many users of a thread are at work at most, those who wait in line for a connection among them: each takes some 1.5 KB then.
/// Who is to go on beyond that is late, which marks the interval saturated: a load that is far too much must not eat the memory.
const MOST_AT_WORK: usize = 1 << 17;

/// Runs a thread's share of the load to its end, or until nobody holds the other end of `control` any more.
pub async fn drive(outfit: Outfit, order: Order, tools: Tools, mut control: watch::Receiver<Control>, ends: Ends) {
    let Ends { parts, spent } = ends;
    let Tools { alarm, script, ring } = tools;
    // A million users take a while to be put in order: that must not delay the first of them.
    let crowd = Crowd::new(&order.scenario, Share::of(&outfit));
    let spans = crowd.spans();
    let begun = control.wait_for(|control| control.begun.is_some()).await.map(|control| control.begun);
    let Ok(Some((clock, from))) = begun else { return };
    while clock.until(Micros::ZERO) > Duration::ZERO && control.borrow().stop.is_none() {
        alarm.set(&clock, Micros::ZERO);
        tokio::select! {
            () = alarm.rings() => {}
            changed = control.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
    let thread = Rc::new(Thread::new(outfit, &order, (script, ring), clock, from, spent));
    let mut driver = Driver::new(Rc::clone(&thread), &order, from, crowd, spans);
    driver.listen(&control.borrow_and_update(), clock.now());
    while driver.turn(clock.now()) == Turn::GoesOn {
        if !hand_over(&thread, &parts) {
            return;
        }
        let next = driver.next_at(clock.now());
        thread.bell.wakes_at.set(next);
        alarm.set(&clock, next);
        tokio::select! {
            biased;
            () = thread.bell.rung() => {}
            () = alarm.rings() => thread.recorder.borrow_mut().ticked(next, clock.now()),
            changed = control.changed() => {
                if changed.is_err() {
                    return;
                }
                driver.listen(&control.borrow_and_update(), clock.now());
            }
        }
        // Where there is always something to do, the thread never waits, and nobody else lets the ring have its turn.
        net::turn();
        // Due again at once: the runners have their turn first.
        tokio::task::yield_now().await;
    }
    while let Some(part) = thread.take_closed() {
        if parts.send(part).await.is_err() {
            return;
        }
    }
}

/// Hands closed intervals over as far as there is room; `false` when nobody takes them.
fn hand_over(thread: &Thread, parts: &mpsc::Sender<Part>) -> bool {
    while let Some(part) = thread.take_closed() {
        match parts.try_send(part) {
            Ok(()) => {}
            Err(TrySendError::Full(part)) => {
                thread.recorder.borrow_mut().put_closed_back(part);
                return true;
            }
            Err(TrySendError::Closed(_)) => return false,
        }
    }
    true
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    GoesOn,
    Over,
}

struct Driver<'a> {
    thread: Rc<Thread>,
    scenario: &'a Scenario,
    crowd: Crowd,
    /// Those who are still to come, the next one last.
    to_come: Vec<Span>,
    open: Vec<OpenLoad<'a>>,
    /// From when on there is load: 0, or later where the shard was taken over.
    from: Micros,
    /// When the load ends, and for how long what is in flight then may go on.
    end: Micros,
    grace: Micros,
    has_cut: bool,
    changes_heard: usize,
    /// Runners whose deadline is to be looked at.
    expired: Vec<u32>,
    /// Users whose wait is over, in order, from `woken` on.
    fired: Vec<u32>,
    woken: usize,
}

impl<'a> Driver<'a> {
    fn new(thread: Rc<Thread>, order: &'a Order, from: Micros, crowd: Crowd, mut to_come: Vec<Span>) -> Self {
        let (scenario, share) = (&*order.scenario, Share::of(&thread.outfit));
        to_come.retain(|span| span.stop > from);
        to_come.reverse();
        Self {
            thread,
            scenario,
            crowd,
            to_come,
            open: OpenLoad::all(scenario, share, from),
            from,
            end: order.duration,
            grace: scenario.grace,
            has_cut: false,
            changes_heard: 0,
            expired: Vec::new(),
            fired: Vec::new(),
            woken: 0,
        }
    }

    /// Does all that is due at `now`.
    fn turn(&mut self, now: Micros) -> Turn {
        let thread = Rc::clone(&self.thread);
        thread.runners.borrow_mut().assert_sound();
        thread.shared.assert_sound();
        thread.recorder.borrow_mut().roll(now);
        self.check_deadlines(now);
        while let Some(span) = self.to_come.pop_if(|span| span.start <= now) {
            if span.start < self.end {
                self.start_user(&span, now);
            }
        }
        self.start_arrivals(now);
        self.wake_users(now);
        self.hear_script();
        if now < self.end || thread.recorder.borrow().users() > 0 || thread.helpers.get() > 0 {
            if now >= self.end + self.grace && !self.has_cut {
                self.cut(now);
            }
            return Turn::GoesOn;
        }
        if let Some(script) = thread.script.as_ref().filter(|script| script.ending() == Told::ToCome) {
            if !self.has_cut {
                thread.add_helper(script.end(), now);
                return Turn::GoesOn;
            }
            // Nobody works any more who could wait for an answer.
            ["test_stopping", "test_stop", "quitting"].iter().for_each(|event| thread.tell_script(event));
        }
        self.hear_script();
        if let Some(code) = thread.script.as_ref().and_then(ScriptHost::exit_code) {
            thread.recorder.borrow_mut().exit_code(code);
        }
        thread.recorder.borrow_mut().finish(now);
        Turn::Over
    }

    /// Tells a script that all users are there, and hears whether it wants the test to end.
    fn hear_script(&self) {
        let Some(script) = &self.thread.script else { return };
        if self.to_come.is_empty() {
            script.all_spawned();
        }
        if let Some(wants_end) = script.take_end() {
            self.thread.recorder.borrow_mut().end_is_wanted(wants_end);
        }
    }

    /// Wakes those whose wait is over, some at a time: at the end of a test they may be a million at once, and who was due before
    /// must have its turn meanwhile.
    fn wake_users(&mut self, now: Micros) {
        let thread = &self.thread;
        thread.sleepers.borrow_mut().advance(now, self.woken + MOST_WOKEN, &mut self.fired);
        let room = MOST_AT_WORK.saturating_sub(thread.runners.borrow().at_work());
        let until = self.fired.len().min(self.woken + MOST_WOKEN.min(room));
        for id in &self.fired[self.woken..until] {
            if !thread.dismiss_if_over(*id, now) {
                thread.wake_user(*id);
            }
        }
        self.woken = until;
        // Not each time: taking out the front moves the rest.
        if self.woken * 2 >= self.fired.len() {
            self.fired.drain(..self.woken);
            self.woken = 0;
        }
    }

    /// When the next turn is due.
    fn next_at(&mut self, now: Micros) -> Micros {
        let thread = &self.thread;
        if self.woken < self.fired.len() {
            let is_full = thread.runners.borrow().at_work() >= MOST_AT_WORK;
            return if is_full { now + Micros(1_000) } else { now };
        }
        let end = if now < self.end { self.end } else { self.end + self.grace };
        let mut next = now + PROBE;
        let mut consider = |at: Option<Micros>| next = next.min(at.unwrap_or(next));
        consider((end > now).then_some(end));
        consider(self.to_come.last().map(|span| span.start));
        let next_arrival = self.open.iter_mut().filter_map(OpenLoad::next_due).min().filter(|due| *due < self.end);
        if next_arrival.is_some_and(|due| due <= now) {
            return now;
        }
        consider(next_arrival);
        consider(thread.sleepers.borrow().next_at());
        consider(thread.deadlines.borrow().next_at());
        consider(thread.recorder.borrow().interval_end());
        next.max(now + SHORTEST_REST)
    }

    /// Takes in what is new in `control`.
    fn listen(&mut self, control: &Control, now: Micros) {
        for change in &control.changes[self.changes_heard..] {
            self.crowd.change(change.at, change.users, change.spawn_rate);
            self.respan(change.at, now);
        }
        self.changes_heard = control.changes.len();
        if let Some(stop) = control.stop.filter(|stop| *stop < self.end) {
            self.end = stop;
            self.thread.end.set(stop);
            self.thread.recorder.borrow_mut().set_end(stop);
            self.stop_all_by(stop);
        }
    }

    /// The curves changed from `at` on: who is there stays until its new stop, the others come by the new curves, and who should
    /// be there but is not comes now.
    fn respan(&mut self, at: Micros, now: Micros) {
        let thread = Rc::clone(&self.thread);
        let (begun, mut to_come): (Vec<Span>, Vec<Span>) =
            self.crowd.spans().into_iter().partition(|span| span.start <= now);
        let mut should_be: HashMap<u32, Span> =
            begun.into_iter().filter(|span| span.stop > now).map(|span| (span.number, span)).collect();
        let present: Vec<u32> = thread.users.borrow().ids().collect();
        for id in present {
            let number = thread.users.borrow().closed_number(id);
            if let Some(number) = number {
                let stop = should_be.remove(&number).map_or(at.max(now), |span| span.stop);
                thread.set_stop_at(id, stop.min(self.end));
            }
        }
        to_come.extend(should_be.into_values());
        to_come.sort_by_key(|span| std::cmp::Reverse((span.start, span.number)));
        self.to_come = to_come;
    }

    fn stop_all_by(&mut self, stop: Micros) {
        let thread = &self.thread;
        let present: Vec<u32> = thread.users.borrow().ids().collect();
        for id in present {
            let earlier = thread.users.borrow().stop_at(id).min(stop);
            thread.set_stop_at(id, earlier);
        }
    }

    fn start_user(&mut self, span: &Span, now: Micros) {
        let thread = &self.thread;
        let kind = self.kind(span.load, u64::from(span.number));
        let due = span.start.max(self.from);
        let mut user = User::new(thread.program(), span.number, kind, Model::Closed, due, u64::from(span.number));
        thread.pick_rows(&mut user);
        let id = thread.users.borrow_mut().add(user, span.stop.min(self.end));
        thread.recorder.borrow_mut().user_started(now);
        // In line behind those who are to go on already.
        self.fired.push(id);
    }

    fn kind(&self, load: u16, number: u64) -> usize {
        let fixed = self.scenario.loads[usize::from(load)].kind;
        fixed.map_or_else(|| self.thread.program().kind_of(number), usize::from)
    }

    fn start_arrivals(&mut self, now: Micros) {
        let thread = Rc::clone(&self.thread);
        let mut new_places = 0;
        for at in 0..self.open.len() {
            while self.open[at].next_due().is_some_and(|due| due <= now && due < self.end) {
                let open = &mut self.open[at];
                let load = open.load;
                let parked = thread.parked.borrow_mut()[usize::from(load)].pop();
                if parked.is_none() && new_places == MOST_NEW_PLACES && open.has_room() {
                    break;
                }
                let Some(arrival) = open.take() else { break };
                let place = if parked.is_none() { open.new_place() } else { None };
                new_places += usize::from(place.is_some());
                thread.recorder.borrow_mut().start_due(now, parked.is_none() && place.is_none());
                let kind = self.kind(load, arrival.number);
                // Beside each other, the draws of arrivals and of users must not be the same.
                let draw = arrival.number | (u64::from(load) + 1) << 48;
                let id = match (parked, place) {
                    (Some(id), _) => {
                        let mut users = thread.users.borrow_mut();
                        let mut user = users.lend(id).expect("a parked user is nobody's");
                        user.renew(thread.program(), kind, arrival.due, draw);
                        thread.pick_rows(&mut user);
                        users.give_back(id, user);
                        users.set_stop_at(id, self.end);
                        id
                    }
                    (None, Some(number)) => {
                        let mut user = User::new(thread.program(), number, kind, Model::Open(load), arrival.due, draw);
                        thread.pick_rows(&mut user);
                        thread.users.borrow_mut().add(user, self.end)
                    }
                    (None, None) => continue,
                };
                thread.recorder.borrow_mut().user_started(now);
                thread.wake_user(id);
            }
        }
    }

    fn check_deadlines(&mut self, now: Micros) {
        let thread = &self.thread;
        thread.deadlines.borrow_mut().advance(now, usize::MAX, &mut self.expired);
        for id in self.expired.drain(..) {
            let later = thread.runners.borrow().get(id).check_deadline(now);
            if let Some(at) = later {
                thread.deadlines.borrow_mut().insert(id, at);
            }
        }
    }

    /// The grace time is over: requests in flight are given up, and nobody waits any longer.
    fn cut(&mut self, now: Micros) {
        self.has_cut = true;
        let thread = &self.thread;
        let mut asleep: Vec<u32> = thread.users.borrow().ids().filter(|id| thread.is_asleep(*id)).collect();
        // Those who were to be woken, but were not yet.
        asleep.extend(self.fired.drain(..).skip(self.woken));
        self.woken = 0;
        for id in asleep {
            thread.sleepers.borrow_mut().remove(id);
            let user = thread.users.borrow_mut().lend(id);
            if let Some(user) = user {
                thread.dismiss(id, user, now);
            }
        }
        thread.runners.borrow().each(super::runner::Runner::cut);
    }
}

impl Thread {
    fn tell_script(&self, event: &str) {
        // The load is over: what a listener could not do is said, and ends nothing.
        if let Some(Err(reason)) = self.script.as_ref().map(|script| script.fire(event)) {
            self.recorder.borrow_mut().script_exception(&reason, "", self.clock.now());
        }
    }

    fn take_closed(&self) -> Option<Part> {
        self.recorder.borrow_mut().take_closed()
    }

    fn is_asleep(&self, id: u32) -> bool {
        self.sleepers.borrow().at(id).is_some()
    }

    /// Dismisses a sleeper whose time was over before its next step was due and who does nothing at its end: at the end of a
    /// test they may be a million at once, which must not be as many runners.
    fn dismiss_if_over(&self, id: u32, now: Micros) -> bool {
        let mut users = self.users.borrow_mut();
        let stop_at = users.stop_at(id);
        let is_over = users.get(id).is_some_and(|user| {
            let has_last_steps = user.script.is_some() || self.program().kinds[usize::from(user.kind)].stop.is_some();
            user.phase == Phase::Working && user.due >= stop_at && !has_last_steps
        });
        let user = if is_over { users.lend(id) } else { None };
        drop(users);
        user.map(|user| self.dismiss(id, user, now)).is_some()
    }

    /// The user is to stop at `stop`; who sleeps longer is woken then.
    pub(super) fn set_stop_at(&self, id: u32, stop: Micros) {
        let mut users = self.users.borrow_mut();
        users.set_stop_at(id, stop);
        let is_stopping = users.get(id).is_some_and(|user| user.phase == Phase::Stopping);
        let mut sleepers = self.sleepers.borrow_mut();
        if !is_stopping && sleepers.at(id).is_some_and(|at| at > stop) {
            sleepers.insert(id, stop);
        }
    }
}
