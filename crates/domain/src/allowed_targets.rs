//! What a deployment may load: its allow-list, and never what [`crate::forbidden`] names.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use crate::scenario::{FieldMistake, Part, Scenario, Template, requests_of};
use crate::target_policy::forbidden_host;
use crate::text::{Wrong, shown};

/// What a deployment may load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedTargets {
    /// Everything but what is always forbidden.
    Any,
    /// What fits one of the patterns, and is not always forbidden.
    Listed(Vec<HostPattern>),
}

/// Hosts that may be loaded: `shop.example`, `*.shop.example` (every name below it, not itself), `10.0.3.7`, `[::1]`; each with a port
/// (`shop.example:8443`) or for every port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    host: HostRule,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostRule {
    Exact(Host),
    Below(String),
}

impl AllowedTargets {
    /// Everything in `scenario` that would load what may not be: its target, its proxy, and absolute URLs of its requests.
    ///
    /// A URL whose host is known only while the test runs passes where any target is allowed (the engine checks every address), and is
    /// refused where there is a list.
    pub fn refused(&self, scenario: &Scenario) -> Vec<FieldMistake> {
        let mut mistakes = Vec::new();
        let mut check = |field: String, url: &str| {
            if let Err(wrong) = self.check(url) {
                mistakes.push(FieldMistake { field, value: Some(shown(url)), wrong });
            }
        };
        if let Some(target) = &scenario.target {
            check("target".to_owned(), target);
        }
        if let Some(proxy) = &scenario.http.proxy {
            check("proxy".to_owned(), &proxy.url);
        }
        for kind in &scenario.kinds {
            requests_of(kind, &mut |request| {
                if let Some(url) = absolute(&request.url) {
                    check(format!("flow.{}", request.method), &url);
                }
            });
        }
        mistakes.dedup();
        mistakes
    }

    /// Whether `url` may be loaded.
    ///
    /// # Errors
    /// [`Wrong`]: why not, and what may be.
    pub fn check(&self, url: &str) -> Result<(), Wrong> {
        let parsed = Url::parse(url).ok();
        let Some((url, host)) = parsed.as_ref().and_then(|url| Some((url, url.host_str()?))) else {
            return match self {
                Self::Any => Ok(()),
                Self::Listed(_) => {
                    let problem = format!("the host of `{}` is not known before the test runs", shown(url));
                    Err(Wrong::new(problem).allowed(self.words()))
                }
            };
        };
        if let Some(why) = forbidden_host(host) {
            return Err(Wrong::new(format!("`{}` is {why}, which is never loaded", shown(host))).allowed(self.words()));
        }
        match self {
            Self::Listed(patterns) if !patterns.iter().any(|pattern| pattern.fits(url)) => {
                let problem = format!("`{}` is not on the list of targets of this deployment", shown(host));
                Err(Wrong::new(problem).allowed(self.words()))
            }
            _ => Ok(()),
        }
    }

    /// What may be loaded, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Any => {
                "hosts other than link-local, metadata, unspecified, multicast and broadcast addresses".to_owned()
            }
            Self::Listed(patterns) if patterns.is_empty() => "none: the list of this deployment is empty".to_owned(),
            Self::Listed(patterns) => patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        }
    }
}

/// The URL up to where its host is known, if it is no path. What is known of `http://${host}/` is no URL with a host.
fn absolute(url: &Template) -> Option<String> {
    let start = match url.0.first()? {
        Part::Text(text) if text.starts_with('/') => return None,
        Part::Text(text) => text.as_str(),
        _ => "",
    };
    let authority_ends = start.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']));
    let is_known = authority_ends || url.as_constant().is_some();
    Some(if is_known { start.to_owned() } else { String::new() })
}

impl HostPattern {
    fn fits(&self, url: &Url) -> bool {
        let host_fits = match (&self.host, url.host()) {
            (HostRule::Exact(Host::Domain(name)), Some(Host::Domain(host))) => name == host.trim_end_matches('.'),
            (HostRule::Exact(exact), Some(host)) => *exact == host.to_owned(),
            (HostRule::Below(suffix), Some(Host::Domain(host))) => {
                host.trim_end_matches('.').strip_suffix(suffix.as_str()).is_some_and(|start| !start.is_empty())
            }
            _ => false,
        };
        host_fits && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

impl FromStr for HostPattern {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        let bad = || {
            Wrong::new(format!("`{}` is no pattern of hosts", shown(text)))
                .allowed("`shop.example`, `*.shop.example`, `10.0.3.7`, `[::1]`, each also with `:port`")
        };
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().map_err(|_| bad())?)),
            _ => (text, None),
        };
        let rule = match host.strip_prefix("*.") {
            Some(name) => match Host::parse(name) {
                Ok(Host::Domain(name)) if !name.contains('*') => {
                    HostRule::Below(format!(".{}", name.trim_end_matches('.')))
                }
                _ => return Err(bad()),
            },
            None => match Host::parse(host) {
                Ok(Host::Domain(name)) if !name.contains('*') => {
                    HostRule::Exact(Host::Domain(name.trim_end_matches('.').to_owned()))
                }
                Ok(ip @ (Host::Ipv4(_) | Host::Ipv6(_))) => HostRule::Exact(ip),
                _ => return Err(bad()),
            },
        };
        Ok(Self { host: rule, port })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            HostRule::Exact(host) => write!(f, "{host}")?,
            HostRule::Below(suffix) => write!(f, "*{suffix}")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(patterns: &[&str]) -> AllowedTargets {
        AllowedTargets::Listed(patterns.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn only_what_fits_a_pattern_is_allowed() {
        let check = |pattern: &str, url: &str, allowed: bool| {
            assert_eq!(listed(&[pattern]).check(url).is_ok(), allowed, "{pattern} and {url}");
        };
        check("shop.example",      "https://shop.example/a",         true);
        check("shop.example",      "https://SHOP.example.:8443/",    true);
        check("shop.example",      "https://www.shop.example",       false);
        check("shop.example",      "https://shop.example.evil.test", false);
        check("shop.example:8443", "https://shop.example:8443",      true);
        check("shop.example:8443", "https://shop.example",           false);
        check("shop.example:443",  "https://shop.example",           true);
        check("*.shop.example",    "http://www.shop.example",        true);
        check("*.shop.example",    "http://a.b.shop.example",        true);
        check("*.shop.example",    "http://shop.example",            false);
        check("*.shop.example",    "http://evilshop.example",        false);
        check("10.0.3.7",          "http://10.0.3.7:8080",           true);
        check("10.0.3.7",          "http://167772935",               true);
        check("10.0.3.7",          "http://[::ffff:10.0.3.7]",       false);
        check("[::1]:80",          "http://[::1]",                   true);
        check("169.254.169.254",   "http://169.254.169.254",         false);
        check("shop.example",      "http://shop.example@evil.test",  false);
    }

    #[test]
    fn a_pattern_is_a_host_and_perhaps_a_port() {
        for bad in ["", "*", "*.", "a*.b", "http://a", "a/b", "a:b", "a:70000", "*.1.2.3.4", "::1"] {
            assert!(bad.parse::<HostPattern>().is_err(), "{bad} was taken");
        }
        for good in ["shop.example", "*.shop.example", "10.0.3.7:80", "[::1]:8089"] {
            assert_eq!(good.parse::<HostPattern>().unwrap().to_string(), good);
        }
    }

    #[test]
    fn requests_to_other_hosts_are_refused_too() {
        let mut scenario = Scenario::from_url("http://shop.example/a").unwrap();
        assert_eq!(listed(&["shop.example"]).refused(&scenario), []);
        let crate::scenario::Step::Request(request) = &mut scenario.kinds[0].flow[0] else { unreachable!() };
        request.url = Template(vec![Part::Text("http://0xa9fea9fe/latest/".to_owned()), Part::UserId]);
        let mistakes = AllowedTargets::Any.refused(&scenario);
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].to_string().contains("`169.254.169.254` is a link-local address"), "{}", mistakes[0]);

        let crate::scenario::Step::Request(request) = &mut scenario.kinds[0].flow[0] else { unreachable!() };
        request.url = Template(vec![Part::Text("http://".to_owned()), Part::UserId, Part::Text("/".to_owned())]);
        assert_eq!(AllowedTargets::Any.refused(&scenario), []);
        assert!(listed(&["shop.example"]).refused(&scenario)[0].to_string().contains("not known before the test runs"));
    }

    #[test]
    fn a_proxy_is_a_place_that_load_goes_to() {
        let mut scenario = Scenario::from_url("http://shop.example/a").unwrap();
        let mut refused = |url: &str, allowed: &AllowedTargets| {
            scenario.http.proxy = Some(crate::scenario::Proxy { url: url.to_owned(), login: None });
            allowed.refused(&scenario).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(refused("http://proxy.example:3128", &AllowedTargets::Any), Vec::<String>::new());
        let [only] = &refused("http://proxy.example:3128", &listed(&["shop.example"]))[..] else { unreachable!() };
        assert!(only.starts_with("proxy: `proxy.example` is not on the list"), "{only}");
        let [only] = &refused("http://169.254.169.254", &AllowedTargets::Any)[..] else { unreachable!() };
        assert!(only.starts_with("proxy: `169.254.169.254` is a link-local address"), "{only}");
    }
}
