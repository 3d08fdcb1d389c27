//! The use cases of a load test, over ports.
pub mod ports;
