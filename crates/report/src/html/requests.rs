//! The tables of requests and of groups: both clocks in each cell, one above the other.

use maud::{Markup, html};
use swarmgate_domain::{EntrySummary, Micros, Percentiles, Summary};

use super::{headed, scrolled};
use crate::format;

/// All requests by name, and groups where there are any.
pub fn section(summary: &Summary) -> Markup {
    headed(
        "requests",
        "Requests",
        html! {
            p.lead {
                "In milliseconds: "
                b { "response time" } " (due to last byte) above " i { "service time" } " (sent to last byte)."
            }
            div.toggles #request-toggles {}
            (table("Requests", &summary.requests, Some(&summary.total)))
            @if !summary.groups.is_empty() {
                h3 { "Groups of steps" }
                p.lead { "From the first request of a group to its last, think time left out. Not part of the totals." }
                (table("Groups of steps", &summary.groups, None))
            }
        },
    )
}

type OfClock = fn(&Percentiles) -> Micros;

const COLUMNS: [(&str, OfClock); 7] = [
    ("mean", |p| p.mean_us),
    ("p50", |p| p.p50_us),
    ("p90", |p| p.p90_us),
    ("p95", |p| p.p95_us),
    ("p99", |p| p.p99_us),
    ("p99.9", |p| p.p99_9_us),
    ("max", |p| p.max_us),
];

fn table(label: &str, entries: &[EntrySummary], total: Option<&EntrySummary>) -> Markup {
    let methods = entries.iter().any(|entry| !entry.method.is_empty());
    scrolled(
        label,
        html! {
            table.entries.numbers.sortable {
                caption.sr { (label) " with counts, rates and times in milliseconds" }
                thead {
                    tr {
                        @if methods { th scope="col" { "Method" } }
                        th scope="col" { "Name" }
                        @for column in ["Count", "Failed", "Failed %", "Rate /s"] { th.num scope="col" { (column) } }
                        @for (column, _) in COLUMNS { th.num scope="col" { (column) } }
                        th.num scope="col" { "Mean size" }
                    }
                }
                tbody { @for entry in entries { (row(entry, methods)) } }
                @if let Some(total) = total { tfoot { (row(total, methods)) } }
            }
        },
    )
}

fn row(entry: &EntrySummary, methods: bool) -> Markup {
    html! {
        tr {
            @if methods { td.method.text { (entry.method) } }
            th.name scope="row" { (entry.name) }
            td { (format::count(entry.count)) }
            td.bad[entry.failures > 0] { (format::count(entry.failures)) }
            td data-v=(entry.error_rate) { (format::percent(entry.error_rate)) }
            td { (format::rate(entry.rate)) }
            @for (_, get) in COLUMNS { (both_clocks(entry, get)) }
            td data-v=(entry.mean_body_bytes) { (format::bytes(entry.mean_body_bytes)) }
        }
    }
}

fn both_clocks(entry: &EntrySummary, get: OfClock) -> Markup {
    let time = |p: &Percentiles| if p.count == 0 { "–".to_owned() } else { format::millis(get(p)) };
    html! {
        td { span.r { (time(&entry.response)) } span.s { (time(&entry.service)) } }
    }
}
