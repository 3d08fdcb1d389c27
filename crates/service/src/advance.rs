//! Moving a test on: doing what its state asks for, whoever comes by, as often as they like.

use std::sync::Arc;

use swarmgate_domain::{Duty, Ended, Event, Micros, Plan, RunId, RunState, ShardId, key, step};

use tracing::warn;

use crate::error::ServiceError;
use crate::fleet;
use crate::lease::any_held;
use crate::ports::Ports;
use crate::publish::publish;
use crate::records::{self, Control, ShardFailure, Start, change, create, list_all, read};

/// A bound on how many phases one call moves a test through; there are fewer.
const MOST_STEPS: u32 = 12;

/// How long after its end and grace time a test waits for a shard that someone still holds.
const PATIENCE: Micros = Micros::from_secs(2);

/// Does what the test's state asks for, until there is nothing that can be done now. Repeatable: it may die anywhere, and run twice at once.
///
/// # Errors
/// [`ServiceError`]; what was done stays done.
pub async fn advance(ports: &Ports, run: &RunId) -> Result<RunState, ServiceError> {
    let plan = Arc::new(records::plan(ports, run).await?);
    let mut state = records::state(ports, &plan).await?;
    let mut scaled = Ok(());
    for _ in 0..MOST_STEPS {
        let before = state.clone();
        for duty in before.duties() {
            let outcome = perform(ports, &plan, &state, duty).await;
            if duty == Duty::ScaleFleet {
                // Told in the end. No reason to leave the rest: workers that are there may be ready, or done.
                scaled = outcome.map(drop);
            } else if let Some(event) = outcome? {
                state = apply(ports, &plan, &event).await?;
            }
            if state.phase != before.phase {
                break;
            }
        }
        if state == before {
            break;
        }
    }
    match scaled {
        // It ends, for this reason perhaps, and then its report says so. Sweeping scales again, and tells.
        Err(error) if state.ending.is_some() => {
            warn!(%run, %error, "a test that ends could not scale its pools");
            Ok(state)
        }
        scaled => scaled.map(|()| state),
    }
}

/// Changes the state as `event` says. The write decides a race; the loser reads again.
pub(crate) async fn apply(ports: &Ports, plan: &Plan, event: &Event) -> Result<RunState, ServiceError> {
    let now = ports.clock.now();
    let accepted = RunState::accepted(plan.accepted_at);
    let state = change::<RunState>(&*ports.store, &key::state(&plan.id), |state| {
        let next = step(state.unwrap_or(&accepted), event, now);
        (state != Some(&next)).then_some(next)
    })
    .await?;
    Ok(state.unwrap_or(accepted))
}

async fn perform(ports: &Ports, plan: &Arc<Plan>, state: &RunState, duty: Duty) -> Result<Option<Event>, ServiceError> {
    match duty {
        Duty::QueueShards => queue_shards(ports, plan).await.map(Some),
        Duty::ScaleFleet => fleet::scale(ports, plan).await.map(|()| None),
        Duty::StartWhenReady => start_when_ready(ports, plan, state).await,
        Duty::TellWorkers => tell_workers(ports, plan, state).await.map(|()| None),
        Duty::WatchShards => watch_shards(ports, plan, state).await,
        Duty::Publish => publish(ports, plan, state).await,
    }
}

async fn queue_shards(ports: &Ports, plan: &Plan) -> Result<Event, ServiceError> {
    for share in &plan.pools {
        let bodies = plan.shards_of(&share.pool).map(|shard| ShardMessage::new(&plan.id, shard).encode());
        fleet::queue(ports, &share.pool)?.send(bodies.collect()).await?;
    }
    Ok(Event::Queued)
}

async fn start_when_ready(ports: &Ports, plan: &Plan, state: &RunState) -> Result<Option<Event>, ServiceError> {
    if let Some(reason) = shard_failure(ports, plan).await? {
        return Ok(Some(Event::EndAsked { why: Ended::Failed { reason } }));
    }
    let store = &*ports.store;
    let start_key = key::start(&plan.id);
    if read::<Start>(store, &start_key).await?.is_none() {
        let ready = list_all(store, &key::prefix(&plan.id, "ready"), None).await?.len();
        let waited = ports.clock.now().saturating_since(state.since);
        let all_ready = ready >= plan.shards() as usize;
        if !all_ready && waited < ports.settings.start_timeout {
            return Ok(fleet::problem(ports, plan)
                .await?
                .map(|reason| Event::EndAsked { why: Ended::Failed { reason } }));
        }
        if ready == 0 {
            let pools = fleet::words(ports, plan).await;
            let reason = format!("no worker was ready within {}: {pools}", ports.settings.start_timeout);
            return Ok(Some(Event::EndAsked { why: Ended::Failed { reason } }));
        }
        // By the accepting side's clock; workers correct for the difference of theirs to the store's.
        create(store, &start_key, &Start { at: ports.clock.now() + ports.settings.start_lead_of(plan.shards()) })
            .await?;
    }
    Ok(read::<Start>(store, &start_key).await?.map(|start| Event::Started { start: start.value.at }))
}

async fn tell_workers(ports: &Ports, plan: &Plan, state: &RunState) -> Result<(), ServiceError> {
    let Some(ending) = &state.ending else { return Ok(()) };
    change::<Control>(&*ports.store, &key::control(&plan.id), |control| {
        let control = control.cloned().unwrap_or_default();
        (control.stop_at != Some(ending.at)).then_some(Control { stop_at: Some(ending.at), ..control })
    })
    .await?;
    Ok(())
}

async fn watch_shards(ports: &Ports, plan: &Plan, state: &RunState) -> Result<Option<Event>, ServiceError> {
    let done = list_all(&*ports.store, &key::prefix(&plan.id, "done"), None).await?;
    // Looked for after the list was read: a shard that can't be run is told of first, and is done then.
    if state.ending.is_none()
        && let Some(reason) = shard_failure(ports, plan).await?
    {
        return Ok(Some(Event::EndAsked { why: Ended::Failed { reason } }));
    }
    if done.len() >= plan.shards() as usize {
        return Ok(Some(Event::AllOver));
    }
    let end = match state.start {
        Some(start) => start + state.duration(plan.duration()) + plan.scenario.grace,
        None => state.since,
    };
    if ports.clock.now() < end + PATIENCE {
        return Ok(None);
    }
    // Past its time a shard is over too when nobody holds it: never taken, or its worker is lost.
    let is_left = |shard: &ShardId| done.binary_search(&key::done(&plan.id, *shard)).is_err();
    let left: Vec<ShardId> = plan.shard_ids().filter(is_left).collect();
    Ok((!any_held(ports, plan, &left).await?).then_some(Event::AllOver))
}

/// Why a shard can't be run, where a worker said so.
pub(crate) async fn shard_failure(ports: &Ports, plan: &Plan) -> Result<Option<String>, ServiceError> {
    let failed = ports.store.list(&key::prefix(&plan.id, "failed"), None).await?;
    let Some(first) = failed.keys.first() else { return Ok(None) };
    Ok(read::<ShardFailure>(&*ports.store, first).await?.map(|failure| failure.value.reason))
}

/// What a pool's queue carries: one shard of one test.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct ShardMessage {
    /// The test.
    pub run: RunId,
    /// The shard.
    pub shard: ShardId,
}

impl ShardMessage {
    fn new(run: &RunId, shard: ShardId) -> Self {
        Self { run: run.clone(), shard }
    }

    fn encode(&self) -> String {
        serde_json::to_string(self).expect("plain data is written to memory")
    }

    /// `None` for a message that is not ours.
    pub fn decode(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }
}
