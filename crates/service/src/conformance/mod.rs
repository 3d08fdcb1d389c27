//! What every adapter of a port must do: one suite for each port, run on all of them.
//!
//! The functions panic where the adapter is wrong, so that a test of the adapter is one call.

mod queue;
mod store;

pub use queue::queue;
pub use store::store;
