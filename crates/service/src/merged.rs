//! Reading merged intervals back, one after another, in memory that does not grow with the test.

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmgate_domain::{Group, Interval, Key, MergedInterval, Plan, Results, RunId, RunState, Summarizer, key};

use crate::error::ServiceError;
use crate::ports::Ports;
use crate::records::list_all;

/// The keys of the merged intervals after `after`, a list of groups for each interval.
pub(crate) async fn list(
    ports: &Ports,
    run: &RunId,
    after: Option<Interval>,
) -> Result<BTreeMap<Interval, Vec<Key>>, ServiceError> {
    let last_before = after.map(|interval| key::merged(run, interval, Group(9_999)));
    let mut intervals: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for key in list_all(&*ports.store, &key::prefix(run, "merged"), last_before).await? {
        if let Some((_, key::Meaning::Merged(interval, _))) = key::meaning(&key) {
            intervals.entry(interval).or_default().push(key);
        }
    }
    Ok(intervals)
}

/// The groups of one interval.
pub(crate) async fn read(ports: &Ports, keys: &[Key]) -> Result<Vec<MergedInterval>, ServiceError> {
    let mut groups = Vec::with_capacity(keys.len());
    for key in keys {
        if let Some(object) = ports.store.get(key).await? {
            let merged = MergedInterval::decode(&object.bytes);
            groups.push(merged.map_err(|source| ServiceError::Frame { key: key.clone(), source })?);
        }
    }
    Ok(groups)
}

/// Adds up all merged intervals of a test.
pub(crate) async fn summarize(
    ports: &Ports,
    plan: &Arc<Plan>,
    state: &RunState,
    revision: u32,
) -> Result<Results, ServiceError> {
    let mut summarizer = Summarizer::new(plan.clone(), state.clone());
    for (interval, keys) in list(ports, &plan.id, None).await? {
        summarizer.add_interval(interval, &read(ports, &keys).await?);
    }
    Ok(summarizer.finish(revision))
}
