//! The numbers behind the charts, for those who read rather than look.

use maud::{Markup, html};
use swarmgate_domain::{Point, Summary};

use crate::format;

/// More rows than this nobody reads; the file of intervals has them all.
const MOST_ROWS: usize = 60;

/// The series, every n-th point of it when it is long.
pub fn over_time(summary: &Summary) -> Markup {
    let every = summary.series.len().div_ceil(MOST_ROWS).max(1);
    html! {
        details.data {
            summary { "Over time, as a table" }
            @if every > 1 {
                p { "Every " (every) ". point; each interval is in " a href="intervals.csv" { "intervals.csv" } "." }
            }
            div.scroll tabindex="0" role="region" aria-label="Over time, as a table" {
                table.numbers {
                    caption.sr { "Requests, users and times over the test; times in milliseconds" }
                    thead {
                        tr {
                            th.num scope="col" rowspan="2" { "Test time" }
                            th.num scope="col" rowspan="2" { "Requests/s" }
                            th.num scope="col" rowspan="2" { "Failures" }
                            th.num scope="col" rowspan="2" { "Users" }
                            th scope="colgroup" colspan="5" { "Response time, ms" }
                            th scope="colgroup" colspan="5" { "Service time, ms" }
                            th.num scope="col" rowspan="2" { "CPU" }
                            th scope="col" rowspan="2" { "Data" }
                        }
                        tr {
                            @for _ in 0..2 {
                                @for column in ["p50", "p90", "p95", "p99", "max"] { th.num scope="col" { (column) } }
                            }
                        }
                    }
                    tbody {
                        @for point in summary.series.iter().step_by(every) { (row(point)) }
                    }
                }
            }
        }
    }
}

fn row(point: &Point) -> Markup {
    let seconds = point.length_us.as_secs_f64();
    let rate = if seconds > 0.0 { point.count as f64 / seconds } else { 0.0 };
    let doubt = match (point.saturated, point.coverage < 0.999) {
        (false, false) => "",
        (true, false) => "saturated",
        (false, true) => "incomplete",
        (true, true) => "saturated, incomplete",
    };
    html! {
        tr {
            th.num scope="row" { (format::test_time(point.at_us)) }
            td { (format::rate(rate)) }
            td { (format::count(point.failures)) }
            td { (format::rate(point.users)) }
            @for times in [&point.response, &point.service] {
                @for time in [times.p50_us, times.p90_us, times.p95_us, times.p99_us, times.max_us] {
                    td { @if point.count > 0 { (format::millis(time)) } @else { "–" } }
                }
            }
            td { (format::percent(point.cpu_share)) }
            td.text { (doubt) }
        }
    }
}

/// The percentile curve.
pub fn spread(summary: &Summary) -> Markup {
    let steps = &summary.distribution.curve;
    let every = steps.len().div_ceil(MOST_ROWS).max(1);
    html! {
        @if !steps.is_empty() {
            details.data {
                summary { "Times by percentile, as a table" }
                div.scroll tabindex="0" role="region" aria-label="Times by percentile, as a table" {
                    table.narrow {
                        caption.sr { "Response and service time by percentile, in milliseconds" }
                        thead {
                            tr {
                                th.num scope="col" { "Percentile" }
                                th.num scope="col" { "Response time, ms" }
                                th.num scope="col" { "Service time, ms" }
                            }
                        }
                        tbody {
                            @for step in steps.iter().step_by(every) {
                                tr {
                                    th.num scope="row" { (step.percentile) }
                                    td.num { (format::millis(step.response_us)) }
                                    td.num { (format::millis(step.service_us)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
