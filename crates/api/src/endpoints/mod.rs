//! What answers each path.

mod baselines;
mod doctor;
mod reports;
mod scenarios;
mod site;
mod start;
mod tests;

pub(crate) use baselines::BaselineBody;
pub(crate) use tests::UsersBody;

use http::HeaderName;
use http::header::CONTENT_TYPE;
use swarmgate_domain::{RunId, StoredName, Wrong};

use crate::api::{Api, ApiRequest, ApiResponse};
use crate::base_path::BasePath;
use crate::problem::{Kind, Problem};
use crate::routes::Endpoint;

/// Answers a request whose path holds `parameters` in place of its braces.
pub(crate) async fn answer(
    api: &Api,
    endpoint: Endpoint,
    parameters: &[&str],
    request: &ApiRequest,
) -> Result<ApiResponse, Problem> {
    let base = BasePath::of(request);
    let parameter = |index: usize| parameters.get(index).copied().unwrap_or_default();
    match endpoint {
        Endpoint::StartTest => start::start(api, request).await,
        Endpoint::ListTests => tests::list(api, request).await,
        Endpoint::ShowTest => tests::show(api, &test_id(parameter(0))?, base).await,
        Endpoint::ChangeUsers => tests::change_users(api, &test_id(parameter(0))?, request).await,
        Endpoint::StopTest => tests::stop(api, &test_id(parameter(0))?, base).await,
        Endpoint::WatchTest => tests::watch(api, &test_id(parameter(0))?, request).await,
        Endpoint::OpenReport => reports::open(api, &test_id(parameter(0))?, base).await,
        Endpoint::ReportFile => reports::file(api, &test_id(parameter(0))?, parameter(1)).await,
        Endpoint::ListScenarios => scenarios::list(api, base).await,
        Endpoint::ShowScenario => scenarios::show(api, &name(parameter(0))?, request).await,
        Endpoint::StoreScenario => scenarios::store(api, &name(parameter(0))?, request).await,
        Endpoint::StoreData => scenarios::store_data(api, &name(parameter(0))?, parameter(1), request).await,
        Endpoint::ShowBaseline => baselines::show(api, &name(parameter(0))?, base).await,
        Endpoint::SetBaseline => baselines::set(api, &name(parameter(0))?, request).await,
        Endpoint::OpenApi => Ok(site::openapi(base)),
        Endpoint::Dashboard => Ok(site::dashboard(api)),
        Endpoint::Health => site::health(api).await,
        Endpoint::Doctor => Ok(doctor::doctor(api).await),
    }
}

/// No test has an id that is none.
fn test_id(text: &str) -> Result<RunId, Problem> {
    RunId::new(text).map_err(|bad| Problem::new(Kind::NoSuchTest, bad.to_string()))
}

fn name(text: &str) -> Result<StoredName, Problem> {
    StoredName::new(text).map_err(|_| {
        let wrong = Wrong::new(format!("`{text}` is no name"));
        let wrong = wrong.allowed("1 to 64 of a-z, 0-9 and `-`, not starting with `-`");
        Problem::about(Kind::Invalid, "name", Some(text), wrong)
    })
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyType {
    Json,
    Yaml,
}

/// What the request says that its body is.
fn body_type(request: &ApiRequest) -> Result<BodyType, Problem> {
    let given = header(request, &CONTENT_TYPE).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => Ok(BodyType::Json),
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => Ok(BodyType::Yaml),
        _ => Err(unknown_type(given, "application/json, application/yaml")),
    }
}

/// Refuses bodies that are no JSON.
fn json_only(request: &ApiRequest) -> Result<(), Problem> {
    match body_type(request) {
        Ok(BodyType::Json) => Ok(()),
        _ => Err(unknown_type(header(request, &CONTENT_TYPE).unwrap_or_default(), "application/json")),
    }
}

fn unknown_type(given: &str, allowed: &str) -> Problem {
    let problem = if given.is_empty() { "it is missing".to_owned() } else { format!("`{given}` is not known here") };
    Problem::about(Kind::UnknownContentType, "Content-Type", Some(given), Wrong::new(problem).allowed(allowed))
}

/// The body as text.
fn utf8(request: &ApiRequest) -> Result<String, Problem> {
    String::from_utf8(request.body().to_vec()).map_err(|error| {
        let wrong = Wrong::new(format!("byte {} is no UTF-8", error.utf8_error().valid_up_to()));
        Problem::about(Kind::Invalid, "body", None, wrong.allowed("texts in UTF-8"))
    })
}

/// The text of a header; one that is no text counts as empty.
fn header<'r>(request: &'r ApiRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or_default())
}
