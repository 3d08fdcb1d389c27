//! URLs taken apart: where to connect, and what to ask for there.

use url::{Host, Url};

use super::request::path_for_wire;
use crate::net::OriginKey;

/// A URL's two halves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitUrl {
    /// Where to connect.
    pub origin: OriginKey,
    /// The path and the query as they are sent.
    pub path: Vec<u8>,
}

/// What relative URLs are joined to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Where to connect.
    pub origin: OriginKey,
    /// What comes before each path: empty, or a path that does not end with `/`.
    pub prefix: Vec<u8>,
}

/// Takes `url` apart. The error says what is wrong with it.
pub fn split(url: &Url) -> Result<SplitUrl, String> {
    let https = match url.scheme() {
        "http" => false,
        "https" => true,
        other => return Err(format!("`{other}` is not spoken, allowed are http and https")),
    };
    let host = match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => return Err("it names no host".to_owned()),
    };
    let port = url.port_or_known_default().unwrap_or(if https { 443 } else { 80 });
    let mut path = Vec::new();
    path_for_wire(&url[url::Position::BeforePath..url::Position::AfterQuery], &mut path);
    Ok(SplitUrl { origin: OriginKey { https, host, port, unverified: false }, path })
}

impl Base {
    /// Takes the target's URL as the base. The error says what is wrong with it.
    pub fn parse(target: &str) -> Result<Self, String> {
        let mut url = Url::parse(target).map_err(|error| error.to_string())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a user name or password".to_owned());
        }
        url.set_query(None);
        let SplitUrl { origin, mut path } = split(&url)?;
        while path.last() == Some(&b'/') {
            path.pop();
        }
        Ok(Self { origin, prefix: path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn urls_come_apart() {
        let check = |url: &str, https: bool, host: &str, port: u16, path: &str| {
            let got = split(&Url::parse(url).unwrap()).unwrap();
            assert_eq!(got.origin, OriginKey { https, host: host.into(), port, unverified: false }, "{url}");
            assert_eq!(String::from_utf8(got.path).unwrap(), path, "{url}");
        };
        check("http://example.com",               false, "example.com",       80,   "/");
        check("https://example.com./a?b=c#d",     true,  "example.com",       443,  "/a?b=c");
        check("http://[::1]:8080/x y",            false, "::1",               8080, "/x%20y");
        check("http://127.0.0.1:81/?q=é",         false, "127.0.0.1",         81,   "/?q=%C3%A9");
        check("http://bücher.example/",           false, "xn--bcher-kva.example", 80, "/");
    }

    #[test]
    fn a_base_ends_without_a_slash() {
        let prefix = |target| String::from_utf8(Base::parse(target).unwrap().prefix).unwrap();
        assert_eq!(prefix("http://h/"), "");
        assert_eq!(prefix("http://h/shop/"), "/shop");
        assert!(Base::parse("ftp://h/").unwrap_err().contains("allowed are http and https"));
        assert!(Base::parse("http://u:p@h/").is_err());
        assert!(Base::parse("nonsense").is_err());
    }
}
