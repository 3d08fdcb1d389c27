//! `/echo`: the request as the server understood it.

use serde_json::{Map, Value, json};

use crate::request::Request;
use crate::response::Response;

/// JSON of `method`, `path`, `query`, `headers` (by lower-case name; repeated ones joined by a comma and a space),
/// `body_bytes` (its length without chunk framing) and `body`: a text, or null and `body_hex` where it is not UTF-8.
pub(crate) fn response(request: &Request<'_>) -> Response {
    let mut echo = json!({
        "method": request.method_text(),
        "path": request.path,
        "query": request.query,
        "headers": headers(request),
        "body_bytes": request.body.len(),
        "body": std::str::from_utf8(&request.body).ok(),
    });
    if echo["body"].is_null() {
        echo["body_hex"] = Value::from(hex(&request.body));
    }
    Response::json(200, &echo)
}

fn headers(request: &Request<'_>) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in request.headers() {
        match headers.get_mut(&name.to_ascii_lowercase()) {
            Some(Value::String(before)) => {
                before.push_str(", ");
                before.push_str(&value);
            }
            _ => {
                headers.insert(name.to_ascii_lowercase(), Value::from(value.into_owned()));
            }
        }
    }
    headers
}

/// Lower-case hexadecimal digits, two a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
