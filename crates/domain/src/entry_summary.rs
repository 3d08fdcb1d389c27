//! What is said of one name: counts, rates, percentiles; and of its failures.

use crate::histogram::Histogram;
use crate::scenario::{EntryKind, EntryName};
use crate::stats::{EntryStats, Latencies, Stats};
use crate::summary::{EntrySummary, ExceptionSummary, FailureSummary, Percentiles};
use crate::time::Micros;

impl EntrySummary {
    /// What `stats` say of `name`, in a test whose load lasted `duration`.
    #[expect(clippy::cast_precision_loss, reason = "rates and means need no more than 53 bits")]
    pub fn of(name: &EntryName, stats: &EntryStats, duration: Micros) -> Self {
        let (count, failures) = (stats.count(), stats.failed.count);
        let share = |part: u64| if count == 0 { 0.0 } else { part as f64 / count as f64 };
        let per_second =
            |count: u64| if duration == Micros::ZERO { 0.0 } else { count as f64 / duration.as_secs_f64() };
        Self {
            kind: name.kind,
            method: name.method.clone(),
            name: name.name.clone(),
            count,
            failures,
            error_rate: share(failures),
            rate: per_second(count),
            failure_rate: per_second(failures),
            response: Percentiles::of(&stats.response()),
            service: Percentiles::of(&stats.service()),
            service_succeeded: Percentiles::of(&stats.succeeded.service),
            service_failed: Percentiles::of(&stats.failed.service),
            first_byte: Percentiles::of(&stats.first_byte),
            connect: Percentiles::of(&stats.connect),
            tls: Percentiles::of(&stats.tls),
            pool_wait: Percentiles::of(&stats.pool_wait),
            statuses: stats.statuses.clone(),
            sent_bytes: stats.sent_bytes,
            received_bytes: stats.received_bytes,
            mean_body_bytes: share(stats.body_bytes),
            redirects: stats.redirects,
            cut_off: stats.cut_off,
        }
    }
}

impl EntryStats {
    /// Response times, of those that succeeded and those that failed.
    pub fn response(&self) -> Histogram {
        self.both(|latencies| &latencies.response)
    }

    /// Service times, of those that succeeded and those that failed.
    pub fn service(&self) -> Histogram {
        self.both(|latencies| &latencies.service)
    }

    fn both(&self, pick: fn(&Latencies) -> &Histogram) -> Histogram {
        let mut both = pick(&self.succeeded).clone();
        both.add(pick(&self.failed));
        both
    }
}

impl FailureSummary {
    /// Each way in which requests failed, most frequent first.
    pub fn all(stats: &Stats) -> Vec<Self> {
        let requests = stats.entries.iter().filter(|(name, _)| name.kind == EntryKind::Request);
        let mut failures: Vec<_> = requests
            .flat_map(|(name, entry)| entry.errors.iter().map(move |(key, error)| (name, key, error)))
            .map(|(name, key, error)| Self {
                method: name.method.clone(),
                name: name.name.clone(),
                kind: key.kind,
                detail: key.detail.clone(),
                count: error.count,
                first_us: error.first,
                last_us: error.last,
            })
            .collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        failures
    }
}

impl ExceptionSummary {
    /// Each exception that left a task, most frequent first.
    pub fn all(stats: &Stats) -> Vec<Self> {
        let mut exceptions: Vec<_> = stats
            .generator
            .script
            .exceptions
            .iter()
            .map(|(exception, seen)| Self {
                message: exception.message.clone(),
                traceback: exception.traceback.clone(),
                count: seen.count,
                first_us: seen.first,
                last_us: seen.last,
            })
            .collect();
        exceptions.sort_by_key(|exception| std::cmp::Reverse(exception.count));
        exceptions
    }
}
