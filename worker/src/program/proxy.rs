//! The proxy of a scenario, compiled.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use swarmgate_domain::{Proxy, ProxyLogin};
use swarmgate_service::ports::Secrets;
use url::Url;

use super::compile::Bad;
use super::request::ProxyHop;
use super::text::{Escape, Text, Values};
use super::url::split;
use crate::net::{OriginId, OriginKey};

/// The proxy that all requests go through.
#[derive(Clone, Debug)]
pub struct ProxyPlan {
    /// Where it is; among the origins, since it is one more place that load goes to.
    pub origin: OriginId,
    login: Option<Login>,
}

/// The value of `Proxy-Authorization`.
#[derive(Clone)]
struct Login(Vec<u8>);

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

impl ProxyPlan {
    /// Compiles `proxy`; `intern` gives its place among the origins.
    ///
    /// # Errors
    /// [`Bad`]: its URL is none, or a secret is not known.
    pub fn compile(proxy: &Proxy, secrets: &Secrets, intern: impl FnOnce(OriginKey) -> OriginId) -> Result<Self, Bad> {
        let bad = |reason: String, hint: String| Bad {
            attempted: format!("preparing the proxy `{}`", proxy.url),
            reason,
            hint,
        };
        let url = Url::parse(&proxy.url).map_err(|error| error.to_string()).and_then(|url| split(&url));
        let url = url.map_err(|reason| bad(reason, "give a URL such as http://proxy.example:3128".to_owned()))?;
        let login = proxy.login.as_ref().map(|login| Login::render(login, secrets)).transpose();
        let login = login.map_err(|secret| {
            bad(
                format!("the secret `{secret}` is not known to this worker"),
                format!("give the worker the secret `{secret}`"),
            )
        })?;
        Ok(Self { origin: intern(url.origin), login })
    }

    /// What it is told for a request that goes to `url`.
    pub fn hop<'a>(&'a self, url: &'a [u8]) -> ProxyHop<'a> {
        ProxyHop { url, login: self.login.as_ref().map(|login| login.0.as_slice()) }
    }
}

impl Login {
    /// The error is the name of a secret that is not known.
    fn render(login: &ProxyLogin, secrets: &Secrets) -> Result<Self, String> {
        let mut rng = fastrand::Rng::with_seed(0);
        let mut values =
            Values { captures: &[], rows: &[], data: &[], user: 0, iteration: 0, unix_millis: 0, rng: &mut rng };
        let mut text = |template| {
            Text::compile(template, Escape::Raw, secrets)
                .map(|text| text.to_string(&mut values))
                .map_err(|missing| missing.0)
        };
        let pair = format!("{}:{}", text(&login.user)?, text(&login.password)?);
        Ok(Self(format!("Basic {}", BASE64_STANDARD.encode(pair)).into_bytes()))
    }
}
