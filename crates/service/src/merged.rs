//! Reading merged intervals back.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use swarmgate_domain::{FrameError, Group, Interval, Key, MergedInterval, RunId, key};
use tracing::warn;

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

/// The groups of an interval that were merged.
pub(crate) async fn groups_of(ports: &Ports, run: &RunId, interval: Interval) -> Result<BTreeSet<Group>, ServiceError> {
    let keys = list_all(&*ports.store, &key::merged_prefix(run, interval), None).await?;
    let group = |key: &Key| match key::meaning(key) {
        Some((_, key::Meaning::Merged(_, group))) => Some(group),
        _ => None,
    };
    Ok(keys.iter().filter_map(group).collect())
}

/// So many reads are under way at once: they wait for the store, not for the processor.
const AT_ONCE: usize = 8;

/// The groups of one interval.
pub(crate) async fn read(ports: &Ports, keys: &[Key]) -> Result<Vec<MergedInterval>, ServiceError> {
    let reads: Vec<_> = keys.iter().map(|key| read_one(ports, key).boxed()).collect();
    let groups: Vec<_> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(groups.into_iter().flatten().collect())
}

async fn read_one(ports: &Ports, key: &Key) -> Result<Option<MergedInterval>, ServiceError> {
    let Some(object) = ports.store.get(key).await? else { return Ok(None) };
    match MergedInterval::decode(&object.bytes) {
        Ok(merged) => Ok(Some(merged)),
        Err(source @ FrameError::Version { .. }) => Err(ServiceError::Frame { key: key.clone(), source }),
        // Whoever merges next makes it anew; what is missing until then shows in the coverage.
        Err(error) => {
            warn!(%key, %error, "a merged interval can't be read, it is left out");
            Ok(None)
        }
    }
}
