//! A scenario, compiled: a flat list of operations, and requests that are rendered as far as they never vary.

mod answer;
mod compile;
mod compile_request;
mod framed;
mod json;
mod proxy;
mod request;
mod text;
mod url;

pub use answer::{Answer, LONGEST_BODY};
pub use compile::{Bad, Op, Program, spread};
pub use framed::Framed;
pub use proxy::ProxyPlan;
pub use request::{Hop, Message, RequestPlan, Target};
pub use text::{Rows, Values, usize_of};
pub use url::{SplitUrl, split};
