//! A queue in memory, with visibility time-outs and redelivery.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use swarmgate_domain::Micros;
use swarmgate_service::ports::{Delivery, Queue, QueueError, Receipt};
use tokio::sync::Notify;

use crate::clock::now;

/// More messages than this are refused: somebody sends, and nobody receives.
const MOST_MESSAGES: usize = 1_000_000;

/// A queue in memory. Clones are the same queue.
#[derive(Clone, Debug, Default)]
pub struct MemoryQueue(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Message>,
    deliveries: u64,
}

#[derive(Debug)]
struct Message {
    body: String,
    visible_from: Micros,
    /// Of the latest delivery.
    receipt: Option<Receipt>,
}

impl MemoryQueue {
    /// How many messages are in it, hidden ones included.
    pub fn len(&self) -> usize {
        self.with(|state| state.messages.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.state.lock().expect("no holder of this lock panics"))
    }
}

impl State {
    fn take(&mut self, most: usize, visibility: Micros, at: Micros) -> Vec<Delivery> {
        let mut taken = Vec::new();
        for message in self.messages.iter_mut().filter(|m| m.visible_from <= at).take(most) {
            self.deliveries += 1;
            let receipt = Receipt(self.deliveries.to_string());
            message.visible_from = at + visibility;
            message.receipt = Some(receipt.clone());
            taken.push(Delivery { body: message.body.clone(), receipt });
        }
        taken
    }

    fn next_visible(&self) -> Option<Micros> {
        self.messages.iter().map(|m| m.visible_from).min()
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, bodies: Vec<String>) -> Result<(), QueueError> {
        self.with(|state| {
            if state.messages.len() + bodies.len() > MOST_MESSAGES {
                let attempted = format!("sending {} messages", bodies.len());
                return Err(QueueError { attempted, reason: format!("the queue holds {MOST_MESSAGES} at most") });
            }
            let message = |body| Message { body, visible_from: Micros::ZERO, receipt: None };
            state.messages.extend(bodies.into_iter().map(message));
            Ok(())
        })?;
        self.0.changed.notify_waiters();
        Ok(())
    }

    async fn receive(&self, most: usize, visibility: Micros, wait: Micros) -> Result<Vec<Delivery>, QueueError> {
        let deadline = now() + wait;
        loop {
            let changed = self.0.changed.notified();
            let at = now();
            let (taken, next) = self.with(|state| (state.take(most, visibility, at), state.next_visible()));
            if !taken.is_empty() || at >= deadline {
                return Ok(taken);
            }
            let until = next.unwrap_or(deadline).min(deadline).saturating_since(at).max(Micros::from_millis(1));
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(until.into()) => {}
            }
        }
    }

    async fn hide(&self, receipt: &Receipt, visibility: Micros) -> Result<(), QueueError> {
        let at = now();
        self.with(|state| {
            // An outdated receipt is no error: the message was delivered anew, or is gone.
            if let Some(message) = state.messages.iter_mut().find(|m| m.receipt.as_ref() == Some(receipt)) {
                message.visible_from = at + visibility;
            }
        });
        self.0.changed.notify_waiters();
        Ok(())
    }

    async fn delete(&self, receipt: &Receipt) -> Result<(), QueueError> {
        self.with(|state| state.messages.retain(|m| m.receipt.as_ref() != Some(receipt)));
        Ok(())
    }
}
