//! Lambda, as far as functions and their callers see it.

mod event_source;
mod function;
mod http_front;
mod instance;

pub use event_source::EventSource;
pub use function::{FunctionError, LambdaFunction};
pub use http_front::{EventFormat, HttpFront};
