//! The sample workload: a small HTTP server to load, with knobs for tests.
