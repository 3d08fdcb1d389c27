//! One HTTP/1.1 request out of a buffer of bytes, as a pure function.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use crate::body::{ChunkedBody, decode_chunked};

/// The longest request head in bytes; a longer one is refused with 431.
pub(crate) const MAX_HEAD_BYTES: usize = 16 * 1024;
/// The longest request body in bytes; a longer one is refused with 413.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The most headers in a request; more are refused with 431.
const MAX_HEADERS: usize = 64;

/// The request methods that the server knows; all others are [`Method::Other`] and answered with 501.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Other,
}

impl Method {
    fn of(text: &str) -> Self {
        match text {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other => "OTHER",
        }
    }
}

/// What the answer's `Connection` header must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// HTTP/1.1's default: the connection stays open, and nothing needs to be said.
    Implied,
    /// HTTP/1.0 with `Connection: keep-alive`: the answer confirms it.
    Confirmed,
    /// The client asked for a close, or it speaks HTTP/1.0.
    Close,
}

/// A whole request: its head and its body have arrived.
#[derive(Debug)]
pub(crate) struct Request<'b> {
    pub(crate) method: Method,
    /// The target as it was sent, query included.
    pub(crate) target: &'b str,
    /// The target's path, not percent-decoded; without scheme, host and query.
    pub(crate) path: &'b str,
    /// What follows the first `?`, or nothing.
    pub(crate) query: &'b str,
    pub(crate) persistence: Persistence,
    /// The body with its chunk framing removed.
    pub(crate) body: Cow<'b, [u8]>,
    head: &'b [u8],
}

impl<'b> Request<'b> {
    /// The method as the client wrote it.
    pub(crate) fn method_text(&self) -> &'b str {
        let end = self.head.iter().position(|&byte| byte == b' ').unwrap_or(0);
        std::str::from_utf8(&self.head[..end]).unwrap_or("").trim_start()
    }

    /// Every header in the order it came. Parses the head again: what answers most requests never asks for it.
    pub(crate) fn headers(&self) -> Vec<(&'b str, Cow<'b, str>)> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        // The head was parsed once before; a failure is impossible and would only show as no headers.
        let _ = parsed.parse(self.head);
        parsed
            .headers
            .iter()
            .filter(|header| !header.name.is_empty())
            .map(|header| (header.name, String::from_utf8_lossy(header.value)))
            .collect()
    }

    /// The first header of that name, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<Cow<'b, str>> {
        self.headers().into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Why bytes are no request that the server takes; the connection ends after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
}

/// What the first bytes of a buffer are.
#[derive(Debug)]
pub(crate) enum Parsed<'b> {
    /// A request that takes up the first `size` bytes.
    Complete { request: Request<'b>, size: usize },
    /// The beginning of a request, perhaps.
    Partial,
    /// A whole head with `Expect: 100-continue`, whose body has not arrived yet.
    AwaitsContinue,
    /// No request.
    Refused(Refusal),
}

/// Parses the request at the beginning of `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<'_> {
    let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut []);
    let head_size = match parsed.parse_with_uninit_headers(bytes, &mut headers) {
        Ok(httparse::Status::Complete(size)) if size <= MAX_HEAD_BYTES => size,
        Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD_BYTES => return Parsed::Partial,
        Ok(_) => return refused(431, "the request head is too long, allowed are 16384 bytes"),
        Err(httparse::Error::TooManyHeaders) => {
            return refused(431, "the request has too many headers, allowed are 64");
        }
        Err(_) => return refused(400, "the request is not well-formed HTTP/1.1"),
    };
    let (Some(method), Some(target), Some(version)) = (parsed.method, parsed.path, parsed.version) else {
        return Parsed::Partial;
    };
    let framing = match Framing::of(version, parsed.headers) {
        Ok(framing) => framing,
        Err(refusal) => return Parsed::Refused(refusal),
    };
    let rest = &bytes[head_size..];
    let (body, body_size) = match framing.body {
        BodyFraming::Length(length) if length > MAX_BODY_BYTES => return too_long_body(),
        BodyFraming::Length(length) if length <= rest.len() => (Cow::Borrowed(&rest[..length]), length),
        BodyFraming::Length(_) => return framing.partial(),
        BodyFraming::Chunked => match decode_chunked(rest, MAX_BODY_BYTES) {
            ChunkedBody::Complete { body, size } => (Cow::Owned(body), size),
            ChunkedBody::Partial => return framing.partial(),
            ChunkedBody::TooLong => return too_long_body(),
            ChunkedBody::Malformed => return refused(400, "the chunked request body is malformed"),
        },
    };
    let (path, query) = split_target(target);
    let request = Request {
        method: Method::of(method),
        target,
        path,
        query,
        persistence: framing.persistence,
        body,
        head: &bytes[..head_size],
    };
    Parsed::Complete { request, size: head_size + body_size }
}

fn refused(status: u16, reason: &'static str) -> Parsed<'static> {
    Parsed::Refused(Refusal { status, reason })
}

fn too_long_body() -> Parsed<'static> {
    refused(413, "the request body is too long, allowed are 1048576 bytes")
}

/// Path and query of a target in origin form (`/a?b`) or absolute form (`http://host/a?b`).
fn split_target(target: &str) -> (&str, &str) {
    let origin = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => rest.find(['/', '?']).map_or("/", |at| &rest[at..]),
        _ => target,
    };
    origin.split_once('?').unwrap_or((origin, ""))
}

/// What the headers say about where the request ends and what becomes of the connection.
struct Framing {
    body: BodyFraming,
    persistence: Persistence,
    awaits_continue: bool,
}

enum BodyFraming {
    Length(usize),
    Chunked,
}

impl Framing {
    fn of(version: u8, headers: &[httparse::Header<'_>]) -> Result<Self, Refusal> {
        let bad = |reason| Refusal { status: 400, reason };
        let mut length: Option<&[u8]> = None;
        let mut chunked = false;
        let mut hosts = 0_u32;
        let mut persistence = if version == 0 { Persistence::Close } else { Persistence::Implied };
        let mut awaits_continue = false;
        for header in headers {
            let (name, value) = (header.name, header.value);
            if name.eq_ignore_ascii_case("host") {
                hosts += 1;
            } else if name.eq_ignore_ascii_case("connection") {
                persistence = persistence_after(persistence, version, value);
            } else if name.eq_ignore_ascii_case("content-length") {
                if length.is_some_and(|before| before != value) {
                    return Err(bad("the request has two different content-length headers"));
                }
                length = Some(value);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                if !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Refusal { status: 501, reason: "the only transfer-encoding taken is chunked" });
                }
                chunked = true;
            } else if name.eq_ignore_ascii_case("expect") {
                awaits_continue = value.eq_ignore_ascii_case(b"100-continue");
            }
        }
        if version == 1 && hosts != 1 {
            return Err(bad("an HTTP/1.1 request has exactly one host header"));
        }
        let body = match (chunked, length) {
            (true, Some(_)) => return Err(bad("the request has both a content-length and a transfer-encoding")),
            (true, None) => BodyFraming::Chunked,
            (false, None) => BodyFraming::Length(0),
            (false, Some(digits)) => match content_length(digits) {
                Some(length) => BodyFraming::Length(length),
                None => return Err(bad("the content-length is no number")),
            },
        };
        Ok(Self { body, persistence, awaits_continue })
    }

    /// The answer to a body that is not there yet.
    fn partial(&self) -> Parsed<'static> {
        if self.awaits_continue { Parsed::AwaitsContinue } else { Parsed::Partial }
    }
}

/// Digits only: the standard parser would take a sign. A number beyond the widest is as good as too long.
fn content_length(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    Some(text.parse().unwrap_or(usize::MAX))
}

fn persistence_after(before: Persistence, version: u8, value: &[u8]) -> Persistence {
    let mut persistence = before;
    for token in value.split(|&byte| byte == b',') {
        let token = token.trim_ascii();
        if token.eq_ignore_ascii_case(b"close") {
            return Persistence::Close;
        }
        if token.eq_ignore_ascii_case(b"keep-alive") && version == 0 {
            persistence = Persistence::Confirmed;
        }
    }
    persistence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(bytes: &[u8]) -> Request<'_> {
        match parse(bytes) {
            Parsed::Complete { request, size } => {
                assert_eq!(size, bytes.len(), "the request takes up all bytes");
                request
            }
            other => panic!("not complete: {other:?}"),
        }
    }

    #[track_caller]
    fn check_refused(bytes: &[u8], status: u16) {
        match parse(bytes) {
            Parsed::Refused(refusal) => assert_eq!(refusal.status, status, "{}", refusal.reason),
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn every_prefix_of_a_request_is_partial() {
        let whole = b"POST /a?b=1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        for end in 0..whole.len() {
            assert!(matches!(parse(&whole[..end]), Parsed::Partial), "the first {end} bytes");
        }
        let request = complete(whole);
        assert_eq!((request.method, request.path, request.query), (Method::Post, "/a", "b=1"));
        assert_eq!(request.body.as_ref(), b"abc");
    }

    #[test]
    fn a_second_request_in_the_buffer_is_left_there() {
        let bytes = b"GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\n";
        let Parsed::Complete { request, size } = parse(bytes) else { panic!("not complete") };
        assert_eq!((request.path, size), ("/", 27));
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn targets_split_into_path_and_query() {
        let check = |target, path, query| assert_eq!(split_target(target), (path, query), "{target}");
        check("/",                      "/",  "");
        check("/a?b=c?d",               "/a", "b=c?d");
        check("http://host:80/a?b",     "/a", "b");
        check("http://host",            "/",  "");
        check("/redirect?to=http://x/", "/redirect", "to=http://x/");
        check("*",                      "*",  "");
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn the_connection_header_and_the_version_decide_what_stays_open() {
        let check = |version: &str, header: &str, expected| {
            let text = format!("GET / HTTP/{version}\r\nHost: h\r\n{header}\r\n");
            assert_eq!(complete(text.as_bytes()).persistence, expected, "{version} {header}");
        };
        check("1.1", "",                                  Persistence::Implied);
        check("1.1", "Connection: keep-alive\r\n",        Persistence::Implied);
        check("1.1", "Connection: Close\r\n",             Persistence::Close);
        check("1.1", "Connection: x, close\r\n",          Persistence::Close);
        check("1.0", "",                                  Persistence::Close);
        check("1.0", "Connection: Keep-Alive\r\n",        Persistence::Confirmed);
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn what_is_no_request_is_refused() {
        check_refused(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",                                          400);
        check_refused(b"GET / HTTP/1.1\r\n\r\n",                                                        400);
        check_refused(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",                                  400);
        check_refused(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",                       400);
        check_refused(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",   400);
        check_refused(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
        check_refused(b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",                  501);
        check_refused(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413);
        check_refused(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n",                 413);
        check_refused(format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(MAX_HEAD_BYTES)).as_bytes(),         431);
        check_refused(format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65)).as_bytes(),             431);
    }

    #[test]
    fn an_expected_continue_is_seen_only_while_the_body_is_missing() {
        let head = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
        assert!(matches!(parse(head), Parsed::AwaitsContinue));
        let whole = [head.as_slice(), b"ok"].concat();
        assert_eq!(complete(&whole).body.as_ref(), b"ok");
    }

    #[test]
    fn headers_are_found_whatever_their_case() {
        let request = complete(b"GET / HTTP/1.1\r\nHost: h\r\nAUTHORIZATION: Bearer x\r\n\r\n");
        assert_eq!(request.header("authorization").as_deref(), Some("Bearer x"));
        assert_eq!(request.header("cookie"), None);
        assert_eq!(request.method_text(), "GET");
    }
}
