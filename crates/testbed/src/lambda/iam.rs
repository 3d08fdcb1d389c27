//! AWS's signature (version 4) of requests, as API Gateway's IAM authorization checks it.
//!
//! Written after AWS's specification ("Create a signed AWS API request"), and not with the library that clients sign with.

use std::time::{Duration, SystemTime};

use hmac::{Hmac, Mac};
use http::{HeaderMap, Method, Uri};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Request;
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "execute-api";
const DATE: &str = "x-amz-date";
/// How dates are written.
const FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// By so much a request's time may differ from now.
const MOST_SKEW: Duration = Duration::from_secs(5 * 60);

/// What stays as it is in a canonical request.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const IN_PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// Who may call an API: the only identity that its IAM authorization lets in.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Names the key.
    pub key_id: String,
    /// The key.
    pub secret: String,
    /// The API's region.
    pub region: String,
}

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It has no signature.
    Unsigned,
    /// What should be its signature is none.
    Malformed(&'static str),
    /// Nobody has this key.
    UnknownKey,
    /// It is too old, or of the future.
    Expired,
    /// It is another's, or of another request.
    WrongSignature,
}

impl Refusal {
    /// The kind of error and the message, as a REST API has them.
    pub fn words(&self) -> (&'static str, String) {
        match self {
            Self::Unsigned => ("MissingAuthenticationTokenException", "Missing Authentication Token".to_owned()),
            Self::Malformed(what) => ("IncompleteSignatureException", format!("Authorization header requires {what}")),
            Self::UnknownKey => {
                let message = "The security token included in the request is invalid.";
                ("UnrecognizedClientException", message.to_owned())
            }
            Self::Expired => ("InvalidSignatureException", "Signature expired".to_owned()),
            Self::WrongSignature => {
                let message = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
                    Key and signing method.";
                ("InvalidSignatureException", message.to_owned())
            }
        }
    }
}

/// What of a request is signed.
struct Signed<'a> {
    method: &'a Method,
    path: &'a str,
    query: &'a str,
    headers: &'a HeaderMap,
    /// Their names, in order, with semicolons between.
    names: &'a str,
    body: &'a [u8],
}

impl Caller {
    /// Signs a request as of so long ago. Its body must be in memory.
    pub fn sign(&self, request: &mut Request, ago: Duration) {
        self.sign_at(request, wall_clock() - ago);
    }

    fn sign_at(&self, request: &mut Request, at: SystemTime) {
        let date = Timestamp::try_from(at).expect("a time of this era").strftime(FORMAT).to_string();
        let url = request.url().clone();
        let host = match (url.host_str().unwrap_or_default(), url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let headers = request.headers_mut();
        headers.insert("host", host.parse().expect("a host is a header's value"));
        headers.insert(DATE, date.parse().expect("a date is a header's value"));
        let mut names: Vec<_> = request.headers().keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        let names = names.join(";");
        let signed = Signed {
            method: request.method(),
            path: url.path(),
            query: url.query().unwrap_or_default(),
            headers: request.headers(),
            names: &names,
            body: request.body().map_or(&[], |body| body.as_bytes().expect("the body is in memory")),
        };
        let (scope, signature) = (self.scope(&date), self.signature(&date, &signed));
        let value =
            format!("{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", self.key_id);
        request
            .headers_mut()
            .insert("authorization", value.parse().expect("hex digits and names are a header's value"));
    }

    /// Whether a request that came `now` is one of this caller.
    pub(super) fn check(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> Result<(), Refusal> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let authorization = text("authorization").ok_or(Refusal::Unsigned)?;
        let fields = authorization.strip_prefix(ALGORITHM).ok_or(Refusal::Unsigned)?;
        let field = |name: &'static str| {
            let mut found = fields.split(',').filter_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
            found.next().ok_or(Refusal::Malformed(name))
        };
        let (credential, names, signature) = (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
        let (key_id, scope) = credential.split_once('/').ok_or(Refusal::Malformed("Credential"))?;
        if key_id != self.key_id {
            return Err(Refusal::UnknownKey);
        }
        let date = text(DATE).ok_or(Refusal::Malformed(DATE))?;
        let at = DateTime::strptime(FORMAT, date).ok().and_then(|at| at.to_zoned(TimeZone::UTC).ok());
        let at = SystemTime::from(at.ok_or(Refusal::Malformed(DATE))?.timestamp());
        let skew = now.duration_since(at).or_else(|_| at.duration_since(now)).unwrap_or_default();
        if skew > MOST_SKEW {
            return Err(Refusal::Expired);
        }
        if !["host", DATE].iter().all(|needed| names.split(';').any(|name| name == *needed)) {
            return Err(Refusal::Malformed("SignedHeaders"));
        }
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
        let signed = Signed { method, path, query, headers, names, body };
        let is_right = scope == self.scope(date) && signature == self.signature(date, &signed);
        if is_right { Ok(()) } else { Err(Refusal::WrongSignature) }
    }

    fn scope(&self, date: &str) -> String {
        format!("{}/{}/{SERVICE}/aws4_request", date.get(..8).unwrap_or_default(), self.region)
    }

    fn signature(&self, date: &str, signed: &Signed<'_>) -> String {
        let canonical = hex(&Sha256::digest(signed.canonical()));
        let text = format!("{ALGORITHM}\n{date}\n{}\n{canonical}", self.scope(date));
        let day = date.get(..8).unwrap_or_default();
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [day, &self.region, SERVICE, "aws4_request"] {
            key = keyed(&key, part);
        }
        hex(&keyed(&key, &text))
    }
}

/// Signatures hold the time, and are held against it, by the real clock.
#[expect(clippy::disallowed_methods, reason = "other processes sign too")]
pub(super) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

impl Signed<'_> {
    fn canonical(&self) -> String {
        // Encoded once more: so it is with all services but S3.
        let path = utf8_percent_encode(self.path, IN_PATH);
        let encoded = |text: &str| {
            let decoded: Vec<u8> = percent_decode_str(text).collect();
            utf8_percent_encode(&String::from_utf8_lossy(&decoded), UNRESERVED).to_string()
        };
        let pairs = self
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut pairs: Vec<_> = pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        pairs.sort_unstable();
        let header = |name: &str| {
            let values = self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            let values: Vec<_> = values.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
            format!("{name}:{}\n", values.join(","))
        };
        let headers: String = self.names.split(';').map(header).collect();
        let (query, body) = (pairs.join("&"), hex(&Sha256::digest(self.body)));
        format!("{}\n{path}\n{query}\n{headers}\n{}\n{body}", self.method, self.names)
    }
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may be of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Caller {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned();
        Caller { key_id: "AKIDEXAMPLE".to_owned(), secret, region: "eu-central-1".to_owned() }
    }

    fn at() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_487_400)
    }

    fn request() -> Request {
        let url = "https://api.example/prod/tests/a%20b?limit=5&after=x%2Fy".parse().unwrap();
        let mut request = Request::new(Method::POST, url);
        request.headers_mut().insert("idempotency-key", "release  17".parse().unwrap());
        *request.body_mut() = Some(r#"{"users": 3}"#.into());
        request
    }

    fn checked(request: &Request, now: SystemTime) -> Result<(), Refusal> {
        let uri = request.url().as_str().parse().unwrap();
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        caller().check(request.method(), &uri, request.headers(), body, now)
    }

    #[test]
    fn a_request_is_let_in_as_it_was_signed_and_for_a_while() {
        let mut request = request();
        assert_eq!(checked(&request, at()), Err(Refusal::Unsigned));
        caller().sign_at(&mut request, at());
        assert_eq!(checked(&request, at() + MOST_SKEW), Ok(()));
        assert_eq!(checked(&request, at() + MOST_SKEW + Duration::from_secs(1)), Err(Refusal::Expired));
        assert_eq!(checked(&request, at() - MOST_SKEW - Duration::from_secs(1)), Err(Refusal::Expired));
        let tampered = |change: fn(&mut Request)| {
            let mut request = request.try_clone().unwrap();
            change(&mut request);
            checked(&request, at())
        };
        assert_eq!(tampered(|request| *request.body_mut() = Some("{}".into())), Err(Refusal::WrongSignature));
        assert_eq!(tampered(|request| *request.method_mut() = Method::PATCH), Err(Refusal::WrongSignature));
        assert_eq!(tampered(|request| request.url_mut().set_query(Some("limit=6"))), Err(Refusal::WrongSignature));
        assert_eq!(tampered(|request| request.url_mut().set_path("/prod/tests")), Err(Refusal::WrongSignature));
        let other = |request: &mut Request| _ = request.headers_mut().insert("idempotency-key", "x".parse().unwrap());
        assert_eq!(tampered(other), Err(Refusal::WrongSignature));
    }

    /// The signature is botocore's, of the same request at the same time with the same credentials.
    #[test]
    fn a_request_is_signed_as_others_sign_it() {
        let mut request = request();
        caller().sign_at(&mut request, at());
        assert_eq!(
            request.headers()["authorization"],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/eu-central-1/execute-api/aws4_request, \
             SignedHeaders=host;idempotency-key;x-amz-date, \
             Signature=3cf0808b0ea0f2d390c4aad4d3b46398287e7f0e30030bab716d4913aa10bfcf"
        );
    }

    #[test]
    fn another_key_is_refused() {
        for (other, refusal) in [
            (Caller { key_id: "AKIDOTHER".to_owned(), ..caller() }, Refusal::UnknownKey),
            (Caller { secret: "guessed".to_owned(), ..caller() }, Refusal::WrongSignature),
            (Caller { region: "us-east-1".to_owned(), ..caller() }, Refusal::WrongSignature),
        ] {
            let mut request = request();
            other.sign_at(&mut request, at());
            assert_eq!(checked(&request, at()), Err(refusal));
        }
    }
}
