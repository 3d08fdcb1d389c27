//! Baselines: the tests that others are compared with, by name.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use swarmgate_domain::{RunId, StoredName, Wrong};
use swarmgate_service::{BaselineError, ServiceError, Stored, baseline, set_baseline};

use super::json_only;
use crate::answer::{json, located};
use crate::api::{Api, ApiRequest, ApiResponse};
use crate::base_path::BasePath;
use crate::body::read_object;
use crate::problem::{Kind, Problem};
use crate::views::BaselineView;

/// A baseline to be set.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewBaseline")]
pub(crate) struct BaselineBody {
    /// The id of a test that is over.
    test: String,
}

pub(super) async fn show(api: &Api, name: &StoredName, base: &str) -> Result<ApiResponse, Problem> {
    let found = baseline(&api.ports, name).await?;
    let found = found.ok_or_else(|| Problem::new(Kind::NoSuchBaseline, format!("baseline `{name}`: there is none")))?;
    Ok(json(StatusCode::OK, &BaselineView::of(base, name.clone(), found)))
}

pub(super) async fn set(api: &Api, name: &StoredName, request: &ApiRequest) -> Result<ApiResponse, Problem> {
    json_only(request)?;
    let body: BaselineBody = read_object(request.body())?;
    let no_test = || {
        let wrong = Wrong::new(format!("there is no test `{}`", body.test)).allowed("ids of tests that are over");
        Problem::about(Kind::Invalid, "test", Some(&body.test), wrong)
    };
    let run = RunId::new(body.test.as_str()).map_err(|_| no_test())?;
    let (set, stored) = set_baseline(&api.ports, name, &run).await.map_err(|error| match error {
        BaselineError::Service(ServiceError::NoSuchRun { .. }) => no_test(),
        error => error.into(),
    })?;
    let base = BasePath::of(request);
    let view = BaselineView::of(base, name.clone(), set);
    Ok(match stored {
        Stored::New => located(json(StatusCode::CREATED, &view), &format!("{base}/baselines/{name}")),
        Stored::Replaced => json(StatusCode::OK, &view),
    })
}
