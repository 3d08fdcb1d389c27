//! What is wrong with a bucket's notifications or a queue, and how it is mended.

mod notifications;
mod queue;

pub use notifications::{Told, told_of};
pub use queue::QueueExaminer;
