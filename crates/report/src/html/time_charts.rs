//! The charts over time: requests and failures, percentiles of both clocks, users, the generator itself.

use swarmgate_domain::{Micros, Point, PointPercentiles, Summary};

use super::charts::wants_log;
use crate::chart::{self, Axis, Chart, Layer, Place, Shade, ShadeDoubt, Shape};
use crate::format;

/// Below this coverage an interval is shaded.
const FULL: f64 = 0.999;

/// All charts over time, in the order of the page. Failures have one of their own: at the scale of all requests few are none.
pub fn charts(summary: &Summary) -> Vec<Chart> {
    let mut charts = vec![rate(summary)];
    if summary.total.failures > 0 {
        charts.push(failures(summary));
    }
    charts.extend([percentiles(summary, Clock::Response), percentiles(summary, Clock::Service)]);
    charts.extend([users(summary), generator(summary)]);
    charts
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

pub fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.filter(|v| v.is_finite()).fold(0.0, f64::max)
}

fn rate(summary: &Summary) -> Chart {
    let (time, series) = (Time::of(summary), &summary.series);
    let peak = largest(series.iter().map(|p| per_second(p.count, p)));
    let y = chart::linear(peak, chart::number_label);
    let places = time.places(series, &y, |p| measured(p, per_second(p.count, p)));
    Chart {
        id: "chart-rate",
        kind: "rate",
        clock: None,
        title: "Requests per second".to_owned(),
        description: format!(
            "Requests finished per second, failures included: {} over the whole test, at most {} in an interval.",
            format::rate(summary.total.rate),
            format::rate(peak)
        ),
        x: time.axis,
        y,
        shades: time.shades,
        layers: vec![Layer { class: "requests", label: "requests", shape: Shape::Line, path: chart::line(&places) }],
    }
}

fn failures(summary: &Summary) -> Chart {
    let (time, series) = (Time::of(summary), &summary.series);
    let peak = largest(series.iter().map(|p| per_second(p.failures, p)));
    let y = chart::linear(peak, chart::number_label);
    let places = time.places(series, &y, |p| measured(p, per_second(p.failures, p)));
    Chart {
        id: "chart-failures",
        kind: "failures",
        clock: None,
        title: "Failures per second".to_owned(),
        description: format!(
            "Requests failed per second: {} in the whole test, at most {} per second in an interval.",
            format::count(summary.total.failures),
            format::rate(peak)
        ),
        x: time.axis,
        y,
        shades: time.shades,
        layers: vec![Layer { class: "failures", label: "failures", shape: Shape::Area, path: chart::area(&places) }],
    }
}

type OfPoint = fn(&PointPercentiles) -> Micros;

/// The lines of the percentile chart. The longest time is added by the script on request: one outlier would flatten the rest.
const LINES: [(&str, OfPoint); 4] =
    [("p50", |p| p.p50_us), ("p90", |p| p.p90_us), ("p95", |p| p.p95_us), ("p99", |p| p.p99_us)];

/// The shortest and the longest time that is drawn, in microseconds, of both clocks: their charts have one axis, to be compared.
pub fn extremes(series: &[Point]) -> (f64, f64) {
    let with_requests = || series.iter().filter(|p| p.count > 0);
    let least = with_requests().map(|p| p.response.p50_us.min(p.service.p50_us)).min();
    let most = with_requests().map(|p| p.response.p99_us.max(p.service.p99_us)).max();
    let us = |time: Option<Micros>| time.map_or(0.0, |t| t.0.max(1) as f64);
    (us(least), us(most))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Response,
    Service,
}

fn percentiles(summary: &Summary, clock: Clock) -> Chart {
    let (time, series) = (Time::of(summary), &summary.series);
    let (id, word, title, total) = match clock {
        Clock::Response => ("chart-response", "response", "Response time (due to last byte)", &summary.total.response),
        Clock::Service => ("chart-service", "service", "Service time (sent to last byte)", &summary.total.service),
    };
    let (least, most) = extremes(series);
    let y = if wants_log(least, most) {
        chart::log(least, most, chart::UPRIGHT, chart::latency_label)
    } else {
        chart::linear(most, chart::latency_label)
    };
    let of = |p: &Point| if clock == Clock::Response { p.response } else { p.service };
    let layers = LINES.map(|(class, get)| {
        let places = time.places(series, &y, |p| (p.count > 0).then(|| get(&of(p)).0 as f64));
        Layer { class, label: class, shape: Shape::Line, path: chart::line(&places) }
    });
    Chart {
        id,
        kind: "percentiles",
        clock: Some(word),
        title: title.to_owned(),
        description: format!(
            "Percentiles of {word} time over the test. Of the whole test: median {}, 95th percentile {}, 99th {}, longest {}.",
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

fn generator(summary: &Summary) -> Chart {
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
