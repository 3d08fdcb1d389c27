//! The section of charts: over time, and how times are spread.

use maud::{Markup, html};
use swarmgate_domain::{Bucket, Micros, Point, PointPercentiles, Summary};

use super::chart_tables;
use crate::chart::{self, Axis, Chart, Layer, Place, Shade, ShadeDoubt, Shape};
use crate::format;

/// Below this coverage an interval is shaded.
const FULL: f64 = 0.999;

/// From this factor between the shortest and the longest time on, an even axis would hide the short ones.
const LOG_FROM: f64 = 30.0;

/// The charts, each with what it shows in words, and the numbers behind them as tables.
pub fn section(summary: &Summary) -> Markup {
    if summary.series.is_empty() {
        return html! {};
    }
    let log = wants_log(&summary.series);
    let axis_word = if log { "log" } else { "linear" };
    html! {
        section #charts aria-labelledby="charts-heading" data-axis=(axis_word) {
            div.section-head {
                h2 #charts-heading { "Over time" }
                div.toggles #chart-toggles {}
            }
            div.charts {
                (rate(summary).render())
                (percentiles(summary, "response", log).render())
                (percentiles(summary, "service", log).render())
                (users(summary).render())
                (lateness(summary).render())
            }
            (chart_tables::over_time(summary))
            @if !summary.distribution.curve.is_empty() || !summary.distribution.response.is_empty() {
                h2 { "How times are spread" }
                div.charts.pair {
                    @if !summary.distribution.response.is_empty() { (distribution(summary).render()) }
                    @if !summary.distribution.curve.is_empty() { (curve(summary).render()) }
                }
                (chart_tables::spread(summary))
            }
        }
    }
}

/// The x axis of test time, to the end of the test or of the data, whichever is later.
struct Time {
    axis: Axis,
    shades: Vec<Shade>,
}

impl Time {
    fn of(summary: &Summary) -> Self {
        let end = summary.series.iter().map(|p| p.at_us + p.length_us).max().unwrap_or_default();
        let axis = chart::test_time(end.max(summary.duration_us));
        let shades = shades(summary, &axis, end.max(summary.duration_us));
        Self { axis, shades }
    }

    /// A line's places: the middle of each point, broken where data is missing.
    fn places(&self, series: &[Point], y: &Axis, value: impl Fn(&Point) -> Option<f64>) -> Vec<Place> {
        let mut places = Vec::with_capacity(series.len());
        let mut end = series.first().map_or(Micros::ZERO, |p| p.at_us);
        for point in series {
            if point.at_us > end {
                places.push(None);
            }
            end = point.at_us + point.length_us;
            let middle = point.at_us.as_secs_f64() + point.length_us.as_secs_f64() / 2.0;
            places.push(value(point).map(|v| (self.axis.scale.place(middle), y.scale.place(v))));
        }
        places
    }
}

/// The spans in doubt; neighbours of the same doubt are one.
fn shades(summary: &Summary, axis: &Axis, end: Micros) -> Vec<Shade> {
    let mut spans: Vec<(Micros, Micros, ShadeDoubt)> = Vec::new();
    let mut add = |from, to, doubt| match spans.iter_mut().rev().find(|span| span.2 == doubt) {
        Some(span) if span.1 == from => span.1 = to,
        _ => spans.push((from, to, doubt)),
    };
    let mut covered = Micros::ZERO;
    for point in &summary.series {
        let to = point.at_us + point.length_us;
        if point.at_us > covered {
            add(covered, point.at_us, ShadeDoubt::Uncovered);
        }
        if point.coverage < FULL {
            add(point.at_us, to, ShadeDoubt::Uncovered);
        }
        if point.saturated {
            add(point.at_us, to, ShadeDoubt::Saturated);
        }
        covered = to;
    }
    if covered < end {
        add(covered, end, ShadeDoubt::Uncovered);
    }
    let place = |at: Micros| axis.scale.place(at.as_secs_f64());
    spans.into_iter().map(|(from, to, doubt)| Shade { from: place(from), to: place(to), doubt }).collect()
}

fn per_second(count: u64, point: &Point) -> f64 {
    let seconds = point.length_us.as_secs_f64();
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

fn measured(point: &Point, value: f64) -> Option<f64> {
    (point.coverage > 0.0).then_some(value)
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.filter(|v| v.is_finite()).fold(0.0, f64::max)
}

fn rate(summary: &Summary) -> Chart {
    let (time, series) = (Time::of(summary), &summary.series);
    let peak = largest(series.iter().map(|p| per_second(p.count, p)));
    let y = chart::linear(peak, chart::number_label);
    let requests = time.places(series, &y, |p| measured(p, per_second(p.count, p)));
    let failures = time.places(series, &y, |p| measured(p, per_second(p.failures, p)));
    let failed = match series.iter().map(|p| p.failures).sum() {
        0_u64 => "None failed.".to_owned(),
        count => format!("{} failed.", format::count(count)),
    };
    Chart {
        id: "chart-rate",
        kind: "rate",
        clock: None,
        title: "Requests per second".to_owned(),
        description: format!("Requests finished per second, at most {}. {failed}", format::rate(peak)),
        x: time.axis,
        y,
        shades: time.shades,
        layers: vec![
            Layer { class: "requests", label: "requests", shape: Shape::Line, path: chart::line(&requests) },
            Layer { class: "failures", label: "failures", shape: Shape::Area, path: chart::area(&failures) },
        ],
    }
}

type OfPoint = fn(&PointPercentiles) -> Micros;

/// The lines of the percentile chart. The longest time is added by the script on request: one outlier would flatten the rest.
const LINES: [(&str, OfPoint); 4] =
    [("p50", |p| p.p50_us), ("p90", |p| p.p90_us), ("p95", |p| p.p95_us), ("p99", |p| p.p99_us)];

/// The shortest and the longest time that is drawn, of both clocks: their charts have one axis, to be compared.
fn extremes(series: &[Point]) -> (f64, f64) {
    let with_requests = || series.iter().filter(|p| p.count > 0);
    let least = with_requests().map(|p| p.response.p50_us.min(p.service.p50_us)).min();
    let most = with_requests().map(|p| p.response.p99_us.max(p.service.p99_us)).max();
    let us = |time: Option<Micros>| time.map_or(0.0, |t| t.0.max(1) as f64);
    (us(least), us(most))
}

fn wants_log(series: &[Point]) -> bool {
    let (least, most) = extremes(series);
    most > least * LOG_FROM
}

fn percentiles(summary: &Summary, clock: &'static str, log: bool) -> Chart {
    let (time, series) = (Time::of(summary), &summary.series);
    let (least, most) = extremes(series);
    let y = if log && least > 0.0 {
        chart::log(least, most, chart::latency_label)
    } else {
        chart::linear(most, chart::latency_label)
    };
    let of = |p: &Point| if clock == "response" { p.response } else { p.service };
    let layers = LINES.map(|(class, get)| {
        let places = time.places(series, &y, |p| (p.count > 0).then(|| get(&of(p)).0 as f64));
        Layer { class, label: class, shape: Shape::Line, path: chart::line(&places) }
    });
    let (id, meaning, total) = match clock {
        "response" => ("chart-response", "due to last byte", &summary.total.response),
        _ => ("chart-service", "sent to last byte", &summary.total.service),
    };
    Chart {
        id,
        kind: "percentiles",
        clock: Some(clock),
        title: format!("{} time ({meaning})", if clock == "response" { "Response" } else { "Service" }),
        description: format!(
            "Percentiles of {clock} time over the test. Of the whole test: median {}, 95th percentile {}, 99th {}, longest {}.",
            format::latency(total.p50_us),
            format::latency(total.p95_us),
            format::latency(total.p99_us),
            format::latency(total.max_us),
        ),
        x: time.axis,
        y,
        shades: time.shades,
        layers: layers.into(),
    }
}

fn users(summary: &Summary) -> Chart {
    let (time, series) = (Time::of(summary), &summary.series);
    let peak = largest(series.iter().map(|p| p.users));
    let y = chart::linear(peak, chart::number_label);
    let places = time.places(series, &y, |p| measured(p, p.users));
    Chart {
        id: "chart-users",
        kind: "users",
        clock: None,
        title: "Users".to_owned(),
        description: format!("Users at work, on average of each interval, at most {}.", format::rate(peak)),
        x: time.axis,
        y,
        shades: time.shades,
        layers: vec![
            Layer { class: "users", label: "users", shape: Shape::Area, path: chart::area(&places) },
            Layer { class: "users", label: "", shape: Shape::Line, path: chart::line(&places) },
        ],
    }
}

fn lateness(summary: &Summary) -> Chart {
    let (time, series) = (Time::of(summary), &summary.series);
    let cpu = largest(series.iter().map(|p| p.cpu_share));
    let y = chart::linear(cpu.max(1.0), chart::share_label);
    let places = time.places(series, &y, |p| measured(p, p.cpu_share));
    Chart {
        id: "chart-generator",
        kind: "generator",
        clock: None,
        title: "Load generator: CPU".to_owned(),
        description: format!("The share of their CPU time that the workers used, at most {}.", format::percent(cpu)),
        x: time.axis,
        y,
        shades: time.shades,
        layers: vec![Layer { class: "cpu", label: "CPU", shape: Shape::Line, path: chart::line(&places) }],
    }
}

fn distribution(summary: &Summary) -> Chart {
    let (response, service) = (&summary.distribution.response, &summary.distribution.service);
    let ends = |b: &Bucket| (b.from_us.0.max(1) as f64, b.to_us.0.max(2) as f64);
    let occupied = || response.iter().chain(service).filter(|b| b.count > 0).map(ends);
    let least = occupied().map(|e| e.0).fold(f64::INFINITY, f64::min);
    let x = chart::log(least, largest(occupied().map(|e| e.1)), chart::latency_label);
    let share = |buckets: &[Bucket]| {
        let total: u64 = buckets.iter().map(|b| b.count).sum();
        let of = move |b: &Bucket| if total == 0 { 0.0 } else { b.count as f64 / total as f64 };
        buckets.iter().filter(|b| b.count > 0).map(|b| (ends(b), of(b))).collect::<Vec<_>>()
    };
    let (response, service) = (share(response), share(service));
    let y = chart::linear(largest(response.iter().chain(&service).map(|b| b.1)), chart::share_label);
    let bars = |buckets: &[((f64, f64), f64)]| {
        let place =
            |((from, to), share): &((f64, f64), f64)| (x.scale.place(*from), x.scale.place(*to), y.scale.place(*share));
        buckets.iter().map(place).collect::<Vec<_>>()
    };
    let layers = vec![
        Layer { class: "response", label: "response time", shape: Shape::Area, path: chart::bars(&bars(&response)) },
        Layer { class: "service", label: "service time", shape: Shape::Line, path: chart::steps(&bars(&service)) },
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

/// Where a percentile lies: each further nine takes the same room. 100 itself lies at the right end.
fn nines(percentile: f64) -> f64 {
    -(1.0 - percentile / 100.0).max(1e-9).log10()
}

fn curve(summary: &Summary) -> Chart {
    let steps = &summary.distribution.curve;
    let last = largest(steps.iter().map(|s| s.percentile).filter(|p| *p < 100.0).map(nines)).max(1.0);
    let scale = chart::Scale::Linear { from: 0.0, to: last + 0.15 };
    let ticks = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999]
        .into_iter()
        .filter(|p| nines(*p) <= last + 0.05)
        .map(|p| chart::Tick { place: scale.place(nines(p)), label: format!("{p}") });
    let x = Axis { scale, ticks: ticks.collect() };
    let us = |time: Micros| time.0.max(1) as f64;
    let (least, most) = (
        steps.iter().map(|s| us(s.response_us).min(us(s.service_us))).fold(f64::INFINITY, f64::min),
        largest(steps.iter().map(|s| us(s.response_us).max(us(s.service_us)))),
    );
    let y = if most > least * LOG_FROM {
        chart::log(least, most, chart::latency_label)
    } else {
        chart::linear(most, chart::latency_label)
    };
    let places = |get: fn(&swarmgate_domain::CurveStep) -> Micros| -> Vec<Place> {
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
