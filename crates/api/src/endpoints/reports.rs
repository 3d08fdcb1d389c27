//! The files of reports.

use http::StatusCode;
use swarmgate_domain::{Key, RunId, key};
use swarmgate_service::{report_file, status};

use crate::answer::{HTML, JSON, content, redirect};
use crate::api::{Api, ApiResponse};
use crate::policy::ReportDelivery;
use crate::problem::{Kind, Problem};

/// The page to open first.
const PAGE: &str = "index.html";

/// Redirects to the report's page, once there is one.
pub(super) async fn open(api: &Api, id: &RunId, base: &str) -> Result<ApiResponse, Problem> {
    let test = status(&api.ports, id).await?;
    if test.state.revision == 0 {
        let detail = format!("test {id}: it has no report yet, it is {:?}", test.state.phase);
        return Err(Problem::new(Kind::NoReport, detail));
    }
    match &api.policy.reports {
        ReportDelivery::Inline => Ok(redirect(&format!("{base}/tests/{id}/report/{PAGE}"))),
        ReportDelivery::Links(links) => Ok(redirect(&links.link(&key::report(id, PAGE)).await?)),
    }
}

pub(super) async fn file(api: &Api, id: &RunId, name: &str) -> Result<ApiResponse, Problem> {
    let missing = || Problem::new(Kind::NoReport, format!("test {id}: its report has no file `{name}`, or not yet"));
    let Some(key) = Key::parse(key::report(id, name).as_str()) else { return Err(missing()) };
    if let ReportDelivery::Links(links) = &api.policy.reports {
        return Ok(redirect(&links.link(&key).await?));
    }
    match report_file(&api.ports, id, name).await? {
        Some(bytes) => Ok(content(StatusCode::OK, content_type(name), bytes)),
        None => {
            status(&api.ports, id).await?; // that there is no such test says more
            Err(missing())
        }
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => HTML,
        Some("json") => JSON,
        Some("xml") => "application/xml",
        Some("csv") => "text/csv; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}
