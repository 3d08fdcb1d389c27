//! From bytes to lines and columns.

use super::diagnostic::Position;

/// Where the lines of a text start.
pub(super) struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    pub fn new(text: &str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The index of the line that holds `byte`, from 0.
    pub fn line(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).saturating_sub(1)
    }

    /// The bytes of line `line`, without its break.
    pub fn bytes(&self, text: &str, line: usize) -> (usize, usize) {
        let start = self.starts.get(line).copied().unwrap_or(text.len());
        let next = self.starts.get(line + 1).copied().unwrap_or(text.len());
        (start, start + text[start..next].trim_end_matches(['\n', '\r']).len())
    }

    pub fn position(&self, text: &str, byte: usize) -> Position {
        let byte = floor_char_boundary(text, byte);
        let line = self.line(byte);
        Position { line: line + 1, column: text[self.starts[line]..byte].chars().count() + 1 }
    }
}

/// The last place at or before `byte` where a character starts.
pub(super) fn floor_char_boundary(text: &str, byte: usize) -> usize {
    let mut at = byte.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "a: 1\r\nö: ü\n";
        let lines = LineIndex::new(text);
        assert_eq!(lines.position(text, 0), Position { line: 1, column: 1 });
        assert_eq!(lines.position(text, 10), Position { line: 2, column: 4 });
        assert_eq!(lines.position(text, text.len()), Position { line: 3, column: 1 });
        assert_eq!(&text[lines.bytes(text, 0).0..lines.bytes(text, 0).1], "a: 1");
    }
}
