//! The report's CSV files under the names and with the columns that `locust --csv PREFIX` writes.

use std::fs;
use std::path::Path;

use swarmgate_domain::Summary;

use crate::exit::Failure;

/// The columns of Locust's history. What an interval does not keep is `N/A`, as Locust has it for intervals without requests.
const HISTORY: [&str; 24] = [
    "Timestamp",
    "User Count",
    "Type",
    "Name",
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
    "Total Request Count",
    "Total Failure Count",
    "Total Median Response Time",
    "Total Average Response Time",
    "Total Min Response Time",
    "Total Max Response Time",
    "Total Average Content Size",
];

/// Writes `PREFIX_stats.csv`, `PREFIX_failures.csv`, `PREFIX_exceptions.csv` and `PREFIX_stats_history.csv` of the report in `out`.
///
/// # Errors
/// [`Failure`]: a file can't be written.
pub fn write(out: &Path, prefix: &str, summary: &Summary) -> Result<(), Failure> {
    let failed = |to: &str, error: &std::io::Error| {
        Failure::could_not_run(format!("--csv `{prefix}`: writing `{to}`: {error}"))
            .with_hint(Some("give the beginning of a path in a folder that is there".to_owned()))
    };
    for (ours, theirs) in [("requests", "stats"), ("failures", "failures")] {
        let to = format!("{prefix}_{theirs}.csv");
        fs::copy(out.join(format!("{ours}.csv")), &to).map_err(|error| failed(&to, &error))?;
    }
    let to = format!("{prefix}_exceptions.csv");
    let exceptions = swarmgate_report::exceptions_csv(summary)
        .map_err(|error| Failure::could_not_run(format!("--csv `{prefix}`: writing `{to}`: {error}")))?;
    fs::write(&to, exceptions).map_err(|error| failed(&to, &error))?;
    let to = format!("{prefix}_stats_history.csv");
    fs::write(&to, history(summary)).map_err(|error| failed(&to, &error))
}

/// A row for each point of the test over time, all requests together.
fn history(summary: &Summary) -> String {
    let started = summary.started_at.unwrap_or_default();
    let (mut requests, mut failures) = (0, 0);
    let total = &summary.total;
    let ms = |micros: swarmgate_domain::Micros| format!("{}", micros.as_secs_f64() * 1e3);
    let mut text = HISTORY.join(",") + "\n";
    for point in &summary.series {
        requests += point.count;
        failures += point.failures;
        let seconds = point.length_us.as_secs_f64().max(1e-9);
        #[expect(clippy::cast_precision_loss, reason = "rates need no more than 53 bits")]
        let rate = |count: u64| format!("{:.6}", count as f64 / seconds);
        let at = |value: swarmgate_domain::Micros| if point.count == 0 { "N/A".to_owned() } else { ms(value) };
        let unknown = || "N/A".to_owned();
        let end = started + point.at_us + point.length_us;
        let row = [
            (end.0 / 1_000_000).to_string(),
            format!("{:.0}", point.users),
            String::new(),
            "Aggregated".to_owned(),
            rate(point.count),
            rate(point.failures),
            at(point.response.p50_us),
            unknown(),
            unknown(),
            unknown(),
            at(point.response.p90_us),
            at(point.response.p95_us),
            unknown(),
            at(point.response.p99_us),
            unknown(),
            unknown(),
            at(point.response.max_us),
            requests.to_string(),
            failures.to_string(),
            ms(total.response.p50_us),
            ms(total.response.mean_us),
            ms(total.response.min_us),
            ms(total.response.max_us),
            format!("{}", total.mean_body_bytes),
        ];
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}
