//! The Lambda functions: each turns an event into one use case.
//!
//! `api` answers HTTP, `merge` is told of new objects, `sweep` comes by every minute, `gate` is a stage of a pipeline. Start at a function's `handle`; `settings` is what
//! the environment says, `deployment` the ports made of it once for each container, `metrics` what an operator watches, `doctor` what looks at all of it.
//! Never here: rules of load tests, AWS's own calls, the values of events in logs (they may hold credentials).

pub mod api;
mod counted;
mod deployment;
pub mod doctor;
mod fleet;
pub mod gate;
mod logs;
pub mod merge;
mod metrics;
mod settings;
pub mod sweep;

pub use deployment::Deployment;
pub use logs::log_as_json;
pub use settings::{KnownBy, PoolSettings, Settings};
