//! Where clocks are read: wall time once at the start, then monotonic time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use swarmgate_domain::Micros;

/// Test time on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    anchor: Instant,
    /// The test time at the anchor; negative before the start.
    anchor_us: i64,
}

impl Clock {
    /// A clock whose test time 0 is `start`, in microseconds since the Unix epoch: past, now, or to come.
    #[expect(clippy::disallowed_methods, reason = "an engine's clock reads the wall clock here, once")]
    pub fn starting_at(start: Micros) -> Self {
        let (anchor, wall) = (Instant::now(), SystemTime::now());
        let wall_us = wall.duration_since(UNIX_EPOCH).map_or(0, |d| Micros::from(d).0);
        Self { anchor, anchor_us: wall_us.cast_signed().wrapping_sub(start.0.cast_signed()) }
    }

    /// Test time; 0 before the start.
    pub fn now(&self) -> Micros {
        Micros(self.passed().max(0).cast_unsigned())
    }

    /// How long it is until test time `at`; 0 if that is past.
    pub fn until(&self, at: Micros) -> Duration {
        let at = at.0.min(i64::MAX.cast_unsigned()).cast_signed();
        Duration::from_micros(at.saturating_sub(self.passed()).max(0).cast_unsigned())
    }

    /// Whether it is `at` or later: before the start, 0 is still to come.
    pub fn is_past(&self, at: Micros) -> bool {
        self.until(at).is_zero()
    }

    fn passed(&self) -> i64 {
        self.anchor_us.saturating_add(Micros::from(self.anchor.elapsed()).0.cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test names moments around now")]
    fn the_start_is_to_come_until_it_is_past() {
        let now = Micros::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
        let to_come = Clock::starting_at(now + Micros::from_secs(10));
        assert_eq!((to_come.now(), to_come.is_past(Micros::ZERO)), (Micros::ZERO, false));
        let past = Clock::starting_at(now - Micros::from_secs(10));
        assert!(past.is_past(Micros::from_secs(9)) && !past.is_past(Micros::from_secs(20)));
    }
}
