//! The table of paths: what there is, and where a request goes.

use http::Method;

/// What answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    StartTest,
    ListTests,
    ShowTest,
    ChangeUsers,
    StopTest,
    WatchTest,
    OpenReport,
    ReportFile,
    ListScenarios,
    ShowScenario,
    StoreScenario,
    StoreData,
    ShowBaseline,
    SetBaseline,
    OpenApi,
    Dashboard,
    Health,
    Doctor,
}

/// Every method and path; what stands in braces is any one segment.
pub(crate) const ROUTES: [(Method, &str, Endpoint); 18] = [
    (Method::POST, "/tests", Endpoint::StartTest),
    (Method::GET, "/tests", Endpoint::ListTests),
    (Method::GET, "/tests/{id}", Endpoint::ShowTest),
    (Method::PATCH, "/tests/{id}", Endpoint::ChangeUsers),
    (Method::POST, "/tests/{id}/stop", Endpoint::StopTest),
    (Method::GET, "/tests/{id}/live", Endpoint::WatchTest),
    (Method::GET, "/tests/{id}/report", Endpoint::OpenReport),
    (Method::GET, "/tests/{id}/report/{file}", Endpoint::ReportFile),
    (Method::GET, "/scenarios", Endpoint::ListScenarios),
    (Method::GET, "/scenarios/{name}", Endpoint::ShowScenario),
    (Method::PUT, "/scenarios/{name}", Endpoint::StoreScenario),
    (Method::PUT, "/scenarios/{name}/{file}", Endpoint::StoreData),
    (Method::GET, "/baselines/{name}", Endpoint::ShowBaseline),
    (Method::PUT, "/baselines/{name}", Endpoint::SetBaseline),
    (Method::GET, "/openapi.json", Endpoint::OpenApi),
    (Method::GET, "/", Endpoint::Dashboard),
    (Method::GET, "/health", Endpoint::Health),
    (Method::GET, "/doctor", Endpoint::Doctor),
];

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found<'p> {
    /// There, with what the path holds in place of its braces.
    Endpoint(Endpoint, Vec<&'p str>),
    /// The path is there, with these methods.
    OtherMethods(String),
    /// Nowhere.
    Nothing,
}

/// Finds where a request goes. What can be got can be asked for by `HEAD` too, and a `/` at the end makes no difference.
pub(crate) fn find<'p>(method: &Method, path: &'p str) -> Found<'p> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let mut methods = Vec::new();
    for (of_route, template, endpoint) in &ROUTES {
        let Some(parameters) = matches(template, path) else { continue };
        if of_route == method {
            return Found::Endpoint(*endpoint, parameters);
        }
        methods.push(of_route.as_str());
        if of_route == Method::GET {
            methods.push("HEAD");
        }
    }
    if methods.is_empty() { Found::Nothing } else { Found::OtherMethods(methods.join(", ")) }
}

/// What `path` holds in place of the template's braces, if it fits.
fn matches<'p>(template: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let path = path.strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/')).unwrap_or(path);
    let mut parameters = Vec::new();
    let mut segments = path.split('/');
    for part in template.split('/') {
        let segment = segments.next()?;
        if part.starts_with('{') && !segment.is_empty() {
            parameters.push(segment);
        } else if part != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_endpoints() {
        let found = |method: Method, path: &'static str| find(&method, path);
        assert_eq!(found(Method::GET, "/"), Found::Endpoint(Endpoint::Dashboard, vec![]));
        assert_eq!(found(Method::HEAD, "/tests/a"), Found::Endpoint(Endpoint::ShowTest, vec!["a"]));
        assert_eq!(found(Method::GET, "/tests/a/report/"), Found::Endpoint(Endpoint::OpenReport, vec!["a"]));
        assert_eq!(
            found(Method::GET, "/tests/a/report/b.csv"),
            Found::Endpoint(Endpoint::ReportFile, vec!["a", "b.csv"])
        );
        assert_eq!(found(Method::DELETE, "/tests/a"), Found::OtherMethods("GET, HEAD, PATCH".to_owned()));
        for nowhere in
            ["", "//", "/test", "/tests//", "/tests//stop", "/tests/a/b", "/tests/a/report/../plan.json", "tests"]
        {
            assert_eq!(found(Method::GET, nowhere), Found::Nothing, "{nowhere}");
        }
    }
}
