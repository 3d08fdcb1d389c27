//! The HTTP API of Swarmgate: what `swarmgate serve` and the deployed function answer, whoever listens.
//!
//! Start at [`Api::handle`], or at [`Api::gate`] for a pipeline stage that waits for a verdict; `routes` is the table of paths, each answered by a function of `endpoints`; [`Policy`] is what a deployment allows;
//! `openapi` describes all of it, made of the same table and types.
//! Never here: a socket, a runtime, a store, HTML. Whoever listens turns its requests into [`ApiRequest`] and writes the [`ApiResponse`].

mod answer;
mod api;
mod base_path;
mod body;
mod endpoints;
mod gate;
mod guard;
mod inputs;
mod limits;
mod locustfile;
mod openapi;
mod policy;
mod problem;
mod routes;
mod starting;
mod views;

pub use api::{Api, ApiRequest, ApiResponse};
pub use base_path::BasePath;
pub use gate::{Artifact, GateAnswer, GateError, GateFailure, GateJob};
pub use policy::{AllowedHosts, Policy, ReportDelivery, ReportLinks};
