//! `index.html`: one file that works from disk, without network and without JavaScript.

mod about;
mod chart_tables;
mod charts;
mod failures;
mod outcome;
mod quality;
mod requests;
mod spread_charts;
mod time_charts;
mod timings;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use swarmgate_domain::{Summary, Verdict};

use crate::format;
use crate::script_data;

/// The page of a report: the verdict first, then how far to trust it, then the numbers.
pub fn report_page(summary: &Summary) -> String {
    let title = format!("{}: {} - Swarmgate", summary.verdict.word(), summary.name);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href=(favicon(&summary.verdict));
                style { (PreEscaped(include_str!("../assets/base.css"))) (PreEscaped(include_str!("../assets/report.css"))) }
                script { (PreEscaped(include_str!("../assets/theme.js"))) }
            }
            body {
                a.skip href="#main" { "Skip to the verdict" }
                (chart_patterns())
                (header(summary))
                main #main {
                    (outcome::section(summary))
                    (quality::section(summary))
                    (charts::section(summary))
                    (requests::section(summary))
                    (timings::section(summary))
                    (failures::section(summary))
                    (about::section(summary))
                }
                (footer(summary))
                script #chart-data type="application/json" { (PreEscaped(script_data::json(summary))) }
                script {
                    @for part in [
                        include_str!("../assets/chart.js"),
                        include_str!("../assets/time_charts.js"),
                        include_str!("../assets/tables.js"),
                        include_str!("../assets/report.js"),
                    ] {
                        (PreEscaped(part))
                    }
                }
            }
        }
    }
    .into_string()
}

fn header(summary: &Summary) -> Markup {
    html! {
        header.top {
            div.title {
                p.brand { "Swarmgate" span { " load test report" } }
                h1 { (summary.name) }
                p.target { (summary.target) }
                @if let Some(description) = &summary.description { p.description { (description) } }
            }
            dl.when {
                div { dt { "Test" } dd { code { (summary.id) } } }
                @if let Some(start) = summary.started_at.and_then(format::utc_for_people) {
                    div { dt { "Started" } dd { (start) } }
                }
                @if summary.revision > 1 { div { dt { "Revision" } dd { (summary.revision) } } }
                @for (key, value) in &summary.labels { div { dt { (key) } dd { (value) } } }
            }
            div.theme #theme {}
        }
        nav.contents aria-label="Contents" {
            a href="#verdict" { "Verdict" }
            a href="#quality" { "Data quality" }
            @if !summary.series.is_empty() { a href="#charts" { "Charts" } }
            a href="#requests" { "Requests" }
            a href="#failures" { "Failures" }
            a href="#about" { "Scenario and environment" }
        }
    }
}

fn footer(summary: &Summary) -> Markup {
    let files = [
        ("summary.json", "all numbers"),
        ("junit.xml", "for a CI"),
        ("intervals.csv", "each interval"),
        ("requests.csv", "Locust's columns"),
        ("failures.csv", "Locust's columns"),
        ("latency.hlog", "HdrHistogram log"),
    ];
    html! {
        footer {
            p { "Beside this page: " }
            ul {
                @for (name, what) in files { li { a href=(name) { (name) } " " span { (what) } } }
            }
            p { "Test " code { (summary.id) } ", revision " (summary.revision) ", format " (summary.format) "." }
        }
    }
}

/// The hatches that shade data in doubt; styles refer to them by id.
pub fn chart_patterns() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                @for (id, path) in [("hatch-saturated", "M0 8L8 0M-2 2L2 -2M6 10L10 6"), ("hatch-uncovered", "M0 0L8 8M-2 6L2 10M6 -2L10 2M0 8L8 0M-2 2L2 -2M6 10L10 6")] {
                    pattern id=(id) width="8" height="8" patternUnits="userSpaceOnUse" { path d=(path) {} }
                }
            }
        }
    }
}

/// A dot in the colour of the verdict, so that a tab among many says how the test ended.
fn favicon(verdict: &Verdict) -> String {
    let colour = match verdict {
        Verdict::Pass => "1a7f37",
        Verdict::Fail { .. } => "c4302b",
        Verdict::Inconclusive { .. } => "9a6700",
    };
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%23{colour}'/%3E%3C/svg%3E"
    )
}

/// A section with a heading that names it.
fn headed(id: &str, heading: &str, content: Markup) -> Markup {
    let heading_id = format!("{id}-heading");
    html! {
        section id=(id) aria-labelledby=(heading_id) {
            h2 id=(heading_id) { (heading) }
            (content)
        }
    }
}

/// A wide table in a box of its own to scroll in, which the keyboard reaches.
fn scrolled(label: &str, table: Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label={ (label) ": table" } { (table) } }
}
