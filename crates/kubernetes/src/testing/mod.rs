//! A real Kubernetes control plane for tests, and a player of kubelets (feature `testing`).
//!
//! [`ControlPlane`] runs the API server, the controllers and the scheduler. [`Kubelet`] does for the Pods of a namespace what a kubelet
//! would: it starts a program of this machine for each, tells the API server how it fares, and ends it as a deleted Pod is ended.

mod control_plane;
mod environment;
mod kubelet;
mod manifest;
mod pod;
mod program;
mod token;

pub use control_plane::ControlPlane;
pub use kubelet::{Kubelet, RunningPod};
pub use manifest::Refusal;
pub use program::Program;
