//! YAML as a tree that knows where in the text each node is.
mod limits;
mod parse;
mod scalar;
mod tree;

pub(crate) use parse::parse;
pub(crate) use scalar::{Resolved, Scalar};
pub(crate) use tree::{Entry, Node, Value};
