//! Starting a test.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderName, StatusCode};
use swarmgate_domain::{PoolShare, StoredName, Wrong};
use swarmgate_service::{TestRequest, accept, scenario_files, scenario_text};

use super::{BodyType, body_type, header, utf8};
use crate::answer::{json, located};
use crate::api::{Api, ApiRequest, ApiResponse};
use crate::body::read_object;
use crate::inputs::{Loaded, ScenarioSource, StartBody, load};
use crate::limits;
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
    let (text, files) = match &source {
        ScenarioSource::Url(text) | ScenarioSource::Text(text) => (text.clone(), BTreeMap::new()),
        ScenarioSource::Stored(name) => stored(api, name).await?,
    };
    let Loaded { scenario, data, source, warnings } = load(&source, text, files, &body)?;
    let workers = body.workers.unwrap_or(1);
    let beyond = limits::check(&api.policy, &scenario, workers);
    if !beyond.is_empty() {
        return Err(Problem::of(Kind::Invalid, beyond));
    }
    let mut environment = api.policy.environment.clone();
    environment.insert("workers".to_owned(), workers.to_string());
    let asked = TestRequest {
        target: scenario.target.clone().unwrap_or_default(),
        interval: api.policy.interval(&scenario),
        pools: vec![PoolShare { pool: api.policy.pool.clone(), shards: workers }],
        scenario,
        data,
        source,
        environment,
        idempotency_key,
        id: None,
    };
    let accepted = accept(&api.ports, asked).await?;
    let view = AcceptedView { links: TestLinks::of(&accepted.id), id: accepted.id, warnings };
    Ok(located(json(StatusCode::ACCEPTED, &view), &view.links.this))
}

/// The text of a stored scenario, and the files beside it.
async fn stored(api: &Api, name: &StoredName) -> Result<(String, BTreeMap<String, Bytes>), Problem> {
    let text = scenario_text(&api.ports, name).await?.ok_or_else(|| {
        let wrong = Wrong::new(format!("there is no stored scenario `{name}`"))
            .allowed("the text of a scenario, the name of a stored one, URLs that start with http:// or https://");
        Problem::about(Kind::Invalid, "scenario", Some(name.as_str()), wrong)
    })?;
    Ok((text, scenario_files(&api.ports, name).await?))
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
