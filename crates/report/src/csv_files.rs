//! The tables for spreadsheets and scripts. `requests.csv` and `failures.csv` have Locust's columns, so that what reads those reads these.

use swarmgate_domain::{EntrySummary, Micros, Point, Summary};

use crate::files::ReportError;
use crate::format;

/// One line an interval: when, how many, and the percentiles of both clocks in milliseconds.
///
/// # Errors
/// [`ReportError::Csv`].
pub fn intervals_csv(started_at: Option<Micros>, intervals: &[Point]) -> Result<Vec<u8>, ReportError> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut columns: Vec<String> =
        ["test_time_s", "wall_time", "length_s", "requests", "failures", "requests_per_s", "failures_per_s", "users"]
            .map(str::to_owned)
            .into();
    for clock in ["response", "service"] {
        columns.extend(["p50", "p90", "p95", "p99", "max"].map(|column| format!("{clock}_{column}_ms")));
    }
    columns.extend(["coverage", "saturated", "cpu_share", "lateness_p99_ms"].map(str::to_owned));
    csv.write_record(columns)?;
    for point in intervals {
        let seconds = point.length_us.as_secs_f64();
        let per_second = |count: u64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        let mut row = vec![
            decimal(point.at_us.as_secs_f64()),
            started_at.and_then(|start| format::utc(start + point.at_us)).unwrap_or_default(),
            decimal(seconds),
            point.count.to_string(),
            point.failures.to_string(),
            decimal(per_second(point.count)),
            decimal(per_second(point.failures)),
            decimal(point.users),
        ];
        for clock in [&point.response, &point.service] {
            // No requests have no percentiles: an empty cell, not a time of zero.
            row.extend(
                [clock.p50_us, clock.p90_us, clock.p95_us, clock.p99_us, clock.max_us]
                    .map(|time| if point.count == 0 { String::new() } else { millis(time) }),
            );
        }
        row.extend([
            decimal(point.coverage),
            point.saturated.to_string(),
            decimal(point.cpu_share),
            millis(point.lateness_p99_us),
        ]);
        csv.write_record(row)?;
    }
    finish(csv)
}

/// The columns of Locust's `_stats.csv`, its `Aggregated` row last.
///
/// Times are service times in milliseconds: what Locust calls response time is from when it sends to the last byte.
///
/// # Errors
/// [`ReportError::Csv`].
pub fn requests_csv(summary: &Summary) -> Result<Vec<u8>, ReportError> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record([
        "Type",
        "Name",
        "Request Count",
        "Failure Count",
        "Median Response Time",
        "Average Response Time",
        "Min Response Time",
        "Max Response Time",
        "Average Content Size",
        "Requests/s",
        "Failures/s",
        "50%",
        "66%",
        "75%",
        "80%",
        "90%",
        "95%",
        "98%",
        "99%",
        "99.9%",
        "99.99%",
        "100%",
    ])?;
    for entry in &summary.requests {
        csv.write_record(locust_row(&entry.method, &entry.name, entry))?;
    }
    csv.write_record(locust_row("", "Aggregated", &summary.total))?;
    finish(csv)
}

fn locust_row(method: &str, name: &str, entry: &EntrySummary) -> Vec<String> {
    let times = &entry.service;
    let mut row = vec![method.to_owned(), name.to_owned(), entry.count.to_string(), entry.failures.to_string()];
    row.extend([times.p50_us, times.mean_us, times.min_us, times.max_us].map(millis));
    row.extend([entry.mean_body_bytes, entry.rate, entry.failure_rate].map(decimal));
    row.extend(
        [
            times.p50_us,
            times.p66_us,
            times.p75_us,
            times.p80_us,
            times.p90_us,
            times.p95_us,
            times.p98_us,
            times.p99_us,
            times.p99_9_us,
            times.p99_99_us,
            times.max_us,
        ]
        .map(millis),
    );
    row
}

/// The columns of Locust's `_failures.csv`, with when each came first and last: clock time, or test time where there is none.
///
/// # Errors
/// [`ReportError::Csv`].
pub fn failures_csv(summary: &Summary) -> Result<Vec<u8>, ReportError> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"])?;
    for failure in &summary.failures {
        let seen = |at: Micros| {
            summary.started_at.and_then(|start| format::utc(start + at)).unwrap_or_else(|| format::test_time(at))
        };
        csv.write_record([
            failure.method.clone(),
            failure.name.clone(),
            crate::words::error(failure),
            failure.count.to_string(),
            seen(failure.first_us),
            seen(failure.last_us),
        ])?;
    }
    finish(csv)
}

/// The columns of Locust's `_exceptions.csv`. `Nodes` has what ran them; workers are not told apart.
///
/// # Errors
/// [`ReportError::Csv`].
pub fn exceptions_csv(summary: &Summary) -> Result<Vec<u8>, ReportError> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["Count", "Message", "Traceback", "Nodes"])?;
    for exception in &summary.exceptions {
        csv.write_record([&exception.count.to_string(), &exception.message, &exception.traceback, "local"])?;
    }
    finish(csv)
}

fn finish(csv: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, ReportError> {
    csv.into_inner().map_err(|error| ReportError::Csv(csv::Error::from(error.into_error())))
}

/// Exact to the microsecond, without zeros that say nothing: `12.345`.
fn millis(time: Micros) -> String {
    let text = format!("{}.{:03}", time.0 / 1_000, time.0 % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// At most six decimals, without zeros that say nothing.
fn decimal(value: f64) -> String {
    let text = format!("{value:.6}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
