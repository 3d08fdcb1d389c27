//! From text to the tree of its one document.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::limits::{DEPTH, FILE_BYTES, NODES};
use super::scalar::Scalar;
use super::tree::{Entry, Node, Value};
use crate::scenario::mistake::Span;
use crate::text::{Wrong, shown};

/// Why a text is no tree, and where.
#[derive(Debug, PartialEq)]
pub(crate) struct NoTree {
    pub span: Span,
    pub wrong: Wrong,
}

/// Reads the one document of `text`. An empty text is a node that holds nothing.
///
/// # Errors
/// [`NoTree`]: bad YAML, more than one document, a key that is no scalar, an unknown tag, or more than the limits allow.
pub(crate) fn parse(text: &str) -> Result<Node, NoTree> {
    if text.len() > FILE_BYTES {
        let problem = format!("{:.1} MiB is too large", mebibytes(text.len()));
        let wrong = Wrong::new(problem).allowed(format!("{} MiB at most", FILE_BYTES >> 20));
        return Err(NoTree { span: Span::default(), wrong });
    }
    let offsets = CharOffsets::new(text);
    let mut builder = Builder { root: None, open: Vec::new(), anchors: BTreeMap::new(), nodes: 0 };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| no_yaml(&error, text, &offsets))?;
        let (start, end) = (offsets.byte(span.start.index()), offsets.byte(span.end.index()));
        let end = start + text[start..end.max(start)].trim_end().len();
        builder.take(event, Span { start, end }).map_err(|wrong| NoTree { span: Span { start, end }, wrong })?;
    }
    let nothing = Value::Scalar(Scalar { text: String::new(), is_text: false });
    Ok(builder.root.unwrap_or(Node { span: Span::default(), value: nothing }))
}

#[expect(clippy::cast_precision_loss, reason = "for a message")]
fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The parser's words, with what may be done where that is known.
fn no_yaml(error: &ScanError, text: &str, offsets: &CharOffsets) -> NoTree {
    let at = offsets.byte(error.marker().index());
    let span = Span { start: at, end: at };
    let info = error.info();
    if info.contains("recursion limit") {
        return NoTree { span, wrong: too_deep() };
    }
    let reason = info.replacen("while scanning ", "in ", 1).replacen("while parsing ", "in ", 1);
    let wrong = Wrong::new(format!("this is not YAML: {}", shown(&reason)));
    let line = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..];
    let line = line.split('\n').next().unwrap_or_default();
    let help = if info.split_whitespace().any(|word| word == "tab" || word == "tabs") {
        Some("indent with spaces")
    } else if info.contains("mapping values are not allowed") {
        Some("a text that holds `: ` is written in quotes")
    } else if info.contains("flow") && line.contains("${") {
        Some("within `{ }` and `[ ]`, a text that holds `${…}` is written in quotes")
    } else if info.contains("flow") {
        Some("look for a `,`, a `}` or a `]` that is missing")
    } else if info.contains("expected key") {
        Some("the fields of a map start in the same column")
    } else {
        None
    };
    NoTree { span, wrong: Wrong { help: help.map(str::to_owned), ..wrong } }
}

fn too_deep() -> Wrong {
    Wrong::new("lists and maps lie too deep in one another").allowed(format!("{DEPTH} levels at most"))
}

/// Which byte the n-th character starts at: the parser counts characters.
enum CharOffsets {
    /// All characters are one byte long.
    Ascii(usize),
    Table(Vec<usize>),
}

impl CharOffsets {
    fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Ascii(text.len());
        }
        Self::Table(text.char_indices().map(|(at, _)| at).chain([text.len()]).collect())
    }

    fn byte(&self, index: usize) -> usize {
        match self {
            Self::Ascii(length) => index.min(*length),
            Self::Table(table) => table[index.min(table.len() - 1)],
        }
    }
}

/// How large a node is, aliases written out.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    /// How many lists and maps lie in one another; 0 for a scalar.
    depth: usize,
}

/// A list or a map that is not at its end.
struct Open {
    anchor: usize,
    start: usize,
    /// How large it is so far.
    size: Size,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Span)> },
}

struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, Size)>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Wrong> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Wrong::new("a second document starts here").allowed("files of one document"))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || known_tag(tag.as_deref())? == Some(Tagged::Text);
                let value = Value::Scalar(Scalar { text: text.into_owned(), is_text });
                self.count(1)?;
                self.add(Node { span, value }, anchor, Size { nodes: 1, depth: 0 })
            }
            Event::SequenceStart(anchor, tag) => {
                known_tag(tag.as_deref())?;
                self.open(anchor, span, OpenContent::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                known_tag(tag.as_deref())?;
                self.open(anchor, span, OpenContent::Map { entries: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(Wrong::new("this alias is inside of what it stands for"));
                };
                self.count(size.nodes)?;
                if self.open.len() + size.depth > DEPTH {
                    return Err(too_deep());
                }
                self.add(node, 0, size)
            }
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), Wrong> {
        self.nodes += nodes;
        if self.nodes > NODES {
            let allowed = format!("{NODES} values at most, those that aliases repeat among them");
            return Err(Wrong::new("the file holds too many values").allowed(allowed));
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, span: Span, content: OpenContent) -> Result<(), Wrong> {
        if self.open.len() == DEPTH {
            return Err(too_deep());
        }
        self.count(1)?;
        self.open.push(Open { anchor, start: span.start, size: Size { nodes: 1, depth: 1 }, content });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), Wrong> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.content {
            OpenContent::List(nodes) => Value::List(nodes),
            OpenContent::Map { entries, .. } => Value::Map(entries),
        };
        let span = Span { start: open.start, end: span.end.max(open.start) };
        self.add(Node { span, value }, open.anchor, open.size)
    }

    fn add(&mut self, node: Node, anchor: usize, size: Size) -> Result<(), Wrong> {
        if anchor > 0 {
            self.count(size.nodes)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        if let Some(open) = self.open.last_mut() {
            open.size.nodes += size.nodes;
            open.size.depth = open.size.depth.max(size.depth + 1);
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(OpenContent::List(list)) => list.push(node),
            Some(OpenContent::Map { entries, key }) => match key.take() {
                Some((key, key_span)) => entries.push(Entry { key, key_span, node }),
                None => match node.value {
                    Value::Scalar(scalar) => *key = Some((scalar.text, node.span)),
                    Value::List(_) | Value::Map(_) => {
                        return Err(Wrong::new(format!("{} is no key", node.sort()))
                            .allowed("texts")
                            .help("a value that holds `{` or `[`, such as `${name}`, is written in quotes"));
                    }
                },
            },
        }
        Ok(())
    }
}

#[derive(PartialEq)]
enum Tagged {
    Text,
    Other,
}

fn known_tag(tag: Option<&Tag>) -> Result<Option<Tagged>, Wrong> {
    match tag {
        None => Ok(None),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(Some(Tagged::Text)),
        Some(tag) if tag.is_yaml_core_schema() => Ok(Some(Tagged::Other)),
        Some(tag) => Err(Wrong::new(format!("the tag `{}` means nothing here", shown(&tag.to_string())))),
    }
}
