//! The page of `swarmgate serve`: tests, the live view of one, and a form to start one. Its script speaks to the API.
//!
//! What it asks, on the paths of the API it is served from:
//! - `GET /tests` answers `{tests: [{id, name, target, phase, accepted_at, started_at, verdict}], next}`, the newest first;
//! - `POST /tests` takes `{scenario, users, spawn_rate, duration}` (a URL or YAML; the rest may be missing) with an
//!   `Idempotency-Key`, and answers `{id}`;
//! - `GET /tests/{id}/live` answers a [`LiveView`](swarmgate_domain::LiveView); one with a verdict has a report, which
//!   `GET /tests/{id}/report` opens;
//! - `POST /tests/{id}/stop`, and `PATCH /tests/{id}` with `{users, spawn_rate}`;
//! - an answer that is no success is a problem document (RFC 9457): `title`, `detail`, and `errors`, each with `field` and
//!   `problem`, and `allowed`, `help`, `line` and `column` where there are any.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart::{Axis, Chart, Layer, Shape, linear};

/// One self-contained page; all it needs lies in it, and all it shows comes from the API.
pub fn dashboard_page() -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Swarmgate" }
                link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%232166c4'/%3E%3C/svg%3E";
                style { (PreEscaped(include_str!("assets/base.css"))) (PreEscaped(include_str!("assets/dashboard.css"))) }
                script { (PreEscaped(include_str!("assets/theme.js"))) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (crate::html::chart_patterns())
                header.bar {
                    a.brand href="#" { "Swarmgate" }
                    div.theme #theme {}
                }
                main #main {
                    p.problem #problem role="alert" hidden {}
                    noscript { p.problem { "This page needs JavaScript: it asks the API for what it shows." } }
                    (list())
                    (live())
                }
                script {
                    @for part in [
                        include_str!("assets/chart.js"),
                        include_str!("assets/time_charts.js"),
                        include_str!("assets/tables.js"),
                        include_str!("assets/dashboard.js"),
                    ] {
                        (PreEscaped(part))
                    }
                }
            }
        }
    }
    .into_string()
}

/// All tests, and the form to start one.
fn list() -> Markup {
    html! {
        div #list hidden {
            h1 { "Load tests" }
            section.start aria-labelledby="start-heading" {
                h2 #start-heading { "Start a test" }
                form #start {
                    div.fields {
                        label.wide { span { "URL" } input name="target" type="url" placeholder="http://127.0.0.1:8080/" required; }
                        label { span { "Users" } input name="users" type="number" min="1" value="10" required; }
                        label { span { "Started per second" } input name="spawn_rate" type="number" min="0.01" step="any" value="1" required; }
                        label { span { "Duration" } input name="duration" value="1m" pattern="([0-9]+(\\.[0-9]+)?(ms|s|m|h))+" title="such as 30s, 5m or 1h30m" required; }
                        button.primary type="submit" { "Start" }
                    }
                    details {
                        summary { "Or a scenario" }
                        label.wide {
                            span { "YAML; it takes the place of the fields above" }
                            textarea name="scenario" rows="10" spellcheck="false" {}
                        }
                    }
                }
            }
            section aria-labelledby="tests-heading" {
                h2 #tests-heading { "Tests" }
                p.lead #no-tests hidden { "None yet." }
                div.scroll #tests-box tabindex="0" role="region" aria-label="Tests: table" hidden {
                    table {
                        caption.sr { "Tests, the newest first" }
                        thead { tr { @for head in ["Test", "Target", "State", "Started", "Report"] { th scope="col" { (head) } } } }
                        tbody #tests {}
                    }
                }
                p.more { button #older type="button" hidden { "Older tests" } }
            }
        }
    }
}

/// One test as it runs.
fn live() -> Markup {
    html! {
        div #live hidden {
            div.head {
                div.title {
                    h1 #name {}
                    p.muted { span #target {} " " code #test-id {} }
                }
                div.actions {
                    form #change {
                        label { span { "Users" } input name="users" type="number" min="0" required; }
                        label { span { "per second" } input name="spawn_rate" type="number" min="0.01" step="any" value="1" required; }
                        button type="submit" { "Change" }
                    }
                    button.danger #stop type="button" { "Stop" }
                    a.primary #report hidden { "Open the report" }
                }
            }
            div.state {
                p #phase role="status" {}
                progress #progress max="1" value="0" aria-label="Time of the test that is over" {}
                p.muted #clock {}
            }
            div.warning #warning role="status" hidden {}
            section.figures aria-labelledby="figures-heading" { h2.sr #figures-heading { "Key figures" } dl #figures {} }
            div.scroll #thresholds-box tabindex="0" role="region" aria-label="Thresholds: table" hidden {
                table.narrow {
                    caption.sr { "Thresholds, and what was measured so far" }
                    thead {
                        tr {
                            th scope="col" { "So far" }
                            th scope="col" { "Threshold" }
                            th.num scope="col" { "Measured" }
                        }
                    }
                    tbody #thresholds {}
                }
            }
            section #charts aria-labelledby="charts-heading" data-axis="linear" {
                div.section-head { h2 #charts-heading { "Over time" } div.toggles #chart-toggles {} }
                div.charts { @for chart in charts() { (chart.render()) } }
            }
            section #requests aria-labelledby="requests-heading" {
                h2 #requests-heading { "Requests" }
                p.lead { "In milliseconds: " b { "response time" } " (due to last byte) above " i { "service time" } " (sent to last byte)." }
                div.scroll tabindex="0" role="region" aria-label="Requests: table" {
                    table.entries.numbers.sortable {
                        caption.sr { "Requests with counts, rates and times in milliseconds" }
                        thead {
                            tr {
                                th scope="col" { "Method" }
                                th scope="col" { "Name" }
                                @for head in ["Count", "Failed", "Failed %", "Rate /s", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"] {
                                    th.num scope="col" { (head) }
                                }
                            }
                        }
                        tbody #entries {}
                        tfoot #aggregated {}
                    }
                }
            }
        }
    }
}

/// The report's charts over time, without anything in them yet.
fn charts() -> Vec<Chart> {
    let line = |class, label| Layer { class, label, shape: Shape::Line, path: String::new() };
    let area = |class, label| Layer { class, label, shape: Shape::Area, path: String::new() };
    let percentiles = || ["p50", "p90", "p95", "p99"].map(|p| line(p, p)).into();
    vec![
        empty("chart-rate", "rate", None, "Requests per second", vec![line("requests", "requests")]),
        empty("chart-failures", "failures", None, "Failures per second", vec![area("failures", "failures")]),
        empty("chart-response", "percentiles", Some("response"), "Response time (due to last byte)", percentiles()),
        empty("chart-service", "percentiles", Some("service"), "Service time (sent to last byte)", percentiles()),
        empty("chart-users", "users", None, "Users", vec![area("users", "users")]),
        empty("chart-generator", "generator", None, "Load generator: CPU", vec![line("cpu", "CPU")]),
    ]
}

fn empty(
    id: &'static str,
    kind: &'static str,
    clock: Option<&'static str>,
    title: &'static str,
    layers: Vec<Layer>,
) -> Chart {
    Chart {
        id,
        kind,
        clock,
        title: title.to_owned(),
        description: "Over the test so far, drawn anew each second. The figures above it say the same in numbers."
            .to_owned(),
        x: Axis { ticks: Vec::new(), ..linear(1.0, |_| String::new()) },
        y: Axis { ticks: Vec::new(), ..linear(1.0, |_| String::new()) },
        shades: Vec::new(),
        layers,
    }
}
