//! The newest numbers of a test in one line.

use swarmgate_domain::LiveView;

use crate::table::short;

/// `10s of 1m  users 100 | 95.2/s | …`
pub fn of(view: &LiveView) -> String {
    let warning = warning(view).map(|warning| format!(" | {warning}")).unwrap_or_default();
    format!("{} of {} | {}{warning}", view.now_us, view.planned_us, numbers(view))
}

/// Users, rate, percentiles of response time and errors of the newest interval.
pub fn numbers(view: &LiveView) -> String {
    let newest = view.series.last().cloned().unwrap_or_default();
    let errors = if view.rate > 0.0 { view.failure_rate / view.rate * 100.0 } else { 0.0 };
    format!(
        "users {:.0} | {:.1}/s | p50 {} p95 {} p99 {} | errors {errors:.2} % ({} so far)",
        view.users,
        view.rate,
        short(newest.response.p50_us),
        short(newest.response.p95_us),
        short(newest.response.p99_us),
        view.total.failures,
    )
}

/// Why the numbers may not be trusted.
pub fn warning(view: &LiveView) -> Option<String> {
    view.saturated.then(|| {
        let why = view.saturation.first().map_or("it is too slow", String::as_str);
        format!("SATURATED: this machine is the bottleneck: {why}")
    })
}
