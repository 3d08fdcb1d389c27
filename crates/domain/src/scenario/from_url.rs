//! A plain URL is a scenario.

use std::collections::BTreeMap;

use url::Url;

use super::mistake::FieldMistake;
use super::model::{
    Auth, Body, ConnectionReuse, Cookies, EntryName, HttpSettings, HttpVersion, Load, LoadModel, NameId, Request,
    Scenario, Step, ThinkAfter, ThinkTime, TlsTrust, UserKind,
};
use super::template::Template;
use crate::curve::UserCurve;
use crate::text::{Wrong, shown};
use crate::threshold::Threshold;
use crate::time::Micros;

/// How many users a plain URL has.
const USERS: u32 = 10;
/// How long a plain URL is tested.
const DURATION: Micros = Micros::from_secs(30);

impl Scenario {
    /// A `GET` of `url` by 10 users for 30 s, each once a second, held against `error_rate < 1%`.
    ///
    /// Once a second so that a plain URL is no attack, and so that as many users as are asked for make as many requests per second
    /// (see [`Scenario::with_overrides`]). The report is headed with the URL's host and path.
    ///
    /// # Errors
    /// [`FieldMistake`] of the field `url`: it is none, is not `http` or `https`, or holds a password.
    pub fn from_url(url: &str) -> Result<Self, FieldMistake> {
        let parsed =
            parse(url).map_err(|wrong| FieldMistake { field: "url".to_owned(), value: Some(shown(url)), wrong })?;
        let target = parsed.origin().ascii_serialization();
        let path = &parsed[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &parsed[url::Position::BeforeHost..url::Position::AfterPort];
        let request = Request {
            name: NameId(0),
            method: "GET".to_owned(),
            url: Template::text(path),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            auth: None,
            checks: Vec::new(),
            captures: Vec::new(),
            timeout: Micros::from_secs(30),
            redirects: 10,
        };
        let user = UserKind {
            name: "user".to_owned(),
            weight: 1.0,
            think_time: ThinkTime::Pacing(Micros::SECOND),
            think_after: ThinkAfter::Iteration,
            on_start: Vec::new(),
            flow: vec![Step::Request(Box::new(request))],
            on_stop: Vec::new(),
        };
        let curve = UserCurve::ramp(USERS, f64::from(USERS), DURATION);
        Ok(Self {
            name: format!("{host}{}", parsed.path().trim_end_matches('/')),
            description: None,
            labels: BTreeMap::new(),
            target: Some(target),
            loads: vec![Load { name: "main".to_owned(), kind: None, model: LoadModel::Closed(curve) }],
            kinds: vec![user],
            http: HttpSettings {
                headers: Vec::new(),
                auth: Auth::None,
                cookies: Cookies::Session,
                connections: ConnectionReuse::KeepAlive,
                connect_timeout: Micros::from_secs(10),
                tls: TlsTrust::Verify,
                version: HttpVersion::Http1,
                proxy: None,
            },
            data: Vec::new(),
            slots: 0,
            script: None,
            slot_names: Vec::new(),
            names: vec![EntryName::request("GET", path)],
            thresholds: vec![Threshold::default_limit()],
            interval: None,
            grace: Micros::from_secs(30),
        })
    }
}

fn parse(text: &str) -> Result<Url, Wrong> {
    let allowed = "URLs such as `http://localhost:8080/items`";
    let bad = |reason: &str| Wrong::new(format!("`{}` is no URL to test: {reason}", shown(text))).allowed(allowed);
    if !text.contains("://") {
        return Err(bad("it has no scheme").help(format!("did you mean `http://{}`?", shown(text))));
    }
    let url = Url::parse(text.trim()).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(&format!("`{}` is not spoken here", shown(url.scheme()))));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds a password").help("write a scenario with `auth: {basic: {user: …, password: …}}`"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_scenario() {
        for (url, name, target, path) in [
            ("http://localhost:8080", "localhost:8080", "http://localhost:8080", "/"),
            ("https://shop.example/items?id=3#top", "shop.example/items", "https://shop.example", "/items?id=3"),
            ("http://[::1]:80/a/", "[::1]/a", "http://[::1]", "/a/"),
        ] {
            let scenario = Scenario::from_url(url).unwrap();
            let entry = &scenario.names[0];
            assert_eq!(
                (scenario.name.as_str(), scenario.target.as_deref(), entry.name.as_str()),
                (name, Some(target), path)
            );
        }
    }

    #[test]
    fn what_is_no_url_says_why() {
        let wrong: String = ["localhost:8080", "ftp://a/b", "http://", "shop.yaml", "http://ann:secret@host/"]
            .iter()
            .map(|url| format!("{}\n", Scenario::from_url(url).unwrap_err()))
            .collect();
        insta::assert_snapshot!(wrong);
    }
}
