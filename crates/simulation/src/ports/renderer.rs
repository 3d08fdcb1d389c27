//! A renderer that writes the summary down, so that it can be read back.

use swarmgate_domain::Results;
use swarmgate_service::ports::{RenderError, RenderedFile, Renderer};

/// Makes three small files of a summary.
pub(crate) struct SimRenderer;

impl Renderer for SimRenderer {
    fn render(&self, results: &Results) -> Result<Vec<RenderedFile>, RenderError> {
        let summary = &results.summary;
        let json = serde_json::to_vec(summary)
            .map_err(|error| RenderError { file: "summary.json".to_owned(), reason: error.to_string() })?;
        let page = format!("revision {}\n{}", summary.revision, summary.verdict.word());
        let table = format!("revision {}\n{}", summary.revision, summary.total.count);
        let file = |name: &str, bytes| RenderedFile { name: name.to_owned(), bytes };
        Ok(vec![
            file("index.html", page.into_bytes()),
            file("summary.json", json),
            file("requests.csv", table.into_bytes()),
        ])
    }
}

/// Which revision a file of a report is of, as the file says.
pub(crate) fn revision_of(bytes: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(bytes).ok()?;
    match text.strip_prefix("revision ") {
        Some(rest) => rest.lines().next()?.parse().ok(),
        None => {
            let (_, rest) = text.split_once("\"revision\":")?;
            rest.split(',').next()?.parse().ok()
        }
    }
}
