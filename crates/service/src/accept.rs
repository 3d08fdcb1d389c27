//! Accepting a test: from a valid scenario to a plan in the store, once for each idempotency key.

use std::collections::BTreeMap;

use swarmgate_domain::{BadPlan, Micros, PLAN_FORMAT, Plan, PoolShare, RunId, RunState, Scenario, key};

use crate::advance::advance;
use crate::error::ServiceError;
use crate::ports::{Clock, Ports, Randomness};
use crate::records::{self, Created, create};

/// A test as it was asked for.
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// What users do.
    pub scenario: Scenario,
    /// The rows of each of the scenario's data sources, in their order.
    pub data: Vec<Vec<Vec<String>>>,
    /// The scenario as it was written.
    pub source: String,
    /// The base URL to load.
    pub target: String,
    /// Who runs it.
    pub pools: Vec<PoolShare>,
    /// The length of an interval.
    pub interval: Micros,
    /// Where it was started, for the report.
    pub environment: BTreeMap<String, String>,
    /// The same key means the same test, however often it is asked for.
    pub idempotency_key: Option<String>,
    /// The id to use; without one it is made of the key, or of time and chance.
    pub id: Option<RunId>,
}

/// A test that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its id.
    pub id: RunId,
    /// Whether it was there already.
    pub repeated: Repeated,
}

/// Whether a request was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// No: this call made the test.
    No,
    /// Yes: the test was there.
    Yes,
}

/// Why a test was not accepted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AcceptError {
    /// Something in it is wrong.
    #[error(transparent)]
    Bad(#[from] BadPlan),
    /// The same key was used for another test.
    #[error("idempotency key: it was used for another test, {id}: use a new key for a new test")]
    KeyReused {
        /// The test that has it.
        id: RunId,
    },
    /// Could not be stored or queued. It may be accepted all the same: ask again with the same key.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Makes a plan of `request`, stores it, and starts what it needs.
///
/// # Errors
/// [`AcceptError`]. After [`AcceptError::Service`] the test may have been accepted.
pub async fn accept(ports: &Ports, request: TestRequest) -> Result<Accepted, AcceptError> {
    let now = ports.clock.now();
    let id = match (request.id, &request.idempotency_key) {
        (Some(id), _) => id,
        (None, Some(key)) => id_of_key(key),
        (None, None) => new_id(now, ports.random.draw()),
    };
    let mut environment = request.environment;
    // Who asks for the test names an engine that the scenario does not know: a Locust, and its version.
    environment.entry("engine".to_owned()).or_insert_with(|| request.scenario.engine());
    let plan = Plan {
        format: PLAN_FORMAT,
        seed: hash(id.as_str()),
        id: id.clone(),
        accepted_at: now,
        scenario: request.scenario,
        target: request.target,
        source: request.source,
        pools: request.pools,
        interval: request.interval,
        environment,
    };
    plan.check()?;
    for share in &plan.pools {
        if !ports.queues.contains_key(&share.pool) {
            let known = ports.queues.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(ServiceError::NoSuchPool { pool: share.pool.clone(), known }.into());
        }
    }
    let store = &*ports.store;
    // First the marks by which sweep and listings find the test should we die, then what the plan refers to, then the plan.
    create(store, &key::active(&id), &()).await?;
    create(store, &key::recent(&id, now), &()).await?;
    for (index, rows) in request.data.iter().enumerate() {
        let key = key::data(&id, index);
        if create(store, &key, rows).await? == Created::Before
            && records::read::<Vec<Vec<String>>>(store, &key).await?.is_some_and(|stored| stored.value != *rows)
        {
            return Err(AcceptError::KeyReused { id });
        }
    }
    let repeated = match create(store, &key::plan(&id), &plan).await? {
        Created::Now => Repeated::No,
        Created::Before => {
            let stored = records::plan(ports, &id).await?;
            if !same_test(&stored, &plan) {
                return Err(AcceptError::KeyReused { id });
            }
            Repeated::Yes
        }
    };
    create(store, &key::state(&id), &RunState::accepted(now)).await?;
    advance(ports, &id).await?;
    Ok(Accepted { id, repeated })
}

/// Whether two plans ask for the same, whenever they were made.
fn same_test(stored: &Plan, asked: &Plan) -> bool {
    let asked = Plan { accepted_at: stored.accepted_at, environment: stored.environment.clone(), ..asked.clone() };
    *stored == asked
}

/// An id for a new test, of time and chance.
pub fn new_run_id(clock: &dyn Clock, random: &dyn Randomness) -> RunId {
    new_id(clock.now(), random.draw())
}

/// `20261123-231502-1a2b3c`: sorts by time.
fn new_id(now: Micros, chance: u64) -> RunId {
    let text = format!("{}-{:06x}", timestamp(now), chance & 0xff_ffff);
    RunId::new(text).expect("digits, hex digits and dashes make an id")
}

fn id_of_key(key: &str) -> RunId {
    let text = format!("key-{:016x}{:016x}", hash(key), hash(&format!("{key}\0")));
    RunId::new(text).expect("hex digits and dashes make an id")
}

/// FNV-1a: the same on every machine and in every version, unlike the standard library's hasher.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// UTC as `yyyymmdd-hhmmss`, by Howard Hinnant's algorithm for days of the civil calendar.
fn timestamp(now: Micros) -> String {
    let seconds = now.0 / 1_000_000;
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", time / 3_600, time / 60 % 60, time % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_keys_give_the_same_id() {
        assert_eq!(new_id(Micros::from_secs(1_795_475_702), 0x00ab_cdef).as_str(), "20261123-231502-abcdef");
        assert_eq!(new_id(Micros::from_secs(951_782_400), 1).as_str(), "20000229-000000-000001");
        assert_eq!(id_of_key("deploy 17"), id_of_key("deploy 17"));
        assert_ne!(id_of_key("deploy 17"), id_of_key("deploy 18"));
    }
}
