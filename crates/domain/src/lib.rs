//! The rules of a load test, as pure functions over plain data.
