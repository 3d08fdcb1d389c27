//! Where a cluster is, and who we are to it.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};
use secrecy::SecretString;
use swarmgate_domain::Micros;
use swarmgate_service::ports::Outlook;

/// How to get into a cluster.
#[derive(Clone)]
pub enum Access {
    /// What `kubectl` would take: the file named by `KUBECONFIG` or the one of the home folder; in a Pod, its service account.
    Surroundings,
    /// A kubeconfig file, in its current context.
    Kubeconfig(PathBuf),
    /// An endpoint and tokens that someone else knows how to get: on EKS, from the account.
    Source(Arc<dyn ClusterSource>),
}

/// Knows a cluster's endpoint, and makes tokens for it.
#[async_trait]
pub trait ClusterSource: Send + Sync {
    /// Where the cluster's API is. Asked once, and again only after the cluster could not be reached.
    ///
    /// # Errors
    /// [`AccessError`].
    async fn endpoint(&self) -> Result<Endpoint, AccessError>;

    /// A bearer token. Asked for before the last one ends, and after the cluster refused one.
    ///
    /// # Errors
    /// [`AccessError`].
    async fn token(&self) -> Result<Token, AccessError>;
}

/// Where a cluster's API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Such as `https://0123.gr7.eu-west-1.eks.amazonaws.com`.
    pub url: String,
    /// The certificates of the authority that signed the cluster's, in PEM.
    pub authority_pem: Vec<u8>,
}

/// A bearer token. Shows no value in logs.
#[derive(Clone, Debug)]
pub struct Token {
    /// What is sent.
    pub value: SecretString,
    /// When it ends, in time since the Unix epoch.
    pub valid_until: Micros,
}

/// Why there is no way in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{attempted}: {reason}")]
pub struct AccessError {
    /// What was attempted, on what.
    pub attempted: String,
    /// Why it did not work.
    pub reason: String,
    /// What the user can do.
    pub hint: String,
    /// Whether it may work later.
    pub outlook: Outlook,
}

impl Access {
    /// The configuration of a client, and until when it holds.
    pub(crate) async fn config(&self, known: Option<&Endpoint>) -> Result<Way, AccessError> {
        match self {
            Self::Surroundings => match Config::infer().await {
                Ok(config) => Ok(Way { config, endpoint: None, valid_until: None }),
                Err(error) => Err(no_way("looking for a kubeconfig or a Pod's service account", &error)),
            },
            Self::Kubeconfig(path) => {
                let attempted = format!("reading {}", path.display());
                let file = Kubeconfig::read_from(path).map_err(|error| no_way(&attempted, &error))?;
                let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
                let config = config.map_err(|error| no_way(&attempted, &error))?;
                Ok(Way { config, endpoint: None, valid_until: None })
            }
            Self::Source(source) => {
                let endpoint = match known {
                    Some(endpoint) => endpoint.clone(),
                    None => source.endpoint().await?,
                };
                let token = source.token().await?;
                let config = with_token(&endpoint, &token)?;
                Ok(Way { config, endpoint: Some(endpoint), valid_until: Some(token.valid_until) })
            }
        }
    }
}

/// A way into a cluster.
pub(crate) struct Way {
    pub(crate) config: Config,
    /// Where that was asked for.
    pub(crate) endpoint: Option<Endpoint>,
    /// `None`: the client renews what it needs by itself.
    pub(crate) valid_until: Option<Micros>,
}

fn with_token(endpoint: &Endpoint, token: &Token) -> Result<Config, AccessError> {
    let refuse = |what: &str, reason: String| {
        AccessError {
        attempted: format!("reading the {what} of the cluster at {}", endpoint.url),
        reason,
        hint: "the description of the cluster is not as it should be: try again, or look at it with `aws eks describe-cluster`"
            .to_owned(),
        outlook: Outlook::Passing,
    }
    };
    let url = endpoint.url.parse().map_err(|error| refuse("endpoint", format!("{error}")))?;
    let authority =
        pem::parse_many(&endpoint.authority_pem).map_err(|error| refuse("certificate", error.to_string()))?;
    if authority.is_empty() {
        return Err(refuse("certificate", "it is empty".to_owned()));
    }
    let mut config = Config::new(url);
    config.root_cert = Some(authority.into_iter().map(pem::Pem::into_contents).collect());
    config.auth_info.token = Some(token.value.clone());
    Ok(config)
}

fn no_way(attempted: &str, error: &(dyn std::error::Error + 'static)) -> AccessError {
    AccessError {
        attempted: attempted.to_owned(),
        reason: crate::error::chain(error),
        hint: "set KUBECONFIG to a file that works with kubectl, for EKS: `aws eks update-kubeconfig --name CLUSTER`"
            .to_owned(),
        outlook: Outlook::Lasting,
    }
}
