//! What goes over the wire and comes back, without redirects and cookies: those are the user's.

use std::rc::Rc;

use swarmgate_python::PyStr;

/// Header lines as they stand on the wire, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    lines: String,
    names_host: bool,
    sets_cookies: bool,
}

impl Headers {
    /// None yet, with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { lines: String::with_capacity(bytes), ..Self::default() }
    }

    /// Appends one. There is no line break in it: whoever sends it has looked.
    pub fn push(&mut self, name: &str, value: &str) {
        self.names_host = self.names_host || name.eq_ignore_ascii_case("host");
        self.sets_cookies = self.sets_cookies || name.eq_ignore_ascii_case("set-cookie");
        for part in [name, ": ", value, "\r\n"] {
            self.lines.push_str(part);
        }
    }

    /// Each line ends with CR and LF.
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// Whether the script itself says which host is asked.
    pub fn name_the_host(&self) -> bool {
        self.names_host
    }

    /// Whether the server sets cookies.
    pub fn set_cookies(&self) -> bool {
        self.sets_cookies
    }

    /// Names as written, and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.split_terminator('\n').filter_map(name_and_value)
    }

    /// The first value under a name, whatever its case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// No name has a colon in it, and no value a line feed, so single characters are looked for: that is quicker than for two.
fn name_and_value(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    Some((name, value.strip_prefix(' ')?.strip_suffix('\r')?))
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(pairs: T) -> Self {
        let mut headers = Self::default();
        pairs.into_iter().for_each(|(name, value)| headers.push(name.as_ref(), value.as_ref()));
        headers
    }
}

/// One request as it goes over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// In upper case.
    pub method: Rc<str>,
    /// Absolute; its path and query are percent-encoded. A text of Python, as scripts ask their answers for it.
    pub url: Rc<PyStr>,
    /// Without `Content-Length`, and without `Host` unless the script sets it.
    pub headers: Headers,
    /// `None`: no body is sent.
    pub body: Option<Vec<u8>>,
    /// From sent to last byte, in seconds; `None` for the engine's own limit.
    pub timeout: Option<f64>,
    /// For connecting, in seconds.
    pub connect_timeout: Option<f64>,
    /// Whether the server's certificate must be valid.
    pub verify: bool,
    /// Whether it is where the answer before redirects to: part of the same request, as it is counted.
    pub follows: bool,
}

impl Exchange {
    /// Where path and query start in the URL.
    pub fn path_at(&self) -> usize {
        let url = self.url.as_str().as_bytes();
        let authority = url.windows(3).position(|bytes| bytes == b"://").map_or(0, |at| at + 3);
        url[authority..].iter().position(|byte| matches!(byte, b'/' | b'?')).map_or(url.len(), |at| authority + at)
    }

    /// Path and query as they are sent, but for an empty path.
    pub fn path(&self) -> &str {
        &self.url.as_str()[self.path_at()..]
    }
}

/// An answer, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// 100 to 599.
    pub status: u16,
    /// What else stands before the body. Shared, as many answers have the same.
    pub head: Rc<Head>,
    /// Without chunking.
    pub body: Vec<u8>,
}

impl Answer {
    /// One with a head of its own.
    pub fn new(status: u16, reason: impl Into<String>, headers: Headers, body: impl Into<Vec<u8>>) -> Self {
        Self { status, head: Rc::new(Head { reason: reason.into(), headers }), body: body.into() }
    }
}

/// What stands before an answer's body, but for the status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// What stands beside the status.
    pub reason: String,
    /// In order, names as sent.
    pub headers: Headers,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// It took too long.
    Timeout(String),
    /// Connecting took too long.
    ConnectTimeout(String),
    /// TLS failed.
    Tls(String),
    /// Nobody listens there.
    Refused(String),
    /// The connection failed.
    Connection(String),
}

impl AnswerError {
    /// A word for its kind, and the words.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Timeout(text) => ("timeout", text),
            Self::ConnectTimeout(text) => ("connect_timeout", text),
            Self::Tls(text) => ("tls", text),
            Self::Refused(text) => ("refused", text),
            Self::Connection(text) => ("connection", text),
        }
    }

    /// The one of this kind.
    pub fn of(kind: &str, text: String) -> Self {
        match kind {
            "timeout" => Self::Timeout(text),
            "connect_timeout" => Self::ConnectTimeout(text),
            "tls" => Self::Tls(text),
            "refused" => Self::Refused(text),
            _ => Self::Connection(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_whatever_their_case() {
        let headers: Headers =
            [("Content-Type", "text/html"), ("X-Empty", ""), ("x-colon", "a: b")].into_iter().collect();
        assert_eq!(headers.lines(), "Content-Type: text/html\r\nX-Empty: \r\nx-colon: a: b\r\n");
        assert_eq!(headers.iter().count(), 3);
        assert_eq!(
            ["content-type", "x-empty", "X-Colon", "host"].map(|name| headers.get(name)),
            [Some("text/html"), Some(""), Some("a: b"), None]
        );
        assert!(!headers.name_the_host() && !headers.set_cookies());
        assert!(Headers::from_iter([("SET-Cookie", "a=b"), ("x", "y")]).set_cookies());
        assert!(Headers::from_iter([("HOST", "other")]).name_the_host());
    }

    #[test]
    fn the_path_starts_after_the_authority() {
        let path = |url: &str| {
            let exchange = Exchange {
                method: "GET".into(),
                url: Rc::new(PyStr::new(url.to_owned())),
                headers: Headers::default(),
                body: None,
                timeout: None,
                connect_timeout: None,
                verify: true,
                follows: false,
            };
            exchange.path().to_owned()
        };
        assert_eq!(
            ["http://a:8080/b/c?d=/e", "https://[::1]/", "http://a?b", "http://a"].map(path),
            ["/b/c?d=/e", "/", "?b", ""]
        );
    }
}
