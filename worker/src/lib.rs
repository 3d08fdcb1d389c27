//! The load engine: users and arrivals on HTTP/1.1 or HTTP/2, a thread a core, nothing shared between threads.
//!
//! Start at [`Engine`], which is the port `LoadEngine`; `run` puts together what the threads measure, `thread` is one of them.
//! `program` is the scenario, compiled; `http` reads answers, apart from any socket; `net` opens and keeps connections.
//! `saturation` says when the generator itself was the bottleneck.
//!
//! Never here: files, stores, queues, percentiles, verdicts. Nothing is logged per request.

mod clock;
mod engine;
mod failure;
mod http;
mod limits;
mod net;
#[cfg(feature = "parts")]
pub mod parts;
mod program;
mod run;
mod saturation;
mod script_log;
mod thread;

pub use engine::{Engine, EngineOptions};
pub use limits::{Machine, machine};
