//! What lies in infra/, held against the real things: charts against helm and an API server, templates against cfn-lint, sam and rules of our
//! own, cluster configurations against eksctl's schema.
//!
//! A Dockerfile can't be built or linted here: neither a container runtime nor hadolint comes from a package registry. `images` checks what
//! a build can't.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test, also in its helpers")]

mod chart_in_a_cluster;
mod charts;
mod clusters;
mod environment;
mod guide;
mod images;
mod reading;
mod rights;
mod templates;
mod tools;
