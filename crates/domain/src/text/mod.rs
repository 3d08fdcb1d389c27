//! What people write for times, rates and names, and what is said when it is none.
mod amount;
mod nearest;
mod wrong;

pub(crate) use amount::split_number;
pub use amount::{parse_duration, parse_rate};
pub use nearest::nearest;
pub use wrong::Wrong;
pub(crate) use wrong::shown;
