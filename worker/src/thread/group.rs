//! Groups of steps, as a user goes through them.

use swarmgate_domain::{Latency, Micros};

/// What is known of a group so far.
#[derive(Clone, Debug)]
pub struct Group {
    /// Index into the scenario's names.
    pub entry: usize,
    first: Option<(Micros, Micros)>,
    last_done: Micros,
    /// Think time between its requests.
    thought: Micros,
    failed: bool,
}

impl Group {
    /// A group that begins.
    pub fn new(entry: usize) -> Self {
        Self { entry, first: None, last_done: Micros::ZERO, thought: Micros::ZERO, failed: false }
    }

    /// A request in it came to its end. What lies between the end of the last one and when this one was due was think time.
    pub fn note(&mut self, due: Micros, sent: Micros, done: Micros, failed: bool) {
        match self.first {
            None => self.first = Some((due, sent)),
            Some(_) => self.thought = self.thought + due.saturating_since(self.last_done),
        }
        self.last_done = done;
        self.failed |= failed;
    }

    /// From its first request to the end of its last, think time left out, and whether one failed. `None` when it had no request.
    /// Both clocks as for a request: from when the first one was sent, and from when it was due.
    pub fn measure(&self) -> Option<(Latency, bool)> {
        let (due, sent) = self.first?;
        let span = |from: Micros| self.last_done.saturating_since(from).saturating_since(self.thought);
        Some((Latency { service: span(sent), response: span(due) }, self.failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn think_time_is_left_out() {
        let mut group = Group::new(0);
        assert_eq!(group.measure(), None);
        group.note(Micros(100), Micros(110), Micros(150), false);
        group.note(Micros(1_150), Micros(1_160), Micros(1_200), true);
        assert_eq!(group.measure(), Some((Latency { service: Micros(90), response: Micros(100) }, true)));
    }
}
