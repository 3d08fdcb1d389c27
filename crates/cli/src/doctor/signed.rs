//! Calls to AWS that are signed here: the SDKs take minutes to compile, and two calls need none.

use http::header::ACCEPT;
use http::{Request, StatusCode};

use crate::remote::{Credentials, Region, Service, agent, sign};

/// What is answered at `path` of `service`.
///
/// # Errors
/// Why it could not be asked, in words.
pub(super) fn get(
    service: Service,
    path: &str,
    region: &Region,
    credentials: &Credentials,
) -> Result<(StatusCode, String), String> {
    let url = format!("{}{path}", region.endpoint(service));
    let failed = |reason: String| format!("{url}: {reason}");
    let request = Request::get(&url).header(ACCEPT, "*/*").body(Vec::new());
    let mut request = request.map_err(|error| failed(error.to_string()))?;
    sign(&mut request, region, service, credentials).map_err(|failure| failed(failure.message.to_string()))?;
    let answer = agent().run(request.map(drop)).map_err(|error| failed(error.to_string()))?;
    let (head, mut body) = answer.into_parts();
    let text = body.read_to_string().map_err(|error| failed(error.to_string()))?;
    Ok((head.status, text))
}
