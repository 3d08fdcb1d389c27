//! What a thread measured in the present interval, and the intervals that it closed.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use smallvec::SmallVec;
use swarmgate_domain::{EntryName, EntryStats, ErrorKey, GeneratorStats, Histogram, Interval, Latency, Micros};
use swarmgate_service::ports::WantsEnd;

use super::group::Group;
use crate::clock::{self, CoreWait};
use crate::failure::Failure;

/// What one thread measured in one interval.
#[derive(Debug)]
pub struct Part {
    /// Which one.
    pub interval: Interval,
    /// Test time from which it was measured.
    pub from: Micros,
    /// Test time to which it was measured.
    pub to: Micros,
    /// By index of the scenario's names.
    pub entries: Vec<EntryStats>,
    /// Of users and of the generator.
    pub generator: GeneratorStats,
    /// What became of the thread's time.
    pub time: ThreadTime,
    /// How late the thread's own timer was: events of the network wait as long.
    pub lag: Histogram,
    /// Names that `entries` has beyond those known before.
    pub new_names: Vec<EntryName>,
    /// Whether the users want the test to end.
    pub wants_end: Option<WantsEnd>,
}

/// What became of a thread's time in an interval.
#[derive(Clone, Copy, Debug)]
pub struct ThreadTime {
    /// CPU time that it took.
    pub cpu: Micros,
    /// Time in which it had something to do, but no core.
    pub waited: Micros,
    /// All of it: longer than the interval where that is the last, with its grace.
    pub passed: Micros,
}

/// What is gathered about one request on its way.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Just before the first write.
    pub sent: Option<Micros>,
    /// When the first byte of an answer came.
    pub first_byte: Option<Micros>,
    /// Statuses of all answers, redirects included.
    pub statuses: SmallVec<[u16; 4]>,
    /// Bytes written. On a connection with other requests beside it: those that nobody counted yet.
    pub sent_bytes: u64,
    /// Whether it was on its way, where that does not follow from its bytes.
    pub has_left: bool,
    /// Bytes read, counted likewise.
    pub received_bytes: u64,
    /// Bytes of bodies.
    pub body_bytes: u64,
    /// Redirects that were followed.
    pub redirects: u64,
    /// How long each TCP connection took that was opened for it.
    pub connects: Vec<Micros>,
    /// How long each TLS session took that was set up for it.
    pub handshakes: Vec<Micros>,
    /// How long it waited for a connection to be free.
    pub pool_wait: Option<Micros>,
}

impl Tally {
    /// Whether the server may have seen something of it.
    pub fn was_sent(&self) -> bool {
        self.sent_bytes > 0 || self.has_left
    }

    /// Forgets everything, and keeps the memory.
    pub fn clear(&mut self) {
        let Self { mut statuses, mut connects, mut handshakes, .. } = std::mem::take(self);
        statuses.clear();
        connects.clear();
        handshakes.clear();
        *self = Self { statuses, connects, handshakes, ..Self::default() };
    }
}

/// A thread's measurements. Everything is counted in the interval in which it came to its end.
#[derive(Debug)]
pub struct Recorder {
    length: Micros,
    /// When the load ends.
    end: Micros,
    interval: Interval,
    from: Micros,
    entries: Vec<EntryStats>,
    generator: GeneratorStats,
    lag: Histogram,
    users: u64,
    users_since: Micros,
    cpu: CpuMeter,
    closed: VecDeque<Part>,
    new_names: Vec<EntryName>,
    wants_end: Option<WantsEnd>,
    /// Entries that were read and cleared, to be filled again.
    spent: Option<Receiver<Vec<EntryStats>>>,
}

/// Which CPU time a thread reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuDuty {
    /// Its own, and for the others too the shard's part of that of the process.
    Process {
        /// How many cores the process may use.
        cores: u64,
        /// How many shards share it.
        sharers: u64,
    },
    /// Its own.
    Thread,
}

#[derive(Debug)]
struct CpuMeter {
    duty: CpuDuty,
    wait: CoreWait,
    waited: Micros,
    thread: Micros,
    process: Micros,
    since: Micros,
}

impl Recorder {
    /// Begins to measure at test time `now`, for `entries` names.
    pub fn new(entries: usize, length: Micros, end: Micros, now: Micros, duty: CpuDuty) -> Self {
        let wait = CoreWait::of_this_thread();
        let (thread, process, waited) = (clock::thread_cpu(), clock::process_cpu(), wait.so_far());
        // Begun behind the end, all there is to measure is that nothing was done.
        let now = now.min(end);
        Self {
            length,
            end,
            interval: Interval::holding(now.min(end.saturating_since(Micros(1))), length),
            from: now,
            entries: vec![EntryStats::default(); entries],
            generator: GeneratorStats::default(),
            lag: Histogram::default(),
            users: 0,
            users_since: now,
            cpu: CpuMeter { duty, wait, waited, thread, process, since: now },
            closed: VecDeque::new(),
            new_names: Vec::new(),
            wants_end: None,
            spent: None,
        }
    }

    /// Fills entries again that come back, cleared, through `spent`: closing an interval then takes no memory.
    pub fn reusing(self, spent: Receiver<Vec<EntryStats>>) -> Self {
        Self { spent: Some(spent), ..self }
    }

    /// The load ends at `end`.
    pub fn set_end(&mut self, end: Micros) {
        self.end = end;
    }

    /// When the present interval ends; `None` in the last one, which ends with the last user.
    pub fn interval_end(&self) -> Option<Micros> {
        (self.interval < self.last()).then(|| self.interval.end(self.length))
    }

    /// Closes the intervals that are over at `now`. Call it before anything that happened at `now` is counted.
    pub fn roll(&mut self, now: Micros) {
        while let Some(end) = self.interval_end().filter(|end| *end <= now) {
            self.close(end, now);
        }
    }

    /// Closes the last interval: all users are done.
    pub fn finish(&mut self, now: Micros) {
        self.roll(now);
        let end = self.end.min(self.interval.end(self.length)).max(self.from);
        self.close(end, now);
    }

    /// The next closed interval that was not handed over.
    pub fn take_closed(&mut self) -> Option<Part> {
        self.closed.pop_front()
    }

    /// Puts an interval back that could not be handed over.
    pub fn put_closed_back(&mut self, part: Part) {
        self.closed.push_front(part);
    }

    /// There is one name more, of the next index.
    pub fn add_name(&mut self, name: EntryName) {
        self.new_names.push(name);
        self.entries.push(EntryStats::default());
    }

    /// The users want the test to end.
    pub fn end_is_wanted(&mut self, wants_end: WantsEnd) {
        self.wants_end.get_or_insert(wants_end);
    }

    /// A request came to its end at `done`.
    pub fn request(
        &mut self,
        entry: usize,
        due: Micros,
        tally: &Tally,
        sent: Micros,
        done: Micros,
        result: &Result<(), Failure>,
    ) {
        self.roll(done);
        let stats = &mut self.entries[entry];
        count_traffic(stats, tally);
        if let (Some(sent), Some(first_byte)) = (tally.sent, tally.first_byte) {
            stats.first_byte.record(first_byte.saturating_since(sent));
        }
        let latencies = if result.is_ok() { &mut stats.succeeded } else { &mut stats.failed };
        match Latency::measure(due, sent, done) {
            Some(latency) => latencies.record(latency),
            None => {
                latencies.count += 1;
                stats.clock_faults += 1;
            }
        }
        if let Err(failure) = result {
            stats.record_error(ErrorKey { kind: failure.kind, detail: failure.detail.clone().into_owned() }, done);
        }
    }

    /// A request that had been sent was given up at `now`, since the test ended.
    pub fn cut_off(&mut self, entry: usize, tally: &Tally, now: Micros) {
        self.roll(now);
        let stats = &mut self.entries[entry];
        count_traffic(stats, tally);
        stats.cut_off += 1;
    }

    /// A TCP connection was opened.
    pub fn connected(&mut self, now: Micros) {
        self.roll(now);
        self.generator.connections_opened += 1;
    }

    /// A group came to its end at `now`.
    pub fn group(&mut self, group: &Group, now: Micros) {
        let Some((latency, failed)) = group.measure() else { return };
        self.roll(now);
        let stats = &mut self.entries[group.entry];
        if failed { stats.failed.record(latency) } else { stats.succeeded.record(latency) }
    }

    /// A user went on, or an arrival started, that was due at `due`.
    pub fn went_on(&mut self, due: Micros, now: Micros) {
        self.roll(now);
        self.generator.lateness.record(now.saturating_since(due));
    }

    /// The thread's own timer, set for `due`, fired.
    pub fn ticked(&mut self, due: Micros, now: Micros) {
        self.lag.record(now.saturating_since(due));
    }

    /// A user is there from `now` on.
    pub fn user_started(&mut self, now: Micros) {
        self.count_users(now);
        self.users += 1;
        self.generator.users_started += 1;
    }

    /// A user is not there any more.
    pub fn user_stopped(&mut self, now: Micros) {
        self.count_users(now);
        self.users -= 1;
    }

    /// How many users are there.
    pub fn users(&self) -> u64 {
        self.users
    }

    /// A start of the open model was due: `dropped` since no place was free, or begun.
    pub fn start_due(&mut self, now: Micros, dropped: bool) {
        self.roll(now);
        self.generator.starts_due += 1;
        self.generator.starts_dropped += u64::from(dropped);
    }

    /// A task of a script was left by an exception.
    pub fn script_exception(&mut self, message: &str, traceback: &str, now: Micros) {
        self.roll(now);
        self.generator.script.record_exception(message, traceback, now);
    }

    /// A user of a script was ended: it makes no more requests.
    pub fn user_ended(&mut self, why: &str, now: Micros) {
        self.roll(now);
        self.generator.script.record_ended(why, now);
    }

    /// A script asked for an exit code.
    pub fn exit_code(&mut self, code: i64) {
        self.generator.script.record_exit_code(code);
    }

    /// An iteration began.
    pub fn iteration_started(&mut self, now: Micros) {
        self.roll(now);
        self.generator.iterations_started += 1;
    }

    /// An iteration came to its end.
    pub fn iteration_finished(&mut self, now: Micros) {
        self.roll(now);
        self.generator.iterations_finished += 1;
    }

    fn last(&self) -> Interval {
        // An interval that was begun can't be taken back, wherever the end is moved to.
        Interval::holding(self.end.saturating_since(Micros(1)), self.length).max(self.interval)
    }

    fn count_users(&mut self, now: Micros) {
        self.roll(now);
        self.count_users_until(now);
    }

    /// Users are counted to the end of the load; in the grace time they only finish.
    fn count_users_until(&mut self, at: Micros) {
        let at = at.min(self.end).max(self.users_since);
        self.generator.user_micros += self.users * at.saturating_since(self.users_since).0;
        self.users_since = at;
    }

    fn close(&mut self, end: Micros, now: Micros) {
        self.count_users_until(end);
        let time = self.cpu.read(now, &mut self.generator);
        let spent = self.spent.as_ref().and_then(|spent| spent.try_recv().ok());
        let mut fresh = spent.unwrap_or_default();
        fresh.resize(self.entries.len(), EntryStats::default());
        self.closed.push_back(Part {
            interval: self.interval,
            from: self.from,
            to: end,
            entries: std::mem::replace(&mut self.entries, fresh),
            generator: std::mem::take(&mut self.generator),
            time,
            lag: std::mem::take(&mut self.lag),
            new_names: std::mem::take(&mut self.new_names),
            wants_end: self.wants_end.take(),
        });
        (self.interval, self.from) = (self.interval.next(), end);
    }
}

impl CpuMeter {
    /// What became of the time since the last reading: of the thread's own as the result, of the process's into `generator`.
    fn read(&mut self, now: Micros, generator: &mut GeneratorStats) -> ThreadTime {
        let (thread, wait) = (clock::thread_cpu(), self.wait.so_far());
        if let CpuDuty::Process { cores, sharers } = self.duty {
            let process = clock::process_cpu();
            generator.cpu_micros = process.saturating_since(self.process).0 / sharers;
            generator.cpu_available_micros = now.saturating_since(self.since).0 * cores / sharers;
            self.process = process;
        }
        let time = ThreadTime {
            cpu: thread.saturating_since(self.thread),
            waited: wait.saturating_since(self.waited),
            passed: now.saturating_since(self.since),
        };
        (generator.core_wait_micros, generator.thread_micros) = (time.waited.0, time.passed.0);
        (self.since, self.thread, self.waited) = (now, thread, wait);
        time
    }
}

fn count_traffic(stats: &mut EntryStats, tally: &Tally) {
    for status in &tally.statuses {
        *stats.statuses.entry(*status).or_default() += 1;
    }
    tally.connects.iter().for_each(|took| stats.connect.record(*took));
    tally.handshakes.iter().for_each(|took| stats.tls.record(*took));
    if let Some(waited) = tally.pool_wait {
        stats.pool_wait.record(waited);
    }
    stats.sent_bytes += tally.sent_bytes;
    stats.received_bytes += tally.received_bytes;
    stats.body_bytes += tally.body_bytes;
    stats.redirects += tally.redirects;
}
