//! Whether a worker still holds a shard.
//!
//! A lease that nobody renewed for long has a holder that is lost, or the store was away: then every lease is old at once, and those who
//! hold them are about to renew them. So whoever finds an old lease looks at it once more before it is called free.

use swarmgate_domain::{Micros, Plan, ShardId, key};

use crate::error::ServiceError;
use crate::ports::{Etag, Ports};
use crate::records::{Lease, Record, read};
use crate::retry::LONGEST_WAIT;

/// From the first look at an old lease to the second: a worker that is alive has renewed it by then, if the store took writes.
pub(crate) const SECOND_LOOK: Micros = Micros::from_secs(3);

const _: () = assert!(SECOND_LOOK.0 * 2 > LONGEST_WAIT.0 * 3, "a holder waits, and its call takes time too");

/// What one look at a lease says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A worker holds the shard.
    Held,
    /// Its holder was not heard of for long. A second look decides.
    Silent,
    /// Its holder gave it back.
    Free,
}

/// Looks at a lease that holds for `holds`. Both times are the store's, so that no other clock matters.
pub(crate) fn look(lease: &Record<Lease>, holds: Micros) -> Look {
    let age = lease.object.store_time.shown.saturating_since(lease.object.modified);
    match lease.value.released {
        true => Look::Free,
        false if age < silence(holds) => Look::Held,
        false => Look::Silent,
    }
}

/// How long nobody hears of a holder before its lease is looked at twice. With the second look it comes to what a lease holds.
pub(crate) fn silence(holds: Micros) -> Micros {
    holds.saturating_since(SECOND_LOOK).max(Micros(holds.0 / 2))
}

/// Whether a worker holds one of these shards. Takes [`SECOND_LOOK`] where leases are old.
pub(crate) async fn any_held(ports: &Ports, plan: &Plan, shards: &[ShardId]) -> Result<bool, ServiceError> {
    let holds = ports.settings.lease(plan.interval);
    let mut silent: Vec<(ShardId, Etag)> = Vec::new();
    for shard in shards {
        let lease = read::<Lease>(&*ports.store, &key::lease(&plan.id, *shard)).await?;
        match lease.map(|lease| (look(&lease, holds), lease.object.etag)) {
            Some((Look::Held, _)) => return Ok(true),
            Some((Look::Silent, etag)) => silent.push((*shard, etag)),
            Some((Look::Free, _)) | None => {}
        }
    }
    if silent.is_empty() {
        return Ok(false);
    }
    ports.clock.sleep(SECOND_LOOK).await;
    for (shard, etag) in silent {
        let lease = read::<Lease>(&*ports.store, &key::lease(&plan.id, shard)).await?;
        if lease.is_some_and(|lease| lease.object.etag != etag && look(&lease, holds) == Look::Held) {
            return Ok(true);
        }
    }
    Ok(false)
}
