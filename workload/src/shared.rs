//! What the server's threads share: hardly written, so that it stays in every core's cache.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::{self, micros};
use crate::counts::{Shard, sum};
use crate::latency::Draws;
use crate::routes::Settings;
use crate::stats::Stats;

/// The whole server's state.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) draws: Draws,
    started: Instant,
    /// When the stall ends, in microseconds since the start; 0 where there never was one.
    stalled_until_us: AtomicU64,
    counted_since: Mutex<Instant>,
    shards: Vec<Arc<Shard>>,
}

impl Shared {
    pub(crate) fn new(settings: Settings, shards: Vec<Arc<Shard>>) -> Self {
        let started = clock::now();
        Self {
            settings,
            draws: Draws::new(settings.seed),
            started,
            stalled_until_us: AtomicU64::new(0),
            counted_since: Mutex::new(started),
            shards,
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let since = *self.counted_since.lock().unwrap_or_else(PoisonError::into_inner);
        sum(self.shards.iter().map(AsRef::as_ref), clock::now().saturating_duration_since(since))
    }

    pub(crate) fn reset_stats(&self) {
        *self.counted_since.lock().unwrap_or_else(PoisonError::into_inner) = clock::now();
        for shard in &self.shards {
            shard.lock().reset();
        }
    }

    /// Holds back all answers of the load for `stall` from now on. A stall that lasts longer already is not shortened.
    pub(crate) fn stall_all(&self, stall: Duration) {
        let until = clock::now().saturating_duration_since(self.started) + stall;
        self.stalled_until_us.fetch_max(micros(until), Ordering::Relaxed);
    }

    /// How long the stall still lasts at `now`.
    pub(crate) fn stall_left(&self, now: Instant) -> Option<Duration> {
        match self.stalled_until_us.load(Ordering::Relaxed) {
            0 => None,
            until_us => {
                let until = self.started + Duration::from_micros(until_us);
                until.checked_duration_since(now).filter(|left| !left.is_zero())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_ends_and_a_shorter_one_does_not_end_it_sooner() {
        let shared = Shared::new(Settings::default(), vec![]);
        assert_eq!(shared.stall_left(clock::now()), None);
        shared.stall_all(Duration::from_secs(60));
        shared.stall_all(Duration::from_secs(1));
        let left = shared.stall_left(clock::now()).unwrap();
        assert!(left > Duration::from_secs(50), "{left:?}");
        assert_eq!(shared.stall_left(clock::now() + Duration::from_secs(61)), None);
    }
}
