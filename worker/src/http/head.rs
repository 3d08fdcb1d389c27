//! The head of an answer: status, framing of the body, and whether the connection lasts.

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Status};

use super::response::BadResponse;

/// How many headers an answer may have.
const MOST_HEADERS: usize = 256;

/// How the end of the body is found (RFC 9112, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// After so many bytes.
    Length(u64),
    /// After the last chunk and its trailers.
    Chunked,
    /// When the connection ends.
    UntilClose,
}

/// What is needed of a head at once; other headers are looked up in the bytes, when a check asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// 100 to 999.
    pub status: u16,
    /// Bytes of the head, its blank line included.
    pub length: usize,
    /// How the body ends.
    pub framing: Framing,
    /// Whether another request may follow on the connection.
    pub keeps_alive: bool,
    /// Whether it sets cookies.
    pub sets_cookies: bool,
    /// Whether it names a coding of the body, such as gzip.
    pub names_coding: bool,
}

/// Parses the head at the start of `bytes`; `None` when it is not all there yet.
/// `of_head` says that the request's method was `HEAD`.
pub fn parse(bytes: &[u8], of_head: bool) -> Result<Option<Head>, BadResponse> {
    let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut []);
    let parsed = ParserConfig::default().parse_response_with_uninit_headers(&mut response, bytes, &mut headers);
    let length = match parsed {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(error) => return Err(BadResponse::of_head(error)),
    };
    let status = response.code.unwrap_or(0);
    if status < 100 {
        return Err(BadResponse::Status);
    }
    let http_1_1 = response.version == Some(1);
    let mut found = Found::default();
    for header in response.headers.iter() {
        found.note(header)?;
    }
    let bodiless = of_head || status < 200 || status == 204 || status == 304;
    let framing = match (found.transfer_encoding, found.length) {
        _ if bodiless => Framing::None,
        (Some(Coding::ChunkedLast), _) => Framing::Chunked,
        (Some(Coding::Other), _) => Framing::UntilClose,
        (None, Some(length)) => Framing::Length(length),
        (None, None) => Framing::UntilClose,
    };
    // Both framings at once, or a framing that HTTP/1.0 does not have, smells of a confused proxy: not to be reused (6.1, 6.3).
    let confused = found.transfer_encoding.is_some() && (found.length.is_some() || !http_1_1);
    let keeps_alive = if http_1_1 { !found.close } else { found.keep_alive && !found.close };
    let keeps_alive = keeps_alive && !confused && framing != Framing::UntilClose;
    let Found { sets_cookies, names_coding, .. } = found;
    Ok(Some(Head { status, length, framing, keeps_alive, sets_cookies, names_coding }))
}

/// The headers of a head that [`parse`] took, in order, without white space around the values.
pub fn headers(head: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    // Blank lines may come before the status line.
    let start = head.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
    let mut lines = head[start..].split(|byte| *byte == b'\n');
    lines.next();
    lines.map_while(|line| {
        let colon = memchr::memchr(b':', line)?;
        let name = std::str::from_utf8(&line[..colon]).ok()?;
        Some((name, line[colon + 1..].trim_ascii()))
    })
}

#[derive(Clone, Copy)]
enum Coding {
    /// `chunked`, or `gzip, chunked`.
    ChunkedLast,
    Other,
}

#[derive(Default)]
struct Found {
    length: Option<u64>,
    transfer_encoding: Option<Coding>,
    close: bool,
    keep_alive: bool,
    sets_cookies: bool,
    names_coding: bool,
}

impl Found {
    fn note(&mut self, header: &Header<'_>) -> Result<(), BadResponse> {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        // By length first: most headers are none of these.
        match header.name.len() {
            10 if is("connection") => {
                for option in list_items(header.value) {
                    self.close |= option.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            10 if is("set-cookie") => self.sets_cookies = true,
            14 if is("content-length") => {
                if list_items(header.value).next().is_none() {
                    return Err(BadResponse::ContentLength);
                }
                for item in list_items(header.value) {
                    let length = decimal(item).ok_or(BadResponse::ContentLength)?;
                    // The same length twice is one; two lengths are none (RFC 9110, 8.6).
                    if self.length.is_some_and(|other| other != length) {
                        return Err(BadResponse::ContentLength);
                    }
                    self.length = Some(length);
                }
            }
            16 if is("content-encoding") => self.names_coding = true,
            17 if is("transfer-encoding") => {
                for coding in list_items(header.value) {
                    let chunked = coding.eq_ignore_ascii_case(b"chunked");
                    self.transfer_encoding = Some(if chunked { Coding::ChunkedLast } else { Coding::Other });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The items of a list separated by commas, without those that are empty.
fn list_items(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|b| *b == b',').map(<[u8]>::trim_ascii).filter(|item| !item.is_empty())
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
