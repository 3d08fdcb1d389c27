//! Thresholds held against what was measured.

use crate::histogram::Histogram;
use crate::scenario::{EntryKind, EntryName};
use crate::stats::{EntryStats, Stats};
use crate::threshold::{Filter, FilterKey, LatencyClock, Metric, Threshold};
use crate::time::Micros;
use crate::verdict::{ThresholdOutcome, ThresholdResult, Unit};

impl Threshold {
    /// Holds this threshold against what `stats` measured in `duration`.
    pub fn measure(&self, stats: &Stats, duration: Micros) -> ThresholdResult {
        let selected = Selected::new(&self.filter, stats);
        let value = selected.value(self.metric, duration);
        let outcome = match value {
            None => ThresholdOutcome::NoData,
            Some(value) if self.operator.holds(value, self.limit) => ThresholdOutcome::Held,
            Some(_) => ThresholdOutcome::Breached,
        };
        ThresholdResult {
            threshold: self.text.clone(),
            value,
            limit: self.limit,
            unit: self.metric.unit(),
            outcome,
            origin: self.origin,
        }
    }
}

impl Metric {
    /// What its numbers are.
    pub fn unit(self) -> Unit {
        match self {
            Self::Percentile(..) | Self::Mean(_) | Self::Min(_) | Self::Max(_) => Unit::Micros,
            Self::ErrorRate => Unit::Share,
            Self::Errors | Self::Requests => Unit::Count,
            Self::RequestsPerSecond => Unit::PerSecond,
        }
    }
}

impl Filter {
    fn selects(&self, entry: &EntryName) -> bool {
        let kind = if self.equals.contains_key(&FilterKey::Group) { EntryKind::Group } else { EntryKind::Request };
        let wanted = |key: &FilterKey| match key {
            FilterKey::Name | FilterKey::Group => &entry.name,
            FilterKey::Method => &entry.method,
        };
        entry.kind == kind && self.equals.iter().all(|(key, value)| wanted(key) == value)
    }
}

/// The entries that a filter selects.
struct Selected<'a>(Vec<&'a EntryStats>);

impl<'a> Selected<'a> {
    fn new(filter: &Filter, stats: &'a Stats) -> Self {
        Self(stats.entries.iter().filter(|(name, _)| filter.selects(name)).map(|(_, entry)| entry).collect())
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn value(&self, metric: Metric, duration: Micros) -> Option<f64> {
        let count: u64 = self.0.iter().map(|e| e.count()).sum();
        let errors: u64 = self.0.iter().map(|e| e.failed.count).sum();
        let micros = |time: Option<Micros>| time.map(|t| t.0 as f64);
        match metric {
            Metric::Percentile(clock, percentile) => micros(self.times(clock).percentile(percentile)),
            Metric::Mean(clock) => micros(self.times(clock).mean()),
            Metric::Min(clock) => micros(self.times(clock).min()),
            Metric::Max(clock) => micros(self.times(clock).max()),
            Metric::ErrorRate => (count > 0).then(|| errors as f64 / count as f64),
            // Nothing measured is no "0 errors": a threshold on it can't hold.
            Metric::Errors => (count > 0).then_some(errors as f64),
            Metric::Requests => Some(count as f64),
            Metric::RequestsPerSecond => (duration > Micros::ZERO).then(|| count as f64 / duration.as_secs_f64()),
        }
    }

    fn times(&self, clock: LatencyClock) -> Histogram {
        let mut all = Histogram::default();
        for entry in &self.0 {
            match clock {
                LatencyClock::Response => {
                    all.add(&entry.succeeded.response);
                    all.add(&entry.failed.response);
                }
                LatencyClock::Service => {
                    all.add(&entry.succeeded.service);
                    all.add(&entry.failed.service);
                }
                LatencyClock::FirstByte => all.add(&entry.first_byte),
                LatencyClock::Connect => all.add(&entry.connect),
                LatencyClock::Tls => all.add(&entry.tls),
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::tests::chunk;
    use crate::stats::Latency;
    use crate::threshold::Operator;
    use crate::verdict::ThresholdOrigin;

    fn stats() -> Stats {
        let mut stats = chunk(0, 0, 1, 99, 1_000).stats;
        let name = EntryName::request("POST", "/login");
        let mut entry = EntryStats::default();
        entry.failed.record(Latency { service: Micros(5_000), response: Micros(50_000) });
        stats.entries.insert(name, entry);
        stats
    }

    fn check(metric: Metric, filter: &[(FilterKey, &str)], expected: Option<f64>) {
        let equals = filter.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let filter = Filter { equals };
        let threshold = Threshold {
            text: String::new(),
            metric,
            filter,
            operator: Operator::Less,
            limit: 1.0,
            origin: ThresholdOrigin::Given,
            abort: None,
        };
        let result = threshold.measure(&stats(), Micros::from_secs(10));
        assert_eq!(result.value, expected, "{metric:?}");
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn metrics_are_of_the_requests_selected() {
        let login = [(FilterKey::Name, "/login")];
        check(Metric::Percentile(LatencyClock::Response, 100.0), &[],    Some(50_000.0));
        check(Metric::Percentile(LatencyClock::Service, 100.0),  &[],    Some(5_000.0));
        check(Metric::Max(LatencyClock::Service),                &[(FilterKey::Method, "GET")], Some(1_000.0));
        check(Metric::Mean(LatencyClock::Response),              &[],    Some(1_490.0));
        check(Metric::ErrorRate,                                 &[],    Some(0.01));
        check(Metric::ErrorRate,                                 &login, Some(1.0));
        check(Metric::RequestsPerSecond,                         &[],    Some(10.0));
        check(Metric::Requests,                                  &login, Some(1.0));
        check(Metric::Errors,                                    &[(FilterKey::Name, "/x")], None);
        check(Metric::Percentile(LatencyClock::Response, 95.0),  &[(FilterKey::Group, "/login")], None);
    }
}
