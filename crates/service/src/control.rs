//! What a user may ask of a test that is there: stop it, change its users, look at it.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use serde::Serialize;
use swarmgate_domain::{Ended, Event, LiveView, Micros, Phase, Plan, RunId, RunState, key};

use crate::advance::{advance, apply};
use crate::error::ServiceError;
use crate::ports::{Ports, UsersChange};
use crate::records::{self, Control, change, read};

/// From a change of users being written to the moment that it holds: every worker has read it by then, since each reads once an interval.
const INTERVALS_TO_LEARN: u64 = 2;

/// Who stops a test waits so long for what follows from it. The report of a large one takes longer; whoever comes by next makes it.
const STOP_WAITS: Micros = Micros::from_secs(10);

/// Ends the load of a test before its time. It still gets a report, perhaps after this returns.
///
/// # Errors
/// [`ServiceError`]: no such test, or the store failed.
pub async fn stop(ports: &Ports, run: &RunId) -> Result<RunState, ServiceError> {
    let plan = records::plan(ports, run).await?;
    let asked = apply(ports, &plan, &Event::EndAsked { why: Ended::Stopped }).await?;
    let (mut follows, mut enough) = (pin!(advance(ports, run)), pin!(ports.clock.sleep(STOP_WAITS)));
    poll_fn(|cx| match follows.as_mut().poll(cx) {
        Poll::Pending => enough.as_mut().poll(cx).map(|()| Ok(asked.clone())),
        done => done,
    })
    .await
}

/// Why users were not changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChangeUsersError {
    /// Only a running test has users.
    #[error("changing users of {run}: the test is {phase:?}, users can be changed while it is running")]
    NotRunning {
        /// The test.
        run: RunId,
        /// Where it stands.
        phase: Phase,
    },
    /// It has none to change.
    #[error("changing users of {run}: the test has no load with users, only arrival rates")]
    NoUsers {
        /// The test.
        run: RunId,
    },
    /// Out of range.
    #[error("spawn_rate: {value} is out of range, allowed are numbers above 0")]
    BadSpawnRate {
        /// What was asked for.
        value: f64,
    },
    /// Anything else.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Makes the users of a running test go towards `users`, at `spawn_rate` users per second; on all workers from the same moment on.
///
/// # Errors
/// [`ChangeUsersError`]; nothing changed.
pub async fn change_users(
    ports: &Ports,
    run: &RunId,
    users: u32,
    spawn_rate: f64,
) -> Result<UsersChange, ChangeUsersError> {
    if !(spawn_rate.is_finite() && spawn_rate > 0.0) {
        return Err(ChangeUsersError::BadSpawnRate { value: spawn_rate });
    }
    let plan = records::plan(ports, run).await?;
    let state = records::state(ports, &plan).await?;
    let start = match (state.phase, state.start) {
        (Phase::Running, Some(start)) => start,
        (phase, _) => return Err(ChangeUsersError::NotRunning { run: run.clone(), phase }),
    };
    if plan.peak_users() == 0 {
        return Err(ChangeUsersError::NoUsers { run: run.clone() });
    }
    let learned = Micros(plan.interval.0 * INTERVALS_TO_LEARN);
    let at = ports.clock.now().saturating_since(start) + learned;
    let asked = UsersChange { at, users, spawn_rate };
    change::<Control>(&*ports.store, &key::control(run), |control| {
        let mut control = control.cloned().unwrap_or_default();
        control.users.push(asked);
        Some(control)
    })
    .await
    .map_err(ChangeUsersError::Service)?;
    Ok(asked)
}

/// A test as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestStatus {
    /// Its id.
    pub id: RunId,
    /// The scenario's name.
    pub name: String,
    /// The base URL that is loaded.
    pub target: String,
    /// When it was accepted: microseconds since the Unix epoch.
    pub accepted_at: Micros,
    /// How long the load is to last.
    pub planned_us: Micros,
    /// Workers.
    pub workers: u32,
    /// Where it stands.
    #[serde(flatten)]
    pub state: RunState,
}

/// How a test stands.
///
/// # Errors
/// [`ServiceError`]: no such test, or the store failed.
pub async fn status(ports: &Ports, run: &RunId) -> Result<TestStatus, ServiceError> {
    let plan: Plan = records::plan(ports, run).await?;
    let state = records::state(ports, &plan).await?;
    Ok(TestStatus {
        id: plan.id.clone(),
        accepted_at: plan.accepted_at,
        planned_us: plan.duration(),
        workers: plan.shards(),
        name: plan.scenario.name,
        target: plan.target,
        state,
    })
}

/// Ids of tests, in order, after `after`; at most a page. [`status`] says more of each.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn list(ports: &Ports, after: Option<&str>) -> Result<Vec<RunId>, ServiceError> {
    let folders = ports.store.list_folders(key::ALL_TESTS, after).await?;
    Ok(folders.into_iter().filter_map(|id| RunId::new(id).ok()).collect())
}

/// The live view of a test; `None` before its first interval.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn live_view(ports: &Ports, run: &RunId) -> Result<Option<LiveView>, ServiceError> {
    Ok(read(&*ports.store, &key::live(run)).await?.map(|record| record.value))
}

/// A file of a test's report; `None` before there is one.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn report_file(ports: &Ports, run: &RunId, file: &str) -> Result<Option<bytes::Bytes>, ServiceError> {
    let key = key::report(run, file);
    if swarmgate_domain::Key::parse(key.as_str()).is_none() {
        return Ok(None);
    }
    Ok(ports.store.get(&key).await?.map(|object| object.bytes))
}
