//! The local adapters, and the use cases on them where that takes no load: what a store does, when groups are merged, how a test is stopped.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test, also in its helpers")]

mod begun;
mod conformance;
mod folder;
mod large;
mod stopping;
