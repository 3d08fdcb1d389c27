//! How far the numbers can be trusted, each with what to do where it is not well.

use maud::{Markup, html};
use swarmgate_domain::{LEAST_COVERAGE, LEAST_STARTS, Micros, Quality, Summary};

use super::outcome::icon;
use super::{headed, scrolled};
use crate::format;

/// From this share of CPU time on, a worker has no room for a burst.
const BUSY: f64 = 0.8;
/// From this share of their time on, what load threads wait for a core shows in the times that they measure.
const WAITING: f64 = 0.05;

/// Clocks further apart than this make an interval's edge doubtful.
const CLOCK_DOUBT: Micros = Micros::from_millis(100);

/// Coverage, saturation and the rest of it.
pub fn section(summary: &Summary) -> Markup {
    let checks = checks(summary);
    let unwell = checks.iter().filter(|check| !check.well).count();
    headed(
        "quality",
        "Data quality",
        html! {
            p.lead {
                @match unwell {
                    0 => "Nothing here casts doubt on the numbers.",
                    1 => "One point to mind:",
                    _ => { (unwell) " points to mind:" },
                }
            }
            dl.checks {
                @for check in checks.iter().filter(|c| !c.well).chain(checks.iter().filter(|c| c.well)) { (check.render()) }
            }
            (gaps(&summary.quality))
        },
    )
}

struct Check {
    name: &'static str,
    value: String,
    well: bool,
    /// More of the value, or what to do.
    more: String,
}

impl Check {
    fn render(&self) -> Markup {
        html! {
            div.check.unwell[!self.well] {
                dt { (icon(if self.well { "ok" } else { "attention" })) (self.name) @if !self.well { span.sr { " (attention)" } } }
                dd.value { (self.value) }
                @if !self.more.is_empty() { dd.more { (self.more) } }
            }
        }
    }
}

fn checks(summary: &Summary) -> Vec<Check> {
    let quality = &summary.quality;
    let mut checks = vec![
        coverage(quality),
        saturation(quality),
        workers(quality),
        lateness(quality),
        cpu(quality),
        core_wait(quality),
    ];
    if summary.load.starts_due > 0 {
        checks.push(starts(summary));
    }
    checks.push(Check {
        name: "Overlap",
        value: format::percent(quality.overlap),
        well: quality.overlap == 0.0,
        more: if quality.overlap == 0.0 {
            "No shard was run twice at a time.".to_owned()
        } else {
            "Two attempts of a shard ran at a time, so the load was higher than asked for.".to_owned()
        },
    });
    checks.push(Check {
        name: "Cut off at the end",
        value: format::count(quality.cut_off),
        well: quality.cut_off * 100 <= summary.total.count,
        more: "Requests given up when the test ended; in no other number.".to_owned(),
    });
    checks.push(clocks(quality));
    if quality.chunks_unreadable > 0 {
        checks.push(Check {
            name: "Chunks that can't be read",
            value: format::count(quality.chunks_unreadable),
            well: false,
            more: format!("{}.", quality.unreadable.join("; ")),
        });
    }
    if quality.clamped > 0 {
        checks.push(Check {
            name: "Longer than an hour",
            value: format::count(quality.clamped),
            well: false,
            more: "Counted as one hour each.".to_owned(),
        });
    }
    checks
}

fn coverage(quality: &Quality) -> Check {
    let well = quality.coverage >= LEAST_COVERAGE;
    let shards = format::counted(quality.shards.into(), "shard", "shards");
    let more = if well {
        format!("Measured of what was due, in {} from {shards}.", format::counted(quality.chunks, "chunk", "chunks"))
    } else {
        format!(
            "{:.1} % are needed for a verdict. What is missing was sent, perhaps, but is in no number here; see the gaps below.",
            LEAST_COVERAGE * 100.0
        )
    };
    Check { name: "Coverage", value: format::percent(quality.coverage), well, more }
}

fn saturation(quality: &Quality) -> Check {
    let well = quality.intervals_saturated == 0;
    let more = if quality.intervals == 0 {
        "No interval was measured.".to_owned()
    } else if well {
        "The load generator was never the bottleneck.".to_owned()
    } else {
        let reasons =
            if quality.saturation.is_empty() { String::new() } else { format!("{}. ", quality.saturation.join("; ")) };
        format!(
            "{reasons}In these intervals the generator was the bottleneck: use more workers, fewer users for each, or more CPU."
        )
    };
    let value = format!("{} of {}", quality.intervals_saturated, quality.intervals);
    Check { name: "Saturated intervals", value, well, more }
}

fn workers(quality: &Quality) -> Check {
    let well = quality.shards_silent == 0 && quality.takeovers == 0;
    let more = match (quality.shards_silent, quality.takeovers) {
        (0, 0) => "Each shard was run to its end by one worker.".to_owned(),
        (silent, takeovers) => {
            let mut parts = Vec::new();
            if silent > 0 {
                parts.push(format!("{} sent no data at all", format::counted(silent.into(), "shard", "shards")));
            }
            if takeovers > 0 {
                parts.push(format!(
                    "{} over from a lost worker",
                    format::counted(takeovers.into(), "shard was taken", "shards were taken")
                ));
            }
            format!("{}.", parts.join("; "))
        }
    };
    Check { name: "Workers", value: format::counted(quality.shards.into(), "shard", "shards"), well, more }
}

fn lateness(quality: &Quality) -> Check {
    let late = &quality.lateness;
    Check {
        name: "Lateness, p99",
        value: if late.count == 0 { "–".to_owned() } else { format::latency(late.p99_us) },
        // Where lateness is too much is the generator's to say: it marks the interval as saturated.
        well: true,
        more: format!(
            "How late users went on: median {}, at most {}. Part of response time.",
            format::latency(late.p50_us),
            format::latency(late.max_us)
        ),
    }
}

fn cpu(quality: &Quality) -> Check {
    let well = quality.cpu_share < BUSY;
    Check {
        name: "Workers' CPU",
        value: format::percent(quality.cpu_share),
        well,
        more: if well {
            "Of the CPU time the workers might have had.".to_owned()
        } else {
            "The workers had little CPU time left: use more of them.".to_owned()
        },
    }
}

fn core_wait(quality: &Quality) -> Check {
    let well = quality.core_wait_share < WAITING;
    Check {
        name: "Wait for a core",
        value: format::percent(quality.core_wait_share),
        well,
        more: if well {
            "Of the load threads' time; then they had something to do, but others had the cores.".to_owned()
        } else {
            "Of the load threads' time others had the cores, and answers were noticed later than they came: \
             keep other programs off the workers' machines, or give workers fewer users."
                .to_owned()
        },
    }
}

fn starts(summary: &Summary) -> Check {
    let (due, dropped) = (summary.load.starts_due, summary.load.starts_dropped);
    let made = if due == 0 { 1.0 } else { due.saturating_sub(dropped) as f64 / due as f64 };
    Check {
        name: "Starts made",
        value: format::percent(made),
        well: made >= LEAST_STARTS && dropped == 0,
        more: match dropped {
            0 => format!("All {} that were due.", format::count(due)),
            _ => format!(
                "{} of {} were left out since all users were busy: allow more users.",
                format::count(dropped),
                format::count(due)
            ),
        },
    }
}

fn clocks(quality: &Quality) -> Check {
    let well = quality.clock_faults == 0 && quality.clock_doubt_us < CLOCK_DOUBT;
    let faults = match quality.clock_faults {
        0 => "No time was impossible.".to_owned(),
        count => format!(
            "{} no possible time and {} in no percentile.",
            format::counted(count, "request has", "requests have"),
            if count == 1 { "is" } else { "are" }
        ),
    };
    Check {
        name: "Clocks",
        value: format!("± {}", format::latency(quality.clock_doubt_us)),
        well,
        more: format!("How far a worker's clock may be off, at most. {faults}"),
    }
}

fn gaps(quality: &Quality) -> Markup {
    if quality.gaps.is_empty() {
        return html! {};
    }
    html! {
        details.data open[quality.coverage < LEAST_COVERAGE] {
            summary { "Gaps: " (format::counted(quality.gaps.len() as u64, "span", "spans")) " without data" }
            (scrolled("Gaps", html! {
                table.narrow {
                    caption.sr { "Spans of test time without data, by shard" }
                    thead {
                        tr {
                            th.num scope="col" { "Shard" }
                            th.num scope="col" { "From" }
                            th.num scope="col" { "To" }
                            th.num scope="col" { "Length" }
                        }
                    }
                    tbody {
                        @for gap in &quality.gaps {
                            tr {
                                th.num scope="row" { (gap.shard) }
                                td.num { (format::test_time(gap.from_us)) }
                                td.num { (format::test_time(gap.to_us)) }
                                td.num { (format::duration(gap.to_us - gap.from_us)) }
                            }
                        }
                    }
                }
            }))
        }
    }
}
