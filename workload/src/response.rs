//! Answers, and how they become bytes. There is no `Date` header: nothing that measures this server needs one.

use crate::request::{Persistence, Refusal};

/// The block that bodies of any length are cut from.
pub(crate) static PATTERN: [u8; 64 * 1024] = pattern();

const fn pattern() -> [u8; 64 * 1024] {
    let line = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+\n";
    let mut block = [0; 64 * 1024];
    let mut at = 0;
    while at < block.len() {
        block[at] = line[at % line.len()];
        at += 1;
    }
    block
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

/// An answer, not yet rendered.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    content_type: &'static str,
    /// Further header lines, each with its line end.
    headers: String,
    body: Body,
    closes: bool,
    /// The interim answer (1xx) that goes before this one.
    interim: Option<u16>,
    /// The whole answer as it was rendered once, for the usual case of a connection that stays open.
    rendered: Option<&'static Rendered>,
}

#[derive(Debug)]
enum Body {
    Bytes(Vec<u8>),
    /// That many bytes of [`PATTERN`].
    Pattern(u64),
    /// As many bytes in chunks of so many.
    Chunked {
        length: usize,
        chunk: usize,
    },
}

/// An answer that never varies, with its bytes.
#[derive(Debug)]
pub(crate) struct Rendered {
    status: u16,
    content_type: &'static str,
    bytes: Vec<u8>,
    head_length: usize,
}

impl Rendered {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let response = Response::new(status, content_type, body);
        let mut bytes = Vec::new();
        response.render(Part::Head, Persistence::Implied, &mut bytes);
        let head_length = bytes.len();
        bytes.clear();
        response.render(Part::Whole, Persistence::Implied, &mut bytes);
        Self { status, content_type, bytes, head_length }
    }

    pub(crate) fn response(&'static self) -> Response {
        Response { rendered: Some(self), ..Response::new(self.status, self.content_type, Vec::new()) }
    }
}

/// How much of an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    /// The head alone: the answer to a HEAD request.
    Head,
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let body = Body::Bytes(body.into());
        Self { status, content_type, headers: String::new(), body, closes: false, interim: None, rendered: None }
    }

    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status, JSON, value.to_string())
    }

    /// `{"error": message}`.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::json(status, &serde_json::json!({ "error": message }))
    }

    /// A body of `length` bytes of text, rendered while it is sent.
    pub(crate) fn pattern(length: u64) -> Self {
        Self { body: Body::Pattern(length), ..Self::new(200, TEXT, Vec::new()) }
    }

    /// A body of `length` bytes of text in chunks of `chunk` bytes.
    pub(crate) fn chunked(length: usize, chunk: usize) -> Self {
        Self { body: Body::Chunked { length, chunk: chunk.max(1) }, ..Self::new(200, TEXT, Vec::new()) }
    }

    /// With one more header; `value` holds no control characters.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        assert!(!value.contains(['\r', '\n']), "a header value is one line");
        for part in [name, ": ", value, "\r\n"] {
            self.headers.push_str(part);
        }
        self
    }

    /// With `Connection: close`, whatever the client asked for.
    pub(crate) fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    /// With an interim answer (1xx) before it.
    pub(crate) fn after_interim(self, status: u16) -> Self {
        Self { interim: Some(status), ..self }
    }

    /// Whether the connection ends after this answer to a request of that persistence.
    pub(crate) fn ends_connection(&self, persistence: Persistence) -> bool {
        self.closes || persistence == Persistence::Close
    }

    /// Appends the answer's bytes to `out`, up to the [`PATTERN`] bytes that must follow, whose number is returned.
    pub(crate) fn render(&self, part: Part, persistence: Persistence, out: &mut Vec<u8>) -> u64 {
        let persistence = if self.closes { Persistence::Close } else { persistence };
        if let Some(status) = self.interim {
            render_interim(status, out);
        }
        match self.rendered {
            Some(rendered) if persistence == Persistence::Implied => {
                out.extend_from_slice(match part {
                    Part::Whole => &rendered.bytes,
                    Part::Head => &rendered.bytes[..rendered.head_length],
                });
                0
            }
            Some(rendered) => {
                let body = &rendered.bytes[rendered.head_length..];
                self.render_head(persistence, Some(body.len() as u64), out);
                if part == Part::Whole {
                    out.extend_from_slice(body);
                }
                0
            }
            None => self.render_made(part, persistence, out),
        }
    }

    fn render_made(&self, part: Part, persistence: Persistence, out: &mut Vec<u8>) -> u64 {
        let length = match &self.body {
            _ if self.is_bodiless() => None,
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Pattern(length) => Some(*length),
            Body::Chunked { .. } => None,
        };
        self.render_head(persistence, length, out);
        if part == Part::Head || self.is_bodiless() {
            return 0;
        }
        match &self.body {
            Body::Bytes(bytes) => out.extend_from_slice(bytes),
            Body::Pattern(length) => return *length,
            Body::Chunked { length, chunk } => render_chunks(*length, *chunk, out),
        }
        0
    }

    /// 204 and 304 have no body; what they would have carried is dropped.
    fn is_bodiless(&self) -> bool {
        matches!(self.status, 204 | 304)
    }

    fn render_head(&self, persistence: Persistence, length: Option<u64>, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(digits.format(self.status).as_bytes());
        out.push(b' ');
        out.extend_from_slice(reason(self.status).as_bytes());
        out.extend_from_slice(b"\r\nServer: swarmgate-sample-workload\r\n");
        if !self.is_bodiless() {
            out.extend_from_slice(b"Content-Type: ");
            out.extend_from_slice(self.content_type.as_bytes());
            out.extend_from_slice(b"\r\n");
            match length {
                Some(length) => {
                    out.extend_from_slice(b"Content-Length: ");
                    out.extend_from_slice(digits.format(length).as_bytes());
                    out.extend_from_slice(b"\r\n");
                }
                None => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            }
        }
        out.extend_from_slice(self.headers.as_bytes());
        out.extend_from_slice(match persistence {
            Persistence::Implied => b"",
            Persistence::Confirmed => b"Connection: keep-alive\r\n",
            Persistence::Close => b"Connection: close\r\n",
        });
        out.extend_from_slice(b"\r\n");
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        Self::error(refusal.status, refusal.reason).closing()
    }
}

/// Appends an interim answer (1xx), which another one must follow.
pub(crate) fn render_interim(status: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("HTTP/1.1 {status} {}\r\n\r\n", reason(status)).as_bytes());
}

fn render_chunks(length: usize, chunk: usize, out: &mut Vec<u8>) {
    let mut left = length;
    while left > 0 {
        let size = left.min(chunk);
        out.extend_from_slice(format!("{size:x}\r\n").as_bytes());
        out.extend(PATTERN.iter().cycle().take(size));
        out.extend_from_slice(b"\r\n");
        left -= size;
    }
    out.extend_from_slice(b"0\r\n\r\n");
}

/// The reason phrase of the usual statuses; others have none, as HTTP allows.
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        418 => "I'm a Teapot",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(response: &Response, part: Part, persistence: Persistence) -> String {
        let mut out = Vec::new();
        let tail = response.render(part, persistence, &mut out);
        format!("{}[{tail}]", String::from_utf8(out).unwrap())
    }

    #[test]
    fn an_answer_that_never_varies_reads_as_if_it_were_rendered_anew() {
        static PAGE: std::sync::LazyLock<Rendered> = std::sync::LazyLock::new(|| Rendered::new(200, TEXT, "hello"));
        let made = Response::new(200, TEXT, "hello");
        for part in [Part::Whole, Part::Head] {
            for persistence in [Persistence::Implied, Persistence::Confirmed, Persistence::Close] {
                let fixed = rendered(&PAGE.response(), part, persistence);
                assert_eq!(fixed, rendered(&made, part, persistence));
            }
        }
    }

    #[test]
    fn the_head_says_how_the_body_ends() {
        let check = |response: Response, expected: &str| {
            assert_eq!(rendered(&response, Part::Whole, Persistence::Implied), expected);
        };
        let server = "Server: swarmgate-sample-workload\r\n";
        let text = "Content-Type: text/plain; charset=utf-8\r\n";
        check(Response::new(204, TEXT, "dropped"), &format!("HTTP/1.1 204 No Content\r\n{server}\r\n[0]"));
        check(
            Response::new(200, TEXT, "").with_header("A", "b").closing(),
            &format!("HTTP/1.1 200 OK\r\n{server}{text}Content-Length: 0\r\nA: b\r\nConnection: close\r\n\r\n[0]"),
        );
        check(
            Response::pattern(1 << 40),
            &format!("HTTP/1.1 200 OK\r\n{server}{text}Content-Length: 1099511627776\r\n\r\n[1099511627776]"),
        );
        check(
            Response::chunked(5, 3),
            &format!(
                "HTTP/1.1 200 OK\r\n{server}{text}Transfer-Encoding: chunked\r\n\r\n3\r\n012\r\n2\r\n01\r\n0\r\n\r\n[0]"
            ),
        );
    }
}
