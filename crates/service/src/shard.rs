//! Running a shard: what a worker does with one message of its pool's queue.
//!
//! A worker that lost its claim stops. What it measured until then is uploaded all the same: it describes requests that were really sent.

use std::sync::Arc;

use swarmgate_domain::{
    Attempt, Chunk, ChunkId, Cover, Ended, Event, Micros, Phase, Plan, RunId, RunState, ShardId, key,
};
use tracing::{info, warn};

use crate::advance::{ShardMessage, advance, apply};
use crate::claim::{After, Claim, Held, Kept, LeaveSignal, Message};
use crate::error::ServiceError;
use crate::fleet;
use crate::ports::{
    Condition, Delivery, LoadEngine, LoadRun, MeasuredInterval, Outlook, Ports, SecretSource, Secrets, ShardSpec,
    StoreError, WantsEnd,
};
use crate::records::{self, Control, Done, ShardFailure, Start, create, read};

/// How a worker is done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardOutcome {
    /// The shard came to its end.
    Done,
    /// Someone else runs it, or took it over.
    Theirs,
    /// There is nothing to run: the test or the shard is over, or the message is not ours.
    Nothing,
    /// It can't be run; the test was told why.
    Failed,
    /// The worker is to end: what it measured is uploaded, and another worker may go on at once.
    GivenBack,
}

/// The worker that runs shards.
#[derive(Clone, Copy)]
pub struct Worker<'a> {
    /// The pool whose queue it takes them from.
    pub pool: &'a str,
    /// Its name, for logs and leases.
    pub name: &'a str,
    /// Where it finds the values of secrets.
    pub secrets: &'a dyn SecretSource,
}

/// Runs the shard that `delivery` names, to its end, or until `leave` resolves: then the load stops, what was measured is uploaded, and
/// the shard is free for another worker at once.
///
/// # Errors
/// [`ServiceError`]: the store or queue kept failing. The message comes again, and another worker goes on.
pub async fn run_shard(
    ports: &Ports,
    engine: &dyn LoadEngine,
    worker: Worker<'_>,
    delivery: &Delivery,
    leave: LeaveSignal<'_>,
) -> Result<ShardOutcome, ServiceError> {
    let queue = fleet::queue(ports, worker.pool)?;
    let Some(ShardMessage { run, shard }) = ShardMessage::decode(&delivery.body) else {
        warn!(pool = worker.pool, body = %delivery.body, "a message that names no shard, it is removed");
        queue.delete(&delivery.receipt).await?;
        return Ok(ShardOutcome::Nothing);
    };
    let plan = match records::plan(ports, &run).await {
        Ok(plan) => Some(Arc::new(plan)),
        Err(ServiceError::NoSuchRun { .. }) => None,
        Err(error) => return Err(error),
    };
    let message = Message { queue: &**queue, receipt: &delivery.receipt };
    let outcome = match plan {
        None => ShardOutcome::Nothing,
        Some(plan) if is_over(ports, &plan, shard).await? => ShardOutcome::Nothing,
        Some(plan) => match Claim::take(ports, message, &plan, shard, worker.name, leave).await? {
            None => ShardOutcome::Theirs,
            Some(claim) => {
                let attempt = claim.attempt();
                let outcome = run_claimed(ports, engine, worker.secrets, &plan, claim).await;
                if let Err(error) = &outcome
                    && attempt > Attempt(1)
                    && error.outlook() == Outlook::Lasting
                {
                    tell_failure(ports, &plan, shard, error.with_hint()).await;
                }
                outcome?
            }
        },
    };
    match outcome {
        ShardOutcome::Done | ShardOutcome::Nothing | ShardOutcome::Failed => queue.delete(&delivery.receipt).await?,
        // It comes again when the lease it lost to may be over, or at once.
        ShardOutcome::Theirs | ShardOutcome::GivenBack => {}
    }
    Ok(outcome)
}

/// Tells the test that a second worker may not do its part, so that it ends with the reason, where that can be written at all.
async fn tell_failure(ports: &Ports, plan: &Plan, shard: ShardId, reason: String) {
    let told = create(&*ports.store, &key::failed(&plan.id, shard), &ShardFailure { reason }).await;
    if let Err(error) = told {
        warn!(run = %plan.id, %shard, %error, "the test could not be told that its shard can't be run");
    }
}

/// Whether there is nothing to run any more.
async fn is_over(ports: &Ports, plan: &Plan, shard: ShardId) -> Result<bool, ServiceError> {
    let state = records::state(ports, plan).await?;
    Ok(state.phase >= Phase::Merging || ports.store.get(&key::done(&plan.id, shard)).await?.is_some())
}

async fn run_claimed(
    ports: &Ports,
    engine: &dyn LoadEngine,
    secrets: &dyn SecretSource,
    plan: &Plan,
    mut claim: Claim<'_>,
) -> Result<ShardOutcome, ServiceError> {
    let (store, shard) = (&*ports.store, claim.shard);
    let (done_key, done) = (key::done(&plan.id, shard), Done { attempt: claim.attempt() });
    let data = read_data(ports, plan).await?;
    let end = match claim.keep_while(prepare(engine, secrets, spec(plan, shard, data))).await? {
        Kept::Lost => End::Lost,
        Kept::Leaving => End::Leaving,
        Kept::Done(Err(reason)) => {
            create(store, &key::failed(&plan.id, shard), &ShardFailure { reason }).await?;
            create(store, &done_key, &done).await?;
            return Ok(ShardOutcome::Failed);
        }
        Kept::Done(Ok(mut load)) => {
            create(store, &key::ready(&plan.id, shard), &()).await?;
            match wait_for_start(ports, plan, &mut claim).await? {
                Waited::Started(start) => make_load(ports, plan, &mut claim, &mut *load, start).await?,
                Waited::Ended => End::Done,
                Waited::Lost => End::Lost,
                Waited::Leaving => End::Leaving,
            }
        }
    };
    let (run, attempt) = (&plan.id, claim.attempt());
    match end {
        End::Done => {
            create(store, &done_key, &done).await?;
            Ok(ShardOutcome::Done)
        }
        End::Lost => {
            warn!(%run, %shard, %attempt, "the lease was lost, another worker has the shard");
            Ok(ShardOutcome::Theirs)
        }
        End::Leaving => {
            info!(%run, %shard, %attempt, "this worker is to end, the shard is given back");
            claim.give_back().await?;
            Ok(ShardOutcome::GivenBack)
        }
    }
}

/// Makes a shard ready to run. Where that can't be done: why, and what to do.
async fn prepare(
    engine: &dyn LoadEngine,
    secrets: &dyn SecretSource,
    spec: ShardSpec,
) -> Result<Box<dyn LoadRun>, String> {
    let names = spec.scenario.secrets();
    let found = if names.is_empty() { Ok(Secrets::default()) } else { secrets.read(&names).await };
    let secrets = found.map_err(|error| format!("{error}. {}", error.hint))?;
    engine.prepare(ShardSpec { secrets, ..spec }).await.map_err(|error| format!("{error}. {}", error.hint))
}

/// How the work on a claimed shard came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The shard is over.
    Done,
    /// Another worker has it.
    Lost,
    /// The worker is to end.
    Leaving,
}

/// Makes load from `start` to its end, or until another worker has the shard or this one is to end. Uploads all that is measured.
async fn make_load(
    ports: &Ports,
    plan: &Plan,
    claim: &mut Claim<'_>,
    load: &mut dyn LoadRun,
    start: Start,
) -> Result<End, ServiceError> {
    info!(run = %plan.id, shard = %claim.shard, attempt = %claim.attempt(), "the load begins");
    // What is learned of the clock later makes this no better: the intervals lie where they lie.
    let (own_start, clock_doubt) = claim.clock.to_own(start.at);
    // Who takes a shard over finds what others were told long ago: it holds before the first request is sent.
    let control = read_control(ports, &plan.id).await?;
    load.begin(own_start);
    let mut applied = obey(control, Control::default(), load);
    let mut end = loop {
        match claim.keep_while(load.next()).await? {
            Kept::Done(None) => return Ok(End::Done),
            Kept::Done(Some(mut measured)) => {
                let wants_end = measured.wants_end.take();
                let id = chunk_id(claim, &measured);
                let (uploaded, after) = claim.finish(upload(ports, plan, id, clock_doubt, measured)).await?;
                uploaded?;
                if let Some(wants_end) = wants_end {
                    end_early(ports, plan, wants_end).await?;
                }
                match after {
                    After::GoOn => {}
                    After::Lost => break End::Lost,
                    After::Leave => break End::Leaving,
                }
            }
            Kept::Lost => break End::Lost,
            Kept::Leaving => break End::Leaving,
        }
        if claim.renew_if_due().await? == Held::ByOther {
            break End::Lost;
        }
        applied = obey(read_control(ports, &plan.id).await?, applied, load);
    };
    // What was measured until now describes requests that were really sent.
    load.stop(Micros::ZERO);
    claim.heed();
    loop {
        let next = match end {
            // Kept until everything is uploaded, so that no report is made before.
            End::Leaving => match claim.keep_while(load.next()).await? {
                Kept::Done(next) => next,
                Kept::Lost | Kept::Leaving => {
                    end = End::Lost;
                    continue;
                }
            },
            End::Lost | End::Done => load.next().await,
        };
        let Some(measured) = next else { return Ok(end) };
        let sent = upload(ports, plan, chunk_id(claim, &measured), clock_doubt, measured);
        if end == End::Leaving {
            let (uploaded, after) = claim.finish(sent).await?;
            uploaded?;
            if after == After::Lost {
                end = End::Lost;
            }
        } else {
            sent.await?;
        }
    }
}

/// Ends the test since its users want it.
async fn end_early(ports: &Ports, plan: &Plan, wants_end: WantsEnd) -> Result<(), ServiceError> {
    let why = match wants_end {
        WantsEnd::Stop => Ended::Stopped,
        WantsEnd::Fail { reason } => Ended::Failed { reason },
    };
    apply(ports, plan, &Event::EndAsked { why }).await?;
    advance(ports, &plan.id).await.map(drop)
}

fn spec(plan: &Plan, shard: ShardId, data: Vec<Vec<Vec<String>>>) -> ShardSpec {
    ShardSpec {
        shard,
        shards: plan.shards(),
        scenario: Arc::new(plan.scenario.clone()),
        data: Arc::new(data),
        target: plan.target.clone(),
        interval: plan.interval,
        duration: plan.duration(),
        secrets: Secrets::default(),
        seed: plan.seed,
    }
}

async fn read_data(ports: &Ports, plan: &Plan) -> Result<Vec<Vec<Vec<String>>>, ServiceError> {
    let mut data = Vec::new();
    for index in 0..plan.scenario.data.len() {
        let key = key::data(&plan.id, index);
        let rows = read(&*ports.store, &key).await?.ok_or_else(|| ServiceError::Unreadable {
            key: key.clone(),
            reason: "the rows of a data source are missing".to_owned(),
        })?;
        data.push(rows.value);
    }
    Ok(data)
}

/// How waiting for the start came to its end.
enum Waited {
    /// Test time 0 is known.
    Started(Start),
    /// The test ends without this shard having run.
    Ended,
    /// Another worker has the shard.
    Lost,
    /// This worker is to end.
    Leaving,
}

async fn wait_for_start(ports: &Ports, plan: &Plan, claim: &mut Claim<'_>) -> Result<Waited, ServiceError> {
    let (store, poll) = (&*ports.store, ports.settings.poll_of(plan.shards()).0);
    let (start_key, state_key) = (key::start(&plan.id), key::state(&plan.id));
    loop {
        if let Some(start) = claim.clock.timed(ports, read::<Start>(store, &start_key)).await? {
            return Ok(Waited::Started(start.value));
        }
        // The state is there from the start: each look at it tells the store's time once more.
        let state = claim.clock.timed(ports, read::<RunState>(store, &state_key)).await?;
        if state.is_some_and(|state| state.value.ending.is_some() || state.value.phase >= Phase::Merging) {
            return Ok(Waited::Ended);
        }
        // With jitter: thousands of workers ask.
        let pause = ports.clock.sleep(Micros(poll / 2 + ports.random.draw() % poll.max(1)));
        match claim.keep_while(pause).await? {
            Kept::Done(()) => {}
            Kept::Lost => return Ok(Waited::Lost),
            Kept::Leaving => return Ok(Waited::Leaving),
        }
    }
}

fn chunk_id(claim: &Claim<'_>, measured: &MeasuredInterval) -> ChunkId {
    ChunkId { interval: measured.interval, shard: claim.shard, attempt: claim.attempt() }
}

async fn upload(
    ports: &Ports,
    plan: &Plan,
    id: ChunkId,
    clock_doubt: Micros,
    measured: MeasuredInterval,
) -> Result<(), ServiceError> {
    let cover = Cover { from: measured.from, to: measured.to };
    let chunk =
        Chunk { run: plan.id.clone(), id, cover, stats: measured.stats, saturation: measured.saturation, clock_doubt };
    match ports.store.put(&id.key(&plan.id), chunk.encode().into(), Condition::Absent).await {
        // The attempt is ours alone: this is our own chunk, of a try whose answer was lost.
        Err(StoreError::Conflict { .. }) | Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn read_control(ports: &Ports, run: &RunId) -> Result<Control, ServiceError> {
    let control = read::<Control>(&*ports.store, &key::control(run)).await?;
    Ok(control.map_or_else(Control::default, |control| control.value))
}

/// Does what `control` says beyond what was `applied`. Gives what is applied now.
fn obey(control: Control, applied: Control, load: &mut dyn LoadRun) -> Control {
    for change in control.users.iter().skip(applied.users.len()) {
        load.change_users(*change);
    }
    if let Some(at) = control.stop_at.filter(|at| applied.stop_at != Some(*at)) {
        load.stop(at);
    }
    control
}
