//! Starting a test.

use http::{HeaderName, StatusCode};
use swarmgate_domain::Wrong;

use super::{BodyType, body_type, header, utf8};
use crate::answer::{json, located};
use crate::api::{Api, ApiRequest, ApiResponse};
use crate::base_path::BasePath;
use crate::body::read_object;
use crate::inputs::{ScenarioSource, StartBody};
use crate::problem::{Kind, Problem, cut};
use crate::views::{AcceptedView, TestLinks};

/// The longest idempotency key.
const LONGEST_KEY: usize = 255;

pub(super) async fn start(api: &Api, request: &ApiRequest) -> Result<ApiResponse, Problem> {
    if api.is_closing() {
        return Err(Problem::new(Kind::Unavailable, "this process is about to end, it starts no tests"));
    }
    let idempotency_key = idempotency_key(request)?;
    let (source, body) = asked(request)?;
    let found = api.found(&source).await?;
    let (accepted, warnings) = api.start(&source, found, &body, idempotency_key).await?;
    let view = AcceptedView { links: TestLinks::of(BasePath::of(request), &accepted.id), id: accepted.id, warnings };
    Ok(located(json(StatusCode::ACCEPTED, &view), &view.links.this))
}

/// What is to be run, as it was sent.
fn asked(request: &ApiRequest) -> Result<(ScenarioSource, StartBody), Problem> {
    match body_type(request)? {
        BodyType::Json => {
            let mut body: StartBody = read_object(request.body())?;
            let scenario = body.scenario.take().unwrap_or_default();
            Ok((ScenarioSource::of(scenario), body))
        }
        BodyType::Yaml => Ok((ScenarioSource::Text(utf8(request)?), StartBody::default())),
    }
}

fn idempotency_key(request: &ApiRequest) -> Result<Option<String>, Problem> {
    let name = HeaderName::from_static("idempotency-key");
    let Some(key) = header(request, &name) else { return Ok(None) };
    let fits = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if fits {
        return Ok(Some(key.to_owned()));
    }
    let wrong = Wrong::new("it is no key").allowed(format!("1 to {LONGEST_KEY} visible ASCII characters"));
    Err(Problem::about(Kind::BadRequest, "Idempotency-Key", Some(&cut(key)), wrong))
}
