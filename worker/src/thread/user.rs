//! Users as compact state: what is kept of one while it waits.

use std::rc::Rc;

use swarmgate_domain::Micros;

use super::group::Group;
use super::script::ScriptUser;
use crate::http::Jar;
use crate::net::{ConnectionKey, OriginId, Shared};
use crate::program::{Program, Values};

/// Where in its life a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// What is done once at the start, or the flow.
    Working,
    /// What is done once at the end.
    Stopping,
}

/// How a user came to be, and so what becomes of it after an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// It goes on until its time is over.
    Closed,
    /// It does one iteration; then its place in the open load of this index is free.
    Open(u16),
    /// It is no user, and counted as none: something that a script does beside its users. Its time is over when the load ends.
    Helper,
}

/// A user.
#[derive(Debug)]
pub struct User {
    /// Its number in the test, unique over all workers while it is there.
    pub number: u32,
    /// Index of its kind.
    pub kind: u16,
    /// How it came to be.
    pub model: Model,
    /// Where in its life it is.
    pub phase: Phase,
    /// Whether it is to think before its next request.
    pub think_pending: bool,
    /// Whether this iteration sent or waited: one that does neither must not spin.
    pub was_busy: bool,
    /// How often in a row nobody took its connection.
    pub refusals: u8,
    /// The next operation.
    pub next: u32,
    /// How many iterations it finished.
    pub iteration: u32,
    /// When what it does next is due, by the schedule.
    pub due: Micros,
    /// The last point of its grid, where its think time is pacing.
    pub pace: Micros,
    /// Its own random numbers.
    pub rng: fastrand::Rng,
    /// Its idle connections.
    pub connections: Vec<ConnectionKey>,
    /// What it is where users are written in Python.
    pub script: Option<Box<ScriptUser>>,
    /// What only some scenarios need.
    pub session: Option<Box<Session>>,
}

/// What a user remembers.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Captured values by slot.
    pub captures: Vec<String>,
    /// The row it has of each data source.
    pub rows: Vec<u32>,
    /// How often each repeat was done.
    pub counters: Vec<u32>,
    /// The groups it is in, the innermost last.
    pub groups: Vec<Group>,
    /// Its cookies.
    pub cookies: Jar,
    /// Its connections that speak HTTP/2, one a server.
    pub shared: Vec<Rc<Shared>>,
}

impl User {
    /// A user that is to start at test time `due`. `draw` is what its random numbers follow from, beside the test's seed.
    pub fn new(program: &Program, number: u32, kind: usize, model: Model, due: Micros, draw: u64) -> Self {
        let mut user = Self {
            number,
            kind: u16::try_from(kind).expect("a scenario has at most 65535 kinds of users"),
            model,
            phase: Phase::Working,
            think_pending: false,
            was_busy: false,
            refusals: 0,
            next: 0,
            iteration: 0,
            due,
            pace: due,
            rng: fastrand::Rng::with_seed(0),
            connections: Vec::new(),
            script: None,
            session: None,
        };
        user.renew(program, kind, due, draw);
        user
    }

    /// Makes a new user of this one, who keeps only its number and its connections.
    pub fn renew(&mut self, program: &Program, kind: usize, due: Micros, draw: u64) {
        self.kind = u16::try_from(kind).expect("a scenario has at most 65535 kinds of users");
        self.phase = Phase::Working;
        self.think_pending = false;
        self.was_busy = false;
        self.refusals = 0;
        self.next = program.kinds[kind].start;
        self.iteration = 0;
        (self.due, self.pace) = (due, due);
        self.rng = fastrand::Rng::with_seed(mixed(program.seed, draw));
        match &mut self.session {
            Some(session) => session.clear(),
            None if program.slots + program.counters + program.picks.len() > 0 => {
                self.session = Some(Box::default());
            }
            None => {}
        }
        if let Some(session) = &mut self.session {
            session.captures.resize(program.slots, String::new());
            session.counters.resize(program.counters, 0);
        }
    }

    /// Says whether its connection was refused; gives how long it waits before it tries again. Without that, users without think
    /// time would spin, and a million refusals would say no more than one. From 10 ms on twice as long each time, up to 1 s; less
    /// by up to half, so that users who were refused together do not come back together.
    pub fn back_off(&mut self, refused: bool) -> Micros {
        const LONGEST: Micros = Micros(1_000_000);
        if !refused {
            self.refusals = 0;
            return Micros::ZERO;
        }
        let wait = Micros(10_000 << self.refusals).min(LONGEST);
        // 10 ms doubled seven times is more than the longest.
        self.refusals = (self.refusals + 1).min(7);
        Micros(self.rng.u64(wait.0 / 2..=wait.0))
    }

    /// What it remembers, from now on if it had nothing to remember.
    pub fn session(&mut self) -> &mut Session {
        self.session.get_or_insert_default()
    }

    /// Its connection to `origin` that speaks HTTP/2, if it has one that is still good.
    pub fn own_shared(&mut self, origin: OriginId) -> Option<&Rc<Shared>> {
        let own = &mut self.session.as_mut()?.shared;
        let at = own.iter().position(|shared| shared.origin == origin)?;
        if !own[at].is_usable() {
            own.swap_remove(at);
            return None;
        }
        Some(&own[at])
    }

    /// Keeps a connection that speaks HTTP/2, in place of the one it had to the same server.
    pub fn keep_shared(&mut self, shared: &Rc<Shared>) {
        let own = &mut self.session().shared;
        match own.iter_mut().find(|kept| kept.origin == shared.origin) {
            Some(kept) if Rc::ptr_eq(kept, shared) => {}
            Some(kept) => *kept = Rc::clone(shared),
            None => own.push(Rc::clone(shared)),
        }
    }

    /// What texts are rendered with for this user.
    pub fn values<'a>(&'a mut self, data: &'a [Vec<Vec<String>>], unix_millis: u64) -> Values<'a> {
        let (captures, rows) =
            self.session.as_deref().map_or((&[][..], &[][..]), |s| (s.captures.as_slice(), s.rows.as_slice()));
        let (user, iteration, rng) = (self.number, self.iteration, &mut self.rng);
        Values { captures, rows, data, user, iteration, unix_millis, rng }
    }
}

impl Session {
    /// Forgets everything, and keeps the memory.
    fn clear(&mut self) {
        self.captures.iter_mut().for_each(String::clear);
        self.rows.clear();
        self.counters.iter_mut().for_each(|counter| *counter = 0);
        self.groups.clear();
        self.cookies.clear();
    }
}

/// A seed for number `n`: neighbouring numbers give unlike seeds (the finalizer of SplitMix64).
fn mixed(seed: u64, n: u64) -> u64 {
    let mut z = seed ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The users of a thread, by small numbers that are used again.
#[derive(Debug, Default)]
pub struct Users {
    slots: Vec<Slot>,
    /// When each stops, at the latest. Asked for at each step: apart from the rest, so that it stays in the processor's cache.
    stops: Vec<Micros>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Slot {
    /// `None` while a runner works for it, and while nobody has this id.
    user: Option<User>,
    taken: bool,
    /// The number of a user of a closed load.
    closed_number: Option<u32>,
}

impl Users {
    /// Takes `user` in; it stops at `stop_at`.
    pub fn add(&mut self, user: User, stop_at: Micros) -> u32 {
        let closed_number = (user.model == Model::Closed).then_some(user.number);
        let slot = Slot { user: Some(user), taken: true, closed_number };
        if let Some(id) = self.free.pop() {
            *self.slot(id) = slot;
            self.set_stop_at(id, stop_at);
            return id;
        }
        self.slots.push(slot);
        self.stops.push(stop_at);
        u32::try_from(self.slots.len() - 1).expect("users are at most a few millions")
    }

    /// Lends the user out; see [`Users::give_back`].
    pub fn lend(&mut self, id: u32) -> Option<User> {
        self.slot(id).user.take()
    }

    /// Takes a lent user back.
    pub fn give_back(&mut self, id: u32, user: User) {
        self.slot(id).user = Some(user);
    }

    /// Forgets the user, lent out or not.
    pub fn remove(&mut self, id: u32) {
        let slot = self.slot(id);
        if std::mem::replace(&mut slot.taken, false) {
            slot.user = None;
            self.free.push(id);
        }
    }

    /// When the user stops.
    pub fn stop_at(&self, id: u32) -> Micros {
        self.stops.get(crate::program::usize_of(id)).copied().unwrap_or(Micros::ZERO)
    }

    /// Says when the user stops.
    pub fn set_stop_at(&mut self, id: u32, at: Micros) {
        self.stops[crate::program::usize_of(id)] = at;
    }

    /// The ids of all users.
    pub fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.slots).filter(|(_, slot)| slot.taken).map(|(id, _)| id)
    }

    /// The user, unless it is lent out.
    pub fn get(&self, id: u32) -> Option<&User> {
        self.slots.get(crate::program::usize_of(id)).and_then(|slot| slot.user.as_ref())
    }

    /// The user's number, where it is one of a closed load.
    pub fn closed_number(&self, id: u32) -> Option<u32> {
        self.slots.get(crate::program::usize_of(id)).and_then(|slot| slot.closed_number)
    }

    fn slot(&mut self, id: u32) -> &mut Slot {
        &mut self.slots[crate::program::usize_of(id)]
    }
}
