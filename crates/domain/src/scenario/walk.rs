//! Walks over the steps of a scenario.

use std::collections::BTreeSet;

use super::model::{Auth, Body, Check, Expect, Request, Scenario, Step, UserKind};
use super::template::{Part, Template};

/// Calls `visit` for each request in `steps`, in order.
pub(crate) fn requests<'s>(steps: &'s [Step], visit: &mut dyn FnMut(&'s Request)) {
    for step in steps {
        match step {
            Step::Request(request) => visit(request),
            Step::Group { steps, .. } | Step::Repeat { steps, .. } => requests(steps, visit),
            Step::Choose(branches) => branches.iter().for_each(|branch| requests(&branch.steps, visit)),
            Step::Think(_) => {}
        }
    }
}

/// All requests of a kind of user.
pub(crate) fn requests_of<'s>(kind: &'s UserKind, visit: &mut dyn FnMut(&'s Request)) {
    [&kind.on_start, &kind.flow, &kind.on_stop].into_iter().for_each(|steps| requests(steps, visit));
}

/// The data sources that the steps of a kind take values from.
pub(crate) fn columns_of_kind(kind: &UserKind) -> BTreeSet<u16> {
    let mut sources = BTreeSet::new();
    requests_of(kind, &mut |request| templates(request, &mut |template| add_sources(template, &mut sources)));
    sources
}

/// The data sources that every request takes values from.
pub(crate) fn columns_of_settings(scenario: &Scenario) -> BTreeSet<u16> {
    let mut sources = BTreeSet::new();
    scenario.http.headers.iter().for_each(|(_, value)| add_sources(value, &mut sources));
    auth(&scenario.http.auth, &mut |template| add_sources(template, &mut sources));
    sources
}

/// The data sources that anything takes values from.
pub(crate) fn columns_used(scenario: &Scenario) -> BTreeSet<u16> {
    let mut sources = columns_of_settings(scenario);
    scenario.kinds.iter().for_each(|kind| sources.extend(columns_of_kind(kind)));
    sources
}

/// A request whose URL needs a target before it, as `GET /path`.
pub(crate) fn relative_request(scenario: &Scenario) -> Option<String> {
    let mut found = None;
    for kind in &scenario.kinds {
        requests_of(kind, &mut |request| {
            if let Some(Part::Text(start)) = request.url.0.first()
                && start.starts_with('/')
            {
                let name = scenario.names.get(usize::from(request.name.0)).map(|entry| entry.name.as_str());
                found.get_or_insert_with(|| format!("{} {}", request.method, name.unwrap_or_default()));
            }
        });
    }
    found
}

impl Scenario {
    /// The names of the secrets (`${secret:name}`) that anything takes values from.
    pub fn secrets(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut add = |template: &Template| {
            names.extend(template.0.iter().filter_map(|part| match part {
                Part::Secret(name) => Some(name.clone()),
                _ => None,
            }));
        };
        self.http.headers.iter().for_each(|(_, value)| add(value));
        auth(&self.http.auth, &mut add);
        if let Some(login) = self.http.proxy.as_ref().and_then(|proxy| proxy.login.as_ref()) {
            add(&login.user);
            add(&login.password);
        }
        for kind in &self.kinds {
            requests_of(kind, &mut |request| templates(request, &mut add));
        }
        names
    }
}

fn add_sources(template: &Template, sources: &mut BTreeSet<u16>) {
    sources.extend(
        template.0.iter().filter_map(|part| if let Part::Column { source, .. } = part { Some(*source) } else { None }),
    );
}

fn auth(auth: &Auth, visit: &mut dyn FnMut(&Template)) {
    match auth {
        Auth::None => {}
        Auth::Basic { user, password } => {
            visit(user);
            visit(password);
        }
        Auth::Bearer(token) => visit(token),
    }
}

/// Calls `visit` for each template of a request.
fn templates(request: &Request, visit: &mut dyn FnMut(&Template)) {
    visit(&request.url);
    request.headers.iter().for_each(|(_, value)| visit(value));
    let form = if let Body::Form(fields) = &request.body { fields.as_slice() } else { &[] };
    for (name, value) in request.query.iter().chain(form) {
        visit(name);
        visit(value);
    }
    if let Body::Raw(body) | Body::Json(body) = &request.body {
        visit(body);
    }
    request.auth.iter().for_each(|own| auth(own, visit));
    for check in &request.checks {
        if let Check::Header { expect, .. } | Check::Body(expect) | Check::Json { expect, .. } = check
            && let Expect::Equals(text) | Expect::Contains(text) = expect
        {
            visit(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::scenario::{ScenarioInputs, read_scenario};

    struct NoInputs(BTreeMap<String, String>);

    impl ScenarioInputs for NoInputs {
        fn data_file(&self, _path: &str) -> Result<Vec<u8>, String> {
            Err("there are none".to_owned())
        }
        fn environment(&self, _name: &str) -> Option<String> {
            None
        }
        fn set(&self) -> &BTreeMap<String, String> {
            &self.0
        }
    }

    #[test]
    fn secrets_are_found_wherever_they_stand() {
        let text = "target: http://a.example\nload: { users: 1, duration: 1s }\nheaders: { X-Key: '${secret:key}' }\n\
                    auth: { basic: { user: u, password: '${secret:password}' } }\n\
                    flow:\n  - POST /${secret:path}: { json: { token: 'a ${secret:token}' }, check: { body: '${secret:answer}' } }\n";
        let read = read_scenario(text, "a.yaml", &NoInputs(BTreeMap::new())).unwrap();
        let names: Vec<_> = read.scenario.secrets().into_iter().collect();
        assert_eq!(names, ["answer", "key", "password", "path", "token"]);
    }
}
