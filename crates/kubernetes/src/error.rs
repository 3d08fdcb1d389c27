//! What can go wrong with a cluster, told apart by what the user can do about it.

use std::error::Error;
use std::time::Duration;

use swarmgate_service::ports::{FleetError, Outlook};

use crate::access::AccessError;

/// What to do where a cluster denies it.
pub(crate) const DENIED_HINT: &str = "the `workers` chart binds its Roles to the group swarmgate:functions (for functions) and to its service \
    account (for worker Pods): see that the chart is installed in this namespace, and that the access entry of this role names that group";

/// Why a cluster did not do it.
#[derive(Debug, thiserror::Error)]
pub enum KubernetesError {
    /// Nobody knows where the cluster is, or has a token for it.
    #[error("there is no way into the cluster")]
    NoAccess(#[from] AccessError),
    /// No connection.
    #[error("the cluster can't be reached")]
    Unreachable(#[source] kube::Error),
    /// A connection, but no answer.
    #[error("the cluster did not answer within {} s", .0.as_secs())]
    Slow(Duration),
    /// It does not know who we are, with a new token neither.
    #[error("the cluster does not know who asks (401)")]
    Unknown,
    /// It knows us and denies it.
    #[error("the cluster denies it (403)")]
    Denied(#[source] kube::Error),
    /// Something that should be installed is not.
    #[error("the cluster has no such thing (404)")]
    Missing(#[source] kube::Error),
    /// Anything else.
    #[error("the cluster refuses it")]
    Refused(#[source] kube::Error),
}

impl KubernetesError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoAccess(error) => error.hint.clone(),
            Self::Unreachable(_) | Self::Slow(_) => "see that the cluster exists and is active, that its API endpoint can be reached from \
                here (a private endpoint only from inside its network), and that its security group lets port 443 in"
                .to_owned(),
            Self::Unknown => "make an access entry for this role: `aws eks create-access-entry --cluster-name CLUSTER --principal-arn ROLE \
                --kubernetes-groups swarmgate:functions`"
                .to_owned(),
            Self::Denied(_) => DENIED_HINT.to_owned(),
            Self::Missing(_) => "install the chart: `helm upgrade --install workers infra/helm/workers --namespace NAMESPACE`, or mend the \
                pool's namespace and deployment in SWARMGATE_POOLS"
                .to_owned(),
            Self::Refused(_) => "what the cluster says is above".to_owned(),
        }
    }

    /// As the port to workers has it.
    pub(crate) fn into_fleet_error(self, attempted: String) -> FleetError {
        FleetError { attempted, reason: format!("{}; {}", chain(&self), self.hint()), outlook: self.outlook() }
    }

    fn outlook(&self) -> Outlook {
        match self {
            Self::NoAccess(error) => error.outlook,
            Self::Unreachable(_) | Self::Slow(_) | Self::Refused(_) => Outlook::Passing,
            Self::Unknown | Self::Denied(_) | Self::Missing(_) => Outlook::Lasting,
        }
    }
}

impl From<kube::Error> for KubernetesError {
    fn from(error: kube::Error) -> Self {
        match &error {
            kube::Error::Api(status) if status.code == 401 => Self::Unknown,
            kube::Error::Api(status) if status.is_forbidden() => Self::Denied(error),
            kube::Error::Api(status) if status.is_not_found() => Self::Missing(error),
            kube::Error::HyperError(_) | kube::Error::Service(_) => Self::Unreachable(error),
            _ => Self::Refused(error),
        }
    }
}

/// An error and what is behind it, in one line. An error that only repeats its source is left out.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        let said = match error.downcast_ref::<kube::Error>() {
            Some(kube::Error::Api(status)) => status.message.clone(),
            Some(_) => String::new(), // its source says it better
            None => error.to_string(),
        };
        if !said.is_empty() && !words.iter().any(|word| word.contains(&said)) {
            words.push(said);
        }
        next = match error.downcast_ref::<kube::Error>() {
            Some(kube::Error::Api(_)) => None,
            _ => error.source(),
        };
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    fn told(code: u16, reason: &str, message: &str) -> String {
        let status = Status { code, ..Status::failure(message, reason) };
        let error = KubernetesError::from(kube::Error::Api(Box::new(status)));
        error.into_fleet_error("scaling".to_owned()).to_string()
    }

    #[test]
    fn what_a_cluster_refuses_is_told_with_its_words_and_what_to_do() {
        let check = |code, reason, message, start: &str, hint: &str| {
            let told = told(code, reason, message);
            assert!(told.starts_with(start) && told.contains(hint), "{told}");
        };
        check(
            401,
            "Unauthorized",
            "Unauthorized",
            "scaling: the cluster does not know who asks (401); ",
            "create-access-entry",
        );
        check(
            403,
            "Forbidden",
            "role x cannot",
            "scaling: the cluster denies it (403): role x cannot; ",
            "group swarmgate:functions",
        );
        check(
            404,
            "NotFound",
            "w not found",
            "scaling: the cluster has no such thing (404): w not found; ",
            "helm upgrade --install",
        );
        check(
            422,
            "Invalid",
            "replicas: -1",
            "scaling: the cluster refuses it: replicas: -1; ",
            "what the cluster says",
        );
    }

    #[test]
    fn a_cluster_that_can_t_be_reached_is_told_apart() {
        let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused");
        let error = KubernetesError::from(kube::Error::Service(refused.into()));
        assert!(matches!(error, KubernetesError::Unreachable(_)));
        assert_eq!(chain(&error), "the cluster can't be reached: connection refused");
        assert!(KubernetesError::Slow(Duration::from_secs(20)).to_string().ends_with("within 20 s"));
    }
}
