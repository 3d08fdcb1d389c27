//! `junit.xml`: each threshold is a test case, so that a CI shows them where it shows tests.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use swarmgate_domain::{Summary, ThresholdOutcome, ThresholdResult, Verdict};

use crate::files::ReportError;
use crate::{format, words};

/// One case a threshold, and one for the data they stand on: a breach is a failure, a doubt is an error.
///
/// # Errors
/// [`ReportError::Junit`].
pub fn junit(summary: &Summary) -> Result<String, ReportError> {
    let duration = Duration::from(summary.duration_us);
    let class = format!("swarmgate.{}", class_name(&summary.name));
    let mut suite = TestSuite::new(summary.name.as_str());
    suite.set_time(duration);
    suite.add_properties(properties(summary));
    for threshold in &summary.thresholds {
        let mut case = TestCase::new(threshold.threshold.as_str(), threshold_status(threshold, &summary.verdict));
        // The test took its time once, not once a threshold: the case of the data has it.
        case.set_classname(class.as_str()).set_time(Duration::ZERO).set_system_out(threshold.to_string());
        suite.add_test_case(case);
    }
    let mut case = TestCase::new("data quality", quality_status(&summary.verdict));
    case.set_classname(class).set_time(duration).set_system_out(figures(summary));
    suite.add_test_case(case);

    let mut report = Report::new("swarmgate");
    report.set_time(duration).add_test_suite(suite);
    Ok(report.to_string()? + "\n")
}

fn threshold_status(threshold: &ThresholdResult, verdict: &Verdict) -> TestCaseStatus {
    match (threshold.outcome, verdict) {
        (ThresholdOutcome::Held, _) => TestCaseStatus::success(),
        (ThresholdOutcome::NoData, _) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("nothing measured");
            status
        }
        // On data in doubt a breach is none: the case of the data is the error, this one says what was seen.
        (ThresholdOutcome::Breached, Verdict::Inconclusive { .. }) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("{threshold}, on data in doubt"));
            status
        }
        (ThresholdOutcome::Breached, _) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("breach").set_message(threshold.to_string());
            status.set_description(format!(
                "limit: {}\nmeasured: {}",
                threshold.threshold,
                threshold.value.map_or_else(|| "nothing".to_owned(), |value| threshold.unit.display(value)),
            ));
            status
        }
    }
}

fn quality_status(verdict: &Verdict) -> TestCaseStatus {
    let Verdict::Inconclusive { doubts } = verdict else { return TestCaseStatus::success() };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let reasons: Vec<_> = doubts.iter().map(ToString::to_string).collect();
    let steps: Vec<_> = doubts.iter().map(|doubt| format!("{doubt}\n  {}", words::advice(doubt))).collect();
    status.set_type("inconclusive").set_message(reasons.join("; ")).set_description(steps.join("\n"));
    status
}

fn properties(summary: &Summary) -> Vec<Property> {
    let mut properties = vec![
        Property::new("test_id", summary.id.as_str()),
        Property::new("verdict", summary.verdict.word()),
        Property::new("revision", summary.revision.to_string()),
        Property::new("target", summary.target.as_str()),
        Property::new("report", "index.html"),
        Property::new("summary", "summary.json"),
    ];
    if let Some(start) = summary.started_at.and_then(format::utc) {
        properties.push(Property::new("started_at", start));
    }
    properties.extend(summary.labels.iter().map(|(key, value)| Property::new(format!("label.{key}"), value.as_str())));
    properties
}

/// The figures that a reader of a CI log wants before opening the report.
fn figures(summary: &Summary) -> String {
    let (total, quality) = (&summary.total, &summary.quality);
    let times = &total.response;
    format!(
        "verdict: {}\nrequests: {} ({} per second), failed: {} ({})\nresponse time: p50 {}, p95 {}, p99 {}, max {}\n\
         coverage: {}, saturated intervals: {} of {}\nreport: index.html",
        summary.verdict.word(),
        format::count(total.count),
        format::rate(total.rate),
        format::count(total.failures),
        format::percent(total.error_rate),
        format::latency(times.p50_us),
        format::latency(times.p95_us),
        format::latency(times.p99_us),
        format::latency(times.max_us),
        format::percent(quality.coverage),
        quality.intervals_saturated,
        quality.intervals,
    )
}

/// CIs build a tree from the dots of class names: a name keeps its letters and digits only.
fn class_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
}
