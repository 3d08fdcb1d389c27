//! The fleet against a real control plane, whose kubelets are played.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test, also in its helpers")]

mod access;
mod fleet;
mod own_pod;
mod player;
mod trouble;
mod world;
