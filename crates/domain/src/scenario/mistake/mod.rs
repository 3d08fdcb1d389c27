//! What is wrong with a scenario, each thing with its place in the file.
mod diagnostic;
mod lines;
mod render;

pub(crate) use diagnostic::Span;
pub use diagnostic::{Diagnostic, Diagnostics, FieldMistake, Position, Severity};
