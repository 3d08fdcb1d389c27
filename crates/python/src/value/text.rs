//! Python's strings: indexed by code point, stored as UTF-8.

/// A string. Indexing an ASCII one, as most are, costs nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct PyStr {
    text: String,
    ascii: bool,
}

impl PyStr {
    /// Takes over `text`.
    pub fn new(text: String) -> Self {
        let ascii = text.is_ascii();
        Self { text, ascii }
    }

    /// As UTF-8.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many code points there are.
    pub fn count(&self) -> usize {
        if self.ascii { self.text.len() } else { self.text.chars().count() }
    }

    /// Whether a byte is a code point.
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// The text between two positions of code points, which are in order and within bounds.
    pub fn between(&self, from: usize, to: usize) -> &str {
        if self.ascii {
            return &self.text[from..to];
        }
        let start = self.byte_of(from);
        let end =
            start + self.text[start..].char_indices().nth(to - from).map_or(self.text.len() - start, |(at, _)| at);
        &self.text[start..end]
    }

    /// The code point at `index`, which is within bounds.
    pub fn at(&self, index: usize) -> &str {
        self.between(index, index + 1)
    }

    /// Where the code point at `index` starts, in bytes.
    pub fn byte_of(&self, index: usize) -> usize {
        if self.ascii {
            return index.min(self.text.len());
        }
        self.text.char_indices().nth(index).map_or(self.text.len(), |(at, _)| at)
    }

    /// Which code point starts at byte `at`.
    pub fn index_of_byte(&self, at: usize) -> usize {
        if self.ascii { at } else { self.text[..at].chars().count() }
    }

    /// Appends in place, for a string that nobody else holds.
    pub fn push_str(&mut self, more: &str) {
        self.ascii = self.ascii && more.is_ascii();
        self.text.push_str(more);
    }
}
