//! Single parts of the engine, for `bench` to measure each by itself (the feature `parts`). Of no other use.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use swarmgate_domain::{EntryName, EntryStats, Micros, Stats};

use crate::http::{Inbox, Progress, Response};
use crate::run::Merged;
use crate::thread::{CpuDuty, Part, Recorder, Tally, Wheel};

/// What one load thread measures.
pub struct Recording {
    recorder: Recorder,
    tally: Tally,
    spent: SyncSender<Vec<EntryStats>>,
    length: Micros,
}

/// What one load thread measured in one interval.
pub struct Measured(Part);

impl Recording {
    /// Under `names` names, in intervals of `length`.
    pub fn new(names: usize, length: Micros) -> Self {
        let (spent, comes_back): (_, Receiver<_>) = sync_channel(1);
        let end = Micros(u64::MAX / 4);
        let duty = CpuDuty::Process { cores: 1, sharers: 1 };
        let recorder = Recorder::new(names, length, end, Micros::ZERO, duty).reusing(comes_back);
        Self { recorder, tally: Tally::default(), spent, length }
    }

    /// A request that succeeded: all that is gathered about it on its way, and all that is counted.
    pub fn request(&mut self, name: usize, due: Micros, sent: Micros, done: Micros) {
        let tally = &mut self.tally;
        tally.clear();
        (tally.sent, tally.first_byte) = (Some(sent), Some(done));
        (tally.sent_bytes, tally.received_bytes, tally.body_bytes) = (120, 240, 13);
        tally.statuses.push(200);
        self.recorder.request(name, due, tally, sent, done, &Ok(()));
    }

    /// Closes the `n`-th interval: what a load thread does of it, while its users wait.
    ///
    /// # Panics
    /// Intervals are closed in order.
    pub fn close(&mut self, n: u32) -> Measured {
        self.recorder.roll(Micros(self.length.0 * (u64::from(n) + 1)));
        Measured(self.recorder.take_closed().expect("the interval is over"))
    }

    /// Gives back what was read, to be filled again.
    pub fn give_back(&self, measured: Measured) {
        let mut entries = measured.0.entries;
        entries.iter_mut().for_each(EntryStats::clear);
        // One that is too many is dropped.
        let _ = self.spent.try_send(entries);
    }
}

/// Adds up what the threads of a worker measured, as it does when an interval is over; gives their parts back.
pub fn merge(names: &[EntryName], threads: Vec<Measured>) -> (Stats, Vec<Measured>) {
    let mut merged = Merged::default();
    let mut parts = threads;
    for Measured(part) in &mut parts {
        part.entries = merged.add(part, names);
    }
    (merged.into_stats(), parts)
}

/// Reads answers, one after another, into the same memory.
#[derive(Default)]
pub struct Answers(Inbox);

impl Answers {
    /// The status of an answer that came in one piece; `None` for what is no whole answer.
    pub fn read(&mut self, bytes: &[u8]) -> Option<u16> {
        self.0.truncate(0);
        self.0.room()[..bytes.len()].copy_from_slice(bytes);
        self.0.fill(bytes.len());
        let mut response = Response::new(false);
        let done = response.advance(&mut self.0, |_| {}) == Ok(Progress::Done);
        response.head().filter(|_| done).map(|head| head.status)
    }
}

/// The timers of users.
#[derive(Default)]
pub struct Timers {
    wheel: Wheel,
    fired: Vec<u32>,
}

impl Timers {
    /// `user` is to be woken at `at`.
    pub fn set(&mut self, user: u32, at: Micros) {
        self.wheel.insert(user, at);
    }

    /// Those whose time has come at `now`.
    pub fn fire(&mut self, now: Micros) -> &[u32] {
        self.fired.clear();
        self.wheel.advance(now, usize::MAX, &mut self.fired);
        &self.fired
    }
}
