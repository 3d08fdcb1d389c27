//! What a test came to, as a terminal shows it.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, TableComponent, presets};
use swarmgate_domain::{Ended, EntrySummary, Micros, Summary, ThresholdOutcome, Verdict};

/// Prints it; when `quiet`, only what did not go well.
pub fn print(summary: &Summary, quiet: bool) {
    if !quiet {
        crate::print_line(&self::summary(summary));
    } else if let Some(trouble) = trouble(summary) {
        crate::print_error(&trouble);
    }
}

/// The requests, the thresholds, the notes, and the verdict.
fn summary(summary: &Summary) -> String {
    let mut text = format!("\n{}\n", requests(summary));
    for failure in summary.failures.iter().take(10) {
        text += &format!(
            "  {} x {} {}: {}, {}\n",
            failure.count,
            failure.method,
            failure.name,
            failure.kind.label(),
            failure.detail
        );
    }
    if summary.failures.len() > 10 {
        text += &format!("  and {} more kinds of failures, see the report\n", summary.failures.len() - 10);
    }
    text += "\n";
    for result in &summary.thresholds {
        let mark = match result.outcome {
            ThresholdOutcome::Held => "held    ",
            ThresholdOutcome::Breached => "BREACHED",
            ThresholdOutcome::NoData => "no data ",
        };
        text += &format!("  {mark}  {result}\n");
    }
    for note in &summary.notes {
        text += &format!("  note: {note}\n");
    }
    text += &format!("\n{}", verdict(summary));
    text
}

/// Why a test did not pass.
fn trouble(summary: &Summary) -> Option<String> {
    match (&summary.ended, &summary.verdict) {
        (Ended::Failed { reason }, _) => Some(format!("error: {reason}")),
        (_, Verdict::Pass) => None,
        _ => Some(verdict(summary)),
    }
}

fn verdict(summary: &Summary) -> String {
    let word = summary.verdict.word().to_uppercase();
    match &summary.verdict {
        Verdict::Pass => {
            format!("{word}: {} requests in {}, every threshold held", summary.total.count, summary.duration_us)
        }
        Verdict::Fail { breaches } => format!("{word}: {}", breaches.join("; ")),
        Verdict::Inconclusive { doubts } => {
            let doubts: Vec<_> = doubts.iter().map(ToString::to_string).collect();
            format!("{word}: {}", doubts.join("; "))
        }
    }
}

fn requests(summary: &Summary) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    let heads = ["method", "name", "requests", "failed", "rate/s", "p50", "p95", "p99", "max", "service p99"];
    table.set_header(heads.map(Cell::new));
    for entry in summary.requests.iter().chain(&summary.groups).chain([&summary.total]) {
        table.add_row(row(entry));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(entry: &EntrySummary) -> [String; 10] {
    let (response, service) = (&entry.response, &entry.service);
    [
        entry.method.clone(),
        entry.name.clone(),
        entry.count.to_string(),
        format!("{} ({:.2} %)", entry.failures, entry.error_rate * 100.0),
        format!("{:.1}", entry.rate),
        short(response.p50_us),
        short(response.p95_us),
        short(response.p99_us),
        short(response.max_us),
        short(service.p99_us),
    ]
}

/// To three digits, as a reader of a table wants it; the report has more.
pub fn short(time: Micros) -> String {
    let digits = time.0.checked_ilog10().map_or(1, |log| log + 1);
    let unit = 10_u64.pow(digits.saturating_sub(3));
    Micros(time.0 / unit * unit).to_string()
}
