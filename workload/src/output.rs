//! The answers that a connection has still to write, and which requests they end: bookkeeping without I/O.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::counts::{Counts, Outcome, Ticket};
use crate::request::Persistence;
use crate::response::{PATTERN, Part, Response, render_interim};

/// A buffer above this size is given back when it is empty.
const KEPT_BYTES: usize = 256 * 1024;

/// What `/garbage` sends.
const GARBAGE: &[u8] = b"\x15\x03\x01\x00\x02 this is not HTTP \xff\xfe\x00\r\n\r\n";

/// Rendered answers in the order of their requests.
#[derive(Debug, Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    /// How many of `bytes` are written.
    written: usize,
    /// How many [`PATTERN`] bytes follow `bytes`, and how many of them are written.
    tail: u64,
    tail_written: u64,
    pending: VecDeque<Pending>,
    /// Where the last settled answer ended.
    settled: u64,
}

/// A request whose answer is rendered and not settled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// `None`: a request that is not counted.
    pub(crate) ticket: Option<Ticket>,
    pub(crate) received_at: Instant,
    pub(crate) drawn: Option<Duration>,
    pub(crate) part: Part,
    pub(crate) persistence: Persistence,
}

#[derive(Debug)]
struct Pending {
    origin: Origin,
    /// Where the answer ends, counted from the start of `bytes`.
    end: u64,
    /// `None`: the answer is no HTTP.
    status: Option<u16>,
}

impl Output {
    /// Adds an answer. After one whose body is a tail, nothing may be added before all is written.
    pub(crate) fn answer(&mut self, origin: Origin, response: &Response) {
        assert_eq!(self.tail, 0, "a tail is the end of what is written");
        self.tail = response.render(origin.part, origin.persistence, &mut self.bytes);
        self.push(origin, Some(response.status));
    }

    /// Adds an answer that is no HTTP.
    pub(crate) fn garbage(&mut self, origin: Origin) {
        self.bytes.extend_from_slice(GARBAGE);
        self.push(origin, None);
    }

    /// Adds an interim answer, which ends no request.
    pub(crate) fn interim(&mut self, status: u16) {
        render_interim(status, &mut self.bytes);
    }

    /// Adds the refusal of bytes that are no request.
    pub(crate) fn refusal(&mut self, response: &Response) {
        response.render(Part::Whole, Persistence::Close, &mut self.bytes);
    }

    fn push(&mut self, origin: Origin, status: Option<u16>) {
        self.pending.push_back(Pending { origin, end: self.bytes.len() as u64 + self.tail, status });
    }

    /// Bytes that wait to be written.
    pub(crate) fn backlog(&self) -> u64 {
        (self.bytes.len() - self.written) as u64 + (self.tail - self.tail_written)
    }

    /// The next bytes to write; empty when all is written.
    pub(crate) fn unwritten(&self) -> &[u8] {
        if self.written < self.bytes.len() {
            return &self.bytes[self.written..];
        }
        let pattern_bytes = PATTERN.len() as u64;
        let from = self.tail_written % pattern_bytes;
        let count = (self.tail - self.tail_written).min(pattern_bytes - from);
        &PATTERN[index(from)..index(from + count)]
    }

    /// Notes that the first `count` of the unwritten bytes were written.
    pub(crate) fn wrote(&mut self, count: usize) {
        if self.written < self.bytes.len() {
            self.written += count;
        } else {
            self.tail_written += count as u64;
        }
    }

    /// Counts every request whose answer is written whole, at the time `now`.
    pub(crate) fn settle(&mut self, now: Instant, counts: &mut Counts) {
        let offset = self.written as u64 + self.tail_written;
        while let Some(pending) = self.pending.front().filter(|pending| pending.end <= offset) {
            let Origin { ticket, received_at, drawn, .. } = pending.origin;
            let service_time = now.saturating_duration_since(received_at);
            let outcome = match pending.status {
                Some(status) => Outcome::Answered { status, service_time, drawn },
                None => Outcome::Broken,
            };
            if let Some(ticket) = ticket {
                counts.ended(ticket, outcome, pending.end - self.settled);
            }
            self.settled = pending.end;
            self.pending.pop_front();
        }
        if self.backlog() == 0 {
            self.clear();
        }
    }

    /// Counts every other request as aborted by its client, with what was written of its answer.
    pub(crate) fn abort(&mut self, counts: &mut Counts) {
        let offset = self.written as u64 + self.tail_written;
        for pending in self.pending.drain(..) {
            let written = pending.end.min(offset).saturating_sub(self.settled);
            if let Some(ticket) = pending.origin.ticket {
                counts.ended(ticket, Outcome::Aborted, written);
            }
            self.settled = pending.end;
        }
        self.clear();
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        (self.written, self.tail, self.tail_written, self.settled) = (0, 0, 0, 0);
    }
}

/// An index into [`PATTERN`].
fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("an offset within the pattern fits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::counts::{Shard, sum};
    use crate::request::Method;
    use crate::response::TEXT;

    struct World {
        shard: Shard,
        output: Output,
    }

    impl World {
        fn new() -> Self {
            Self { shard: Shard::default(), output: Output::default() }
        }

        fn answer(&mut self, path: &str, response: &Response) {
            let ticket = Some(self.shard.lock().received(Method::Get, path, 30));
            let (part, persistence) = (Part::Whole, Persistence::Implied);
            let origin = Origin { ticket, received_at: clock::now(), drawn: None, part, persistence };
            self.output.answer(origin, response);
        }

        /// Writes up to `count` bytes, then settles.
        fn write(&mut self, mut count: usize) {
            while count > 0 && self.output.backlog() > 0 {
                let step = self.output.unwritten().len().min(count);
                self.output.wrote(step);
                count -= step;
            }
            self.output.settle(clock::now(), &mut self.shard.lock());
        }

        fn check(&self, answered: u64, aborted: u64, in_flight: u64) {
            let stats = sum([&self.shard].into_iter(), Duration::ZERO);
            assert_eq!((stats.answered, stats.aborted, stats.in_flight), (answered, aborted, in_flight));
        }
    }

    #[test]
    fn an_answer_counts_when_its_last_byte_is_written() {
        let mut world = World::new();
        world.answer("/a", &Response::new(200, TEXT, "a"));
        let first = usize::try_from(world.output.backlog()).unwrap();
        world.answer("/b", &Response::new(200, TEXT, "b"));
        world.write(first - 1);
        world.check(0, 0, 2);
        world.write(1);
        world.check(1, 0, 1);
        world.write(usize::MAX);
        world.check(2, 0, 0);
        assert_eq!(world.output.backlog(), 0);
    }

    #[test]
    fn a_tail_is_written_after_its_head() {
        let mut world = World::new();
        world.answer("/bytes", &Response::pattern(200_000));
        let all = usize::try_from(world.output.backlog()).unwrap();
        world.write(all - 1);
        world.check(0, 0, 1);
        world.write(1);
        world.check(1, 0, 0);
    }

    #[test]
    fn aborted_answers_count_what_was_written_of_them() {
        let mut world = World::new();
        world.answer("/a", &Response::new(200, TEXT, "a"));
        let first = usize::try_from(world.output.backlog()).unwrap();
        world.answer("/b", &Response::new(200, TEXT, "b"));
        world.answer("/c", &Response::pattern(1_000));
        world.write(first + 10);
        world.output.abort(&mut world.shard.lock());
        world.check(1, 2, 0);
        let stats = sum([&world.shard].into_iter(), Duration::ZERO);
        assert_eq!(stats.request("GET", "/b").map(|row| row.bytes_out), Some(10));
        assert_eq!(stats.request("GET", "/c").map(|row| row.bytes_out), Some(0));
    }
}
