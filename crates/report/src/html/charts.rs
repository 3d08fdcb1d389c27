//! The section of charts: over time, and how times are spread.

use maud::{Markup, html};
use swarmgate_domain::Summary;

use super::{chart_tables, spread_charts, time_charts};

/// From this factor between the shortest and the longest time on, an even axis would hide the short ones.
const LOG_FROM: f64 = 30.0;

/// Whether times from `least` to `most` want a logarithmic axis.
pub fn wants_log(least: f64, most: f64) -> bool {
    most > least * LOG_FROM
}

/// The charts, each with what it shows in words, and the numbers behind them as tables.
pub fn section(summary: &Summary) -> Markup {
    if summary.series.is_empty() {
        return html! {};
    }
    let distribution = &summary.distribution;
    let (least, most) = time_charts::extremes(&summary.series);
    let axis = if wants_log(least, most) { "log" } else { "linear" };
    html! {
        section #charts aria-labelledby="charts-heading" data-axis=(axis) {
            div.section-head {
                h2 #charts-heading { "Over time" }
                div.toggles #chart-toggles {}
            }
            div.charts {
                @for chart in time_charts::charts(summary) { (chart.render()) }
            }
            (chart_tables::over_time(summary))
            @if !distribution.curve.is_empty() || !distribution.response.is_empty() {
                h2 { "How times are spread" }
                div.charts.pair {
                    @if !distribution.response.is_empty() { (spread_charts::distribution(summary).render()) }
                    @if !distribution.curve.is_empty() { (spread_charts::curve(summary).render()) }
                }
                (chart_tables::spread(summary))
            }
        }
    }
}
