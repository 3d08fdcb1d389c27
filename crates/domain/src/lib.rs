//! The rules of a load test, as pure functions over plain data.
//!
//! Read [`lifecycle`] for what happens when, [`merge`] for how chunks become percentiles, [`verdict`] for pass or fail.
//! Never here: I/O, the clock, async, randomness. Time and seeds come in as arguments.

mod allowed_targets;
mod capacity;
mod chunk;
mod clock_offset;
mod coverage;
mod curve;
mod distribution;
mod entry_summary;
mod frame;
mod histogram;
mod ids;
pub mod key;
mod lifecycle;
mod live;
mod measure;
mod merge;
mod notes;
mod packed;
mod plan;
mod pools;
mod scenario;
mod script_troubles;
mod stats;
mod summarize;
mod summary;
mod target_policy;
mod text;
mod threshold;
mod time;
mod verdict;

pub use allowed_targets::{AllowedTargets, HostPattern};
pub use chunk::{Chunk, Cover};
pub use clock_offset::{ClockOffset, StoreTime};
pub use curve::{Arrivals, BadCurve, CurvePoint, RateCurve, UserCurve};
pub use frame::FrameError;
pub use histogram::{Histogram, LONGEST};
pub use ids::{Attempt, BadName, BadRunId, Interval, RunId, ShardId, StoredName, WorkerId};
pub use key::{ChunkId, Group, Key};
pub use lifecycle::{Duty, Ending, Event, Phase, RunState, step};
pub use live::LiveView;
pub use merge::{HeldChunk, MergeError, MergedInterval};
pub use plan::{BadPlan, MOST_SHARDS, PLAN_FORMAT, Plan, PoolShare};
pub use pools::{WeightedPool, share_by_weight};
pub use scenario::*;
pub use script_troubles::{ScriptException, ScriptTroubles};
pub use stats::{
    EntryStats, ErrorKey, ErrorKind, ErrorStats, GeneratorStats, Latencies, Latency, MOST_ERRORS, OTHER_ERRORS, Stats,
};
pub use summarize::{PointHistograms, Results, Summarizer};
pub use summary::*;
pub use target_policy::{forbidden, forbidden_host};
pub use text::{Wrong, nearest, parse_duration, parse_rate};
pub use threshold::*;
pub use time::Micros;
pub use verdict::{
    Doubt, Evidence, LEAST_COVERAGE, LEAST_STARTS, ThresholdOrigin, ThresholdOutcome, ThresholdResult, Unit, Verdict,
    judge,
};
