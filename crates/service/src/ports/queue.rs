//! The port to a queue that delivers at least once, in any order.

use async_trait::async_trait;
use swarmgate_domain::Micros;

/// A queue. A message that was received stays hidden for a time, and comes again unless it is deleted by then.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts messages in.
    ///
    /// # Errors
    /// [`QueueError`]: some may be in, others not.
    async fn send(&self, bodies: Vec<String>) -> Result<(), QueueError>;

    /// Takes up to `most` messages, each hidden from others for `visibility`; waits up to `wait` for the first.
    ///
    /// # Errors
    /// [`QueueError`]: messages may be hidden for their time all the same.
    async fn receive(&self, most: usize, visibility: Micros, wait: Micros) -> Result<Vec<Delivery>, QueueError>;

    /// Hides a received message for `visibility` from now on (zero: shows it again at once).
    ///
    /// # Errors
    /// [`QueueError`]: it may come again any time.
    async fn hide(&self, receipt: &Receipt, visibility: Micros) -> Result<(), QueueError>;

    /// Removes a received message.
    ///
    /// # Errors
    /// [`QueueError`]: it may come again.
    async fn delete(&self, receipt: &Receipt) -> Result<(), QueueError>;
}

/// A message as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What was sent.
    pub body: String,
    /// Names this delivery.
    pub receipt: Receipt,
}

/// Names one delivery of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receipt(pub String);

/// Why the queue did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{attempted}: {reason}")]
pub struct QueueError {
    /// What was attempted, on what.
    pub attempted: String,
    /// Why it did not work.
    pub reason: String,
}
