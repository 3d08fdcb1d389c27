//! Marks of what works without being asked: that a part has worked, when, and what went wrong.

use serde::{Deserialize, Serialize};
use swarmgate_domain::{Micros, key};

use crate::error::ServiceError;
use crate::ports::{Condition, Object, Ports};
use crate::records::{json, read};

/// How often a mark is looked for that is waited for.
const LOOK_EVERY: Micros = Micros::from_millis(250);

/// How often the probe is tried to be written, when others write it too.
const MOST_TRIES: u32 = 10;

/// What a part leaves behind when it has worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How long ago, by the store's clock.
    pub age: Micros,
    /// Tells it from the mark before.
    pub draw: u64,
    /// What went wrong, if something did.
    pub failure: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Written {
    /// Each is a new version of the object, also where nothing else changed.
    draw: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

/// Leaves the mark of `part`, which has worked just now, or has failed.
///
/// # Errors
/// [`ServiceError`]: the store failed. Nothing depends on a mark but what is said of the deployment.
pub async fn leave_mark(ports: &Ports, part: &str, failure: Option<String>) -> Result<(), ServiceError> {
    let (store, key) = (&*ports.store, key::mark(part));
    let before = store.get(&key).await?;
    let mark = json(&Written { draw: ports.random.draw(), failure });
    match store.put(&key, mark, Condition::unchanged(before.as_ref())).await {
        // Someone else left one meanwhile, which says the same.
        Err(error) if !error.is_conflict() => Err(error.into()),
        _ => Ok(()),
    }
}

/// The mark of `part`; `None` where it has never worked.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn read_mark(ports: &Ports, part: &str) -> Result<Option<Mark>, ServiceError> {
    let found = read::<Written>(&*ports.store, &key::mark(part)).await?;
    Ok(found.map(|found| Mark {
        age: found.object.store_time.shown.saturating_since(found.object.modified),
        draw: found.value.draw,
        failure: found.value.failure,
    }))
}

/// Writes the probe, an object that the store is to tell of.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn send_probe(ports: &Ports) -> Result<(), ServiceError> {
    written_probe(ports).await.map(drop)
}

/// Waits until `part` has left another mark than `before`, for so long at most. No times are compared: those of a store are whole seconds.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn wait_for_mark(
    ports: &Ports,
    part: &str,
    before: Option<&Mark>,
    most: Micros,
) -> Result<Option<Mark>, ServiceError> {
    let end = ports.clock.now() + most;
    loop {
        let mark = read_mark(ports, part).await?.filter(|mark| before.is_none_or(|before| mark.draw != before.draw));
        if mark.is_some() || ports.clock.now() >= end {
            return Ok(mark);
        }
        ports.clock.sleep(LOOK_EVERY).await;
    }
}

/// The probe, written anew.
pub(super) async fn written_probe(ports: &Ports) -> Result<Object, ServiceError> {
    let (store, key) = (&*ports.store, key::probe());
    for _ in 0..MOST_TRIES {
        let before = store.get(&key).await?;
        let probe = json(&Written { draw: ports.random.draw(), failure: None });
        match store.put(&key, probe, Condition::unchanged(before.as_ref())).await {
            Err(error) if error.is_conflict() => continue,
            written => written?,
        };
        if let Some(object) = store.get(&key).await? {
            return Ok(object);
        }
    }
    Err(ServiceError::Contended { key, tries: MOST_TRIES })
}
