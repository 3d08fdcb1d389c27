//! From HTTP requests to a function, as API Gateway does it.

use std::sync::{Arc, Mutex};

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
    settings: Arc<Settings>,
}

#[derive(Debug)]
struct Settings {
    function: LambdaFunction,
    format: EventFormat,
    stage: String,
    /// The only access key whose signatures are taken; without one, everybody is let in.
    access_key: Mutex<Option<String>>,
}

impl HttpFront {
    /// Answers by `function`. The stage `$default` has no part in paths, every other one is their first segment.
    pub async fn start(function: &LambdaFunction, format: EventFormat, stage: &str) -> Self {
        let (stage_of, access_key) = (stage.to_owned(), Mutex::default());
        let settings = Arc::new(Settings { function: function.clone(), format, stage: stage_of, access_key });
        let server = Server::start(Router::new().fallback(answer).with_state(settings.clone())).await;
        let prefix = if stage == "$default" { String::new() } else { format!("/{stage}") };
        Self { server, prefix, settings }
    }

    /// From now on only who signs with this key is let in. Signatures themselves are not checked: the key's name is.
    pub fn let_in_only(&self, access_key: &str) {
        *self.settings.access_key.lock().expect("no holder of this lock panics") = Some(access_key.to_owned());
    }

    /// The URL of the API's root, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}{}", self.server.url(), self.prefix)
    }
}

impl Settings {
    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let access_key = self.access_key.lock().expect("no holder of this lock panics");
        let Some(access_key) = &*access_key else { return true };
        let signed = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        signed.starts_with("AWS4-HMAC-SHA256 ") && signed.contains(&format!("Credential={access_key}/"))
    }
}

async fn answer(State(settings): State<Arc<Settings>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if !settings.lets_in(&head.headers) {
        return plain(StatusCode::FORBIDDEN, "{\"message\":\"Forbidden\"}");
    }
    let Ok(body) = to_bytes(body, MOST_BODY).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "{\"message\":\"Request Too Long\"}");
    };
    let event = match settings.format {
        EventFormat::HttpApi => http_api_event(&head, &body, &settings.stage),
        EventFormat::RestProxy => rest_event(&head, &body, &settings.stage),
    };
    match settings.function.invoke(event.to_string()).await {
        Ok(answer) => response_of(&answer),
        Err(error) => plain(StatusCode::BAD_GATEWAY, &json!({ "message": format!("{error:?}") }).to_string()),
    }
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
