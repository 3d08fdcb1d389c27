//! The charts of how times are spread: shares by time, and time by percentile.

use swarmgate_domain::{Bucket, CurveStep, Micros, Summary};

use super::charts::wants_log;
use super::time_charts::largest;
use crate::chart::{self, Axis, Bar, Chart, Layer, Place, Scale, Shape, Tick};

/// How many requests took how long.
pub fn distribution(summary: &Summary) -> Chart {
    let response = occupied(&summary.distribution.response);
    let service = occupied(&summary.distribution.service);
    let ranges = || response.iter().chain(service).map(range);
    let least = ranges().map(|range| range.0).fold(f64::INFINITY, f64::min);
    let x = chart::log(least, largest(ranges().map(|range| range.1)), chart::LEVEL, chart::latency_label);
    let highest = largest(shares(response).into_iter().chain(shares(service)));
    let y = chart::linear(highest, chart::share_label);
    let bars = |buckets: &[Bucket]| -> Vec<Bar> {
        let bar = |(bucket, share)| {
            let (from, to) = range(bucket);
            Bar { left: x.scale.place(from), right: x.scale.place(to), height: y.scale.place(share) }
        };
        buckets.iter().zip(shares(buckets)).map(bar).collect()
    };
    let layers = vec![
        Layer { class: "response", label: "response time", shape: Shape::Area, path: chart::bars(&bars(response)) },
        Layer { class: "service", label: "service time", shape: Shape::Line, path: chart::steps(&bars(service)) },
    ];
    Chart {
        id: "chart-distribution",
        kind: "distribution",
        clock: None,
        title: "Share of requests by time".to_owned(),
        description: "How many of all requests took how long, by both clocks, on a logarithmic axis of time."
            .to_owned(),
        x,
        y,
        shades: Vec::new(),
        layers,
    }
}

/// The buckets from the first to the last that is not empty.
fn occupied(buckets: &[Bucket]) -> &[Bucket] {
    let first = buckets.iter().position(|b| b.count > 0).unwrap_or(0);
    let end = buckets.iter().rposition(|b| b.count > 0).map_or(0, |last| last + 1);
    &buckets[first.min(end)..end]
}

/// From and to, in microseconds above zero, as a logarithm wants them.
fn range(bucket: &Bucket) -> (f64, f64) {
    (bucket.from_us.0.max(1) as f64, bucket.to_us.0.max(2) as f64)
}

fn shares(buckets: &[Bucket]) -> Vec<f64> {
    let total: u64 = buckets.iter().map(|b| b.count).sum();
    buckets.iter().map(|b| if total == 0 { 0.0 } else { b.count as f64 / total as f64 }).collect()
}

/// Where a percentile lies: each further nine takes the same room. 100 itself lies at the right end.
fn nines(percentile: f64) -> f64 {
    -(1.0 - percentile / 100.0).max(1e-9).log10()
}

/// How long the fastest requests up to each percentile took.
pub fn curve(summary: &Summary) -> Chart {
    let steps = &summary.distribution.curve;
    let last = largest(steps.iter().map(|s| s.percentile).filter(|p| *p < 100.0).map(nines)).max(1.0);
    let scale = Scale::Linear { from: 0.0, to: last + 0.15 };
    let ticks = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999]
        .into_iter()
        .filter(|p| nines(*p) <= last + 0.05)
        .map(|p| Tick { place: scale.place(nines(p)), label: format!("{p}") });
    let x = Axis { scale, ticks: ticks.collect() };
    let us = |time: Micros| time.0.max(1) as f64;
    let (least, most) = (
        steps.iter().map(|s| us(s.response_us).min(us(s.service_us))).fold(f64::INFINITY, f64::min),
        largest(steps.iter().map(|s| us(s.response_us).max(us(s.service_us)))),
    );
    let y = if wants_log(least, most) {
        chart::log(least, most, chart::UPRIGHT, chart::latency_label)
    } else {
        chart::linear(most, chart::latency_label)
    };
    let places = |get: fn(&CurveStep) -> Micros| -> Vec<Place> {
        steps.iter().map(|s| Some((x.scale.place(nines(s.percentile)), y.scale.place(us(get(s)))))).collect()
    };
    let layers = vec![
        Layer {
            class: "response",
            label: "response time",
            shape: Shape::Line,
            path: chart::line(&places(|s| s.response_us)),
        },
        Layer {
            class: "service",
            label: "service time",
            shape: Shape::Line,
            path: chart::line(&places(|s| s.service_us)),
        },
    ];
    Chart {
        id: "chart-curve",
        kind: "curve",
        clock: None,
        title: "Time by percentile".to_owned(),
        description: "How long the fastest requests up to each percentile took, by both clocks; each further nine has the same width.".to_owned(),
        x,
        y,
        shades: Vec::new(),
        layers,
    }
}
