//! What was measured: counts and histograms, for one thread, one chunk, one interval or a whole test alike.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;
use crate::scenario::EntryName;
use crate::script_troubles::ScriptTroubles;
use crate::time::Micros;

/// How many different errors are told apart under one name; further ones count as [`OTHER_ERRORS`].
pub const MOST_ERRORS: usize = 64;

/// The detail of errors beyond [`MOST_ERRORS`].
pub const OTHER_ERRORS: &str = "other errors";

/// Everything measured in some span of test time. Adding is exact, in any order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// By what they are counted under; entries without any count are left out.
    pub entries: BTreeMap<EntryName, EntryStats>,
    /// Of users and of the generator itself.
    pub generator: GeneratorStats,
}

impl Stats {
    /// Adds what `other` measured.
    pub fn add(&mut self, other: &Self) {
        for (name, stats) in &other.entries {
            match self.entries.get_mut(name) {
                Some(mine) => mine.add(stats),
                None => {
                    self.entries.insert(name.clone(), stats.clone());
                }
            }
        }
        self.generator.add(&other.generator);
    }
}

/// What was measured of one request name or one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntryStats {
    /// Of those that succeeded.
    pub succeeded: Latencies,
    /// Of those that failed, for whatever reason.
    pub failed: Latencies,
    /// Sent to first byte of the answer, of all that got one.
    pub first_byte: Histogram,
    /// Of each new TCP connection.
    pub connect: Histogram,
    /// Of each new TLS session.
    pub tls: Histogram,
    /// Waiting for a connection to be free; part of the response time.
    pub pool_wait: Histogram,
    /// Answers by status, redirects included as answers of their own.
    pub statuses: BTreeMap<u16, u64>,
    /// Failures by kind and detail.
    pub errors: BTreeMap<ErrorKey, ErrorStats>,
    /// Bytes written, heads included.
    pub sent_bytes: u64,
    /// Bytes read, heads included.
    pub received_bytes: u64,
    /// Bytes of the bodies of answers, as sent.
    pub body_bytes: u64,
    /// Redirects that were followed.
    pub redirects: u64,
    /// Sent, but given up when the test ended: neither succeeded nor failed.
    pub cut_off: u64,
    /// Times that could not be, such as done before sent. Their requests are counted, but in no histogram.
    pub clock_faults: u64,
}

impl EntryStats {
    /// Requests that were finished.
    pub fn count(&self) -> u64 {
        self.succeeded.count + self.failed.count
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.count() == 0 && self.cut_off == 0 && self.sent_bytes == 0 && self.statuses.is_empty()
    }

    /// Forgets everything, and keeps the memory of the histograms.
    pub fn clear(&mut self) {
        let histograms = [&mut self.first_byte, &mut self.connect, &mut self.tls, &mut self.pool_wait];
        histograms.into_iter().for_each(Histogram::clear);
        for latencies in [&mut self.succeeded, &mut self.failed] {
            latencies.count = 0;
            latencies.service.clear();
            latencies.response.clear();
        }
        self.statuses.clear();
        self.errors.clear();
        (self.sent_bytes, self.received_bytes, self.body_bytes) = (0, 0, 0);
        (self.redirects, self.cut_off, self.clock_faults) = (0, 0, 0);
    }

    /// Counts one failure's reason at test time `at`.
    pub fn record_error(&mut self, key: ErrorKey, at: Micros) {
        let known = self.errors.contains_key(&key);
        let key = if known || self.errors.len() < MOST_ERRORS { key } else { key.other() };
        self.errors.entry(key).or_insert(ErrorStats::none_at(at)).add(&ErrorStats::once_at(at));
    }

    /// Adds what `other` measured.
    pub fn add(&mut self, other: &Self) {
        self.succeeded.add(&other.succeeded);
        self.failed.add(&other.failed);
        self.first_byte.add(&other.first_byte);
        self.connect.add(&other.connect);
        self.tls.add(&other.tls);
        self.pool_wait.add(&other.pool_wait);
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        for (key, stats) in &other.errors {
            // Not cut to MOST_ERRORS again: which ones are kept would depend on the order of merging.
            self.errors.entry(key.clone()).or_insert(ErrorStats { count: 0, ..*stats }).add(stats);
        }
        self.sent_bytes += other.sent_bytes;
        self.received_bytes += other.received_bytes;
        self.body_bytes += other.body_bytes;
        self.redirects += other.redirects;
        self.cut_off += other.cut_off;
        self.clock_faults += other.clock_faults;
    }
}

/// Both clocks of some requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// How many; the histograms may hold fewer, see [`EntryStats::clock_faults`].
    pub count: u64,
    /// Sent to last byte.
    pub service: Histogram,
    /// Due to last byte: free of coordinated omission.
    pub response: Histogram,
}

impl Latencies {
    /// Counts one request.
    pub fn record(&mut self, latency: Latency) {
        self.count += 1;
        self.service.record(latency.service);
        self.response.record(latency.response);
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.service.add(&other.service);
        self.response.add(&other.response);
    }
}

/// One request by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// Sent to last byte.
    pub service: Micros,
    /// Due to last byte: never less than `service`.
    pub response: Micros,
}

impl Latency {
    /// By both clocks. `None` unless `due <= sent <= done`: the caller counts a clock fault, and the report shows the count.
    pub fn measure(due: Micros, sent: Micros, done: Micros) -> Option<Self> {
        sent.since(due)?;
        Some(Self { service: done.since(sent)?, response: done.since(due)? })
    }
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ErrorKey {
    /// What went wrong.
    pub kind: ErrorKind,
    /// More of it, from a small set of texts: `status 503`, `check status: 200 expected, 404 found`.
    pub detail: String,
}

impl ErrorKey {
    fn other(self) -> Self {
        Self { kind: self.kind, detail: OTHER_ERRORS.to_owned() }
    }
}

/// What went wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Nobody listens there, or no way leads there.
    Refused,
    /// The connection ended before the answer did.
    Reset,
    /// The answer took longer than it may; the connection attempt too.
    Timeout,
    /// The host's name has no address.
    Dns,
    /// The TLS handshake failed, or the certificate is not trusted.
    Tls,
    /// What came is no answer in the HTTP that is spoken.
    BadResponse,
    /// The status is 400 or more, and no check says that this is right.
    Status,
    /// A check or a capture did not find what it should.
    CheckFailed,
    /// More redirects than are followed, or one to where none may go.
    Redirect,
    /// The generator ran out of something of its own: ports, files. Marks the interval saturated.
    Generator,
}

impl ErrorKind {
    /// As reports name it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Refused => "connection refused",
            Self::Reset => "connection reset",
            Self::Timeout => "timeout",
            Self::Dns => "DNS",
            Self::Tls => "TLS",
            Self::BadResponse => "bad response",
            Self::Status => "HTTP status",
            Self::CheckFailed => "check failed",
            Self::Redirect => "redirect",
            Self::Generator => "generator limit",
        }
    }
}

/// How often an error came, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorStats {
    /// How often.
    pub count: u64,
    /// Test time of the first.
    pub first: Micros,
    /// Test time of the last.
    pub last: Micros,
}

impl ErrorStats {
    pub(crate) fn none_at(at: Micros) -> Self {
        Self { count: 0, first: at, last: at }
    }

    pub(crate) fn once_at(at: Micros) -> Self {
        Self { count: 1, first: at, last: at }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// What was measured of users and of the generator itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GeneratorStats {
    /// Time that users were there, summed over users: divided by the span's length, the mean number of users.
    pub user_micros: u64,
    /// Users that started.
    pub users_started: u64,
    /// Iterations of the flow that started.
    pub iterations_started: u64,
    /// Iterations that came to their end.
    pub iterations_finished: u64,
    /// Starts of the open model that were due.
    pub starts_due: u64,
    /// Of these, left out since `max_users` iterations were running.
    pub starts_dropped: u64,
    /// How late users went on after their wait was over, and iterations started after they were due.
    pub lateness: Histogram,
    /// Connections opened.
    pub connections_opened: u64,
    /// CPU time of the worker's process.
    pub cpu_micros: u64,
    /// CPU time that the worker might have had: its cores times the time that passed.
    pub cpu_available_micros: u64,
    /// What went wrong in the scripts of users.
    pub script: ScriptTroubles,
    /// Time in which load threads had something to do but no core, since others had them all.
    pub core_wait_micros: u64,
    /// Time that load threads were there.
    pub thread_micros: u64,
}

impl GeneratorStats {
    /// Adds what `other` measured.
    pub fn add(&mut self, other: &Self) {
        self.user_micros += other.user_micros;
        self.users_started += other.users_started;
        self.iterations_started += other.iterations_started;
        self.iterations_finished += other.iterations_finished;
        self.starts_due += other.starts_due;
        self.starts_dropped += other.starts_dropped;
        self.lateness.add(&other.lateness);
        self.connections_opened += other.connections_opened;
        self.cpu_micros += other.cpu_micros;
        self.cpu_available_micros += other.cpu_available_micros;
        self.script.add(&other.script);
        self.core_wait_micros += other.core_wait_micros;
        self.thread_micros += other.thread_micros;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn both_clocks_or_a_clock_fault() {
        let check = |due, sent, done, expected: Option<(u64, u64)>| {
            let got = Latency::measure(Micros(due), Micros(sent), Micros(done));
            assert_eq!(got.map(|l| (l.service.0, l.response.0)), expected, "due {due}, sent {sent}, done {done}");
        };
        //    due  sent  done  service, response
        check( 10,   10,   15, Some((5, 5)));
        check( 10,   12,   15, Some((3, 5)));
        check( 10,    9,   15, None);
        check( 10,   12,   11, None);
    }

    #[test]
    fn cleared_entries_are_as_new() {
        let mut stats =
            EntryStats { sent_bytes: 1, received_bytes: 2, body_bytes: 3, redirects: 4, ..EntryStats::default() };
        (stats.cut_off, stats.clock_faults) = (5, 6);
        stats.statuses.insert(200, 7);
        let latency = Latency { service: Micros(8), response: Micros(9) };
        stats.succeeded.record(latency);
        stats.failed.record(latency);
        [&mut stats.first_byte, &mut stats.connect, &mut stats.tls, &mut stats.pool_wait]
            .into_iter()
            .for_each(|histogram| histogram.record(Micros(10)));
        stats.record_error(ErrorKey { kind: ErrorKind::Reset, detail: "reset".into() }, Micros(11));
        stats.clear();
        assert_eq!(stats, EntryStats::default());
        stats.succeeded.record(latency);
        assert_eq!(stats.succeeded.service.percentile(50.0), Some(Micros(8)));
    }

    #[test]
    fn errors_beyond_the_bound_count_as_others() {
        let mut stats = EntryStats::default();
        for n in 0..MOST_ERRORS + 10 {
            stats.record_error(
                ErrorKey { kind: ErrorKind::CheckFailed, detail: format!("check {n}") },
                Micros(n as u64),
            );
        }
        let other = &stats.errors[&ErrorKey { kind: ErrorKind::CheckFailed, detail: OTHER_ERRORS.into() }];
        assert_eq!((other.count, other.first.0, other.last.0), (10, 64, 73));
        assert_eq!(stats.errors.values().map(|e| e.count).sum::<u64>(), 74);
    }
}
