//! The head of the page: the verdict, each threshold, the key figures, the notes.

use maud::{Markup, html};
use swarmgate_domain::{Summary, ThresholdOutcome, ThresholdResult, Verdict};

use super::scrolled;
use crate::{format, words};

/// What the test says, and on what ground.
pub fn section(summary: &Summary) -> Markup {
    html! {
        section #verdict.verdict.(summary.verdict.word()) aria-labelledby="verdict-heading" {
            h2 #verdict-heading { (icon(summary.verdict.word())) (title(&summary.verdict)) }
            p.reason { (words::verdict_reason(summary)) }
            @if let Some(end) = words::early_end(&summary.ended) { p.ended { (end) } }
            (doubts(&summary.verdict))
            (revision(summary))
            (thresholds(summary))
        }
        (figures(summary))
        @if !summary.notes.is_empty() {
            section.notes aria-labelledby="notes-heading" {
                h2 #notes-heading { "Notes" }
                ul { @for note in &summary.notes { li { (note) } } }
            }
        }
    }
}

fn title(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Pass",
        Verdict::Fail { .. } => "Fail",
        Verdict::Inconclusive { .. } => "Inconclusive",
    }
}

/// A shape of its own for each outcome: colour alone does not reach everybody.
pub fn icon(word: &str) -> Markup {
    let path = match word {
        "pass" | "held" | "ok" => "M4.5 10.5l3.5 3.5 7.5-8",
        "fail" | "breached" => "M5.5 5.5l9 9M14.5 5.5l-9 9",
        _ => "M10 4.5v7M10 15v.5",
    };
    html! {
        svg.icon viewBox="0 0 20 20" aria-hidden="true" { path d=(path) {} }
    }
}

fn doubts(verdict: &Verdict) -> Markup {
    let Verdict::Inconclusive { doubts } = verdict else { return html! {} };
    html! {
        ul.doubts {
            @for doubt in doubts {
                li { @if doubts.len() > 1 { strong { (words::sentence(&doubt.to_string())) } " " } (words::advice(doubt)) }
            }
        }
    }
}

fn revision(summary: &Summary) -> Markup {
    let Some(first) = summary.first_verdict.as_ref().filter(|_| summary.revision > 1) else { return html! {} };
    html! {
        p.revision {
            "Revision " (summary.revision) ": made again with data that came after the verdict. The verdict that was given is "
            strong { (first.word()) }
            @match first {
                Verdict::Pass => {},
                Verdict::Fail { breaches } => { " (" (breaches.join("; ")) ")" },
                Verdict::Inconclusive { doubts } => {
                    " (" (doubts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")) ")"
                },
            }
            " and stays; the one above is what all data says."
        }
    }
}

fn thresholds(summary: &Summary) -> Markup {
    if summary.thresholds.is_empty() {
        return html! { p.none { "No thresholds." } };
    }
    html! {
        @if words::only_defaults(summary) {
            p.none { "No thresholds were given: these are the defaults. Give your own with the scenario or with --threshold." }
        }
        (scrolled("Thresholds", html! {
            table.thresholds {
                caption.sr { "Thresholds with what was measured" }
                thead {
                    tr {
                        th scope="col" { "Result" }
                        th scope="col" { "Threshold" }
                        th.num scope="col" { "Measured" }
                        th.num scope="col" { "Limit" }
                        th.num scope="col" { "To the limit" }
                    }
                }
                tbody { @for threshold in &summary.thresholds { (threshold_row(threshold)) } }
            }
        }))
    }
}

fn threshold_row(threshold: &ThresholdResult) -> Markup {
    let word = words::outcome(threshold.outcome);
    let class = match threshold.outcome {
        ThresholdOutcome::Held => "held",
        ThresholdOutcome::Breached => "breached",
        ThresholdOutcome::NoData => "nodata",
    };
    html! {
        tr.(class) {
            td.outcome { (icon(word)) (word) }
            th scope="row" { code { (threshold.threshold) } }
            td.num { @match threshold.value { Some(value) => (threshold.unit.display(value)), None => "–" } }
            td.num { (threshold.unit.display(threshold.limit)) }
            td.num { (margin(threshold)) }
        }
    }
}

/// How far the value lies from the limit: `38 % below`.
fn margin(threshold: &ThresholdResult) -> String {
    let Some(value) = threshold.value.filter(|_| threshold.limit > 0.0) else { return "–".to_owned() };
    let apart = (value - threshold.limit) / threshold.limit * 100.0;
    match apart {
        _ if apart == 0.0 => "equal".to_owned(),
        _ if apart >= 900.0 => format!("{:.0} times", apart / 100.0 + 1.0),
        _ if apart.abs() < 0.1 => format!("< 0.1 % {}", if apart > 0.0 { "above" } else { "below" }),
        _ if apart.abs() < 10.0 => format!("{:.1} % {}", apart.abs(), if apart > 0.0 { "above" } else { "below" }),
        _ => format!("{:.0} % {}", apart.abs(), if apart > 0.0 { "above" } else { "below" }),
    }
}

fn figures(summary: &Summary) -> Markup {
    let (total, load) = (&summary.total, &summary.load);
    let measured = |time| if total.response.count == 0 { "–".to_owned() } else { format::latency(time) };
    let failed = if total.failures > 0 { "bad" } else { "" };
    html! {
        section.figures aria-labelledby="figures-heading" {
            h2.sr #figures-heading { "Key figures" }
            dl {
                (figure("Requests", &format::count(total.count), "", &format!("{} per second", format::rate(total.rate))))
                (figure("Failed", &format::percent(total.error_rate), failed, &format::counted(total.failures, "request", "requests")))
                @for (name, response, service) in [
                    ("p50", total.response.p50_us, total.service.p50_us),
                    ("p95", total.response.p95_us, total.service.p95_us),
                    ("p99", total.response.p99_us, total.service.p99_us),
                ] {
                    (figure(&format!("Response {name}"), &measured(response), "", &format!("service {}", measured(service))))
                }
                (figure("Users at peak", &format::count(load.users_peak.into()), "", &format!("{} started", format::count(load.users_started))))
                (figure("Duration", &format::duration(summary.duration_us), "", &format!("of {} planned", format::duration(summary.planned_us))))
            }
        }
    }
}

fn figure(name: &str, value: &str, class: &str, beside: &str) -> Markup {
    html! {
        div {
            dt { (name) }
            dd.value.(class) { (value) }
            dd.beside { (beside) }
        }
    }
}
