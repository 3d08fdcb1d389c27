//! The messages of a simulated queue.

use fastrand::Rng;
use swarmgate_domain::Micros;

use crate::actor::ActorId;

/// The messages of one queue, and who waits for them.
#[derive(Default)]
pub(crate) struct Messages {
    messages: Vec<Message>,
    sent: u64,
    deliveries: u64,
    /// Who waits for a message.
    pub waiting: Vec<ActorId>,
}

/// One message.
#[derive(Debug)]
struct Message {
    body: String,
    number: u64,
    visible_at: Micros,
    /// Names its newest delivery.
    delivery: u64,
}

impl Messages {
    /// Puts a message in.
    pub fn send(&mut self, body: String, now: Micros) {
        self.sent += 1;
        self.messages.push(Message { body, number: self.sent, visible_at: now, delivery: 0 });
    }

    /// Takes a message that can be seen, and hides it until `hidden_to`; the eldest, or any where there is a `shuffle`.
    pub fn receive(&mut self, now: Micros, hidden_to: Micros, shuffle: Option<&mut Rng>) -> Option<(String, String)> {
        let visible = self.messages.iter_mut().filter(|message| message.visible_at <= now);
        let message = match shuffle {
            None => visible.min_by_key(|message| message.number),
            Some(rng) => rng.choice(visible.collect::<Vec<_>>()),
        }?;
        self.deliveries += 1;
        message.visible_at = hidden_to;
        message.delivery = self.deliveries;
        Some((message.body.clone(), format!("{}/{}", message.number, message.delivery)))
    }

    /// Hides a message until `hidden_to`. Whether the receipt is that of its newest delivery.
    pub fn hide(&mut self, receipt: &str, hidden_to: Micros) -> bool {
        match self.find(receipt) {
            Some((index, true)) => {
                self.messages[index].visible_at = hidden_to;
                true
            }
            _ => false,
        }
    }

    /// Removes a message, if the receipt is that of its newest delivery; otherwise it was given to another since, and stays.
    pub fn delete(&mut self, receipt: &str) {
        if let Some((index, true)) = self.find(receipt) {
            self.messages.remove(index);
        }
    }

    /// The message that `receipt` names, and whether it is of its newest delivery.
    fn find(&self, receipt: &str) -> Option<(usize, bool)> {
        let (number, delivery) = receipt.split_once('/')?;
        let (number, delivery) = (number.parse::<u64>().ok()?, delivery.parse::<u64>().ok()?);
        let index = self.messages.iter().position(|message| message.number == number)?;
        Some((index, self.messages[index].delivery == delivery))
    }

    /// When the next message can be seen.
    pub fn next_visible(&self) -> Option<Micros> {
        self.messages.iter().map(|message| message.visible_at).min()
    }

    /// How many there are, hidden ones included.
    pub fn len(&self) -> usize {
        self.messages.len()
    }
}
