//! Scenarios and baselines that are kept under a name.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use swarmgate_domain::{Key, Micros, RunId, StoredName, key};

use crate::control::status;
use crate::error::ServiceError;
use crate::ports::{Condition, Ports};
use crate::records::{self, list_all};

/// How often a write that others came before is tried again.
const MOST_TRIES: u32 = 20;

/// Whether a stored thing is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// There was none of the name.
    New,
    /// It came in the place of another.
    Replaced,
}

/// The names of all stored scenarios, in order.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn scenario_names(ports: &Ports) -> Result<Vec<StoredName>, ServiceError> {
    let keys = list_all(&*ports.store, key::SCENARIOS_PREFIX, None).await?;
    Ok(keys.iter().filter_map(key::scenario_meaning).collect())
}

/// The text of a stored scenario; `None` where there is none of the name.
///
/// # Errors
/// [`ServiceError`]: the store failed, or it is no UTF-8 text.
pub async fn scenario_text(ports: &Ports, name: &StoredName) -> Result<Option<String>, ServiceError> {
    let key = key::scenario(name);
    let Some(object) = ports.store.get(&key).await? else { return Ok(None) };
    let text = String::from_utf8(object.bytes.to_vec());
    text.map(Some).map_err(|error| ServiceError::Unreadable { key, reason: error.to_string() })
}

/// Keeps the text of a scenario that was checked.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn store_scenario(ports: &Ports, name: &StoredName, text: String) -> Result<Stored, ServiceError> {
    replace(ports, &key::scenario(name), text.into()).await
}

/// The data files beside a stored scenario, by name.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn scenario_files(ports: &Ports, name: &StoredName) -> Result<BTreeMap<String, Bytes>, ServiceError> {
    let prefix = key::scenario_files_prefix(name);
    let mut files = BTreeMap::new();
    for key in list_all(&*ports.store, &prefix, None).await? {
        if let (Some(file), Some(object)) = (key.as_str().strip_prefix(&prefix), ports.store.get(&key).await?) {
            files.insert(file.to_owned(), object.bytes);
        }
    }
    Ok(files)
}

/// Keeps a data file (its key is of [`key::scenario_file`]).
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn store_file(ports: &Ports, file: &Key, bytes: Bytes) -> Result<Stored, ServiceError> {
    replace(ports, file, bytes).await
}

/// A test that others are compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The test.
    pub test: RunId,
    /// When it was made the baseline: microseconds since the Unix epoch.
    pub set_at: Micros,
}

/// Why a test was not made a baseline.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BaselineError {
    /// It has no report to compare with yet.
    #[error("test {run}: it has no report yet, a baseline is a test that is over")]
    NotOver {
        /// The test.
        run: RunId,
    },
    /// Anything else.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// The baseline of a name; `None` where there is none.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn baseline(ports: &Ports, name: &StoredName) -> Result<Option<Baseline>, ServiceError> {
    Ok(records::read(&*ports.store, &key::baseline(name)).await?.map(|record| record.value))
}

/// Makes a test that is over the baseline of a name.
///
/// # Errors
/// [`BaselineError`]: no such test, it is not over, or the store failed.
pub async fn set_baseline(ports: &Ports, name: &StoredName, run: &RunId) -> Result<(Baseline, Stored), BaselineError> {
    if !status(ports, run).await?.state.phase.is_over() {
        return Err(BaselineError::NotOver { run: run.clone() });
    }
    let baseline = Baseline { test: run.clone(), set_at: ports.clock.now() };
    let stored = replace(ports, &key::baseline(name), records::json(&baseline)).await?;
    Ok((baseline, stored))
}

/// Writes an object whatever lies there. The last of several writers stays.
async fn replace(ports: &Ports, key: &Key, bytes: Bytes) -> Result<Stored, ServiceError> {
    for _ in 0..MOST_TRIES {
        let before = ports.store.get(key).await?;
        match ports.store.put(key, bytes.clone(), Condition::unchanged(before.as_ref())).await {
            Ok(_) => return Ok(if before.is_some() { Stored::Replaced } else { Stored::New }),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServiceError::Contended { key: key.clone(), tries: MOST_TRIES })
}
