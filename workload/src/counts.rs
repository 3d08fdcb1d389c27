//! The counts of one thread, and how they are summed over all.
//!
//! Each thread counts behind a lock of its own, which nobody else takes except to sum or reset: uncontended it costs some
//! 20 ns, a hundredth of a request's system calls. The writer of an answer holds it while it writes (the write never
//! blocks), so that whoever has read an answer also finds it counted.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::clock::micros;
use crate::request::Method;
use crate::stats::{ConnectionStats, Percentiles, RequestStats, Stats};

/// How many paths are told apart on a thread.
const MAX_PATHS: usize = 1_000;
/// The path of all requests beyond [`MAX_PATHS`].
const OTHER_PATH: &str = "(other)";

/// The counts of one thread.
#[derive(Debug, Default)]
pub(crate) struct Shard(Mutex<Counts>);

impl Shard {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Counts> {
        // Counts are changed field by field without a panic in between, so that a poisoned lock holds sound ones.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A received request's place in the counts; stays valid through resets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    path: usize,
    method: usize,
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    Answered { status: u16, service_time: Duration, drawn: Option<Duration> },
    Aborted,
    Broken,
}

/// What one thread counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    accepted: u64,
    open: u64,
    tls_failed: u64,
    malformed: u64,
    index: HashMap<Box<str>, usize>,
    paths: Vec<PathCounts>,
}

#[derive(Debug)]
struct PathCounts {
    path: Box<str>,
    methods: Vec<MethodCounts>,
    service_time: Histogram<u64>,
    drawn: Option<Histogram<u64>>,
}

#[derive(Debug)]
struct MethodCounts {
    method: Method,
    received: u64,
    answered: u64,
    aborted: u64,
    broken: u64,
    bytes_in: u64,
    bytes_out: u64,
    statuses: Vec<(u16, u64)>,
}

impl Counts {
    pub(crate) fn opened(&mut self) {
        self.accepted += 1;
        self.open += 1;
    }

    pub(crate) fn closed(&mut self) {
        self.open -= 1;
    }

    pub(crate) fn tls_failed(&mut self) {
        self.tls_failed += 1;
    }

    pub(crate) fn malformed(&mut self) {
        self.malformed += 1;
    }

    /// Counts a request of `bytes` bytes as received.
    pub(crate) fn received(&mut self, method: Method, path: &str, bytes: usize) -> Ticket {
        let path = self.path_index(path);
        let methods = &mut self.paths[path].methods;
        let method = methods.iter().position(|counts| counts.method == method).unwrap_or_else(|| {
            methods.push(MethodCounts::new(method));
            methods.len() - 1
        });
        methods[method].received += 1;
        methods[method].bytes_in += bytes as u64;
        Ticket { path, method }
    }

    /// Counts how a request ended, of whose answer `bytes` bytes were written.
    pub(crate) fn ended(&mut self, ticket: Ticket, outcome: Outcome, bytes: u64) {
        let path = &mut self.paths[ticket.path];
        let method = &mut path.methods[ticket.method];
        method.bytes_out += bytes;
        match outcome {
            Outcome::Aborted => method.aborted += 1,
            Outcome::Broken => method.broken += 1,
            Outcome::Answered { status, service_time, drawn } => {
                method.answered += 1;
                match method.statuses.iter_mut().find(|(counted, _)| *counted == status) {
                    Some((_, count)) => *count += 1,
                    None => method.statuses.push((status, 1)),
                }
                record(&mut path.service_time, service_time);
                if let Some(drawn) = drawn {
                    record(path.drawn.get_or_insert_with(histogram), drawn);
                }
            }
        }
    }

    /// Back to nothing but the open connections and the requests in flight.
    pub(crate) fn reset(&mut self) {
        (self.accepted, self.tls_failed, self.malformed) = (0, 0, 0);
        for path in &mut self.paths {
            path.service_time.reset();
            path.drawn = None;
            for counts in &mut path.methods {
                *counts = MethodCounts { received: counts.in_flight(), ..MethodCounts::new(counts.method) };
            }
        }
    }

    fn path_index(&mut self, path: &str) -> usize {
        if let Some(&index) = self.index.get(path) {
            return index;
        }
        let path = if self.paths.len() < MAX_PATHS { path } else { OTHER_PATH };
        if let Some(&index) = self.index.get(path) {
            return index;
        }
        self.paths.push(PathCounts { path: path.into(), methods: Vec::new(), service_time: histogram(), drawn: None });
        self.index.insert(path.into(), self.paths.len() - 1);
        self.paths.len() - 1
    }
}

impl MethodCounts {
    fn new(method: Method) -> Self {
        let (received, answered, aborted, broken, bytes_in, bytes_out) = (0, 0, 0, 0, 0, 0);
        Self { method, received, answered, aborted, broken, bytes_in, bytes_out, statuses: Vec::new() }
    }

    fn in_flight(&self) -> u64 {
        self.received - self.answered - self.aborted - self.broken
    }
}

/// From 1 us, growing with what is recorded: a path that answers within milliseconds takes some 50 KiB.
fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("3 digits are within what a histogram takes")
}

fn record(histogram: &mut Histogram<u64>, duration: Duration) {
    histogram.record(micros(duration)).expect("a growing histogram takes every value");
}

/// The sum over all threads. Each is read on its own, so that the sum holds at least all that had ended before the call.
pub(crate) fn sum<'s>(shards: impl Iterator<Item = &'s Shard>, elapsed: Duration) -> Stats {
    let mut stats = Stats { seconds: elapsed.as_secs_f64(), ..Stats::default() };
    let mut rows: BTreeMap<(String, &'static str), RequestStats> = BTreeMap::new();
    let mut all = histogram();
    let mut service_time: BTreeMap<String, Histogram<u64>> = BTreeMap::new();
    let mut drawn: BTreeMap<String, Histogram<u64>> = BTreeMap::new();
    for shard in shards {
        let counts = shard.lock();
        add_connections(&mut stats, &counts);
        for path in &counts.paths {
            for method in &path.methods {
                if method.received > 0 {
                    add_row(rows.entry((path.path.to_string(), method.method.name())).or_default(), method);
                    stats.in_flight += method.in_flight();
                }
            }
            add_histogram(&mut all, &path.service_time);
            for (sums, histogram) in [(&mut service_time, Some(&path.service_time)), (&mut drawn, path.drawn.as_ref())]
            {
                if let Some(histogram) = histogram.filter(|histogram| !histogram.is_empty()) {
                    add_histogram(sums.entry(path.path.to_string()).or_insert_with(self::histogram), histogram);
                }
            }
        }
    }
    for ((path, method), row) in rows {
        stats.received += row.received;
        stats.answered += row.answered;
        stats.aborted += row.aborted;
        stats.broken += row.broken;
        stats.bytes_in += row.bytes_in;
        stats.bytes_out += row.bytes_out;
        stats.requests.push(RequestStats { method: method.to_owned(), path, ..row });
    }
    stats.service_time = Percentiles::of(&all);
    stats.service_time_by_path = percentiles(&service_time);
    stats.drawn_latency_by_path = percentiles(&drawn);
    stats
}

fn add_connections(stats: &mut Stats, counts: &Counts) {
    let ConnectionStats { accepted, open, tls_failed } = &mut stats.connections;
    *accepted += counts.accepted;
    *open += counts.open;
    *tls_failed += counts.tls_failed;
    stats.malformed += counts.malformed;
}

fn add_row(row: &mut RequestStats, counts: &MethodCounts) {
    row.received += counts.received;
    row.answered += counts.answered;
    row.aborted += counts.aborted;
    row.broken += counts.broken;
    row.bytes_in += counts.bytes_in;
    row.bytes_out += counts.bytes_out;
    for &(status, count) in &counts.statuses {
        *row.statuses.entry(status).or_default() += count;
    }
}

fn add_histogram(sum: &mut Histogram<u64>, histogram: &Histogram<u64>) {
    sum.add(histogram).expect("a growing histogram takes every other");
}

fn percentiles(histograms: &BTreeMap<String, Histogram<u64>>) -> BTreeMap<String, Percentiles> {
    histograms.iter().map(|(path, histogram)| (path.clone(), Percentiles::of(histogram))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, service_us: u64) -> Outcome {
        Outcome::Answered { status, service_time: Duration::from_micros(service_us), drawn: None }
    }

    fn sum_of(shards: &[Shard]) -> Stats {
        sum(shards.iter(), Duration::ZERO)
    }

    #[test]
    fn shards_are_summed_by_method_path_and_status() {
        let shards = [Shard::default(), Shard::default()];
        for (shard, status, service_us) in [(0, 200, 10), (0, 503, 20), (1, 200, 30)] {
            let mut counts = shards[shard].lock();
            let ticket = counts.received(Method::Get, "/a", 40);
            counts.ended(ticket, answered(status, service_us), 100);
        }
        let ticket = shards[1].lock().received(Method::Post, "/a", 50);
        shards[1].lock().ended(ticket, Outcome::Aborted, 3);
        let stats = sum_of(&shards);
        assert_eq!((stats.received, stats.answered, stats.aborted, stats.in_flight), (4, 3, 1, 0));
        assert_eq!((stats.bytes_in, stats.bytes_out), (170, 303));
        assert_eq!((stats.answered_with("GET", "/a", 200), stats.answered_with("GET", "/a", 503)), (2, 1));
        assert_eq!(stats.request("POST", "/a").map(|row| row.aborted), Some(1));
        let times = &stats.service_time_by_path["/a"];
        assert_eq!((times.count, times.p50_us, times.max_us), (3, 20, 30));
        assert_eq!(times, &stats.service_time);
    }

    #[test]
    fn a_reset_keeps_what_is_in_flight() {
        let shards = [Shard::default()];
        let before = shards[0].lock().received(Method::Get, "/a", 40);
        let ended = shards[0].lock().received(Method::Get, "/b", 40);
        shards[0].lock().ended(ended, answered(200, 5), 100);
        shards[0].lock().reset();
        assert_eq!(sum_of(&shards).requests.len(), 1, "only the path in flight is left");
        shards[0].lock().ended(before, answered(200, 7), 100);
        let stats = sum_of(&shards);
        assert_eq!((stats.received, stats.answered, stats.in_flight), (1, 1, 0));
        assert_eq!(stats.service_time.max_us, 7);
    }

    #[test]
    fn paths_beyond_the_limit_share_a_row() {
        let shards = [Shard::default()];
        for number in 0..MAX_PATHS + 5 {
            shards[0].lock().received(Method::Get, &format!("/{number}"), 1);
        }
        let stats = sum_of(&shards);
        assert_eq!(stats.requests.len(), MAX_PATHS + 1);
        assert_eq!(stats.request("GET", OTHER_PATH).map(|row| row.received), Some(5));
        assert_eq!(stats.received, MAX_PATHS as u64 + 5);
    }
}
