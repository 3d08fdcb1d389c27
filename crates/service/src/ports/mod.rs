//! The outside world, as the use cases see it.

mod engine;

pub use engine::{EngineError, LoadEngine, LoadRun, MeasuredInterval, Secrets, ShardSpec, UsersChange};
