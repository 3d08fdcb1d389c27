//! What is to happen when, in virtual time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use swarmgate_domain::Micros;

use crate::actor::{ActorId, Role};
use crate::objects::Operation;

/// Something that is to happen.
#[derive(Debug)]
pub(crate) enum Happening {
    /// An actor waited long enough.
    Wake(ActorId),
    /// An actor comes into being.
    Start(Role),
    /// An actor dies.
    Kill(ActorId),
    /// A function runs for longer than it may; the number names the invocation.
    TimeOut(ActorId, u32),
    /// A write is done that its caller gave up on.
    Write(Box<Operation>),
    /// A notification is put into the events queue.
    Notice(String),
    /// A pool starts and stops workers as it should.
    Reconcile(usize),
    /// It is time to sweep.
    Sweep,
    /// No more faults.
    Heal,
    /// Nobody reaches the store from now on, for a while.
    Outage,
}

struct Entry {
    time: Micros,
    /// What was put in first happens first.
    number: u64,
    happening: Happening,
}

/// What is to happen, the next first.
#[derive(Default)]
pub(crate) struct Agenda {
    entries: BinaryHeap<Entry>,
    count: u64,
}

impl Agenda {
    /// Puts `happening` in for `time`.
    pub fn put(&mut self, time: Micros, happening: Happening) {
        self.count += 1;
        self.entries.push(Entry { time, number: self.count, happening });
    }

    /// Takes out what is next.
    pub fn next(&mut self) -> Option<(Micros, Happening)> {
        self.entries.pop().map(|entry| (entry.time, entry.happening))
    }

    /// All that is to happen, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Happening> {
        self.entries.iter().map(|entry| &entry.happening)
    }
}

impl Ord for Entry {
    /// The heap gives the largest first, so the earliest is the largest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time, other.number).cmp(&(self.time, self.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}
