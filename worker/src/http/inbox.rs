//! What was read from a connection and not yet done with. Held only while an answer is under way: a thread has as many as answers
//! that came in part, so that most reads go to memory that is warm.

use std::cell::RefCell;

/// A buffer of bytes that were read.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    filled: usize,
}

/// The size to begin with: most answers fit.
const SMALL: usize = 16 << 10;
/// The largest: a head may be 64 KiB, and there is to be room behind it.
const LARGE: usize = 128 << 10;

impl Inbox {
    /// Room to read into: never empty.
    pub fn room(&mut self) -> &mut [u8] {
        // Where a read filled it all, more is to come: fewer, larger reads.
        if self.filled == self.bytes.len() && self.bytes.len() < LARGE {
            self.bytes.resize((self.bytes.len() * 2).max(SMALL), 0);
        }
        &mut self.bytes[self.filled..]
    }

    /// `count` bytes were read into the room.
    pub fn fill(&mut self, count: usize) {
        self.filled += count;
        assert!(self.filled <= self.bytes.len(), "a read stays within its buffer");
    }

    /// Adds bytes that came otherwise than by a read of ours.
    pub fn put(&mut self, bytes: &[u8]) {
        let until = self.filled + bytes.len();
        if until > self.bytes.len() {
            self.bytes.resize(until.next_multiple_of(SMALL), 0);
        }
        self.bytes[self.filled..until].copy_from_slice(bytes);
        self.filled = until;
    }

    /// What was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Forgets the first `count` bytes.
    pub fn discard_front(&mut self, count: usize) {
        self.bytes.copy_within(count..self.filled, 0);
        self.filled -= count;
    }

    /// Forgets all but the first `count` bytes.
    pub fn truncate(&mut self, count: usize) {
        self.filled = self.filled.min(count);
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }
}

/// Inboxes that nobody holds.
#[derive(Debug, Default)]
pub struct Inboxes(RefCell<Vec<Inbox>>);

impl Inboxes {
    /// How many are kept at most, for the next answers that come in part.
    const MOST: usize = 64;

    /// Gives `inbox` memory, where it has none.
    pub fn lend(&self, inbox: &mut Inbox) {
        if inbox.bytes.is_empty() {
            *inbox = self.0.borrow_mut().pop().unwrap_or_default();
        }
    }

    /// Takes the memory of `inbox`, and what is in it.
    pub fn take_back(&self, inbox: &mut Inbox) {
        let mut free = self.0.borrow_mut();
        let returned = std::mem::take(inbox);
        if !returned.bytes.is_empty() && free.len() < Self::MOST {
            free.push(Inbox { filled: 0, ..returned });
        }
    }
}
