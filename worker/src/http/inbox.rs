//! What was read from a connection and not yet done with. One for each user at work, used for all its answers.

/// A buffer: bytes that were read, of which the first `taken` were parsed.
#[derive(Debug)]
pub struct Inbox {
    bytes: Vec<u8>,
    filled: usize,
}

/// The size to begin with: most answers fit.
const SMALL: usize = 16 << 10;
/// The largest: a head may be 64 KiB, and there is to be room behind it.
const LARGE: usize = 128 << 10;

impl Default for Inbox {
    fn default() -> Self {
        Self { bytes: vec![0; SMALL], filled: 0 }
    }
}

impl Inbox {
    /// Room to read into: never empty.
    pub fn room(&mut self) -> &mut [u8] {
        // Where a read filled it all, more is to come: fewer, larger reads.
        if self.filled == self.bytes.len() && self.bytes.len() < LARGE {
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        &mut self.bytes[self.filled..]
    }

    /// `count` bytes were read into the room.
    pub fn fill(&mut self, count: usize) {
        self.filled += count;
        assert!(self.filled <= self.bytes.len(), "a read stays within its buffer");
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

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.filled = 0;
    }
}
