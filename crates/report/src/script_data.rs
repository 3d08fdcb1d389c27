//! The numbers that the page's script draws and shows: columns, since a name for each number would double the file.

use serde::Serialize;
use swarmgate_domain::{Bucket, Micros, Point, PointPercentiles, Summary};

/// JSON for a `script` element.
pub fn json(summary: &Summary) -> String {
    let series = &summary.series;
    let data = Data {
        start_us: summary.started_at,
        duration_us: summary.duration_us,
        runs: runs(series),
        count: series.iter().map(|p| p.count).collect(),
        failures: series.iter().map(|p| p.failures).collect(),
        users: series.iter().map(|p| rounded(p.users)).collect(),
        cpu: series.iter().map(|p| rounded(p.cpu_share)).collect(),
        lateness: series.iter().map(|p| p.lateness_p99_us).collect(),
        coverage: series.iter().map(|p| rounded(p.coverage)).collect(),
        saturated: series.iter().map(|p| u8::from(p.saturated)).collect(),
        response: Clock::of(series, |p| &p.response),
        service: Clock::of(series, |p| &p.service),
        distribution: Spread {
            from: summary.distribution.response.iter().map(|b| b.from_us).collect(),
            to: summary.distribution.response.iter().map(|b| b.to_us).collect(),
            response: counts(&summary.distribution.response),
            service: counts(&summary.distribution.service),
        },
        curve: Curve {
            percentile: summary.distribution.curve.iter().map(|s| s.percentile).collect(),
            response: summary.distribution.curve.iter().map(|s| s.response_us).collect(),
            service: summary.distribution.curve.iter().map(|s| s.service_us).collect(),
        },
    };
    // In a script element only `</` and `<!--` could end or confuse it; JSON may write `<` in another way.
    serde_json::to_string(&data).expect("numbers in lists are always JSON").replace('<', "\\u003c")
}

#[derive(Serialize)]
struct Data {
    start_us: Option<Micros>,
    duration_us: Micros,
    /// Where points lie: first, length of each, how many follow one another.
    runs: Vec<(Micros, Micros, u64)>,
    count: Vec<u64>,
    failures: Vec<u64>,
    users: Vec<f64>,
    cpu: Vec<f64>,
    lateness: Vec<Micros>,
    coverage: Vec<f64>,
    saturated: Vec<u8>,
    response: Clock,
    service: Clock,
    distribution: Spread,
    curve: Curve,
}

#[derive(Serialize)]
struct Clock {
    p50: Vec<Micros>,
    p90: Vec<Micros>,
    p95: Vec<Micros>,
    p99: Vec<Micros>,
    max: Vec<Micros>,
}

impl Clock {
    fn of(series: &[Point], clock: fn(&Point) -> &PointPercentiles) -> Self {
        let column = |get: fn(&PointPercentiles) -> Micros| series.iter().map(|p| get(clock(p))).collect();
        Self {
            p50: column(|p| p.p50_us),
            p90: column(|p| p.p90_us),
            p95: column(|p| p.p95_us),
            p99: column(|p| p.p99_us),
            max: column(|p| p.max_us),
        }
    }
}

#[derive(Serialize)]
struct Spread {
    from: Vec<Micros>,
    to: Vec<Micros>,
    response: Vec<u64>,
    service: Vec<u64>,
}

#[derive(Serialize)]
struct Curve {
    percentile: Vec<f64>,
    response: Vec<Micros>,
    service: Vec<Micros>,
}

/// Most tests are one run: points of one length without a gap.
fn runs(series: &[Point]) -> Vec<(Micros, Micros, u64)> {
    let mut runs: Vec<(Micros, Micros, u64)> = Vec::new();
    for point in series {
        match runs.last_mut() {
            Some((at, length, points)) if *length == point.length_us && at.0 + length.0 * *points == point.at_us.0 => {
                *points += 1;
            }
            _ => runs.push((point.at_us, point.length_us, 1)),
        }
    }
    runs
}

fn counts(buckets: &[Bucket]) -> Vec<u64> {
    buckets.iter().map(|b| b.count).collect()
}

/// To four decimals: more is noise, and makes the file long.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
