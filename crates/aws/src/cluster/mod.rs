//! A cluster of EKS: where its Kubernetes API is, and how to be let in.

mod token;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_eks::Client;
use aws_sdk_eks::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_eks::operation::describe_cluster::DescribeClusterError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use swarmgate_service::ports::Outlook;
use tokio::sync::OnceCell;

pub use token::BearerToken;
use token::Tokens;

/// A cluster of EKS. Clones share what they learned of it.
#[derive(Clone, Debug)]
pub struct EksCluster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    name: String,
    address: OnceCell<ClusterAddress>,
    tokens: Tokens,
}

/// Where a cluster's Kubernetes API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterAddress {
    /// Its URL.
    pub endpoint: String,
    /// The certificates that its own is to be checked with, as PEM.
    pub ca_pem: String,
}

/// Why a cluster can't be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{attempted}: {reason}")]
pub struct ClusterError {
    /// What was attempted, on which cluster.
    pub attempted: String,
    /// Why it did not work.
    pub reason: String,
    /// Whether it may work later.
    pub outlook: Outlook,
}

impl EksCluster {
    /// The cluster of this name in the region of `config`. Sends nothing yet.
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        let name = name.into();
        let (client, tokens) = (Client::new(config), Tokens::new(config, &name));
        Self(Arc::new(Inner { client, name, address: OnceCell::new(), tokens }))
    }

    /// Where its Kubernetes API is. Asked for once: a cluster keeps its endpoint and its CA for life.
    ///
    /// # Errors
    /// [`ClusterError`]: there is no such cluster, it is still being made, or it may not be looked at.
    pub async fn describe(&self) -> Result<ClusterAddress, ClusterError> {
        self.0.address.get_or_try_init(|| self.0.ask()).await.cloned()
    }

    /// A token for its Kubernetes API, made anew before the last one ends. Made here, without asking anyone.
    ///
    /// # Errors
    /// [`ClusterError`]: there are no credentials, or no region.
    pub async fn token(&self) -> Result<BearerToken, ClusterError> {
        self.0.tokens.current().await
    }
}

impl Inner {
    async fn ask(&self) -> Result<ClusterAddress, ClusterError> {
        let attempted = || format!("describing the cluster `{}`", self.name);
        let failed = |reason: String| ClusterError { attempted: attempted(), reason, outlook: Outlook::Passing };
        let output = self.client.describe_cluster().name(&self.name).send().await;
        let refused = |error: SdkError<DescribeClusterError, HttpResponse>| match (error.code(), error.message()) {
            (
                Some("ResourceNotFoundException" | "AccessDeniedException" | "InvalidParameterException"),
                Some(reason),
            ) => ClusterError { attempted: attempted(), reason: reason.to_owned(), outlook: Outlook::Lasting },
            _ => failed(DisplayErrorContext(&error).to_string()),
        };
        let cluster = output.map_err(refused)?.cluster;
        let cluster = cluster.ok_or_else(|| failed("the answer holds none".to_owned()))?;
        let status = cluster.status.map_or_else(|| "unknown".to_owned(), |status| status.as_str().to_owned());
        let is_being_made = || failed(format!("it has no endpoint yet, its status is {status}"));
        let encoded = cluster.certificate_authority.and_then(|authority| authority.data).ok_or_else(is_being_made)?;
        let pem = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(ClusterAddress {
            endpoint: cluster.endpoint.ok_or_else(is_being_made)?,
            ca_pem: pem.ok_or_else(|| failed("its certificate authority is no PEM in base64".to_owned()))?,
        })
    }
}
