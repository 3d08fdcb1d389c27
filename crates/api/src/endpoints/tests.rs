//! Tests that are there: listing, looking, stopping, changing users.

use http::StatusCode;
use http::header::IF_NONE_MATCH;
use schemars::JsonSchema;
use serde::Deserialize;
use swarmgate_domain::{RunId, Wrong, parse_rate};

use super::{header, json_only};
use crate::answer::{json, versioned};
use crate::api::{Api, ApiRequest, ApiResponse};
use crate::base_path::BasePath;
use crate::body::read_object;
use crate::inputs::RateText;
use crate::limits::check_users;
use crate::problem::{Kind, Problem};
use crate::views::{ChangeView, TestList, TestView, WatchView};

/// Tests on a page, and the most that may be asked for.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

pub(super) async fn list(api: &Api, request: &ApiRequest) -> Result<ApiResponse, Problem> {
    let (mut from, mut limit) = (None, PAGE);
    for (name, value) in query(request) {
        match name {
            "from" if swarmgate_service::is_page(value) => from = Some(value),
            "from" => {
                let wrong = Wrong::new("it names no page").allowed("what `next` of an earlier page holds");
                return Err(Problem::about(Kind::BadRequest, "from", Some(value), wrong));
            }
            "limit" => {
                limit = value.parse().ok().filter(|n| (1..=LARGEST_PAGE).contains(n)).ok_or_else(|| {
                    let wrong = Wrong::new(format!("`{value}` is no size of a page"));
                    let wrong = wrong.allowed(format!("1 to {LARGEST_PAGE}"));
                    Problem::about(Kind::BadRequest, "limit", Some(value), wrong)
                })?;
            }
            _ => {
                let wrong = Wrong::new("there is no such parameter").allowed("`from`, `limit`");
                return Err(Problem::about(Kind::BadRequest, name, None, wrong));
            }
        }
    }
    let (recent, base) = (swarmgate_service::recent(&api.ports, from, limit).await?, BasePath::of(request));
    let list = TestList {
        tests: recent.tests.into_iter().map(|test| TestView::of(base, test)).collect(),
        next: recent.next.map(|from| format!("{base}/tests?from={from}&limit={limit}")),
    };
    Ok(json(StatusCode::OK, &list))
}

/// The parameters of a query. None of ours needs decoding.
fn query(request: &ApiRequest) -> impl Iterator<Item = (&str, &str)> {
    let query = request.uri().query().unwrap_or_default();
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

pub(super) async fn show(api: &Api, id: &RunId, base: &str) -> Result<ApiResponse, Problem> {
    let test = swarmgate_service::status(&api.ports, id).await?;
    Ok(json(StatusCode::OK, &TestView::of(base, test)))
}

/// Stopping is asked for: it takes a moment. Asked twice, or of a test that is over, it changes nothing.
pub(super) async fn stop(api: &Api, id: &RunId, base: &str) -> Result<ApiResponse, Problem> {
    swarmgate_service::stop(&api.ports, id).await?;
    let test = swarmgate_service::status(&api.ports, id).await?;
    let status = if test.state.phase.is_over() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(json(status, &TestView::of(base, test)))
}

pub(super) async fn watch(api: &Api, id: &RunId, request: &ApiRequest) -> Result<ApiResponse, Problem> {
    let view = WatchView::of(BasePath::of(request), swarmgate_service::watch(&api.ports, id).await?);
    Ok(versioned(json(StatusCode::OK, &view), header(request, &IF_NONE_MATCH)))
}

/// A change of users.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewUsers")]
pub(crate) struct UsersBody {
    /// Users of the whole test.
    #[schemars(range(min = 0, max = 10_000_000))]
    users: u32,
    /// Users per second, up or down; without it, all within a second.
    #[schemars(with = "Option<RateText>")]
    spawn_rate: Option<RateText>,
}

pub(super) async fn change_users(api: &Api, id: &RunId, request: &ApiRequest) -> Result<ApiResponse, Problem> {
    json_only(request)?;
    let body: UsersBody = read_object(request.body())?;
    check_users(&api.policy, body.users)?;
    let spawn_rate = match &body.spawn_rate {
        None => f64::from(api.policy.most_users),
        Some(RateText::Number(number)) => *number,
        Some(RateText::Text(text)) => {
            parse_rate(text).map_err(|wrong| Problem::about(Kind::Invalid, "spawn_rate", Some(text), wrong))?
        }
    };
    let change = swarmgate_service::change_users(&api.ports, id, body.users, spawn_rate).await?;
    Ok(json(StatusCode::ACCEPTED, &ChangeView::from(change)))
}
