//! The whole pipeline as it is deployed, seen from outside: the real functions run against the Lambda Runtime API, scale a Deployment on a real
//! Kubernetes API server with the rights of the chart, and for each Pod that the controllers make a real `swarmgate-worker` runs. Store and
//! queues are stand-ins that others wrote.
//!
//! Start at [`story`]. `world` puts everything together, `entries` is the part of EKS that lets the functions into the cluster.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test, also in its helpers")]

mod bad_input;
mod binaries;
mod chaos;
mod chart;
mod controller;
mod doctor;
mod entries;
mod on_premises;
mod room;
mod story;
mod world;
