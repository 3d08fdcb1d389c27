//! Stored scenarios.

use std::collections::BTreeMap;

use http::StatusCode;
use http::header::{CONTENT_TYPE, IF_NONE_MATCH};
use swarmgate_domain::{Severity, StoredName, Wrong, key, read_scenario};
use swarmgate_service::{Stored, scenario_files, scenario_names, scenario_text, store_file, store_scenario};

use super::{BodyType, body_type, header, unknown_type, utf8};
use crate::answer::{YAML, content, json, located, versioned};
use crate::api::{Api, ApiRequest, ApiResponse};
use crate::base_path::BasePath;
use crate::inputs::SentInputs;
use crate::problem::{Kind, Problem, cut, mistakes_of};
use crate::views::{FileView, ScenarioList, ScenarioView};

pub(super) async fn list(api: &Api, base: &str) -> Result<ApiResponse, Problem> {
    let names = scenario_names(&api.ports).await?;
    let scenarios = names.into_iter().map(|name| ScenarioView::of(base, name, Vec::new())).collect();
    Ok(json(StatusCode::OK, &ScenarioList { scenarios }))
}

pub(super) async fn show(api: &Api, name: &StoredName, request: &ApiRequest) -> Result<ApiResponse, Problem> {
    let text = scenario_text(&api.ports, name).await?;
    let text = text.ok_or_else(|| Problem::new(Kind::NoSuchScenario, format!("scenario `{name}`: there is none")))?;
    Ok(versioned(content(StatusCode::OK, YAML, text), header(request, &IF_NONE_MATCH)))
}

/// Checks a scenario, with the data files beside it, and keeps it.
pub(super) async fn store(api: &Api, name: &StoredName, request: &ApiRequest) -> Result<ApiResponse, Problem> {
    if !matches!(body_type(request), Ok(BodyType::Yaml)) {
        return Err(unknown_type(header(request, &CONTENT_TYPE).unwrap_or_default(), "application/yaml"));
    }
    let text = utf8(request)?;
    let (files, set) = (scenario_files(&api.ports, name).await?, BTreeMap::new());
    let inputs = SentInputs { files: &files, set: &set };
    let read = read_scenario(&text, &format!("{name}.yaml"), &inputs)
        .map_err(|found| Problem::of(Kind::Invalid, mistakes_of(&found, Severity::Error)))?;
    let stored = store_scenario(&api.ports, name, text).await?;
    let view = ScenarioView::of(BasePath::of(request), name.clone(), mistakes_of(&read.warnings, Severity::Warning));
    Ok(created(stored, json(StatusCode::CREATED, &view), &view.link))
}

/// Keeps a data file beside a scenario, which may not be there yet: a scenario is checked with its files.
pub(super) async fn store_data(
    api: &Api,
    name: &StoredName,
    file: &str,
    request: &ApiRequest,
) -> Result<ApiResponse, Problem> {
    let key = key::scenario_file(name, file).ok_or_else(|| {
        let wrong = Wrong::new(format!("`{}` is no name of a data file", cut(file)));
        Problem::about(Kind::Invalid, "file", Some(file), wrong.allowed("names of a-z, 0-9, `.`, `_` and `-`"))
    })?;
    let stored = store_file(&api.ports, &key, request.body().clone()).await?;
    let view = FileView { scenario: name.clone(), file: file.to_owned(), bytes: request.body().len() };
    Ok(created(stored, json(StatusCode::CREATED, &view), &format!("{}/scenarios/{name}/{file}", BasePath::of(request))))
}

/// The answer to having kept something: that it is new and where it lies, or that it came in the place of another.
fn created(stored: Stored, mut response: ApiResponse, location: &str) -> ApiResponse {
    match stored {
        Stored::New => located(response, location),
        Stored::Replaced => {
            *response.status_mut() = StatusCode::OK;
            response
        }
    }
}
