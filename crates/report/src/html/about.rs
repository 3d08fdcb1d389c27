//! What ran, and where.

use maud::{Markup, html};
use swarmgate_domain::Summary;

use super::headed;

/// The scenario's text and the environment.
pub fn section(summary: &Summary) -> Markup {
    headed(
        "about",
        "Scenario and environment",
        html! {
            details.data {
                summary { "Scenario as it ran" }
                pre.scroll tabindex="0" role="region" aria-label="Scenario as it ran" { code { (summary.scenario) } }
            }
            @if !summary.environment.is_empty() {
                details.data {
                    summary { "Environment" }
                    dl.facts.wide {
                        @for (key, value) in &summary.environment { div { dt { (key) } dd { (value) } } }
                    }
                }
            }
        },
    )
}
