//! Why requests failed, and which exceptions left tasks of a script, and from when to when.

use maud::{Markup, html};
use swarmgate_domain::{ExceptionSummary, FailureSummary, Micros, Summary};

use super::{headed, scrolled};
use crate::format;

/// Each way in which requests failed.
pub fn section(summary: &Summary) -> Markup {
    let failures = &summary.failures;
    headed(
        "failures",
        "Failures",
        html! {
            @if failures.is_empty() {
                p.lead { "No request failed." }
            } @else {
                (scrolled("Failures", html! {
                    table.failures.sortable {
                        caption.sr { "Failures by kind and request, with when they came" }
                        thead {
                            tr {
                                th scope="col" { "Kind" }
                                th scope="col" { "Method" }
                                th scope="col" { "Name" }
                                th scope="col" { "Detail" }
                                th.num scope="col" { "Count" }
                                th.num scope="col" { "Of failures" }
                                th.num scope="col" { "First seen" }
                                th.num scope="col" { "Last seen" }
                            }
                        }
                        tbody { @for failure in failures { (row(summary, failure)) } }
                    }
                }))
            }
            @if !summary.exceptions.is_empty() {
                h3 { "Exceptions" }
                (scrolled("Exceptions", html! {
                    table.failures.sortable {
                        caption.sr { "Exceptions that left tasks, with when they came" }
                        thead {
                            tr {
                                th scope="col" { "Exception" }
                                th scope="col" { "Traceback" }
                                th.num scope="col" { "Count" }
                                th.num scope="col" { "First seen" }
                                th.num scope="col" { "Last seen" }
                            }
                        }
                        tbody { @for exception in &summary.exceptions { (exception_row(summary, exception)) } }
                    }
                }))
            }
        },
    )
}

fn exception_row(summary: &Summary, exception: &ExceptionSummary) -> Markup {
    html! {
        tr {
            th.name scope="row" { (exception.message) }
            td.detail.text { details { summary { "Show" } pre { (exception.traceback) } } }
            td.num data-v=(exception.count) { (format::count(exception.count)) }
            (seen(summary.started_at, exception.first_us))
            (seen(summary.started_at, exception.last_us))
        }
    }
}

fn row(summary: &Summary, failure: &FailureSummary) -> Markup {
    let share = failure.count as f64 / (summary.total.failures.max(failure.count).max(1)) as f64;
    html! {
        tr {
            td.text { (failure.kind.label()) }
            td.method.text { (failure.method) }
            th.name scope="row" { (failure.name) }
            td.detail.text { (failure.detail) }
            td.num data-v=(failure.count) { (format::count(failure.count)) }
            td.num data-v=(failure.count) { (format::percent(share)) }
            (seen(summary.started_at, failure.first_us))
            (seen(summary.started_at, failure.last_us))
        }
    }
}

/// Test time, and the clock's below it.
fn seen(started_at: Option<Micros>, at: Micros) -> Markup {
    html! {
        td.num.seen data-v=(at.0) {
            (format::test_time(at))
            @if let Some(time) = started_at.and_then(|start| format::utc_for_people(start + at)) {
                span.muted { (time) }
            }
        }
    }
}
