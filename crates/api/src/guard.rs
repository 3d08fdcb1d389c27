//! Whether a request comes from whom it seems to: a web page in a user's browser must not be able to start tests.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method};
use swarmgate_domain::Wrong;

use crate::api::ApiRequest;
use crate::policy::AllowedHosts;
use crate::problem::{Kind, Problem};

/// Refuses requests for other hosts (DNS rebinding), and changes that another site's page asks for (cross-site request forgery).
pub(crate) fn check(request: &ApiRequest, allowed: AllowedHosts) -> Result<(), Problem> {
    let host = host_of(request);
    if let AllowedHosts::Listening(address) = allowed {
        let is_ours = host.as_deref().is_some_and(|host| is_own_host(host, address));
        if !is_ours {
            let wrong = Wrong::new("this is another host").allowed(format!("`localhost` and `{address}`"));
            return Err(Problem::about(Kind::ForeignHost, "Host", host.as_deref(), wrong));
        }
    }
    if is_change(request.method())
        && let Some(origin) = text(request.headers(), &ORIGIN)
    {
        let site = origin.split_once("://").map(|(_, site)| site);
        if site.is_none() || site != host.as_deref() {
            let wrong = Wrong::new("a page of another site may change nothing here");
            return Err(Problem::about(
                Kind::ForeignOrigin,
                "Origin",
                Some(origin),
                wrong.allowed("pages of this host"),
            ));
        }
    }
    Ok(())
}

/// Whom the request is for: as HTTP/2 says it in the URI, or the `Host` header.
fn host_of(request: &ApiRequest) -> Option<String> {
    let authority = request.uri().authority().map(|authority| authority.as_str());
    authority.or_else(|| text(request.headers(), &HOST)).map(str::to_ascii_lowercase)
}

/// Whether `host` is this machine's own name, or the address that is listened on. Any port: it may be forwarded from another.
fn is_own_host(host: &str, listening: IpAddr) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    match bare.parse::<IpAddr>() {
        // No page can point an address elsewhere.
        Ok(address) => listening.is_unspecified() || listening == address,
        Err(_) => name == "localhost",
    }
}

fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn text<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn only_own_names_are_answered() {
        let check = |host: &str, listening: &str, ours: bool| {
            assert_eq!(is_own_host(host, listening.parse().unwrap()), ours, "{host} at {listening}");
        };
        check("localhost:8089",       "127.0.0.1", true);
        check("localhost",            "127.0.0.1", true);
        check("127.0.0.1:8089",       "127.0.0.1", true);
        check("[::1]:8089",           "::1",       true);
        check("[::1]",                "::1",       true);
        check("192.168.1.7:8089",     "0.0.0.0",   true);
        check("192.168.1.7:8089",     "127.0.0.1", false);
        check("evil.test:8089",       "127.0.0.1", false);
        check("evil.test",            "0.0.0.0",   false);
        check("localhost.evil.test",  "127.0.0.1", false);
        check("127.0.0.1.evil.test",  "127.0.0.1", false);
        check("evil.test:80:127",     "127.0.0.1", false);
        check("",                     "127.0.0.1", false);
    }
}
