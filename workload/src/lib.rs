//! The sample workload: a small HTTP/1.1 server to load, and what the load generator's counts are held against.
//!
//! Start one with [`Workload::builder`] (in tests of other crates: on threads of its own, callable from any runtime) or
//! [`run`] (the command). What it served stands in [`Stats`], exactly; the README lists the endpoints.
//! A thread owns its connections, from `connection` (reads, waits, writes) over `request` (bytes to a request, pure) and
//! `routes` (a request to a plan, pure) to `output` and `counts` (which answers are written and counted).
//! Never here: state of users (a token proves itself), HTTP/2, anything of the load generator's code.

mod args;
mod body;
mod burn;
mod clock;
mod connection;
mod counts;
mod echo;
mod input;
mod latency;
mod output;
mod query;
mod request;
mod request_log;
mod response;
mod routes;
mod server;
mod shared;
mod shop;
mod stats;
mod tls;
mod workload;

pub use args::{Args, run};
pub use latency::{Latency, LatencyError};
pub use stats::{ConnectionStats, Percentiles, RequestStats, Stats};
pub use tls::{TlsError, TlsIdentity, self_signed};
pub use workload::{RunningWorkload, Workload, WorkloadBuilder, WorkloadError};
