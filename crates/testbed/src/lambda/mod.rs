//! Lambda, as far as functions and their callers see it.

mod event_source;
mod function;
mod http_front;
mod iam;
mod instance;

pub use event_source::EventSource;
pub use function::{FunctionError, LambdaFunction};
pub use http_front::{Access, EventFormat, HttpFront};
pub use iam::Caller;
