//! Where the time of requests went, and what was answered.

use std::collections::BTreeSet;

use maud::{Markup, html};
use swarmgate_domain::{EntrySummary, Micros, Percentiles, Summary};

use super::{headed, scrolled};
use crate::format;

/// The phases of a request for all requests and for each, and the answers by status.
pub fn section(summary: &Summary) -> Markup {
    let statuses: BTreeSet<u16> = summary.total.statuses.keys().copied().collect();
    html! {
        (headed("timings", "Phases of a request", phases(summary)))
        @if !statuses.is_empty() { (headed("statuses", "Answers by status", answers(summary, &statuses))) }
    }
}

type OfEntry = fn(&EntrySummary) -> &Percentiles;

const PHASES: [(&str, &str, OfEntry); 8] = [
    ("Response time", "due to last byte", |e| &e.response),
    ("Service time", "sent to last byte", |e| &e.service),
    ("of those that succeeded", "service time", |e| &e.service_succeeded),
    ("of those that failed", "service time", |e| &e.service_failed),
    ("Wait for a connection", "part of response time", |e| &e.pool_wait),
    ("Connect", "of new connections, TCP", |e| &e.connect),
    ("TLS handshake", "of new connections", |e| &e.tls),
    ("First byte", "from sent", |e| &e.first_byte),
];

type OfTimes = fn(&Percentiles) -> Micros;

const COLUMNS: [(&str, OfTimes); 9] = [
    ("min", |p| p.min_us),
    ("mean", |p| p.mean_us),
    ("p50", |p| p.p50_us),
    ("p75", |p| p.p75_us),
    ("p90", |p| p.p90_us),
    ("p95", |p| p.p95_us),
    ("p99", |p| p.p99_us),
    ("p99.9", |p| p.p99_9_us),
    ("max", |p| p.max_us),
];

fn phases(summary: &Summary) -> Markup {
    let measured: Vec<_> = PHASES.into_iter().filter(|(_, _, get)| get(&summary.total).count > 0).collect();
    html! {
        @if measured.is_empty() {
            p.lead { "No request was finished." }
        } @else {
            p.lead { "All requests together, in milliseconds." }
            (scrolled("Phases of a request", html! {
                table.phases.numbers {
                    caption.sr { "Phases of a request, all requests together, in milliseconds" }
                    thead {
                        tr {
                            th scope="col" { "Phase" }
                            th.num scope="col" { "Count" }
                            @for (column, _) in COLUMNS { th.num scope="col" { (column) } }
                        }
                    }
                    tbody {
                        @for (name, meaning, get) in measured { (phase_row(name, meaning, get(&summary.total))) }
                    }
                }
            }))
        }
        @if summary.requests.len() > 1 { (phases_by_request(summary)) }
        (traffic(summary))
    }
}

fn phase_row(name: &str, meaning: &str, times: &Percentiles) -> Markup {
    html! {
        tr {
            th scope="row" { (name) " " span.muted { (meaning) } }
            td { (format::count(times.count)) }
            @for (_, column) in COLUMNS { td { (format::millis(column(times))) } }
        }
    }
}

/// Median and 99th percentile only: two numbers a phase are what fits beside each other.
fn phases_by_request(summary: &Summary) -> Markup {
    const SHORT: [(&str, OfEntry); 4] = [
        ("Wait for a connection", |e| &e.pool_wait),
        ("Connect", |e| &e.connect),
        ("TLS handshake", |e| &e.tls),
        ("First byte", |e| &e.first_byte),
    ];
    html! {
        details.data {
            summary { "Phases by request" }
            (scrolled("Phases by request", html! {
                table.numbers {
                    caption.sr { "Phases by request, in milliseconds" }
                    thead {
                        tr {
                            th scope="col" rowspan="2" { "Request" }
                            @for (phase, _) in SHORT { th scope="colgroup" colspan="3" { (phase) } }
                        }
                        tr {
                            @for _ in SHORT {
                                @for column in ["count", "p50", "p99"] { th.num scope="col" { (column) } }
                            }
                        }
                    }
                    tbody {
                        @for entry in &summary.requests {
                            tr {
                                th.name scope="row" { span.method { (entry.method) } " " (entry.name) }
                                @for (_, get) in SHORT {
                                    @let times = get(entry);
                                    td { (format::count(times.count)) }
                                    @for time in [times.p50_us, times.p99_us] {
                                        td { @if times.count > 0 { (format::millis(time)) } @else { "–" } }
                                    }
                                }
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn traffic(summary: &Summary) -> Markup {
    let total = &summary.total;
    let seconds = summary.duration_us.as_secs_f64().max(1e-6);
    let of = |bytes: u64| format!("{} ({}/s)", format::bytes(bytes as f64), format::bytes(bytes as f64 / seconds));
    html! {
        dl.facts {
            div { dt { "Sent" } dd { (of(total.sent_bytes)) } }
            div { dt { "Received" } dd { (of(total.received_bytes)) } }
            div { dt { "Connections opened" } dd { (format::count(summary.load.connections_opened)) } }
            div { dt { "Redirects followed" } dd { (format::count(total.redirects)) } }
            div {
                dt { "Iterations" }
                dd { (format::count(summary.load.iterations_finished)) " of " (format::count(summary.load.iterations_started)) " finished" }
            }
        }
    }
}

fn answers(summary: &Summary, statuses: &BTreeSet<u16>) -> Markup {
    scrolled(
        "Answers by status",
        html! {
            table.narrow.numbers {
                caption.sr { "Answers by request and status; each redirect is an answer of its own" }
                thead {
                    tr {
                        th scope="col" { "Request" }
                        @for status in statuses { th.num scope="col" { (status) } }
                    }
                }
                tbody {
                    @for entry in &summary.requests {
                        tr {
                            th.name scope="row" { span.method { (entry.method) } " " (entry.name) }
                            @for status in statuses { (status_cell(entry, *status)) }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" { (summary.total.name) }
                        @for status in statuses { (status_cell(&summary.total, *status)) }
                    }
                }
            }
        },
    )
}

fn status_cell(entry: &EntrySummary, status: u16) -> Markup {
    let count = entry.statuses.get(&status).copied().unwrap_or(0);
    html! {
        td.muted[count == 0].bad[count > 0 && status >= 400] {
            @if count == 0 { "–" } @else { (format::count(count)) }
        }
    }
}
