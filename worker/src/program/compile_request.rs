//! From a request of the scenario to a plan: headers put together, texts compiled, what never varies rendered.

use std::sync::Arc;

use swarmgate_domain::{Auth, Body, ConnectionReuse, Cookies, HttpVersion, Part, Request, Template};
use swarmgate_service::ports::Secrets;
use url::Url;

use super::answer::{BadRule, CapturePlan, CheckPlan};
use super::compile::{Bad, Compiler};
use super::framed::Framed;
use super::request::{AuthPlan, BodyPlan, HeaderPlan, Hop, Message, RequestPlan, Target};
use super::text::{Escape, MissingSecret, Text, Values};
use super::url::split;
use crate::net::{OriginId, OriginKey};

/// What is sent as `User-Agent` unless the scenario says otherwise.
const USER_AGENT: &str = concat!("swarmgate/", env!("CARGO_PKG_VERSION"));

impl Compiler<'_> {
    pub(super) fn origin(&mut self, key: OriginKey) -> OriginId {
        let next = OriginId(u32::try_from(self.origin_ids.len()).expect("a scenario has few origins"));
        let id = *self.origin_ids.entry(key.clone()).or_insert(next);
        if id == next {
            self.program.origins.push(key);
        }
        id
    }

    /// Compiles one request.
    pub(super) fn request(&mut self, request: &Request) -> Result<RequestPlan, Bad> {
        let name = &self.scenario.names[usize::from(request.name.0)];
        let texts = Texts {
            secrets: self.secrets,
            attempted: format!("preparing the request `{} {}`", request.method, name.name),
        };
        let checks =
            request.checks.iter().map(|check| CheckPlan::compile(check, self.secrets)).collect::<Result<Vec<_>, _>>();
        let checks = checks.map_err(|error| texts.bad_rule(error))?;
        let slot_name = |slot: u16| self.scenario.slot_names.get(usize::from(slot)).map_or("value", String::as_str);
        let captures = request.captures.iter().map(|capture| CapturePlan::compile(capture, slot_name(capture.slot.0)));
        let captures = captures.collect::<Result<Vec<_>, _>>().map_err(|error| texts.bad_rule(error))?;

        let http = &self.scenario.http;
        let given = Given::merged(&http.headers, &request.headers);
        let host = given.find("host").map(|host| texts.compile(host, Escape::Header)).transpose()?;
        let mut plan = RequestPlan {
            entry: usize::from(request.name.0),
            method: request.method.clone(),
            query: texts.pairs(&request.query, Escape::Query)?,
            headers: given.plans(&texts, http.connections)?,
            host,
            auth: given.auth(&texts, request.auth.as_ref(), &http.auth)?,
            body: given.body(&texts, &request.body)?,
            fixed: None,
            framed: None,
            cookies: http.cookies == Cookies::Session && given.find("cookie").is_none(),
            checks_status: checks.iter().any(CheckPlan::is_on_status),
            reads_body: checks.iter().any(CheckPlan::reads_body) || captures.iter().any(CapturePlan::reads_body),
            checks,
            captures,
            timeout: request.timeout,
            redirects: request.redirects,
            target: self.target(&request.url, &texts)?,
        };
        self.render_fixed(&mut plan);
        Ok(plan)
    }

    fn target(&mut self, url: &Template, texts: &Texts<'_>) -> Result<Target, Bad> {
        let url = without_fragment(url);
        let Some(Part::Text(first)) = url.0.first() else {
            return Ok(Target::Rendered(texts.compile(&url, Escape::Target)?));
        };
        if first.starts_with('/') {
            let base = &self.program.base;
            let prefix = Part::Text(String::from_utf8_lossy(&base.prefix).into_owned());
            let key = base.origin.clone();
            let path = Template(std::iter::once(prefix).chain(url.0.iter().cloned()).collect());
            let path = texts.compile(&path, Escape::Target)?;
            return Ok(Target::Fixed(self.origin(key), path));
        }
        // The host is known beforehand when the first text goes beyond it.
        let host_end = first.find("://").and_then(|at| first[at + 3..].find(['/', '?']).map(|end| at + 3 + end));
        let host_end = host_end.or((url.0.len() == 1).then_some(first.len()));
        let Some(host_end) = host_end else {
            return Ok(Target::Rendered(texts.compile(&url, Escape::Target)?));
        };
        let bad = |reason: String| Bad {
            attempted: texts.attempted.clone(),
            reason: format!("url `{first}`: {reason}"),
            hint: "give a path that starts with `/`, or a URL that starts with http:// or https://".to_owned(),
        };
        let parsed = Url::parse(&first[..host_end]).map_err(|error| bad(error.to_string()))?;
        let origin = self.origin(split(&parsed).map_err(bad)?.origin);
        let slash = if first[host_end..].starts_with('/') { "" } else { "/" };
        let rest = Part::Text(format!("{slash}{}", &first[host_end..]));
        let path = Template(std::iter::once(rest).chain(url.0[1..].iter().cloned()).collect());
        Ok(Target::Fixed(origin, texts.compile(&path, Escape::Target)?))
    }

    fn render_fixed(&self, plan: &mut RequestPlan) {
        let Target::Fixed(origin, path_text) = &plan.target else { return };
        if !plan.is_fixed() {
            return;
        }
        let mut rng = fastrand::Rng::with_seed(0);
        let mut values =
            Values { captures: &[], rows: &[], data: &[], user: 0, iteration: 0, unix_millis: 0, rng: &mut rng };
        let (mut path, mut message) = (Vec::new(), Message::default());
        plan.render_path(path_text, &mut values, &mut path);
        let key = &self.program.origins[origin.index()];
        let (host, url) = (key.host_header(), key.url());
        let proxy = self.program.asked_proxy(key).map(|proxy| proxy.hop(&url));
        let hop = Hop { method: &plan.method, proxy, path: &path, host: &host, with_auth: true, with_body: true };
        plan.render(&hop, &mut values, &mut message);
        if self.program.version == HttpVersion::Http2 {
            // What can't be sent so fails, with the reason, when it is to be sent.
            plan.framed = Framed::of(&message.bytes, key.https).ok().map(Arc::new);
        }
        plan.fixed = Some(Arc::new(message));
    }
}

/// Compiles texts, and says in which request one can't be.
struct Texts<'a> {
    secrets: &'a Secrets,
    attempted: String,
}

impl Texts<'_> {
    fn compile(&self, template: &Template, escape: Escape) -> Result<Text, Bad> {
        Text::compile(template, escape, self.secrets).map_err(|missing| self.missing(&missing))
    }

    fn pairs(&self, pairs: &[(Template, Template)], escape: Escape) -> Result<Vec<(Text, Text)>, Bad> {
        pairs.iter().map(|(name, value)| Ok((self.compile(name, escape)?, self.compile(value, escape)?))).collect()
    }

    fn missing(&self, MissingSecret(secret): &MissingSecret) -> Bad {
        Bad {
            attempted: self.attempted.clone(),
            reason: format!("the secret `{secret}` is not known to this worker"),
            hint: format!("give the worker the secret `{secret}`"),
        }
    }

    fn bad_rule(&self, error: BadRule) -> Bad {
        match error {
            BadRule::Secret(missing) => self.missing(&missing),
            BadRule::Syntax(reason) => {
                let hint = "correct the check or the capture".to_owned();
                Bad { attempted: self.attempted.clone(), reason, hint }
            }
        }
    }
}

/// The headers that the scenario gives a request.
struct Given(Vec<(String, Template)>);

impl Given {
    /// The request's own in place of those of all requests with the same name, then the rest.
    fn merged(all: &[(String, Template)], own: &[(String, Template)]) -> Self {
        let replaced = |name: &str| own.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        Self(all.iter().filter(|(name, _)| !replaced(name)).chain(own).cloned().collect())
    }

    fn find(&self, wanted: &str) -> Option<&Template> {
        self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    }

    /// The lines that go with every hop. `User-Agent` and `Accept` are sent unless the scenario says otherwise; `Accept-Encoding`
    /// is not: bodies come as they are.
    fn plans(&self, texts: &Texts<'_>, reuse: ConnectionReuse) -> Result<Vec<HeaderPlan>, Bad> {
        // What frames the message is the engine's own business: a wrong length would break the connection.
        const OWN: [&str; 4] = ["host", "authorization", "content-length", "transfer-encoding"];
        let default = |name: &str, value: &str| {
            let missing = self.find(name).is_none();
            missing.then(|| HeaderPlan { name: name.to_owned(), value: Text::fixed(value) })
        };
        let mut plans: Vec<HeaderPlan> =
            [default("User-Agent", USER_AGENT), default("Accept", "*/*")].into_iter().flatten().collect();
        for (name, value) in &self.0 {
            if !OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                plans.push(HeaderPlan { name: name.clone(), value: texts.compile(value, Escape::Header)? });
            }
        }
        // In HTTP/2 it is left out again: there, a connection that ends says so otherwise.
        if reuse == ConnectionReuse::PerRequest {
            plans.extend(default("Connection", "close"));
        }
        Ok(plans)
    }

    fn auth(&self, texts: &Texts<'_>, own: Option<&Auth>, all: &Auth) -> Result<AuthPlan, Bad> {
        let auth = match (own, self.find("authorization")) {
            (None, Some(value)) => return Ok(AuthPlan::Header(texts.compile(value, Escape::Header)?)),
            (Some(own), _) => own,
            (None, None) => all,
        };
        Ok(match auth {
            Auth::None => AuthPlan::None,
            Auth::Basic { user, password } => {
                AuthPlan::Basic(texts.compile(user, Escape::Raw)?, texts.compile(password, Escape::Raw)?)
            }
            Auth::Bearer(token) => AuthPlan::Bearer(texts.compile(token, Escape::Header)?),
        })
    }

    fn body(&self, texts: &Texts<'_>, body: &Body) -> Result<BodyPlan, Bad> {
        let media_type = |default| if self.find("content-type").is_some() { None } else { Some(default) };
        Ok(match body {
            Body::Empty => BodyPlan::Empty,
            Body::Raw(raw) => BodyPlan::Text(texts.compile(raw, Escape::Raw)?, None),
            Body::Json(json) => BodyPlan::Text(texts.compile(json, Escape::Json)?, media_type("application/json")),
            Body::Form(form) => {
                BodyPlan::Form(texts.pairs(form, Escape::Form)?, media_type("application/x-www-form-urlencoded"))
            }
        })
    }
}

/// A fragment is the client's own: it is not sent.
fn without_fragment(url: &Template) -> Template {
    let mut parts = Vec::new();
    for part in &url.0 {
        if let Part::Text(text) = part
            && let Some(end) = text.find('#')
        {
            parts.push(Part::Text(text[..end].to_owned()));
            break;
        }
        parts.push(part.clone());
    }
    Template(parts)
}
