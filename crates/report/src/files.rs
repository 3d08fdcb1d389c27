//! All files of a report, from one input.

use swarmgate_domain::{Point, Summary};

use crate::latency_log::LoggedInterval;
use crate::{csv_files, html, junit, latency_log};

/// What a report is made of. The summary says it all; the rest is for the files that show each interval.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// What the test came to.
    pub summary: &'a Summary,
    /// Each interval, in order of time; [`Summary::series`] may be thinner.
    pub intervals: &'a [Point],
    /// The histograms of each interval, in order of time.
    pub histograms: &'a [LoggedInterval<'a>],
}

/// A file as it is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Its name in the folder of the report.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why a report could not be made. Each is a fault of this program, not of the test.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The summary as JSON.
    #[error("writing summary.json")]
    Json(#[from] serde_json::Error),
    /// A table.
    #[error("writing a CSV file")]
    Csv(#[from] csv::Error),
    /// The thresholds as test cases.
    #[error("writing junit.xml")]
    Junit(#[from] quick_junit::SerializeError),
    /// The histograms.
    #[error("writing latency.hlog: {0}")]
    LatencyLog(String),
}

/// The files of a report, the page first.
///
/// # Errors
/// [`ReportError`] with the file that could not be made.
pub fn report_files(input: &ReportInput<'_>) -> Result<Vec<ReportFile>, ReportError> {
    let summary = input.summary;
    let mut json = serde_json::to_vec_pretty(summary)?;
    json.push(b'\n');
    Ok(vec![
        ReportFile {
            name: "index.html",
            content_type: "text/html; charset=utf-8",
            bytes: html::report_page(summary).into_bytes(),
        },
        ReportFile { name: "summary.json", content_type: "application/json", bytes: json },
        ReportFile { name: "junit.xml", content_type: "application/xml", bytes: junit::junit(summary)?.into_bytes() },
        csv_file("intervals.csv", csv_files::intervals_csv(summary.started_at, input.intervals)?),
        csv_file("requests.csv", csv_files::requests_csv(summary)?),
        csv_file("failures.csv", csv_files::failures_csv(summary)?),
        ReportFile {
            name: "latency.hlog",
            content_type: "text/plain; charset=utf-8",
            bytes: latency_log::latency_log(summary, input.histograms)?,
        },
    ])
}

fn csv_file(name: &'static str, bytes: Vec<u8>) -> ReportFile {
    ReportFile { name, content_type: "text/csv; charset=utf-8", bytes }
}
