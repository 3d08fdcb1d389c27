//! From what a Locust reports to intervals as every engine measures them.
//!
//! Requests are counted in the interval in which Locust reported them; an interval closes with the first tick behind its end, since all
//! requests before a tick came before it. Between two ticks users and CPU time are taken as spread evenly.

use std::collections::{HashMap, VecDeque};

use swarmgate_domain::{
    EntryName, EntryStats, ErrorKey, ErrorKind, GeneratorStats, Interval, Latency, Micros, OTHER_ERRORS, Stats,
};
use swarmgate_service::ports::{MeasuredInterval, WantsEnd};

use crate::failures;
use crate::saturation;
use crate::wire::{Request, Tick};

/// More names are counted together: a script that puts an id into each name must not fill the memory of all that read the results.
const MOST_NAMES: usize = 5_000;

/// What is counted under beyond that.
const OTHERS: &str = "(other names; name= in the requests would group them)";

/// More texts of failures are not told apart.
const MOST_FAILURES: usize = 10_000;

/// What was measured in the present interval, and the intervals that are closed.
#[derive(Debug)]
pub struct Meter {
    length: Micros,
    /// When the load ends.
    end: Micros,
    interval: Interval,
    from: Micros,
    /// By the place of their name among `known`.
    entries: Vec<EntryStats>,
    names: Names,
    failures: Vec<(String, String)>,
    exceptions: Vec<(String, String)>,
    generator: GeneratorStats,
    reasons: Vec<String>,
    /// Requests since the last tick, in order, with the statuses of their redirects.
    pending: Vec<(Request, Vec<u16>)>,
    /// Exceptions since the last tick, in order: when, and which.
    raised: Vec<(u64, u32)>,
    /// Redirects of the request that comes next.
    hops: Vec<u16>,
    last: Tick,
    closed: VecDeque<MeasuredInterval>,
}

/// Names by the numbers that the plugin gave them.
#[derive(Debug, Default)]
struct Names {
    /// The place among `known` of each.
    places: Vec<usize>,
    known: Vec<EntryName>,
    by_name: HashMap<EntryName, usize>,
}

impl Names {
    fn add(&mut self, kind: String, name: String) {
        let name = if self.known.len() < MOST_NAMES { name } else { OTHERS.to_owned() };
        let name = EntryName::request(kind, name);
        let next = self.known.len();
        let place = *self.by_name.entry(name.clone()).or_insert(next);
        if place == next {
            self.known.push(name);
        }
        self.places.push(place);
    }
}

impl Meter {
    /// Begins to measure at test time `from`, in intervals of `length`, up to `end`.
    pub fn new(length: Micros, end: Micros, from: Micros) -> Self {
        // Begun behind the end, all there is to measure is that nothing was done.
        let from = from.min(end);
        Self {
            length,
            end,
            interval: Interval::holding(from.min(end.saturating_since(Micros(1))), length),
            from,
            entries: Vec::new(),
            names: Names::default(),
            failures: Vec::new(),
            exceptions: Vec::new(),
            generator: GeneratorStats::default(),
            reasons: Vec::new(),
            pending: Vec::new(),
            raised: Vec::new(),
            hops: Vec::new(),
            last: Tick { at: from.0, users: 0, started: 0, cpu: 0, late: None },
            closed: VecDeque::new(),
        }
    }

    /// There is one name more.
    pub fn name(&mut self, kind: String, name: String) {
        self.names.add(kind, name);
    }

    /// There is one failure more.
    pub fn failure(&mut self, class: String, text: String) {
        let text = if self.failures.len() < MOST_FAILURES { text } else { OTHER_ERRORS.to_owned() };
        self.failures.push((class, text));
    }

    /// A request was reported.
    pub fn request(&mut self, request: Request) {
        self.pending.push((request, std::mem::take(&mut self.hops)));
    }

    /// The request that comes next was redirected by an answer with `status`.
    pub fn hop(&mut self, status: u16) {
        self.hops.push(status);
    }

    /// There is one exception more.
    pub fn exception(&mut self, message: String, traceback: String) {
        self.exceptions.push((message, traceback));
    }

    /// An exception left a task.
    pub fn raised(&mut self, at: u64, exception: u32) {
        self.raised.push((at, exception));
    }

    /// The locustfile asked for this exit code.
    pub fn exit_code(&mut self, code: i64) {
        self.generator.script.record_exit_code(code);
    }

    /// Everything before `tick` was reported.
    pub fn tick(&mut self, tick: Tick) {
        let tick = Tick { at: tick.at.max(self.last.at), ..tick };
        if self.last.cpu == 0 {
            // What it took to load is no part of the test.
            self.last.cpu = tick.cpu;
        }
        let (passed, cpu) = (tick.at - self.last.at, tick.cpu.saturating_sub(self.last.cpu));
        let gap = saturation::gap(Micros(passed));
        let mut at = self.last.at;
        while let Some(end) = self.interval_end().filter(|end| end.0 <= tick.at) {
            self.spend(end.0 - at, passed, cpu, gap.as_ref());
            self.count_before(end.0);
            at = end.0;
            self.close(end);
        }
        self.spend(tick.at - at, passed, cpu, gap.as_ref());
        self.count_before(u64::MAX);
        self.generator.users_started += tick.started.saturating_sub(self.last.started);
        if let Some(late) = tick.late {
            self.generator.lateness.record(Micros(late));
        }
        self.last = tick;
    }

    /// The load ends at `end`; an interval that was begun can't be taken back.
    pub fn set_end(&mut self, end: Micros) {
        self.end = end.max(self.from);
    }

    /// Closes the last interval: nothing more comes. `wants_end` goes with it.
    pub fn finish(&mut self, at: Micros, wants_end: Option<WantsEnd>) {
        self.tick(Tick { at: at.0, late: None, ..self.last });
        let end = self.end.min(self.interval.end(self.length)).min(at).max(self.from);
        self.close(end);
        if let Some(last) = self.closed.back_mut() {
            last.wants_end = wants_end;
        }
    }

    /// What was measured last is not all that there was, for this reason.
    pub fn doubt(&mut self, reason: String) {
        if let Some(last) = self.closed.back_mut() {
            last.saturation.push(reason);
        }
    }

    /// The test time of the last tick.
    pub fn told(&self) -> Micros {
        Micros(self.last.at)
    }

    /// Whether an interval is closed that was not handed over.
    pub fn has_closed(&self) -> bool {
        !self.closed.is_empty()
    }

    /// The next of them.
    pub fn take_closed(&mut self) -> Option<MeasuredInterval> {
        self.closed.pop_front()
    }

    /// When the present interval ends; `None` in the last one, which ends with the last user.
    fn interval_end(&self) -> Option<Micros> {
        let last = Interval::holding(self.end.saturating_since(Micros(1)), self.length).max(self.interval);
        (self.interval < last).then(|| self.interval.end(self.length))
    }

    /// Counts users and CPU time of `part` of the `passed` time between two ticks, in which `cpu` was taken.
    fn spend(&mut self, part: u64, passed: u64, cpu: u64, gap: Option<&String>) {
        // Users are counted to the end of the load; in the grace time they only finish.
        let before_end = self.end.0.saturating_sub(self.last.at).min(part);
        self.generator.user_micros += u64::from(self.last.users) * before_end;
        self.generator.cpu_available_micros += part;
        self.generator.cpu_micros += (u128::from(cpu) * u128::from(part))
            .checked_div(passed.into())
            .map_or(0, |cpu| u64::try_from(cpu).unwrap_or(u64::MAX));
        if let Some(gap) = gap.filter(|gap| part > 0 && !self.reasons.contains(gap)) {
            self.reasons.push(gap.clone());
        }
    }

    fn count_before(&mut self, end: u64) {
        let before = self.pending.partition_point(|(request, _)| request.at < end);
        let due: Vec<_> = self.pending.drain(..before).collect();
        due.into_iter().for_each(|(request, hops)| self.count(request, &hops));
        let before = self.raised.partition_point(|(at, _)| *at < end);
        for (at, exception) in self.raised.drain(..before) {
            let known = usize::try_from(exception).ok().and_then(|index| self.exceptions.get(index));
            if let Some((message, traceback)) = known {
                self.generator.script.record_exception(message, traceback, Micros(at));
            }
        }
    }

    fn entry(&mut self, name: u32) -> Option<&mut EntryStats> {
        let place = *self.names.places.get(usize::try_from(name).ok()?)?;
        if self.entries.len() < self.names.known.len() {
            self.entries.resize(self.names.known.len(), EntryStats::default());
        }
        self.entries.get_mut(place)
    }

    fn count(&mut self, request: Request, hops: &[u16]) {
        let failure = usize::try_from(request.failure).ok().and_then(|number| number.checked_sub(1));
        let failure = failure.and_then(|index| self.failures.get(index)).map(|(class, text)| match text.as_str() {
            OTHER_ERRORS => ErrorKey { kind: ErrorKind::CheckFailed, detail: OTHER_ERRORS.to_owned() },
            text => failures::key(class, text, request.status),
        });
        let Some(entry) = self.entry(request.name) else { return };
        entry.body_bytes += request.bytes;
        entry.redirects += hops.len() as u64;
        for status in hops.iter().chain((request.status > 0).then_some(&request.status)) {
            *entry.statuses.entry(*status).or_default() += 1;
        }
        let latencies = if failure.is_none() { &mut entry.succeeded } else { &mut entry.failed };
        if request.milliseconds.is_finite() && request.milliseconds >= 0.0 {
            let took = Micros::from_secs_f64(request.milliseconds / 1e3);
            // Locust knows no time at which a request was due.
            latencies.record(Latency { service: took, response: took });
        } else {
            latencies.count += 1;
            entry.clock_faults += 1;
        }
        if let Some(failure) = failure {
            entry.record_error(failure, Micros(request.at));
        }
    }

    fn close(&mut self, end: Micros) {
        let entries = std::mem::take(&mut self.entries);
        let named = self.names.known.iter().cloned().zip(entries).filter(|(_, entry)| !entry.is_empty());
        let stats = Stats { entries: named.collect(), generator: std::mem::take(&mut self.generator) };
        let mut saturation = std::mem::take(&mut self.reasons);
        saturation.extend(saturation::reasons(&stats));
        self.closed.push_back(MeasuredInterval {
            interval: self.interval,
            from: self.from,
            to: end,
            stats,
            saturation,
            wants_end: None,
        });
        (self.interval, self.from) = (self.interval.next(), end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meter(from: u64, end: u64) -> Meter {
        let mut meter = Meter::new(Micros::SECOND, Micros(end), Micros(from));
        meter.name("GET".into(), "/".into());
        meter.failure("HTTPError".into(), "HTTPError('503')".into());
        meter
    }

    fn request(at: u64) -> Request {
        Request { name: 0, at, milliseconds: 1.2345, bytes: 10, status: 200, failure: 0 }
    }

    fn tick(at: u64, users: u32, cpu: u64) -> Tick {
        Tick { at, users, started: users.into(), cpu, late: None }
    }

    fn closed(meter: &mut Meter) -> Vec<MeasuredInterval> {
        std::iter::from_fn(|| meter.take_closed()).collect()
    }

    #[test]
    fn requests_are_counted_in_their_interval() {
        let mut meter = meter(0, 2_000_000);
        meter.tick(tick(0, 0, 1));
        meter.request(request(999_999));
        meter.hop(302);
        meter.request(Request { status: 503, failure: 1, ..request(1_000_000) });
        meter.exception("KeyError: 'x'".into(), "line 1".into());
        meter.raised(1_200_000, 0);
        meter.tick(tick(1_500_000, 4, 300_001));
        meter.request(Request { milliseconds: f64::NAN, ..request(2_100_000) });
        meter.finish(Micros(2_200_000), None);
        let all = closed(&mut meter);
        assert_eq!(
            all.iter().map(|i| (i.from.0, i.to.0)).collect::<Vec<_>>(),
            [(0, 1_000_000), (1_000_000, 2_000_000)]
        );
        let entry = |at: usize| all[at].stats.entries.values().next().unwrap();
        assert_eq!((entry(0).succeeded.count, entry(0).failed.count), (1, 0));
        assert_eq!(entry(0).succeeded.service.percentile(50.0), Some(Micros(1_235)));
        assert_eq!((entry(1).succeeded.count, entry(1).failed.count, entry(1).redirects), (1, 1, 1));
        assert_eq!(entry(1).statuses, [(200, 1), (302, 1), (503, 1)].into());
        assert_eq!((entry(1).clock_faults, entry(1).body_bytes), (1, 20));
        assert_eq!([0, 1].map(|at| all[at].stats.generator.script.exception_count()), [0, 1]);
        let generator = |at: usize| &all[at].stats.generator;
        assert_eq!((generator(0).cpu_micros, generator(1).cpu_micros), (200_000, 100_000));
        // Four users from 1.5 s to the end of the load, and not in the grace time.
        assert_eq!((generator(0).user_micros, generator(1).user_micros), (0, 4 * 500_000));
    }

    #[test]
    fn a_stuck_locust_saturates_all_intervals_that_it_missed() {
        let mut meter = meter(0, 3_000_000);
        meter.tick(tick(400_000, 1, 1));
        meter.tick(tick(2_500_000, 1, 100_001));
        meter.finish(Micros(3_000_000), Some(WantsEnd::Stop));
        let all = closed(&mut meter);
        assert_eq!(all.len(), 3);
        assert!(all.iter().all(|interval| interval.saturation[0].contains("2.1s")), "{all:?}");
        assert_eq!((all[1].wants_end.clone(), all[2].wants_end.clone()), (None, Some(WantsEnd::Stop)));
    }

    #[test]
    fn names_are_bounded() {
        let mut meter = meter(0, 1_000_000);
        for number in 0..2 * MOST_NAMES {
            meter.name("GET".into(), format!("/{number}"));
        }
        assert_eq!(meter.names.known.len(), MOST_NAMES + 1);
        assert_eq!(meter.names.places.last(), Some(&MOST_NAMES));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_there_are_no_gaps(
            steps in prop::collection::vec((0_u64..3_000_000, 0_u8..4), 1..60), from in 0_u64..4_000_000, end in 1_u64..5_000_000,
        ) {
            let (mut meter, mut at, mut sent) = (meter(from, end), from, 0);
            for (step, requests) in steps {
                for _ in 0..requests {
                    meter.request(request(at + step / 2));
                    sent += 1;
                }
                at += step;
                meter.tick(tick(at, 1, at / 2 + 1));
            }
            meter.finish(Micros(at), None);
            let all = closed(&mut meter);
            let counted: u64 = all.iter().flat_map(|i| i.stats.entries.values()).map(EntryStats::count).sum();
            prop_assert_eq!(counted, sent);
            prop_assert!(all.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].interval.next() == pair[1].interval));
            prop_assert!(all.iter().all(|i| i.from <= i.to && i.to.0 <= end));
        }
    }
}
