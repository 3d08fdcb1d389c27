//! What can't be run, and where.

/// Something in a source that can't work here; found before anything runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}:{line}:{column}: {construct}: {advice}")]
pub struct Refusal {
    /// The file, as the user named it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in code points.
    pub column: u32,
    /// What it is: `await`.
    pub construct: String,
    /// What to do instead.
    pub advice: String,
}

/// Finds lines and columns in a source.
#[derive(Debug)]
pub struct Places<'a> {
    source: &'a str,
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    /// For this source.
    pub fn of(source: &'a str) -> Self {
        let starts = std::iter::once(0).chain(memchr_newlines(source)).collect();
        Self { source, starts }
    }

    /// Line and column of a byte, from 1.
    pub fn at(&self, byte: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let start = self.starts[line - 1];
        let column = self.source.get(start..byte).map_or(0, |text| text.chars().count());
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (small(line), small(column + 1))
    }
}

fn memchr_newlines(source: &str) -> impl Iterator<Item = usize> + '_ {
    source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1)
}
