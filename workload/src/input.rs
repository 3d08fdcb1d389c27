//! The bytes that a connection received and has not used yet.

/// What an idle connection holds.
const INITIAL_BYTES: usize = 4 * 1024;
/// The most bytes held: the longest body in the smallest chunks.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// An empty buffer above this size is given back.
const KEPT_BYTES: usize = 64 * 1024;

/// A growing buffer: filled at the end, used from the start.
#[derive(Debug)]
pub(crate) struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self { buffer: vec![0; INITIAL_BYTES], start: 0, end: 0 }
    }

    /// What was received and not used.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Drops the first `count` bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
        assert!(self.start <= self.end, "no more is consumed than was received");
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.buffer.len() > KEPT_BYTES {
                *self = Self::new();
            }
        }
    }

    /// Whether there is no room for more.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes().len() == MAX_BYTES
    }

    /// Room for more bytes, never empty; `None` when the buffer is full.
    pub(crate) fn room(&mut self) -> Option<&mut [u8]> {
        if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            } else if self.buffer.len() < MAX_BYTES {
                self.buffer.resize(self.buffer.len() * 2, 0);
            } else {
                return None;
            }
        }
        Some(&mut self.buffer[self.end..])
    }

    /// Takes over `count` bytes that were put into the room.
    pub(crate) fn received(&mut self, count: usize) {
        self.end += count;
        assert!(self.end <= self.buffer.len(), "no more is received than there was room for");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(input: &mut Input, bytes: &[u8]) {
        for &byte in bytes {
            input.room().unwrap()[0] = byte;
            input.received(1);
        }
    }

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut input = Input::new();
        let (mut sent, mut used) = (0_u32, 0_u32);
        for step in 1..2_000 {
            let batch: Vec<u8> = (0..step % 37).map(|at| (sent + at).to_le_bytes()[0]).collect();
            put(&mut input, &batch);
            sent += step % 37;
            let take = input.bytes().len().min(step as usize % 31);
            for &byte in &input.bytes()[..take] {
                assert_eq!(byte, used.to_le_bytes()[0]);
                used += 1;
            }
            input.consume(take);
        }
        assert!(used > 10_000);
    }

    #[test]
    fn the_buffer_is_bounded_and_given_back() {
        let mut input = Input::new();
        while let Some(room) = input.room() {
            let count = room.len();
            input.received(count);
        }
        assert!(input.is_full());
        assert_eq!(input.bytes().len(), MAX_BYTES);
        input.consume(MAX_BYTES);
        assert_eq!(input.buffer.len(), INITIAL_BYTES);
    }
}
