//! The port to workers on Kubernetes: a pool of workers is a Deployment.
//!
//! Read [`KubernetesFleet`] for scaling and for why workers do not come, [`Cluster`] for how a cluster is reached and how tokens are
//! renewed, [`OwnPod`] for what a worker says of its own Pod, [`PoolExaminer`] for what is wrong with a pool. `testing` (a feature) starts a real control plane and plays kubelet.
//! Never here: an AWS SDK (whoever has one implements [`ClusterSource`]), rules of load tests.

mod access;
mod checkup;
mod cluster;
mod error;
mod fleet;
mod own_pod;
#[cfg(feature = "testing")]
pub mod testing;
mod trouble;

pub use access::{Access, AccessError, ClusterSource, Endpoint, Token};
pub use checkup::{Expected, PoolExaminer};
pub use cluster::Cluster;
pub use error::KubernetesError;
pub use fleet::{KubernetesFleet, Pool};
pub use own_pod::OwnPod;
pub use trouble::Patience;
