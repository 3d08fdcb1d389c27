//! The load engine that is a real Locust: for locustfiles that need what Swarmgate's own Python has not.
//!
//! [`Engines`] is the port `LoadEngine` for both: it sends a shard to the native engine or to [`LocustEngine`], as its script says.
//! [`describe`] asks a Locust beforehand what a locustfile holds. A Locust is a child process with a plugin of ours (`plugin.py`), which
//! starts and stops it as it is told and writes every request to a pipe (`wire`); `meter` makes the intervals of it that every engine
//! gives, `ramp` says what each of several Locusts is told.
//!
//! Never here: Python's meaning, stores, queues, percentiles, verdicts.

mod child;
mod clock;
mod describe;
mod engine;
mod failures;
mod files;
mod installed;
mod log;
mod meter;
mod ramp;
mod run;
mod saturation;
mod wire;

pub use describe::{Asked, Described, NotDescribed, describe};
pub use engine::{Engines, LocustEngine, Place};
pub use installed::{HOW_TO_INSTALL, LocustCommand, NotInstalled};
pub use wire::{Preview, UserClass};
