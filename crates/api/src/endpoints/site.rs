//! What is about the API itself: its description, its page, whether it works.

use bytes::Bytes;
use http::StatusCode;
use swarmgate_domain::key;

use crate::answer::{HTML, JSON, content, json};
use crate::api::{Api, ApiResponse};
use crate::openapi;
use crate::problem::Problem;
use crate::views::Health;

pub(super) fn openapi(base: &str) -> ApiResponse {
    content(StatusCode::OK, JSON, openapi::document(base).to_string())
}

pub(super) fn dashboard(api: &Api) -> ApiResponse {
    content(StatusCode::OK, HTML, Bytes::from(api.dashboard.clone()))
}

pub(super) async fn health(api: &Api) -> Result<ApiResponse, Problem> {
    api.ports.store.list(key::ACTIVE_PREFIX, None).await.map_err(swarmgate_service::ServiceError::from)?;
    Ok(json(StatusCode::OK, &Health { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}
