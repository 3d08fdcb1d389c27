//! How times are spread: percentiles, ranges with counts, and the percentile curve.

use crate::histogram::Histogram;
use crate::summary::{Bucket, CurveStep, Distribution, Percentiles, PointPercentiles};
use crate::time::Micros;

impl Percentiles {
    /// The spread of the times in `histogram`.
    pub fn of(histogram: &Histogram) -> Self {
        let at = |percentile| histogram.percentile(percentile).unwrap_or_default();
        Self {
            count: histogram.count(),
            min_us: histogram.min().unwrap_or_default(),
            mean_us: histogram.mean().unwrap_or_default(),
            p50_us: at(50.0),
            p66_us: at(66.0),
            p75_us: at(75.0),
            p80_us: at(80.0),
            p90_us: at(90.0),
            p95_us: at(95.0),
            p98_us: at(98.0),
            p99_us: at(99.0),
            p99_9_us: at(99.9),
            p99_99_us: at(99.99),
            max_us: histogram.max().unwrap_or_default(),
        }
    }
}

impl PointPercentiles {
    /// The percentiles that are drawn over time, of the times in `histogram`.
    pub fn of(histogram: &Histogram) -> Self {
        let at = |percentile| histogram.percentile(percentile).unwrap_or_default();
        Self {
            p50_us: at(50.0),
            p90_us: at(90.0),
            p95_us: at(95.0),
            p99_us: at(99.0),
            max_us: histogram.max().unwrap_or_default(),
        }
    }
}

/// Ranges in the latency distribution: so many for each factor of ten.
const BUCKETS_A_DECADE: i32 = 12;

impl Distribution {
    /// The spread of response and service times, in the same ranges.
    pub fn of(response: &Histogram, service: &Histogram) -> Self {
        let longest = response.max().max(service.max()).unwrap_or_default();
        let shortest = response.min().into_iter().chain(service.min()).min().unwrap_or_default();
        let mut edges: Vec<Micros> = Vec::new();
        for step in 0.. {
            let edge = Micros::from_secs_f64(10_f64.powf(f64::from(step) / f64::from(BUCKETS_A_DECADE)) / 1e6);
            if edges.last() != Some(&edge) {
                edges.push(edge);
            }
            if edge > longest {
                break;
            }
        }
        let first = edges.partition_point(|edge| *edge <= shortest).saturating_sub(1);
        let edges = &edges[first..];
        let spread = |histogram: &Histogram| {
            let mut buckets: Vec<_> =
                edges.windows(2).map(|edge| Bucket { from_us: edge[0], to_us: edge[1], count: 0 }).collect();
            for (low, _, count) in histogram.ranges() {
                let place = buckets.partition_point(|b| b.to_us <= low).min(buckets.len().saturating_sub(1));
                if let Some(bucket) = buckets.get_mut(place) {
                    bucket.count += count;
                }
            }
            buckets
        };
        Self { response: spread(response), service: spread(service), curve: curve(response, service) }
    }
}

/// Percentiles at which the share of slower requests halves step by step, as far as there are requests to tell.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn curve(response: &Histogram, service: &Histogram) -> Vec<CurveStep> {
    let count = response.count() as f64;
    if count == 0.0 {
        return Vec::new();
    }
    let steps_of_halves = (0..200).map(|step| 100.0 * (1.0 - 0.5_f64.powf(f64::from(step) / 4.0)));
    let told = steps_of_halves.take_while(|percentile| (100.0 - percentile) / 100.0 * count >= 1.0);
    told.chain([100.0])
        .map(|percentile| CurveStep {
            percentile,
            response_us: response.percentile(percentile).unwrap_or_default(),
            service_us: service.percentile(percentile).unwrap_or_default(),
        })
        .collect()
}
