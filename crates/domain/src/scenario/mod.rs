//! Scenarios: from a file as typed to what users do.
mod model;
mod template;

pub use model::*;
pub use template::{Part, Template};
