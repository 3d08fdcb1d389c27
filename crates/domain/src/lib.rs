//! The rules of a load test, as pure functions over plain data.
mod curve;
mod ids;
mod scenario;
mod text;
mod threshold;
mod time;
pub use curve::*;
pub use ids::*;
pub use scenario::*;
pub use text::{Wrong, parse_duration, parse_rate};
pub use threshold::*;
pub use time::Micros;
