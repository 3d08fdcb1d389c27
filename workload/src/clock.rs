//! The server's clocks, read here only.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The monotonic clock, for service times and stalls.
#[expect(clippy::disallowed_methods, reason = "this module is the server's clock adapter")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Microseconds since 1970, for the request log; 0 on a machine whose clock stands before that.
#[expect(clippy::disallowed_methods, reason = "this module is the server's clock adapter")]
pub(crate) fn unix_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

/// Whole microseconds of `duration`, rounded down; saturates after 584,000 years.
pub(crate) fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
