//! Mistakes as a terminal shows them.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Severity, Span};
use super::lines::{LineIndex, floor_char_boundary};

/// How it is drawn.
#[derive(Clone, Copy)]
pub(super) enum Palette {
    Plain,
    Styled,
}

/// How many bytes of a long line are shown.
const LINE_BYTES: usize = 120;
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
    .term_width(160);
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
    let shown = excerpt(text, lines, diagnostic.span);
    // The place is given apart: an excerpt of a long line does not know its column in the file.
    let place = Origin::path(origin).line(diagnostic.at.line).char_column(diagnostic.at.column);
    let mut group = level.primary_title(diagnostic.mistake.to_string()).element(place);
    let mut snippet = Snippet::source(shown.text.clone())
        .line_start(shown.line)
        .annotation(AnnotationKind::Primary.span(shown.mark.start..shown.mark.end));
    match &diagnostic.also {
        Some((also, label)) if lines.line(also.start) == lines.line(diagnostic.span.start) => {
            // On one line: one excerpt with both marks, where both are in it.
            if let Some(mark) = shown.place(also) {
                snippet = snippet.annotation(AnnotationKind::Context.span(mark.start..mark.end).label(label.as_str()));
            }
            group = group.element(snippet);
        }
        Some((also, label)) => {
            let other = excerpt(text, lines, *also);
            let context = AnnotationKind::Context.span(other.mark.start..other.mark.end).label(label.as_str());
            group = group.element(snippet);
            group = group.element(Snippet::source(other.text).line_start(other.line).annotation(context));
        }
        None => group = group.element(snippet),
    }
    match &diagnostic.mistake.wrong.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// A part of one line.
struct Excerpt {
    text: String,
    /// From 1.
    line: usize,
    /// What is marked, in bytes of `text`.
    mark: Span,
    /// Which byte of the file is byte `lead` of `text`.
    from: usize,
    to: usize,
    lead: usize,
}

impl Excerpt {
    /// Where `span` of the file is in this excerpt, if it is.
    fn place(&self, span: &Span) -> Option<Span> {
        let inside = self.from <= span.start && span.end <= self.to;
        inside.then(|| Span { start: span.start - self.from + self.lead, end: span.end - self.from + self.lead })
    }
}

/// The first line of `span`, cut to what is around it.
fn excerpt(text: &str, lines: &LineIndex, span: Span) -> Excerpt {
    let start = floor_char_boundary(text, span.start);
    let line = lines.line(start);
    let (line_start, line_end) = lines.bytes(text, line);
    let start = start.min(line_end);
    let mut from = line_start;
    if line_end - line_start > LINE_BYTES && start - line_start > BEFORE_BYTES {
        from = floor_char_boundary(text, start - BEFORE_BYTES);
    }
    let to = floor_char_boundary(text, (from + LINE_BYTES).min(line_end)).max(start);
    let end = floor_char_boundary(text, span.end.clamp(start, to));
    let lead = if from > line_start { "…" } else { "" };
    let tail = if to < line_end { "…" } else { "" };
    let cut = format!("{lead}{}{tail}", &text[from..to]);
    let mark = Span { start: start - from + lead.len(), end: end - from + lead.len() };
    Excerpt { text: cut, line: line + 1, mark, from, to, lead: lead.len() }
}
