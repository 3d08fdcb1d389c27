//! When the generator, not the workload, was the bottleneck of an interval.
//!
//! An interval is saturated if any of these holds, each said in words with what was measured:
//! 1. Users went on, or arrivals started, more than 50 ms late at the 99th percentile: what was asked for was not done in time.
//! 2. The load threads' own timers fired more than 50 ms late at the 99th percentile: answers waited as long to be noticed, so
//!    the times measured are partly the generator's.
//! 3. A load thread took 95 % or more of a core, or the process 95 % or more of its cores, while lateness or timers were more
//!    than 10 ms late at the 99th percentile. Either alone is no proof: a busy core that keeps up is well used.
//! 4. A load thread waited 10 % or more of its time for a core that others had, while it was more than 10 ms late as above: what else
//!    runs on the machine takes the time that the load needs.
//! 5. Starts of the open model were dropped, since `max_users` iterations were running.
//! 6. Requests failed for want of ports, files or memory of this machine.
//!
//! Percentiles count only from 20 values on: one late start of three is no rule.

use swarmgate_domain::{ErrorKind, Histogram, Micros, Stats};

use crate::thread::ThreadTime;

const LATE: Micros = Micros(50_000);
const LATE_WHEN_BUSY: Micros = Micros(10_000);
const BUSY_PERCENT: u64 = 95;
const WAITING_PERCENT: u64 = 10;
const FEWEST: u64 = 20;

/// What is known of an interval beside its statistics.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// How late the threads' own timers were.
    pub lag: Histogram,
    /// CPU time of the busiest thread, in percent of a core.
    pub busiest_thread: u64,
    /// How long the thread that waited most had something to do, but no core, in percent of the time.
    pub longest_wait: u64,
}

impl Watch {
    /// Takes in what a thread says of itself: what became of its time, and how late its timers were.
    pub fn add(&mut self, time: &ThreadTime, lag: &Histogram) {
        self.busiest_thread = self.busiest_thread.max(percent(time.cpu.0, time.passed.0));
        self.longest_wait = self.longest_wait.max(percent(time.waited.0, time.passed.0));
        self.lag.add(lag);
    }
}

/// Why the generator was the bottleneck; empty when it was not.
pub fn reasons(stats: &Stats, watch: &Watch) -> Vec<String> {
    let generator = &stats.generator;
    let mut reasons = Vec::new();
    let p99 = |histogram: &Histogram| {
        histogram.percentile(99.0).filter(|_| histogram.count() >= FEWEST).unwrap_or(Micros::ZERO)
    };
    let (lateness, lag) = (p99(&generator.lateness), p99(&watch.lag));
    if lateness > LATE {
        reasons.push(format!("users went on {lateness} late (99th percentile; at most {LATE} is sound)"));
    }
    if lag > LATE {
        reasons.push(format!("the load threads were {lag} behind (99th percentile; at most {LATE} is sound)"));
    }
    let late = lateness.max(lag);
    if late > LATE_WHEN_BUSY {
        let thread = watch.busiest_thread;
        let process = percent(generator.cpu_micros, generator.cpu_available_micros);
        if thread >= BUSY_PERCENT {
            reasons.push(format!("a load thread took {thread}% of a core, and was {late} late"));
        } else if process >= BUSY_PERCENT {
            reasons.push(format!("the worker took {process}% of its cores, and was {late} late"));
        }
        if watch.longest_wait >= WAITING_PERCENT {
            let waited = watch.longest_wait;
            reasons.push(format!("a load thread waited {waited}% of the time for a core, and was {late} late"));
        }
    }
    if generator.starts_dropped > 0 {
        let (dropped, due) = (generator.starts_dropped, generator.starts_due);
        reasons.push(format!("{dropped} of {due} starts were dropped: max_users iterations were running"));
    }
    let errors = stats.entries.values().flat_map(|entry| &entry.errors);
    let own = errors.filter(|(key, _)| key.kind == ErrorKind::Generator);
    for (key, error) in own {
        let text = format!("requests failed for want of something of this machine: {}", key.detail);
        if !reasons.contains(&text) && error.count > 0 {
            reasons.push(text);
        }
    }
    reasons
}

fn percent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use swarmgate_domain::GeneratorStats;

    use super::*;

    fn of(micros: u64) -> Histogram {
        let mut histogram = Histogram::default();
        (0..FEWEST).for_each(|_| histogram.record(Micros(micros)));
        histogram
    }

    /// Of an interval of 1 s on 2 cores.
    fn check(
        lateness_us: u64,
        lag_us: u64,
        thread_ms: u64,
        process_ms: u64,
        waited_ms: u64,
        dropped: u64,
        reasons_expected: &[&str],
    ) {
        let generator = GeneratorStats {
            lateness: of(lateness_us),
            cpu_micros: process_ms * 1_000,
            cpu_available_micros: 2_000_000,
            starts_due: 100,
            starts_dropped: dropped,
            ..GeneratorStats::default()
        };
        let stats = Stats { generator, ..Stats::default() };
        let mut watch = Watch::default();
        let (cpu, waited) = (Micros::from_millis(thread_ms), Micros::from_millis(waited_ms));
        watch.add(&ThreadTime { cpu, waited, passed: Micros::SECOND }, &of(lag_us));
        let got = reasons(&stats, &watch);
        let matches = got.len() == reasons_expected.len()
            && got.iter().zip(reasons_expected).all(|(got, expected)| got.contains(expected));
        assert!(matches, "{got:?}, not {reasons_expected:?}");
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn the_rule() {
        //    lateness     lag  thread  process  waited  dropped
        check(   1_000,  1_000,    999,   1_999,    500,       0, &[]);
        check(  20_000,  1_000,    500,   1_000,     90,       0, &[]);
        check(  20_000,  1_000,    960,   1_000,      0,       0, &["a load thread took 96% of a core, and was 20"]);
        check(   1_000, 20_000,    500,   1_950,      0,       0, &["the worker took 97% of its cores"]);
        check(  20_000,  1_000,    500,   1_000,    100,       0, &["a load thread waited 10% of the time for a core, and was 20"]);
        check(  60_000,  1_000,    100,     100,      0,       0, &["users went on 60"]);
        check(   1_000, 60_000,    100,     100,      0,       0, &["the load threads were 60"]);
        check(   1_000,  1_000,    100,     100,      0,       3, &["3 of 100 starts were dropped"]);
    }
}
