//! The use cases of a load test, over ports.
