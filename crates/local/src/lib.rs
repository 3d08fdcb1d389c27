//! The ports on a folder and on memory, and with them the whole pipeline in one process.
//!
//! [`FolderStore`] is the store, [`MemoryQueue`] a queue, [`TaskFleet`] a pool of workers; [`Pipeline`] puts them together.
//! [`LocalSecrets`] finds the values of secrets.
//! Never here: rules of load tests (they are the same as on AWS), the network.

mod clock;
mod fleet;
mod folder;
mod notifying;
mod pipeline;
mod queue;
mod secrets;

pub use clock::{SystemClock, SystemRandomness};
pub use fleet::{LOCAL_POOL, TaskFleet};
pub use folder::FolderStore;
pub use notifying::Notifying;
pub use pipeline::{Pipeline, report_prefix};
pub use queue::MemoryQueue;
pub use secrets::LocalSecrets;
