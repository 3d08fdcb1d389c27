//! `environment.stats`: what a locustfile's own code can ask for of what its machine counted, with Locust's rounding.
//!
//! It is kept only where the locustfile names it: the report has exact numbers, and needs none of this.

use std::collections::{BTreeMap, HashMap};

use swarmgate_python::{Args, Res, Value, Vm};

use crate::engine::{Report, shared};

/// More names are counted together in the total alone.
const MOST_NAMES: usize = 5_000;

/// More different failures are not told apart.
const MOST_FAILURES: usize = 500;

/// From how many seconds before the latest request to how many the present rate is taken: as with Locust.
const RATE_WINDOW: (u64, u64) = (12, 2);

/// What was counted of all requests, and of each name.
#[derive(Debug, Default)]
pub struct Stats {
    /// Seconds since 1970: from when it counts.
    started: f64,
    total: Entry,
    /// By name and method, in the order in which they came up.
    names: Vec<(String, String)>,
    entries: HashMap<(String, String), Entry>,
    /// By method, name and text.
    failures: BTreeMap<(String, String, String), u64>,
}

/// The numbers of one name.
#[derive(Debug, Default)]
struct Entry {
    requests: u64,
    failures: u64,
    milliseconds: f64,
    least: Option<f64>,
    most: f64,
    bytes: u64,
    last: f64,
    /// By rounded milliseconds.
    times: BTreeMap<i64, u64>,
    /// Requests and failures by second, the latest ones.
    seconds: BTreeMap<u64, (u64, u64)>,
}

impl Stats {
    /// Counts from `now` on, in seconds since 1970.
    pub fn starting(now: f64) -> Self {
        Self { started: now, ..Self::default() }
    }

    /// Counts a request at `now`, in seconds since 1970.
    pub fn count(&mut self, report: &Report, now: f64) {
        self.total.count(report, now);
        let key = (report.name.to_string(), report.method.to_string());
        if !self.entries.contains_key(&key) && self.names.len() < MOST_NAMES {
            self.names.push(key.clone());
            self.entries.insert(key.clone(), Entry::default());
        }
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.count(report, now);
        }
        if let Some(failure) = &report.failure {
            let key = (report.method.to_string(), report.name.to_string(), failure.clone());
            if self.failures.len() < MOST_FAILURES || self.failures.contains_key(&key) {
                *self.failures.entry(key).or_default() += 1;
            }
        }
    }
}

impl Entry {
    fn count(&mut self, report: &Report, now: f64) {
        self.requests += 1;
        self.failures += u64::from(report.failure.is_some());
        self.milliseconds += report.milliseconds;
        self.least = Some(self.least.map_or(report.milliseconds, |least| least.min(report.milliseconds)));
        self.most = self.most.max(report.milliseconds);
        self.bytes += report.bytes;
        self.last = now;
        *self.times.entry(rounded(report.milliseconds)).or_default() += 1;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times since 1970 are no more")]
        let second = now as u64;
        let at = self.seconds.entry(second).or_default();
        at.0 += 1;
        at.1 += u64::from(report.failure.is_some());
        while self.seconds.len() > 20 {
            self.seconds.pop_first();
        }
    }

    /// Requests and failures per second, of the seconds before `last` and not before `started`.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small counts"
    )]
    fn rates(&self, started: f64, last: f64) -> (f64, f64) {
        let from = (last as u64).saturating_sub(RATE_WINDOW.0).max(started as u64);
        let until = (last as u64).saturating_sub(RATE_WINDOW.1).max(from);
        let span = (until - from).max(1) as f64;
        let of_late = self.seconds.range(from..until);
        let (requests, failures) = of_late.fold((0, 0), |sum, (_, at)| (sum.0 + at.0, sum.1 + at.1));
        (requests as f64 / span, failures as f64 / span)
    }
}

/// Milliseconds to two digits, as Locust keeps them.
fn rounded(milliseconds: f64) -> i64 {
    let digit = match milliseconds {
        ..100.0 => 1.0,
        100.0..1_000.0 => 10.0,
        1_000.0..10_000.0 => 100.0,
        _ => 1_000.0,
    };
    #[expect(clippy::cast_possible_truncation, reason = "times are finite and short")]
    let rounded = (milliseconds / digit).round_ties_even() as i64;
    #[expect(clippy::cast_possible_truncation, reason = "1 to 1,000")]
    let digit = digit as i64;
    rounded.saturating_mul(digit)
}

fn count(n: u64) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// `stats_entry(name, method)`: the numbers of a name, of all for `None`; `None` where there are none.
pub fn entry(vm: &mut Vm, args: Args) -> Res<Value> {
    let text = |value: Option<&Value>| value.and_then(|value| value.as_text().map(|text| text.as_str().to_owned()));
    let (name, method) = (text(args.pos.first()), text(args.pos.get(1)).unwrap_or_default());
    let Some(shared) = shared(vm) else { return Ok(Value::None) };
    let shared = shared.borrow();
    let Some(stats) = &shared.stats else { return Ok(Value::None) };
    let entry = match name {
        None => Some(&stats.total),
        Some(name) => stats.entries.get(&(name, method)),
    };
    let Some(entry) = entry else { return Ok(Value::None) };
    let times = entry.times.iter().map(|(at, n)| Value::tuple(vec![Value::Int(*at), count(*n)])).collect();
    let (rate, failure_rate) = entry.rates(stats.started, stats.total.last);
    Ok(Value::tuple(vec![
        count(entry.requests),
        count(entry.failures),
        Value::Float(entry.milliseconds),
        entry.least.map_or(Value::None, Value::Float),
        Value::Float(entry.most),
        count(entry.bytes),
        Value::Float(stats.started),
        Value::Float(entry.last),
        Value::list(times),
        Value::Float(rate),
        Value::Float(failure_rate),
    ]))
}

/// `stats_names()`: names and methods, in order.
pub fn names(vm: &mut Vm, _: Args) -> Res<Value> {
    let Some(shared) = shared(vm) else { return Ok(Value::None) };
    let shared = shared.borrow();
    let names = shared.stats.as_ref().map(|stats| stats.names.as_slice()).unwrap_or_default();
    let pair =
        |(name, method): &(String, String)| Value::tuple(vec![Value::str(name.clone()), Value::str(method.clone())]);
    Ok(Value::list(names.iter().map(pair).collect()))
}

/// `stats_failures()`: method, name, text and count of each failure.
pub fn failures(vm: &mut Vm, _: Args) -> Res<Value> {
    let Some(shared) = shared(vm) else { return Ok(Value::None) };
    let shared = shared.borrow();
    let Some(stats) = &shared.stats else { return Ok(Value::list(Vec::new())) };
    let row = |((method, name, text), n): (&(String, String, String), &u64)| {
        Value::tuple(vec![Value::str(method.clone()), Value::str(name.clone()), Value::str(text.clone()), count(*n)])
    };
    Ok(Value::list(stats.failures.iter().map(row).collect()))
}

/// `stats_clear()`: begins anew.
pub fn clear(vm: &mut Vm, _: Args) -> Res<Value> {
    if let Some(shared) = shared(vm) {
        let now = seconds(vm);
        shared.borrow_mut().stats = Some(Stats::starting(now));
    }
    Ok(Value::None)
}

/// Seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "microseconds are kept")]
pub fn seconds(vm: &Vm) -> f64 {
    vm.host.wall_nanos() as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_as_locust_rounds_them() {
        for (milliseconds, expected) in
            [(0.4, 0), (2.5, 2), (99.6, 100), (147.0, 150), (1_834.0, 1_800), (58_760.0, 59_000)]
        {
            assert_eq!(rounded(milliseconds), expected, "{milliseconds}");
        }
    }
}
