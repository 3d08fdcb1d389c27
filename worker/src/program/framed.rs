//! A request as HTTP/2 has it, made of the bytes that HTTP/1.1 would send: so that both say the same.

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request, Uri};

/// How many headers a request may have.
const MOST_HEADERS: usize = 256;

/// A request's pseudo-headers and headers, and its body.
#[derive(Clone, Debug)]
pub struct Framed {
    /// With the server's name in its URI, in place of `Host`.
    pub head: Request<()>,
    /// All of it.
    pub body: Bytes,
}

impl Framed {
    /// The request that `message` is; `https` says where it goes.
    ///
    /// # Errors
    /// What of it can't be said in HTTP/2.
    pub fn of(message: &[u8], https: bool) -> Result<Self, &'static str> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(length) =
            parsed.parse(message).map_err(|_| "the request can't be sent in HTTP/2")?
        else {
            return Err("the request can't be sent in HTTP/2");
        };
        let mut head = Request::new(());
        let method = parsed.method.unwrap_or_default();
        *head.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|_| "the method can't be sent in HTTP/2")?;
        let mut host: &[u8] = b"";
        let map = head.headers_mut();
        for header in parsed.headers.iter() {
            if header.name.eq_ignore_ascii_case("host") {
                host = header.value;
            } else {
                append(map, header)?;
            }
        }
        *head.uri_mut() = uri(https, host, parsed.path.unwrap_or("/"))?;
        Ok(Self { head, body: Bytes::copy_from_slice(&message[length..]) })
    }
}

fn append(map: &mut HeaderMap, header: &httparse::Header<'_>) -> Result<(), &'static str> {
    // What is between two ends of one connection in HTTP/1.1 is no header in HTTP/2 (RFC 9113, 8.2.2).
    const OF_CONNECTION: [HeaderName; 4] = [CONNECTION, TRANSFER_ENCODING, UPGRADE, HOST];
    const ALSO_OF_CONNECTION: [&str; 2] = ["keep-alive", "proxy-connection"];
    let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| "a header's name can't be sent in HTTP/2")?;
    let value = HeaderValue::from_bytes(header.value).map_err(|_| "a header's value can't be sent in HTTP/2")?;
    let is_left_out = OF_CONNECTION.contains(&name)
        || ALSO_OF_CONNECTION.contains(&name.as_str())
        || name == TE && value.as_bytes() != b"trailers";
    if !is_left_out {
        map.append(name, value);
    }
    Ok(())
}

fn uri(https: bool, host: &[u8], path: &str) -> Result<Uri, &'static str> {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(if https { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(Authority::try_from(host).map_err(|_| "the host can't be sent in HTTP/2")?);
    parts.path_and_query = Some(PathAndQuery::try_from(path).map_err(|_| "the path can't be sent in HTTP/2")?);
    Uri::from_parts(parts).map_err(|_| "the URL can't be sent in HTTP/2")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said() {
        let message = b"POST /a?b=%20c HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: us\r\nConnection: close\r\n\
            TE: gzip\r\nX-Twice: 1\r\nx-twice: 2\r\nContent-Length: 5\r\nCookie: a=b\r\n\r\nhello";
        let Framed { head, body } = Framed::of(message, false).unwrap();
        assert_eq!(
            (head.method().as_str(), head.uri().to_string()),
            ("POST", "http://shop.example:8080/a?b=%20c".into())
        );
        let headers: Vec<_> = head.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let expected: [(&str, &[u8]); 5] =
            [("user-agent", b"us"), ("x-twice", b"1"), ("x-twice", b"2"), ("content-length", b"5"), ("cookie", b"a=b")];
        assert_eq!(headers, expected);
        assert_eq!(&body[..], b"hello");
    }

    #[test]
    fn what_can_not_be_said_says_why() {
        let error = |message: &[u8]| Framed::of(message, true).unwrap_err();
        assert_eq!(error(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), "the host can't be sent in HTTP/2");
        assert_eq!(error(b"GET / HTTP/1.1\r\nHost: a"), "the request can't be sent in HTTP/2");
    }
}
