//! How far a worker's clock is from the store's.

use crate::time::Micros;

/// Bounds of `store clock - own clock`, in microseconds, from many readings of the store's time.
///
/// A reading says that between our `sent` and our `received` the store's clock showed a time in `[shown, shown + precision)`.
/// Each narrows the bounds; readings that contradict each other (a clock was set) start anew from the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    low: i64,
    high: i64,
}

/// One reading of the store's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreTime {
    /// What it showed, in microseconds since the Unix epoch.
    pub shown: Micros,
    /// How coarse that is: a second for an HTTP `Date`.
    pub precision: Micros,
}

impl ClockOffset {
    /// What one reading says: asked at `sent`, answered at `received`, by the own clock.
    pub fn from_reading(sent: Micros, received: Micros, store: StoreTime) -> Self {
        let low = signed(store.shown) - signed(received);
        let high = signed(store.shown + store.precision) - signed(sent);
        Self { low: low.min(high), high: high.max(low) }
    }

    /// These bounds, narrowed by `reading`.
    pub fn narrowed(self, reading: Self) -> Self {
        let (low, high) = (self.low.max(reading.low), self.high.min(reading.high));
        if low <= high { Self { low, high } } else { reading }
    }

    /// The middle of the bounds: add it to the own clock to get the store's.
    pub fn estimate(self) -> i64 {
        self.low.midpoint(self.high)
    }

    /// How far the estimate may be off.
    pub fn doubt(self) -> Micros {
        Micros(self.high.abs_diff(self.low) / 2)
    }

    /// The store's time that is `own` by the own clock.
    pub fn to_store(self, own: Micros) -> Micros {
        Micros(own.0.saturating_add_signed(self.estimate()))
    }

    /// The own time that is `store` by the store's clock.
    pub fn to_own(self, store: Micros) -> Micros {
        Micros(store.0.saturating_add_signed(-self.estimate()))
    }
}

fn signed(at: Micros) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(sent: u64, received: u64, shown: u64) -> ClockOffset {
        let store = StoreTime { shown: Micros(shown), precision: Micros::SECOND };
        ClockOffset::from_reading(Micros(sent), Micros(received), store)
    }

    #[test]
    fn many_coarse_readings_make_a_fine_one() {
        // The store's clock is 300 ms ahead, and shows whole seconds.
        let mut offset = reading(10_000_000, 10_010_000, 10_000_000);
        for own in (10_000_000..15_000_000).step_by(37_000) {
            offset = offset.narrowed(reading(own, own + 10_000, (own + 305_000) / 1_000_000 * 1_000_000));
        }
        assert!(offset.doubt() < Micros::from_millis(30), "{offset:?}");
        assert!(offset.estimate().abs_diff(305_000) < 30_000, "{offset:?}");
        assert_eq!(offset.to_own(offset.to_store(Micros(99))), Micros(99));
    }

    #[test]
    fn a_clock_that_was_set_starts_anew() {
        let before = reading(10_000_000, 10_010_000, 10_000_000);
        let after = reading(11_000_000, 11_010_000, 90_000_000);
        assert_eq!(before.narrowed(after), after);
    }
}
