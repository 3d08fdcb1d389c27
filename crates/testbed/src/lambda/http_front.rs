//! From HTTP requests to a function, as API Gateway does it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::function::LambdaFunction;
use super::iam::{Caller, Refusal, wall_clock};
use crate::server::Server;

/// The largest body that API Gateway takes.
const MOST_BODY: usize = 10 * 1024 * 1024;

/// Which events the function gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventFormat {
    /// Of an HTTP API: payload format 2.0.
    HttpApi,
    /// Of a REST API with proxy integration.
    RestProxy,
}

/// An HTTP server before a function.
#[derive(Debug)]
pub struct HttpFront {
    server: Server,
    prefix: String,
}

#[derive(Debug)]
struct Settings {
    function: LambdaFunction,
    format: EventFormat,
    stage: String,
    access: Access,
}

/// Whose requests are answered.
#[derive(Clone, Debug)]
pub enum Access {
    /// Everybody's.
    Open,
    /// Those that are signed by this caller: IAM authorization.
    Iam(Caller),
}

impl HttpFront {
    /// Answers by `function`. The stage `$default` has no part in paths, every other one is their first segment.
    pub async fn start(function: &LambdaFunction, format: EventFormat, stage: &str, access: Access) -> Self {
        let settings = Arc::new(Settings { function: function.clone(), format, stage: stage.to_owned(), access });
        let server = Server::start(Router::new().fallback(answer).with_state(settings)).await;
        let prefix = if stage == "$default" { String::new() } else { format!("/{stage}") };
        Self { server, prefix }
    }

    /// The URL of the API's root, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}{}", self.server.url(), self.prefix)
    }
}

async fn answer(State(settings): State<Arc<Settings>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BODY).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "{\"message\":\"Request Too Long\"}");
    };
    if let Access::Iam(caller) = &settings.access
        && let Err(refusal) = caller.check(&head.method, &head.uri, &head.headers, &body, wall_clock())
    {
        return refused(settings.format, &refusal);
    }
    let event = match settings.format {
        EventFormat::HttpApi => http_api_event(&head, &body, &settings.stage),
        EventFormat::RestProxy => rest_event(&head, &body, &settings.stage),
    };
    match settings.function.invoke(event.to_string()).await {
        Ok(answer) => response_of(&answer),
        Err(error) => plain(StatusCode::BAD_GATEWAY, &json!({ "message": format!("{error:?}") }).to_string()),
    }
}

/// An HTTP API says no more than that it refuses; a REST API says why.
fn refused(format: EventFormat, refusal: &Refusal) -> Response {
    let (kind, message) = match (format, refusal.words()) {
        (EventFormat::HttpApi, (kind, _)) => (kind, "Forbidden".to_owned()),
        (EventFormat::RestProxy, words) => words,
    };
    let response = Response::builder().status(StatusCode::FORBIDDEN).header("x-amzn-errortype", kind);
    let body = Body::from(json!({ "message": message }).to_string());
    response.header("content-type", "application/json").body(body).expect("a status and words make a response")
}

fn http_api_event(head: &Parts, body: &Bytes, stage: &str) -> Value {
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let (body, is_base64) = body_of(body);
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": single_headers(&head.headers),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "tests",
            "domainName": "api.example.test",
            "domainPrefix": "api",
            "http": {
                "method": head.method.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "tests",
            },
            "requestId": "front",
            "routeKey": "$default",
            "stage": stage,
            "time": "24/Nov/2026:02:30:00 +0000",
            "timeEpoch": 1_795_487_400_000_u64,
        },
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

fn rest_event(head: &Parts, body: &Bytes, stage: &str) -> Value {
    let whole = head.uri.path();
    let path = whole.strip_prefix(&format!("/{stage}")).filter(|path| path.starts_with('/')).unwrap_or(whole);
    let pairs = head.uri.query().into_iter().flat_map(|query| query.split('&')).filter_map(|pair| pair.split_once('='));
    let query: Map<_, _> = pairs.map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let (body, is_base64) = body_of(body);
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": head.method.as_str(),
        "headers": single_headers(&head.headers),
        "queryStringParameters": if query.is_empty() { Value::Null } else { Value::Object(query) },
        "pathParameters": { "proxy": path.trim_start_matches('/') },
        "requestContext": {
            "accountId": "123456789012", "apiId": "tests", "httpMethod": head.method.as_str(), "path": whole, "protocol": "HTTP/1.1",
            "requestId": "front", "resourcePath": "/{proxy+}", "stage": stage, "identity": { "sourceIp": "127.0.0.1" },
        },
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

/// Headers as both events hold them: a value each.
fn single_headers(headers: &HeaderMap) -> Map<String, Value> {
    let text = |name: &http::HeaderName| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        json!(values.collect::<Vec<_>>().join(","))
    };
    headers.keys().map(|name| (name.as_str().to_owned(), text(name))).collect()
}

/// The body as an event holds it: as text where it is text.
fn body_of(body: &Bytes) -> (Value, bool) {
    match std::str::from_utf8(body) {
        Ok("") => (Value::Null, false),
        Ok(text) => (json!(text), false),
        Err(_) => (json!(BASE64_STANDARD.encode(body)), true),
    }
}

fn response_of(answer: &[u8]) -> Response {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
    let mut response = Response::builder().status(status.unwrap_or(500));
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().unwrap_or_default());
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        // Both may hold the same header.
        if answer["headers"].get(name).is_none() {
            for value in values.as_array().into_iter().flatten() {
                response = response.header(name, value.as_str().unwrap_or_default());
            }
        }
    }
    let text = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"].as_bool() {
        Some(true) => BASE64_STANDARD.decode(text).unwrap_or_default(),
        _ => text.as_bytes().to_vec(),
    };
    response.body(Body::from(body)).unwrap_or_else(|error| plain(StatusCode::BAD_GATEWAY, &error.to_string()))
}

fn plain(status: StatusCode, text: &str) -> Response {
    Response::builder().status(status).body(Body::from(text.to_owned())).expect("a status makes a response")
}
