//! Answers and how they are made.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, LOCATION, RETRY_AFTER,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::api::ApiResponse;
use crate::problem::{Kind, Problem};

pub(crate) const JSON: &str = "application/json";
pub(crate) const PROBLEM: &str = "application/problem+json";
pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const YAML: &str = "application/yaml";

/// Pages bring all they need: nothing they hold can make a browser talk to anyone else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How long to wait before asking again, in seconds.
const ASK_AGAIN_AFTER: &str = "1";

/// An answer of this type. It is to be asked for again each time: what it says changes.
pub(crate) fn content(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> ApiResponse {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if kind == HTML {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    }
    response
}

/// An answer of JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> ApiResponse {
    content(status, JSON, serde_json::to_vec(value).expect("plain data is written to memory"))
}

/// The same answer, saying where what it is about lies.
pub(crate) fn located(response: ApiResponse, location: &str) -> ApiResponse {
    with(response, LOCATION, location)
}

/// Go there.
pub(crate) fn redirect(location: &str) -> ApiResponse {
    let mut response = content(StatusCode::FOUND, "text/plain; charset=utf-8", Bytes::new());
    // A link may be good for a short time only.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    located(response, location)
}

/// The same answer with a name for its version, or only that name where the asker has it (its `If-None-Match`).
pub(crate) fn versioned(mut response: ApiResponse, if_none_match: Option<&str>) -> ApiResponse {
    let mut hasher = DefaultHasher::new();
    response.body().hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let is_known =
        if_none_match.is_some_and(|known| known.split(',').any(|known| known.trim() == "*" || strong(known) == tag));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Bytes::new();
        response.headers_mut().remove(CONTENT_TYPE);
    }
    with(response, ETAG, &tag)
}

impl Problem {
    /// The problem document, with the headers that belong to it.
    pub fn response(self) -> ApiResponse {
        let (kind, methods) = (self.kind, self.methods.clone());
        let mut response = json(kind.status(), &self.document());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        if kind == Kind::Unavailable {
            response = with(response, RETRY_AFTER, ASK_AGAIN_AFTER);
        }
        if kind == Kind::Unidentified {
            response = with(response, WWW_AUTHENTICATE, "Basic realm=\"swarmgate\", charset=\"UTF-8\"");
        }
        match methods {
            Some(methods) => with(response, ALLOW, &methods),
            None => response,
        }
    }
}

fn with(mut response: ApiResponse, name: HeaderName, value: &str) -> ApiResponse {
    let value = HeaderValue::from_str(value).expect("ids, paths and numbers are visible ASCII");
    response.headers_mut().insert(name, value);
    response
}
