//! JSON objects in the store: reading them, and changing them by compare-and-swap.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use swarmgate_domain::{Attempt, Key, Micros, Plan, RunId, RunState, key};

use crate::error::ServiceError;
use crate::ports::{Condition, Object, ObjectStore, Ports, UsersChange};

/// How often a compare-and-swap is tried before giving up: only a bug or a storm of writers gets there.
const MOST_TRIES: u32 = 50;

/// Who runs a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    /// Which runner of the shard this is.
    pub attempt: Attempt,
    /// Names the claim: unique for each time that a worker takes a shard.
    pub holder: String,
    /// Counts up, so that each heartbeat is a new version of the object.
    pub heartbeat: u64,
    /// Given back before the shard was over: it is free at once, whatever the lease's age.
    #[serde(default)]
    pub released: bool,
}

/// Test time 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Start {
    /// By the store's clock.
    pub at: Micros,
}

/// What workers are to do, read once an interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Control {
    /// Changes of users, in order.
    pub users: Vec<UsersChange>,
    /// The test time at which the load ends before its time.
    pub stop_at: Option<Micros>,
}

/// A shard is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Done {
    /// Which runner came to the end.
    pub attempt: Attempt,
}

/// A shard can't be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShardFailure {
    /// Why, and what to do.
    pub reason: String,
}

/// A JSON object with the version it was read at.
pub(crate) struct Record<T> {
    pub value: T,
    pub object: Object,
}

/// Reads a JSON object; `None` where there is none.
pub(crate) async fn read<T: DeserializeOwned>(
    store: &dyn ObjectStore,
    key: &Key,
) -> Result<Option<Record<T>>, ServiceError> {
    let Some(object) = store.get(key).await? else { return Ok(None) };
    let value = serde_json::from_slice(&object.bytes)
        .map_err(|error| ServiceError::Unreadable { key: key.clone(), reason: error.to_string() })?;
    Ok(Some(Record { value, object }))
}

/// `value` as it is stored.
pub(crate) fn json<T: Serialize>(value: &T) -> Bytes {
    serde_json::to_vec(value).expect("plain data is written to memory").into()
}

/// Writes a JSON object if there is none. Says whether this call did it.
pub(crate) async fn create<T: Serialize>(
    store: &dyn ObjectStore,
    key: &Key,
    value: &T,
) -> Result<Created, ServiceError> {
    match store.put(key, json(value), Condition::Absent).await {
        Ok(_) => Ok(Created::Now),
        Err(error) if error.is_conflict() => Ok(Created::Before),
        Err(error) => Err(error.into()),
    }
}

/// Who wrote an object that is written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// This call.
    Now,
    /// An earlier one, this one's own lost try perhaps.
    Before,
}

/// Changes a JSON object by compare-and-swap until it is as `change` makes it of what is there; gives what is there in the end.
/// `change` gets `None` where there is no object, and gives `None` when there is nothing to change.
pub(crate) async fn change<T: Serialize + DeserializeOwned>(
    store: &dyn ObjectStore,
    key: &Key,
    mut change: impl FnMut(Option<&T>) -> Option<T>,
) -> Result<Option<T>, ServiceError> {
    for _ in 0..MOST_TRIES {
        let before = read::<T>(store, key).await?;
        let Some(after) = change(before.as_ref().map(|r| &r.value)) else { return Ok(before.map(|r| r.value)) };
        match store.put(key, json(&after), Condition::unchanged(before.as_ref().map(|r| &r.object))).await {
            Ok(_) => return Ok(Some(after)),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServiceError::Contended { key: key.clone(), tries: MOST_TRIES })
}

/// The plan of a test.
pub(crate) async fn plan(ports: &Ports, run: &RunId) -> Result<Plan, ServiceError> {
    let key = key::plan(run);
    let plan =
        read::<Plan>(&*ports.store, &key).await?.ok_or_else(|| ServiceError::NoSuchRun { run: run.clone() })?.value;
    if plan.format > swarmgate_domain::PLAN_FORMAT {
        let reason = format!("plan format {} is not known: use the version of swarmgate that wrote it", plan.format);
        return Err(ServiceError::Unreadable { key, reason });
    }
    Ok(plan)
}

/// The state of a test; made where an accepting function died before it could.
pub(crate) async fn state(ports: &Ports, plan: &Plan) -> Result<RunState, ServiceError> {
    let key = key::state(&plan.id);
    if let Some(record) = read::<RunState>(&*ports.store, &key).await? {
        return Ok(record.value);
    }
    let accepted = RunState::accepted(plan.accepted_at);
    create(&*ports.store, &key, &accepted).await?;
    Ok(read(&*ports.store, &key).await?.map_or(accepted, |record| record.value))
}

/// All keys that start with `prefix`, after `after`.
pub(crate) async fn list_all(
    store: &dyn ObjectStore,
    prefix: &str,
    after: Option<Key>,
) -> Result<Vec<Key>, ServiceError> {
    let (mut keys, mut after) = (Vec::new(), after);
    loop {
        let page = store.list(prefix, after.as_ref()).await?;
        keys.extend(page.keys);
        if !page.more {
            return Ok(keys);
        }
        after = keys.last().cloned();
    }
}

/// All folders under `prefix`, which ends in `/`.
pub(crate) async fn list_all_folders(store: &dyn ObjectStore, prefix: &str) -> Result<Vec<String>, ServiceError> {
    let mut folders: Vec<String> = Vec::new();
    loop {
        let page = store.list_folders(prefix, folders.last().map(String::as_str)).await?;
        if page.is_empty() {
            return Ok(folders);
        }
        folders.extend(page);
    }
}
