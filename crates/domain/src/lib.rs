//! The rules of a load test, as pure functions over plain data.
//!
//! Read [`lifecycle`] for what happens when, [`merge`] for how chunks become percentiles, [`verdict`] for pass or fail.
//! Never here: I/O, the clock, async, randomness. Time and seeds come in as arguments.

mod curve;
mod histogram;
mod ids;
mod scenario;
mod stats;
mod summary;
mod threshold;
mod time;
mod verdict;

pub use curve::{Arrivals, BadCurve, CurvePoint, RateCurve, UserCurve};
pub use histogram::{Histogram, LONGEST};
pub use ids::{Attempt, BadRunId, Interval, RunId, ShardId, WorkerId};
pub use scenario::*;
pub use stats::{
    EntryStats, ErrorKey, ErrorKind, ErrorStats, GeneratorStats, Latencies, Latency, MOST_ERRORS, OTHER_ERRORS, Stats,
};
pub use summary::*;
pub use threshold::*;
pub use time::Micros;
pub use verdict::{
    Doubt, Evidence, LEAST_COVERAGE, LEAST_STARTS, ThresholdOrigin, ThresholdOutcome, ThresholdResult, Unit, Verdict,
    judge,
};
