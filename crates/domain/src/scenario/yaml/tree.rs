//! The nodes of a YAML document.

use super::scalar::Scalar;
use crate::scenario::mistake::Span;

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub span: Span,
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the order of the file; a key may come twice, which is for the reader to refuse.
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

impl Node {
    /// What it is, in words.
    pub fn sort(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) => scalar.resolved().sort(),
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The scalar, if it is one that is not empty.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) if scalar.resolved() != super::scalar::Resolved::Null => Some(scalar),
            _ => None,
        }
    }
}
