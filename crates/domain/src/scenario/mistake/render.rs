//! Mistakes as a terminal shows them.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Position, Severity, Span};
use super::lines::{LineIndex, floor_char_boundary};

/// How it is drawn.
#[derive(Clone, Copy)]
pub(super) enum Palette {
    Plain,
    Styled,
}

/// Lines longer than this are cut before they are drawn; shorter ones are cut to the terminal's width by the renderer.
const LONG_BYTES: usize = 2_000;
/// How many bytes of a long line are shown.
const CUT_BYTES: usize = 120;
/// How many of them come before what is marked.
const BEFORE_BYTES: usize = 40;

pub(super) fn render(list: &[Diagnostic], left_out: usize, origin: &str, text: &str, palette: Palette) -> String {
    if list.is_empty() {
        return String::new();
    }
    let renderer = match palette {
        Palette::Plain => Renderer::plain(),
        Palette::Styled => Renderer::styled(),
    }
    .decor_style(DecorStyle::Ascii)
    .term_width(140);
    let lines = LineIndex::new(text);
    let mut out = String::new();
    for diagnostic in list {
        out.push_str(&renderer.render(&[group(diagnostic, origin, text, &lines)]));
        out.push_str("\n\n");
    }
    let errors = list.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = list.len() - errors;
    out.push_str(&format!("{origin}: {}", counted(errors, warnings)));
    if left_out > 0 {
        out.push_str(&format!(", and {left_out} more"));
    }
    out.push('\n');
    out
}

fn counted(errors: usize, warnings: usize) -> String {
    let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, w) => count(w, "warning"),
        (e, 0) => count(e, "mistake"),
        (e, w) => format!("{}, {}", count(e, "mistake"), count(w, "warning")),
    }
}

fn group<'a>(diagnostic: &'a Diagnostic, origin: &'a str, text: &'a str, lines: &LineIndex) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let also = diagnostic.also.as_ref();
    let shown = excerpt(text, lines, diagnostic.span, also.map(|(span, _)| *span));
    let cut = shown.cut;
    let mut notes = Vec::new();
    let primary = AnnotationKind::Primary.span(shown.mark.start..shown.mark.end);
    let mut snippet = Snippet::source(shown.text.clone()).line_start(shown.line).annotation(primary);
    if cut == Cut::No {
        snippet = snippet.path(origin);
    } else {
        // What is left of a long line does not tell its column.
        let Position { line, column } = diagnostic.at;
        notes.push(format!("this is a part of a long line, at {origin}:{line}:{column}"));
    }
    if let Some((span, label)) = also {
        match shown.place(*span) {
            Some(mark) => {
                let context = AnnotationKind::Context.span(mark.start..mark.end);
                snippet = snippet.annotation(context.label(label.as_str()));
            }
            None => {
                let Position { line, column } = lines.position(text, span.start);
                notes.push(format!("{label}: {origin}:{line}:{column}"));
            }
        }
    }
    let title = level.primary_title(diagnostic.mistake.to_string());
    let group = title.element(snippet).elements(notes.into_iter().map(|note| Level::NOTE.message(note)));
    match &diagnostic.mistake.wrong.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// Whether a line is shown as a whole.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    No,
    Yes,
}

/// A line, or what is around the mark in a long one.
struct Excerpt {
    text: String,
    cut: Cut,
    /// From 1.
    line: usize,
    /// What is marked, in bytes of `text`.
    mark: Span,
    /// The bytes of the file that are shown.
    shown: Span,
    /// At which byte of `text` they start.
    lead: usize,
}

impl Excerpt {
    /// Where `span` of the file is in this excerpt, if it is.
    fn place(&self, span: Span) -> Option<Span> {
        let within = |byte: usize| byte - self.shown.start + self.lead;
        let inside = self.shown.start <= span.start && span.end <= self.shown.end;
        inside.then(|| Span { start: within(span.start), end: within(span.end) })
    }
}

/// The first line of `span`, of a long one what is around the span. With `also` in it where that is near.
fn excerpt(text: &str, lines: &LineIndex, span: Span, also: Option<Span>) -> Excerpt {
    let start = floor_char_boundary(text, span.start);
    let line = lines.line(start);
    let (line_start, line_end) = lines.bytes(text, line);
    let start = start.min(line_end);
    let also_line = also.map_or(line, |also| lines.line(also.start));
    let both = Span { start: lines.bytes(text, line.min(also_line)).0, end: lines.bytes(text, line.max(also_line)).1 };
    let cut = if line_end - line_start > LONG_BYTES { Cut::Yes } else { Cut::No };
    let (line, shown) = match cut {
        Cut::No if both.end - both.start <= LONG_BYTES => (line.min(also_line), both),
        Cut::No => (line, Span { start: line_start, end: line_end }),
        Cut::Yes => {
            let from = floor_char_boundary(text, start.saturating_sub(BEFORE_BYTES).max(line_start));
            let to = floor_char_boundary(text, (from + CUT_BYTES).min(line_end)).max(start);
            (line, Span { start: from, end: to })
        }
    };
    let end = floor_char_boundary(text, span.end.clamp(start, shown.end.min(line_end)));
    let lead = if cut == Cut::Yes && shown.start > line_start { "…" } else { "" };
    let tail = if cut == Cut::Yes && shown.end < line_end { "…" } else { "" };
    let mark = Span { start: start - shown.start + lead.len(), end: end - shown.start + lead.len() };
    let text = format!("{lead}{}{tail}", &text[shown.start..shown.end]);
    Excerpt { text, cut, line: line + 1, mark, shown, lead: lead.len() }
}
