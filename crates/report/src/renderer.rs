//! The port that makes the files of reports.

use swarmgate_domain::Results;
use swarmgate_service::ports::{RenderError, RenderedFile, Renderer};

use crate::files::{ReportInput, report_files};
use crate::latency_log::LoggedInterval;

/// Makes the files of a report, as the pipeline asks for them.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportRenderer;

impl Renderer for ReportRenderer {
    fn render(&self, results: &Results) -> Result<Vec<RenderedFile>, RenderError> {
        let histograms: Vec<_> = results
            .histograms
            .iter()
            .map(|point| LoggedInterval {
                at_us: point.at,
                length_us: point.length,
                response: &point.response,
                service: &point.service,
            })
            .collect();
        let input = ReportInput { summary: &results.summary, intervals: &results.intervals, histograms: &histograms };
        let files = report_files(&input)
            .map_err(|error| RenderError { file: "the report".to_owned(), reason: error.to_string() })?;
        Ok(files.into_iter().map(|file| RenderedFile { name: file.name.to_owned(), bytes: file.bytes }).collect())
    }
}
