//! The use cases over simulated ports: seeded, deterministic, in virtual time, with everything going wrong that can.
//!
//! Start at [`run_seed`]. The seed draws tests, a deployment and which [`Fault`]s strike how often; actors call the use cases as
//! functions, workers and users do, and are killed and paused while they wait; every write is checked as it is done, and in the end,
//! when nothing goes wrong any more, everything must come to its end and agree with a ledger kept outside of the code under test.
//! Never here: real time, a thread, a file, a socket, chance that is not the seed's.

mod actor;
mod actors;
mod agenda;
mod check;
mod executor;
mod faults;
mod fleet;
mod ledger;
mod messages;
mod notices;
mod objects;
mod ports;
mod report;
mod run;
mod setup;
mod sights;
mod watch;
mod world;

pub use faults::Fault;
pub use report::{SeedReport, Totals, Violation};
pub use run::{Options, run_seed, run_seeds};
pub use sights::Sight;
pub use swarmgate_service::sabotage::Sabotage;
