//! Where a reader is in the file, and what it found wrong.

use crate::scenario::mistake::{Diagnostic, FieldMistake, Severity, Span};
use crate::scenario::yaml::{Entry, Node, Value};
use crate::text::{Wrong, nearest, shown};

/// A field of the file: its path and where its value is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub field: String,
    pub span: Span,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct At<T> {
    pub value: T,
    pub place: Place,
}

impl<T> At<T> {
    /// The same place with a borrowed value.
    pub fn as_ref(&self) -> At<&T> {
        At { value: &self.value, place: self.place.clone() }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> At<U> {
        At { value: f(self.value), place: self.place }
    }
}

/// How many mistakes are collected: no file may take all memory.
const MOST_FOUND: usize = 10_000;

/// Collects mistakes while the tree is walked.
#[derive(Debug, Default)]
pub(crate) struct Context {
    path: Vec<String>,
    pub found: Vec<Diagnostic>,
}

impl Context {
    /// Runs `read` one step further down the path: `key` is a field's name, or an index such as `[2]`.
    pub fn inside<R>(&mut self, key: String, read: impl FnOnce(&mut Self) -> R) -> R {
        self.path.push(key);
        let result = read(self);
        self.path.pop();
        result
    }

    /// Where the walk is, with the place of `node`.
    pub fn place(&self, node: &Node) -> Place {
        Place { field: self.field(), span: node.span }
    }

    fn field(&self) -> String {
        let mut field = String::new();
        for part in &self.path {
            if !part.starts_with('[') && !field.is_empty() {
                field.push('.');
            }
            field.push_str(part);
        }
        if field.is_empty() { "file".to_owned() } else { field }
    }

    /// A mistake in the value of `node`.
    pub fn wrong(&mut self, node: &Node, wrong: Wrong) {
        let value = match &node.value {
            Value::Scalar(scalar) => Some(shown(&scalar.text)),
            Value::List(_) | Value::Map(_) => None,
        };
        self.report(Severity::Error, &self.place(node), value, wrong);
    }

    /// A mistake in the value at `place`.
    pub fn wrong_at(&mut self, place: &Place, value: Option<String>, wrong: Wrong) {
        self.report(Severity::Error, place, value, wrong);
    }

    /// Something at `place` that may not do what was meant.
    pub fn warn(&mut self, place: &Place, wrong: Wrong) {
        self.report(Severity::Warning, place, None, wrong);
    }

    fn report(&mut self, severity: Severity, place: &Place, value: Option<String>, wrong: Wrong) {
        if self.found.len() == MOST_FOUND {
            return;
        }
        let mistake = FieldMistake { field: place.field.clone(), value, wrong };
        self.found.push(Diagnostic::new(severity, mistake, place.span));
    }

    /// The entries of a map, each key once; what comes twice is reported and its first value taken.
    /// `None` for what is no map, which is reported too.
    pub fn entries<'n>(&mut self, node: &'n Node, wanted: &str) -> Option<Vec<&'n Entry>> {
        let Value::Map(entries) = &node.value else {
            self.wrong(node, wrong_sort(node, wanted));
            return None;
        };
        let mut first = std::collections::BTreeMap::new();
        let mut unique = Vec::with_capacity(entries.len());
        for entry in entries {
            match first.get(entry.key.as_str()) {
                None => {
                    first.insert(entry.key.as_str(), entry.key_span);
                    unique.push(entry);
                }
                Some(span) => self.twice(entry, *span),
            }
        }
        Some(unique)
    }

    fn twice(&mut self, entry: &Entry, first: Span) {
        let place = self.inside(path_part(&entry.key), |ctx| Place { field: ctx.field(), span: entry.key_span });
        let wrong = Wrong::new("given twice").help("remove one of them");
        self.report(Severity::Error, &place, None, wrong);
        if let Some(diagnostic) = self.found.last_mut() {
            diagnostic.also = Some((first, "first given here".to_owned()));
        }
    }

    /// Reports a field that is none of `known`, and returns the one that is probably meant.
    pub fn unknown_field(&mut self, entry: &Entry, known: &[&str]) -> Option<String> {
        let field = self.inside(path_part(&entry.key), |ctx| ctx.field());
        let wrong = Wrong::new("unknown field").allowed(known.join(", "));
        let near = nearest(&entry.key, known.iter().copied());
        let wrong = match near {
            Some(near) => wrong.help(format!("did you mean `{near}`?")),
            None => wrong,
        };
        self.report(Severity::Error, &Place { field, span: entry.key_span }, Some(shown(&entry.key)), wrong);
        near.map(str::to_owned)
    }
}

/// A key as a part of a path: quoted where it holds more than a name does.
pub(crate) fn path_part(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if plain { key.to_owned() } else { format!("\"{}\"", shown(key)) }
}

/// What is said of a node that is not of the sort that is wanted.
pub(crate) fn wrong_sort(node: &Node, wanted: &str) -> Wrong {
    match &node.value {
        Value::Scalar(scalar) if !scalar.text.is_empty() => {
            Wrong::new(format!("`{}` is {}", shown(&scalar.text), node.sort()))
        }
        Value::Scalar(scalar) if scalar.is_text => Wrong::new("an empty text is given"),
        Value::Scalar(_) => Wrong::new("nothing is given"),
        Value::List(_) | Value::Map(_) => Wrong::new(format!("{} is given", node.sort())),
    }
    .allowed(wanted)
}
