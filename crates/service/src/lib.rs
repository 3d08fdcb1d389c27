//! The use cases of a load test, over ports: the same whether the ports are a folder and memory, or S3, SQS and EKS.
//!
//! Start at [`accept()`] for how a test comes to be, [`advance()`] for what moves it on, [`run_shard`] for what a worker does,
//! [`objects_created`] for how chunks become a report, [`sweep()`] for what mends everything that got lost, and [`examine`] for what is wrong
//! with a deployment.
//! Never here: an AWS SDK, a file, a socket, a clock of its own, a spawned task.

mod accept;
mod advance;
mod claim;
#[cfg(feature = "conformance")]
pub mod conformance;
mod control;
mod doctor;
mod error;
mod events;
mod fleet;
mod gate;
mod lease;
mod live;
mod look;
mod merge;
mod merged;
mod orphans;
pub mod ports;
mod publish;
mod rebuild;
mod recent;
mod records;
mod retry;
#[doc(hidden)]
pub mod sabotage;
mod shard;
mod stored;
mod sweep;
mod tally;
mod watch;

pub use accept::{AcceptError, Accepted, Repeated, TestRequest, accept, new_run_id};
pub use advance::advance;
pub use claim::LeaveSignal;
pub use control::{ChangeUsersError, TestStatus, change_users, list, live_view, report_file, status, stop};
pub use doctor::{
    Examiner, Finding, FindingState, Mark, examine, leave_mark, read_mark, send_probe, told, wait_for_mark,
};
pub use error::ServiceError;
pub use events::objects_created;
pub use gate::{GateView, gate};
pub use live::LiveMemory;
pub use look::{Seen, look_for_news};
pub use orphans::end_active;
pub use rebuild::rebuild;
pub use recent::{RecentTests, is_page, recent};
pub use retry::Retrying;
pub use shard::{ShardOutcome, Worker, run_shard};
pub use stored::{
    Baseline, BaselineError, Stored, baseline, scenario_files, scenario_names, scenario_text, set_baseline, store_file,
    store_scenario,
};
pub use sweep::sweep;
pub use watch::{Watched, watch};
