//! When Locust, not the workload, was the bottleneck of an interval.
//!
//! An interval is saturated if any of these holds, each said in words with what was measured:
//! 1. Locust took 90 % or more of its core: it says itself that its response times are not to be trusted then.
//! 2. A timer of the plugin, which is one of the users' kind, rang more than 50 ms late at the 95th percentile. It rings 25 times
//!    a second, so one late ring is no rule.
//! 3. Nothing was heard of Locust for half a second and more: it did not come to anything else either.
//! 4. Requests failed for want of ports, files or memory of this machine.

use swarmgate_domain::{ErrorKind, Micros, Stats};

const BUSY_PERCENT: u64 = 90;
const LATE: Micros = Micros(50_000);
const FEWEST: u64 = 20;
const SILENT: Micros = Micros(500_000);

/// What is to be said of a time without a word from Locust.
pub fn gap(passed: Micros) -> Option<String> {
    (passed >= SILENT)
        .then(|| format!("Locust was stuck for {passed}: a task, a listener or the machine kept it from all else"))
}

/// Why Locust was the bottleneck; empty when it was not.
pub fn reasons(stats: &Stats) -> Vec<String> {
    let generator = &stats.generator;
    let mut reasons = Vec::new();
    let busy = generator.cpu_micros.saturating_mul(100).checked_div(generator.cpu_available_micros).unwrap_or(0);
    if busy >= BUSY_PERCENT {
        reasons.push(format!(
            "Locust took {busy}% of its core (below {BUSY_PERCENT}% is sound); more workers are more Locusts"
        ));
    }
    let lateness = generator.lateness.percentile(95.0).filter(|_| generator.lateness.count() >= FEWEST);
    if let Some(late) = lateness.filter(|late| *late > LATE) {
        reasons.push(format!("users went on {late} late (95th percentile; at most {LATE} is sound)"));
    }
    let errors = stats.entries.values().flat_map(|entry| &entry.errors);
    if let Some((key, _)) = errors.into_iter().find(|(key, _)| key.kind == ErrorKind::Generator) {
        reasons.push(format!("requests failed for want of something of this machine: {}", key.detail));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use swarmgate_domain::{GeneratorStats, Histogram};

    use super::*;

    fn check(cpu_ms: u64, late_us: u64, late: u64, expected: &[&str]) {
        let mut lateness = Histogram::default();
        (0..25).for_each(|n| lateness.record(Micros(if n < late { late_us } else { 100 })));
        let generator = GeneratorStats {
            cpu_micros: cpu_ms * 1_000,
            cpu_available_micros: 1_000_000,
            lateness,
            ..GeneratorStats::default()
        };
        let got = reasons(&Stats { generator, ..Stats::default() });
        let fits =
            got.len() == expected.len() && got.iter().zip(expected).all(|(got, expected)| got.contains(expected));
        assert!(fits, "{got:?}, not {expected:?}");
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn the_rule() {
        //    cpu ms  late us  of 25
        check(   890,  49_000,    25, &[]);
        check(   900,   1_000,    25, &["Locust took 90% of its core"]);
        check(   100,  60_000,     1, &[]);
        check(   100,  60_000,     3, &["users went on 60"]);
        assert!(gap(Micros(499_999)).is_none() && gap(Micros::SECOND).is_some());
    }
}
