//! The view of a running test: small however long the test.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::RunId;
use crate::lifecycle::Phase;
use crate::summary::{EntrySummary, Point, Summary};
use crate::time::Micros;
use crate::verdict::{ThresholdResult, Verdict};

/// The most points of [`LiveView::series`].
const MOST_POINTS: usize = 240;

/// The view of a running test, as `live.json` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveView {
    /// The test.
    pub id: RunId,
    /// The scenario's name.
    pub name: String,
    /// Where it stands.
    pub phase: Phase,
    /// The base URL that is loaded.
    pub target: String,
    /// Test time 0, in microseconds since the Unix epoch.
    pub started_at: Option<Micros>,
    /// Up to which test time there is data.
    pub now_us: Micros,
    /// How long the load is to last.
    pub planned_us: Micros,
    /// Users in the newest interval.
    pub users: f64,
    /// Requests finished per second in the newest interval.
    pub rate: f64,
    /// Of these, failed.
    pub failure_rate: f64,
    /// All requests so far.
    pub total: EntrySummary,
    /// By request name, so far.
    pub requests: Vec<EntrySummary>,
    /// The test over time. Old points are taken together: counts added, of percentiles the larger one.
    pub series: Vec<Point>,
    /// How each threshold stands.
    pub thresholds: Vec<ThresholdResult>,
    /// Shard-time measured by shard-time due so far.
    pub coverage: f64,
    /// Whether a worker was the bottleneck in the newest interval.
    pub saturated: bool,
    /// Why workers were the bottleneck, in words, so far.
    pub saturation: Vec<String>,
    /// Once there is one.
    pub verdict: Option<Verdict>,
}

impl LiveView {
    /// The view of a test that came to `summary` so far. `intervals`: every interval, in order.
    pub fn new(summary: Summary, intervals: Vec<Point>, phase: Phase, verdict: Option<Verdict>) -> Self {
        let newest = intervals.last().cloned().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let per_second = |count: u64| count as f64 / newest.length_us.as_secs_f64().max(1e-6);
        Self {
            id: summary.id,
            name: summary.name,
            phase,
            target: summary.target,
            started_at: summary.started_at,
            now_us: newest.at_us + newest.length_us,
            planned_us: summary.planned_us,
            users: newest.users,
            rate: per_second(newest.count),
            failure_rate: per_second(newest.failures),
            total: summary.total,
            requests: summary.requests,
            series: thinned(intervals),
            thresholds: summary.thresholds,
            coverage: summary.quality.coverage,
            saturated: newest.saturated,
            saturation: summary.quality.saturation,
            verdict,
        }
    }
}

/// The newest points as they are, older ones taken together in pairs until there are few enough.
fn thinned(mut points: Vec<Point>) -> Vec<Point> {
    while points.len() > MOST_POINTS {
        let old = points.len() / 2;
        let newer = points.split_off(old);
        points = points.chunks(2).map(together).collect();
        points.extend(newer);
    }
    points
}

fn together(pair: &[Point]) -> Point {
    let [first, second] = pair else { return pair[0].clone() };
    let larger = |pick: fn(&Point) -> Micros| pick(first).max(pick(second));
    let half = |a: f64, b: f64| a.midpoint(b);
    let mut point = first.clone();
    point.length_us = first.length_us + second.length_us;
    point.count += second.count;
    point.failures += second.failures;
    point.users = half(first.users, second.users);
    point.coverage = half(first.coverage, second.coverage);
    point.cpu_share = half(first.cpu_share, second.cpu_share);
    point.saturated |= second.saturated;
    point.lateness_p99_us = larger(|p| p.lateness_p99_us);
    for (mine, other) in [(&mut point.response, &second.response), (&mut point.service, &second.service)] {
        mine.p50_us = mine.p50_us.max(other.p50_us);
        mine.p90_us = mine.p90_us.max(other.p90_us);
        mine.p95_us = mine.p95_us.max(other.p95_us);
        mine.p99_us = mine.p99_us.max(other.p99_us);
        mine.max_us = mine.max_us.max(other.max_us);
    }
    point
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_points_are_thinned_and_nothing_is_lost() {
        let point =
            |n: u64| Point { at_us: Micros::from_secs(n), length_us: Micros::SECOND, count: n, ..Point::default() };
        let thin = thinned((0..10_000).map(point).collect());
        assert!(thin.len() <= MOST_POINTS);
        assert_eq!(thin.iter().map(|p| p.count).sum::<u64>(), (0..10_000_u64).sum::<u64>());
        assert!(thin.windows(2).all(|w| w[0].at_us + w[0].length_us == w[1].at_us), "the points do not tile the time");
        assert_eq!(thin.last().unwrap().length_us, Micros::SECOND);
    }
}
