//! What holds for the whole scenario.

use std::collections::BTreeMap;

use super::build::Build;
use crate::scenario::file::{At, AuthFile, Field, MapOf, ProxyFile, ScenarioFile, Text};
use crate::scenario::model::{Auth, ConnectionReuse, Cookies, HttpSettings, Proxy, ProxyLogin, TlsTrust};
use crate::scenario::template::{Part, Template};
use crate::text::{Wrong, shown};
use crate::time::Micros;

impl Build<'_> {
    /// The name in the file, or that of the file.
    pub fn scenario_name(&mut self, file: &ScenarioFile, origin: &str) -> String {
        if let Some(at) = file.name.given() {
            return self.constant_name(at).unwrap_or_default();
        }
        let base = origin.rsplit(['/', '\\']).next().unwrap_or(origin);
        let stem = [".yaml", ".yml", ".json"].iter().find_map(|end| base.strip_suffix(end)).unwrap_or(base);
        if stem.is_empty() { "scenario".to_owned() } else { stem.to_owned() }
    }

    /// Labels with constant texts.
    pub fn labels(&mut self, labels: &Field<MapOf<Text>>) -> BTreeMap<String, String> {
        let mut map = BTreeMap::new();
        for (name, text) in labels.value().into_iter().flat_map(|labels| &labels.entries) {
            self.check_word(name, "label");
            map.insert(name.value.clone(), self.constant(text).unwrap_or_default());
        }
        map
    }

    /// What every request is, unless it says otherwise.
    pub fn http(&mut self, file: &ScenarioFile) -> HttpSettings {
        let verify = file.tls.value().and_then(|tls| tls.verify.value()).is_none_or(|verify| verify.0);
        HttpSettings {
            headers: self.headers(&file.headers),
            auth: file.auth.value().map_or(Auth::None, |auth| self.auth(auth)),
            cookies: file.cookies.value().map_or(Cookies::Session, |word| word.0),
            connections: file.connections.value().map_or(ConnectionReuse::KeepAlive, |word| word.0),
            connect_timeout: file.connect_timeout.value().map_or(Micros::from_secs(10), |time| time.0),
            tls: if verify { TlsTrust::Verify } else { TlsTrust::AcceptAny },
            version: self.version,
            proxy: file.proxy.given().and_then(|at| self.proxy(at)),
        }
    }

    fn proxy(&mut self, at: &At<ProxyFile>) -> Option<Proxy> {
        match &at.value {
            ProxyFile::Url(text) => {
                let at = At { value: text.clone(), place: at.place.clone() };
                Some(Proxy { url: self.proxy_url(&at)?, login: None })
            }
            ProxyFile::Fields(fields) => {
                let login = match (fields.user.given(), fields.password.given()) {
                    (Some(user), Some(password)) => {
                        Some(ProxyLogin { user: self.unvarying(user), password: self.unvarying(password) })
                    }
                    (None, None) => None,
                    (Some(_), None) | (None, Some(_)) => {
                        let wrong = Wrong::new("only one of `user` and `password` is given");
                        self.ctx.wrong_at(&at.place, None, wrong.help("give both, or none"));
                        None
                    }
                };
                Some(Proxy { url: self.proxy_url(fields.url.given()?)?, login })
            }
        }
    }

    fn proxy_url(&mut self, at: &At<Text>) -> Option<String> {
        let text = self.constant(at)?;
        // With an `@` there is a password in it.
        let value = (!text.contains('@')).then(|| shown(&text));
        parse_proxy(&text).map_err(|wrong| self.ctx.wrong_at(&at.place, value, wrong)).ok()
    }

    /// A text in which nothing but secrets is put in while the test runs.
    fn unvarying(&mut self, at: &At<Text>) -> Template {
        let template = self.template(&at.value.0, &at.place);
        if !template.0.iter().all(|part| matches!(part, Part::Text(_) | Part::Secret(_))) {
            let wrong = Wrong::new(format!("`{}` varies while the test runs", shown(&at.value.0)));
            let wrong = wrong.allowed("texts, variables, `${env:NAME}`, `${secret:name}`");
            self.ctx.wrong_at(&at.place, Some(shown(&at.value.0)), wrong);
        }
        template
    }

    /// How a request says who it is.
    pub fn auth(&mut self, auth: &AuthFile) -> Auth {
        let AuthFile::Fields(fields) = auth else { return Auth::None };
        let mut text =
            |field: &Field<Text>| field.given().map(|at| self.template(&at.value.0, &at.place)).unwrap_or_default();
        match fields.basic.value() {
            Some(basic) => Auth::Basic { user: text(&basic.user), password: text(&basic.password) },
            None => Auth::Bearer(text(&fields.bearer)),
        }
    }
}

/// Reads where a proxy is, and takes a `/` from its end.
pub(crate) fn parse_proxy(text: &str) -> Result<String, Wrong> {
    let allowed = "`http://host:port`";
    let no = |reason: &str| Wrong::new(format!("`{}` is no proxy: {reason}", shown(text))).allowed(allowed);
    if !text.contains("://") {
        return Err(no("it has no scheme").help(format!("did you mean `http://{}`?", shown(text))));
    }
    let url = url::Url::parse(text).map_err(|error| no(&error.to_string()))?;
    if url.scheme() != "http" {
        return Err(no(&format!("`{}` is not spoken to proxies here", shown(url.scheme()))));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Not to be shown: it is a password.
        let wrong = Wrong::new("the proxy's URL holds a password").allowed(allowed);
        return Err(wrong.help("use `proxy: {url: …, user: …, password: \"${secret:…}\"}`"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(no("it has a path"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
