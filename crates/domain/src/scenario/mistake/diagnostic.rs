//! Mistakes as data.

use std::fmt;

use super::lines::LineIndex;
use super::render;
use crate::text::Wrong;

/// What is wrong with one field, shown as `load.users: 0 is too few, allowed are 1 to 10000000`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {wrong}")]
pub struct FieldMistake {
    /// The path of the field, such as `load.stages[1].users`; `file` where it is the file as a whole.
    pub field: String,
    /// The value as it was written, cut when it is long; `None` where it is missing or is no single value.
    pub value: Option<String>,
    /// Why it is not taken, and what would be.
    pub wrong: Wrong,
}

/// Whether the scenario can be used all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but may not do what was meant.
    Warning,
}

/// Bytes of the file, from `start` to before `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
}

/// A place in a file, both counted from 1; columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column in the line.
    pub column: usize,
}

/// A mistake or a warning with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the scenario can be used all the same.
    pub severity: Severity,
    /// What is wrong.
    pub mistake: FieldMistake,
    /// Where it starts in the file.
    pub at: Position,
    pub(crate) span: Span,
    /// Another place that explains this one, and what it is.
    pub(crate) also: Option<(Span, String)>,
}

impl Diagnostic {
    pub(crate) fn new(severity: Severity, mistake: FieldMistake, span: Span) -> Self {
        Self { severity, mistake, at: Position { line: 1, column: 1 }, span, also: None }
    }
}

/// All that is wrong with one file, in the order of the file. Errors and warnings, or only warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    /// How many more there are than the list holds.
    left_out: usize,
    origin: String,
    text: String,
}

impl Diagnostics {
    /// How many are kept: who made more mistakes has made the same one often.
    const MOST: usize = 100;

    /// Sorts what was found in `text`, which came from `origin`, by place.
    pub(crate) fn new(mut list: Vec<Diagnostic>, origin: &str, text: &str) -> Self {
        list.sort_by_key(|d| (d.span.start, d.span.end));
        list.dedup();
        let left_out = list.len().saturating_sub(Self::MOST);
        list.truncate(Self::MOST);
        let lines = LineIndex::new(text);
        for diagnostic in &mut list {
            diagnostic.at = lines.position(text, diagnostic.span.start);
        }
        Self { list, left_out, origin: origin.to_owned(), text: text.to_owned() }
    }

    /// One after the other, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the scenario cannot be used.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// What a terminal shows: each mistake with the line it is on and what is allowed. Ends with a line break unless empty.
    pub fn render(&self, color: bool) -> String {
        let palette = if color { render::Palette::Styled } else { render::Palette::Plain };
        render::render(&self.list, self.left_out, &self.origin, &self.text, palette)
    }
}

impl fmt::Display for Diagnostics {
    /// As [`Diagnostics::render`] without colours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
