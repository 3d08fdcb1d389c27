//! The function `api`: what API Gateway gets becomes a request to the API, and its answer.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Method, Response, Uri};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt};
use swarmgate_api::{Api, ApiResponse, BasePath};
use tracing::info;

use crate::deployment::Deployment;
use crate::metrics::Metrics;

/// Answers a request of an HTTP API (payload 2.0) or a REST API (proxy integration).
///
/// # Errors
/// None: what goes wrong is an answer too.
pub async fn handle(deployment: &Deployment, api: &Api, request: Request) -> Result<Response<Body>, Infallible> {
    let began = deployment.ports.clock.now();
    let stage = stage_prefix(request.request_context_ref());
    let (mut head, body) = request.into_parts();
    head.uri = without_prefix(head.uri, &stage);
    head.extensions.insert(BasePath::new(&stage));
    let (method, path) = (head.method.clone(), head.uri.path().to_owned());
    let body = match body {
        Body::Empty => Bytes::new(),
        Body::Text(text) => text.into(),
        Body::Binary(bytes) => bytes.into(),
        // There are no more kinds of bodies, but there may be.
        _ => Bytes::new(),
    };
    let response = api.handle(http::Request::from_parts(head, body)).await;
    let (status, took) = (response.status(), deployment.ports.clock.now().saturating_since(began));
    // No query and no headers: they may hold what is not for logs.
    info!(%method, path, status = status.as_u16(), took_ms = took.0 / 1_000, "answered");
    let is_start = method == Method::POST && path.trim_end_matches('/') == "/tests" && status.is_success();
    Metrics::new("api")
        .count("Requests", 1)
        .count("Started", u32::from(is_start))
        .count("Refused", u32::from(status.is_client_error()))
        .count("Failed", u32::from(status.is_server_error()))
        .milliseconds("Duration", took)
        .requests(deployment.requests.take())
        .print(&*deployment.ports.clock);
    Ok(answer(response))
}

/// What paths start with: the stage, unless it is the one that has no part in them.
fn stage_prefix(context: Option<&RequestContext>) -> String {
    let stage = match context {
        Some(RequestContext::ApiGatewayV1(context)) => context.stage.as_deref(),
        Some(RequestContext::ApiGatewayV2(context)) => context.stage.as_deref(),
        _ => None,
    };
    match stage {
        None | Some("$default" | "") => String::new(),
        Some(stage) => format!("/{stage}"),
    }
}

/// The URI by which the API knows the request.
fn without_prefix(uri: Uri, prefix: &str) -> Uri {
    let whole = uri.path_and_query().map_or("/", |path| path.as_str());
    let rest = match whole.strip_prefix(prefix) {
        Some(rest) if rest.starts_with('/') => rest.to_owned(),
        Some(rest) => format!("/{rest}"),
        None => whole.to_owned(),
    };
    let mut parts = uri.into_parts();
    parts.path_and_query = rest.parse().ok().or(parts.path_and_query);
    Uri::from_parts(parts).unwrap_or_default()
}

fn answer(response: ApiResponse) -> Response<Body> {
    let (head, body) = response.into_parts();
    let body = match String::from_utf8(body.into()) {
        Ok(text) => Body::Text(text),
        Err(bytes) => Body::Binary(bytes.into_bytes()),
    };
    Response::from_parts(head, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn the_stage_is_no_part_of_the_path() {
        let check = |uri: &str, prefix: &str, expected: &str| {
            assert_eq!(without_prefix(uri.parse().unwrap(), prefix), expected, "{uri}");
        };
        check("https://api.test/tests?limit=5",      "",      "https://api.test/tests?limit=5");
        check("https://api.test/prod/tests?limit=5", "/prod", "https://api.test/tests?limit=5");
        check("https://api.test/prod",               "/prod", "https://api.test/");
        check("https://api.test/tests",              "/prod", "https://api.test/tests");
    }
}
