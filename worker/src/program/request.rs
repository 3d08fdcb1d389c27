//! A request, compiled: what never varies is rendered once, the rest piece by piece into a buffer that is used again.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use swarmgate_domain::Micros;

use super::answer::{CapturePlan, CheckPlan};
use super::framed::Framed;
use super::text::{Escape, Text, Values};
use crate::net::OriginId;

/// One request of the flow.
#[derive(Clone, Debug)]
pub struct RequestPlan {
    /// Index into the scenario's names.
    pub entry: usize,
    /// As sent: `GET`.
    pub method: String,
    /// Where it goes.
    pub target: Target,
    /// Added to the target's query.
    pub query: Vec<(Text, Text)>,
    /// The headers' lines but for `Host`, `Authorization`, `Cookie` and those of the body.
    pub headers: Vec<HeaderPlan>,
    /// The `Host` header's value, where the scenario sets it.
    pub host: Option<Text>,
    /// Who the request says it is.
    pub auth: AuthPlan,
    /// What is sent as the body.
    pub body: BodyPlan,
    /// The whole request, where nothing in it varies but its cookies.
    pub fixed: Option<Arc<Message>>,
    /// The same as HTTP/2 has it, where that is spoken.
    pub framed: Option<Arc<Framed>>,
    /// Whether the user's cookies are sent and kept.
    pub cookies: bool,
    /// What must hold for the answer.
    pub checks: Vec<CheckPlan>,
    /// Whether one of the checks is on the status.
    pub checks_status: bool,
    /// What is kept of the answer.
    pub captures: Vec<CapturePlan>,
    /// Whether a check or a capture reads the body.
    pub reads_body: bool,
    /// From sent to last byte.
    pub timeout: Micros,
    /// How many redirects are followed.
    pub redirects: u8,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// To a server known beforehand, at this path (with its query, if it has one).
    Fixed(OriginId, Text),
    /// To where a rendered text says: an absolute URL, or a path that is joined to the base.
    Rendered(Text),
}

/// A header's line.
#[derive(Clone, Debug)]
pub struct HeaderPlan {
    /// As written.
    pub name: String,
    /// What it says.
    pub value: Text,
}

/// Who a request says it is.
#[derive(Clone, Debug)]
pub enum AuthPlan {
    /// Nobody.
    None,
    /// Name and password.
    Basic(Text, Text),
    /// A token.
    Bearer(Text),
    /// The scenario's own `Authorization` header.
    Header(Text),
}

/// A request's body and its type.
#[derive(Clone, Debug)]
pub enum BodyPlan {
    /// None.
    Empty,
    /// As it is; the type, unless a header says it.
    Text(Text, Option<&'static str>),
    /// Names and values of a form; the type, unless a header says it.
    Form(Vec<(Text, Text)>, Option<&'static str>),
}

/// A request as it goes over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Where a `Cookie` line goes: the end of the headers.
    pub cookies_at: usize,
    /// Where its path and query are.
    path: Range<usize>,
    /// The body alone, whose length must be known before it is written: kept for its memory.
    body: Vec<u8>,
}

impl Message {
    /// Its path and query.
    pub fn path(&self) -> &[u8] {
        &self.bytes[self.path.clone()]
    }

    /// Whether the request may be sent once more when it is not known whether the server handled it (RFC 9110, 9.2.2).
    pub fn is_idempotent(method: &str) -> bool {
        matches!(method, "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS" | "TRACE")
    }
}

/// What a request line, `Host` and the rest are made of, for one hop.
pub struct Hop<'a> {
    /// As sent.
    pub method: &'a str,
    /// What stands before the path where a proxy is asked: the scheme and the host, and how one logs in there.
    pub proxy: Option<ProxyHop<'a>>,
    /// The path and query as sent.
    pub path: &'a [u8],
    /// The `Host` header's value for where it goes.
    pub host: &'a [u8],
    /// Whether this is where the request was meant to go, so that it may say who it is.
    pub with_auth: bool,
    /// Whether the body goes along.
    pub with_body: bool,
}

/// What a proxy is told beside the request itself.
#[derive(Clone, Copy)]
pub struct ProxyHop<'a> {
    /// Where it is to go: `http://host:port`.
    pub url: &'a [u8],
    /// The value of `Proxy-Authorization`, if it asks who one is.
    pub login: Option<&'a [u8]>,
}

impl ProxyHop<'_> {
    /// Appends the line that says who asks, if one does.
    pub fn write_login(&self, out: &mut Vec<u8>) {
        if let Some(login) = self.login {
            for part in [b"Proxy-Authorization: ", login, b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
    }
}

impl RequestPlan {
    /// Appends the path with its query to `out`.
    pub fn render_path(&self, path: &Text, values: &mut Values<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        path.render(values, out);
        if out.len() == start {
            out.push(b'/');
        }
        self.render_query(start, values, out);
    }

    /// Appends the query's pairs to the path that starts at `start` of `out`.
    pub fn render_query(&self, start: usize, values: &mut Values<'_>, out: &mut Vec<u8>) {
        let mut separator = if out[start..].contains(&b'?') { b'&' } else { b'?' };
        for (name, value) in &self.query {
            out.push(separator);
            name.render(values, out);
            out.push(b'=');
            value.render(values, out);
            separator = b'&';
        }
    }

    /// Writes the request for `hop` in place of what is in `message`.
    pub fn render(&self, hop: &Hop<'_>, values: &mut Values<'_>, message: &mut Message) {
        let Message { bytes: out, cookies_at, path, body } = message;
        out.clear();
        out.extend_from_slice(hop.method.as_bytes());
        out.push(b' ');
        if let Some(proxy) = hop.proxy {
            out.extend_from_slice(proxy.url);
        }
        *path = out.len()..out.len() + hop.path.len();
        out.extend_from_slice(hop.path);
        out.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        match &self.host {
            Some(host) if hop.with_auth => host.render(values, out),
            _ => out.extend_from_slice(hop.host),
        }
        out.extend_from_slice(b"\r\n");
        if let Some(proxy) = hop.proxy {
            proxy.write_login(out);
        }
        for header in &self.headers {
            let of_body = header.name.len() >= 8 && header.name[..8].eq_ignore_ascii_case("content-");
            if of_body && !hop.with_body && !matches!(self.body, BodyPlan::Empty) {
                continue;
            }
            out.extend_from_slice(header.name.as_bytes());
            out.extend_from_slice(b": ");
            header.value.render(values, out);
            out.extend_from_slice(b"\r\n");
        }
        if hop.with_auth {
            self.auth.render(values, out);
        }
        body.clear();
        match hop.with_body.then(|| self.body.render(values, body)).flatten() {
            None => {
                // A method that may have a body says that there is none (RFC 9110, 8.6).
                if matches!(hop.method, "POST" | "PUT" | "PATCH") {
                    out.extend_from_slice(b"Content-Length: 0\r\n");
                }
                *cookies_at = out.len();
                out.extend_from_slice(b"\r\n");
            }
            Some(media_type) => {
                if let Some(media_type) = media_type {
                    out.extend_from_slice(b"Content-Type: ");
                    out.extend_from_slice(media_type.as_bytes());
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"Content-Length: ");
                out.extend_from_slice(itoa::Buffer::new().format(body.len()).as_bytes());
                out.extend_from_slice(b"\r\n");
                *cookies_at = out.len();
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(body);
            }
        }
    }

    /// Whether each rendering gives the same bytes.
    pub fn is_fixed(&self) -> bool {
        let pair = |(a, b): &(Text, Text)| a.as_fixed().is_some() && b.as_fixed().is_some();
        let body = match &self.body {
            BodyPlan::Empty => true,
            BodyPlan::Text(text, _) => text.as_fixed().is_some(),
            BodyPlan::Form(pairs, _) => pairs.iter().all(pair),
        };
        let auth = match &self.auth {
            AuthPlan::None => true,
            AuthPlan::Basic(user, password) => user.as_fixed().is_some() && password.as_fixed().is_some(),
            AuthPlan::Bearer(text) | AuthPlan::Header(text) => text.as_fixed().is_some(),
        };
        body && auth
            && matches!(&self.target, Target::Fixed(_, path) if path.as_fixed().is_some())
            && self.query.iter().all(pair)
            && self.headers.iter().all(|h| h.value.as_fixed().is_some())
            && self.host.as_ref().is_none_or(|host| host.as_fixed().is_some())
    }
}

impl AuthPlan {
    fn render(&self, values: &mut Values<'_>, out: &mut Vec<u8>) {
        match self {
            Self::None => return,
            Self::Basic(user, password) => {
                let mut pair = Vec::new();
                user.render(values, &mut pair);
                pair.push(b':');
                password.render(values, &mut pair);
                out.extend_from_slice(b"Authorization: Basic ");
                out.extend_from_slice(BASE64_STANDARD.encode(&pair).as_bytes());
            }
            Self::Bearer(token) => {
                out.extend_from_slice(b"Authorization: Bearer ");
                token.render(values, out);
            }
            Self::Header(value) => {
                out.extend_from_slice(b"Authorization: ");
                value.render(values, out);
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl BodyPlan {
    /// Appends the body to `out`; gives its type, unless a header says it. `None`: there is no body.
    fn render(&self, values: &mut Values<'_>, out: &mut Vec<u8>) -> Option<Option<&'static str>> {
        match self {
            Self::Empty => None,
            Self::Text(text, media_type) => {
                text.render(values, out);
                Some(*media_type)
            }
            Self::Form(pairs, media_type) => {
                for (n, (name, value)) in pairs.iter().enumerate() {
                    if n > 0 {
                        out.push(b'&');
                    }
                    name.render(values, out);
                    out.push(b'=');
                    value.render(values, out);
                }
                Some(*media_type)
            }
        }
    }
}

/// Puts a URL's path and query into the form that is sent: no fragment, and nothing that can't stand in a request's first line.
pub fn path_for_wire(path: &str, out: &mut Vec<u8>) {
    let path = path.split('#').next().unwrap_or("");
    if !path.starts_with('/') {
        out.push(b'/');
    }
    Escape::Target.write(path, out);
}
