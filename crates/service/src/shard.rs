//! Running a shard: what a worker does with one message of its pool's queue.
//!
//! The lease decides who runs a shard. It is written with every interval; a worker that finds another's lease there stops (fencing).
//! What it measured until then is uploaded all the same: it describes requests that were really sent.

use std::sync::Arc;

use swarmgate_domain::{Attempt, Chunk, ChunkId, ClockOffset, Cover, Micros, Plan, RunId, ShardId, key};
use tracing::{info, warn};

use crate::advance::{ShardMessage, lease_age};
use crate::error::ServiceError;
use crate::fleet;
use crate::ports::{
    Condition, Delivery, LoadEngine, LoadRun, MeasuredInterval, Object, Ports, Queue, Secrets, ShardSpec, StoreError,
};
use crate::records::{self, Control, Done, Lease, ShardFailure, Start, create, json, read};
use crate::sabotage::Sabotage;

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
}

/// Runs the shard that `delivery` names, to its end.
///
/// # Errors
/// [`ServiceError`]: the store or queue kept failing. The message comes again, and another worker goes on.
pub async fn run_shard(
    ports: &Ports,
    engine: &dyn LoadEngine,
    pool: &str,
    worker: &str,
    delivery: &Delivery,
) -> Result<ShardOutcome, ServiceError> {
    let queue = fleet::queue(ports, pool)?;
    let Some(ShardMessage { run, shard }) = ShardMessage::decode(&delivery.body) else {
        warn!(pool, body = %delivery.body, "a message that names no shard, it is removed");
        queue.delete(&delivery.receipt).await?;
        return Ok(ShardOutcome::Nothing);
    };
    let outcome = run_claimed(ports, engine, &**queue, worker, delivery, &run, shard).await?;
    match outcome {
        ShardOutcome::Done | ShardOutcome::Nothing | ShardOutcome::Failed => queue.delete(&delivery.receipt).await?,
        // It comes again when the lease it lost to may be over.
        ShardOutcome::Theirs => {}
    }
    Ok(outcome)
}

async fn run_claimed(
    ports: &Ports,
    engine: &dyn LoadEngine,
    queue: &dyn Queue,
    worker: &str,
    delivery: &Delivery,
    run: &RunId,
    shard: ShardId,
) -> Result<ShardOutcome, ServiceError> {
    let plan = match records::plan(ports, run).await {
        Ok(plan) => Arc::new(plan),
        Err(ServiceError::NoSuchRun { .. }) => return Ok(ShardOutcome::Nothing),
        Err(error) => return Err(error),
    };
    let state = records::state(ports, &plan).await?;
    if state.phase >= swarmgate_domain::Phase::Merging || ports.store.get(&key::done(run, shard)).await?.is_some() {
        return Ok(ShardOutcome::Nothing);
    }
    let visibility = ports.settings.lease(plan.interval);
    let Some(mut claim) = Claim::take(ports, &plan, shard, worker).await? else {
        queue.hide(&delivery.receipt, visibility).await?;
        return Ok(ShardOutcome::Theirs);
    };
    queue.hide(&delivery.receipt, visibility).await?;
    let data = read_data(ports, &plan).await?;
    let mut load = match engine.prepare(spec(&plan, shard, data)).await {
        Ok(load) => load,
        Err(error) => {
            let reason = format!("{error}. {}", error.hint);
            create(&*ports.store, &key::failed(run, shard), &ShardFailure { reason }).await?;
            create(&*ports.store, &key::done(run, shard), &Done { attempt: claim.lease.attempt }).await?;
            return Ok(ShardOutcome::Failed);
        }
    };
    create(&*ports.store, &key::ready(run, shard), &()).await?;
    let Some(start) = wait_for_start(ports, &plan, &mut claim, queue, delivery).await? else {
        return Ok(if claim.lost { ShardOutcome::Theirs } else { ShardOutcome::Done });
    };
    info!(%run, %shard, attempt = %claim.lease.attempt, "the load begins");
    load.begin(claim.offset.map_or(start.at, |offset| offset.to_own(start.at)));
    let mut applied = Control::default();
    while let Some(measured) = load.next().await {
        upload(ports, &plan, &claim, measured).await?;
        claim.heartbeat(ports).await?;
        if claim.lost && ports.settings.sabotage != Some(Sabotage::IgnoreFence) {
            warn!(%run, %shard, attempt = %claim.lease.attempt, "the lease was lost, the load stops");
            drain(ports, &plan, &claim, load).await?;
            return Ok(ShardOutcome::Theirs);
        }
        obey(ports, run, &mut *load, &mut applied).await?;
        queue.hide(&delivery.receipt, visibility).await?;
    }
    create(&*ports.store, &key::done(run, shard), &Done { attempt: claim.lease.attempt }).await?;
    Ok(ShardOutcome::Done)
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

/// Waits until the test starts. `None`: it ends without this shard having run.
async fn wait_for_start(
    ports: &Ports,
    plan: &Plan,
    claim: &mut Claim,
    queue: &dyn Queue,
    delivery: &Delivery,
) -> Result<Option<Start>, ServiceError> {
    let store = &*ports.store;
    let lease = ports.settings.lease(plan.interval);
    let mut renewed = ports.clock.now();
    loop {
        if let Some(start) = claim.timed(ports, read::<Start>(store, &key::start(&plan.id))).await? {
            return Ok(Some(start.value));
        }
        let stopped = read::<Control>(store, &key::control(&plan.id)).await?.is_some_and(|c| c.value.stop_at.is_some());
        if stopped {
            create(store, &key::done(&plan.id, claim.shard), &Done { attempt: claim.lease.attempt }).await?;
            return Ok(None);
        }
        if ports.clock.now().saturating_since(renewed) > Micros(lease.0 / 3) {
            renewed = ports.clock.now();
            claim.heartbeat(ports).await?;
            if claim.lost {
                return Ok(None);
            }
            queue.hide(&delivery.receipt, lease).await?;
        }
        // With jitter: thousands of workers ask.
        ports.clock.sleep(Micros(ports.settings.poll.0 / 2 + ports.random.draw() % ports.settings.poll.0.max(1))).await;
    }
}

async fn upload(ports: &Ports, plan: &Plan, claim: &Claim, measured: MeasuredInterval) -> Result<(), ServiceError> {
    let id = ChunkId { interval: measured.interval, shard: claim.shard, attempt: claim.lease.attempt };
    let chunk = Chunk {
        run: plan.id.clone(),
        id,
        cover: Cover { from: measured.from, to: measured.to },
        stats: measured.stats,
        saturation: measured.saturation,
        clock_doubt: claim.offset.map_or(Micros::ZERO, ClockOffset::doubt),
    };
    match ports.store.put(&id.key(&plan.id), chunk.encode().into(), Condition::Absent).await {
        // The attempt is ours alone: this is our own chunk, of a try whose answer was lost.
        Err(StoreError::Conflict { .. }) | Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Ends a load that is not ours any more, and uploads what it measured until now.
async fn drain(ports: &Ports, plan: &Plan, claim: &Claim, mut load: Box<dyn LoadRun>) -> Result<(), ServiceError> {
    load.stop(Micros::ZERO);
    while let Some(measured) = load.next().await {
        upload(ports, plan, claim, measured).await?;
    }
    Ok(())
}

/// Does what the control object says and was not done yet.
async fn obey(ports: &Ports, run: &RunId, load: &mut dyn LoadRun, applied: &mut Control) -> Result<(), ServiceError> {
    let Some(control) = read::<Control>(&*ports.store, &key::control(run)).await? else { return Ok(()) };
    let control = control.value;
    for change in control.users.iter().skip(applied.users.len()) {
        load.change_users(*change);
    }
    if let Some(at) = control.stop_at.filter(|at| applied.stop_at != Some(*at)) {
        load.stop(at);
    }
    *applied = control;
    Ok(())
}

/// A hold on a shard.
struct Claim {
    shard: ShardId,
    key: swarmgate_domain::Key,
    lease: Lease,
    condition: Condition,
    /// Another worker took the shard over.
    lost: bool,
    /// How our clock stands to the store's.
    offset: Option<ClockOffset>,
}

impl Claim {
    /// Takes the shard's lease where there is none or its holder is lost. `None`: it is someone else's.
    async fn take(ports: &Ports, plan: &Plan, shard: ShardId, worker: &str) -> Result<Option<Self>, ServiceError> {
        let store = &*ports.store;
        let key = key::lease(&plan.id, shard);
        let holder = format!("{worker}/{:016x}", ports.random.draw());
        loop {
            let found = read::<Lease>(store, &key).await?;
            let attempt = match &found {
                None => Attempt(1),
                Some(lease) if lease.value.holder == holder => lease.value.attempt,
                Some(lease) if lease_age(&lease.object) < ports.settings.lease(plan.interval) => return Ok(None),
                Some(lease) => Attempt(lease.value.attempt.0 + 1),
            };
            let lease = Lease { attempt, holder: holder.clone(), heartbeat: 0 };
            match store.put(&key, json(&lease), Condition::unchanged(found.as_ref().map(|f| &f.object))).await {
                Ok(etag) => {
                    let condition = Condition::Matches(etag);
                    return Ok(Some(Self { shard, key, lease, condition, lost: false, offset: None }));
                }
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Says that we are still at work; sets `lost` when someone took over.
    async fn heartbeat(&mut self, ports: &Ports) -> Result<(), ServiceError> {
        let store = &*ports.store;
        let next = Lease { heartbeat: self.lease.heartbeat + 1, ..self.lease.clone() };
        match store.put(&self.key, json(&next), self.condition.clone()).await {
            Ok(etag) => (self.lease, self.condition) = (next, Condition::Matches(etag)),
            Err(error) if error.is_conflict() => {
                // Our own lost write looks like someone else's until it is read.
                let found = self.timed(ports, read::<Lease>(store, &self.key.clone())).await?;
                match found.filter(|found| found.value.holder == self.lease.holder) {
                    Some(found) => (self.lease, self.condition) = (found.value, Condition::Matches(found.object.etag)),
                    None => self.lost = true,
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Does a read, and learns from its answer how our clock stands to the store's.
    async fn timed<T>(
        &mut self,
        ports: &Ports,
        read: impl Future<Output = Result<Option<records::Record<T>>, ServiceError>>,
    ) -> Result<Option<records::Record<T>>, ServiceError> {
        let sent = ports.clock.now();
        let record = read.await?;
        if let Some(Object { store_time, .. }) = record.as_ref().map(|r| &r.object) {
            let reading = ClockOffset::from_reading(sent, ports.clock.now(), *store_time);
            self.offset = Some(self.offset.map_or(reading, |known| known.narrowed(reading)));
        }
        Ok(record)
    }
}
