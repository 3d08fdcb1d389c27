//! The ports on S3, SQS, EKS, Secrets Manager and CodePipeline. The only crate that speaks to AWS.
//!
//! [`connect`] finds credentials, region and endpoints; each adapter is made of what it gives: [`S3Store`] (the object store),
//! [`ReportUrls`] (presigned links), [`SqsQueue`] (a queue), [`SecretValues`], [`EksCluster`] (where a cluster's Kubernetes API is, and
//! a token for it), [`QueueExaminer`] (what is wrong with a queue), [`PipelineJobResults`] and [`StageArtifact`] (a stage of CodePipeline).
//! Never here: rules of load tests, Kubernetes itself, Lambda, retries of the store (the service's `Retrying` does them).

mod artifact;
mod checks;
mod cluster;
mod connection;
mod jobs;
mod queue;
mod secrets;
mod store;

pub use artifact::StageArtifact;
pub use aws_credential_types::Credentials;
pub use checks::{QueueExaminer, Told, told_of};
pub use cluster::{BearerToken, ClusterAddress, ClusterError, EksCluster};
pub use connection::{connect, in_region};
pub use jobs::{FailureKind, JobError, JobFailure, JobProgress, JobSuccess, PipelineJobResults};
pub use queue::SqsQueue;
pub use secrets::SecretValues;
pub use store::{Addressing, ReportUrls, S3Store};
