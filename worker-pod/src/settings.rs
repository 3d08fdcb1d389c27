//! What the environment of a worker Pod says.

use std::net::SocketAddr;
use std::path::PathBuf;

use swarmgate_aws::Addressing;
use swarmgate_domain::AllowedTargets;
use swarmgate_environment::{EnvironmentError, Variables, of_this_process, targets, text};

/// What the environment says of a worker.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// `SWARMGATE_BUCKET`: the store.
    pub bucket: String,
    /// By path where `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_S3` is set: most stores elsewhere know no other way.
    pub addressing: Addressing,
    /// `SWARMGATE_POOL`: the pool that this worker is of; `default`.
    pub pool: String,
    /// `SWARMGATE_QUEUE_URL`: the pool's queue of shards.
    pub queue: String,
    /// `SWARMGATE_ALLOWED_TARGETS`: hosts that may be loaded, by commas; `any` for any. The worker holds names, addresses and redirects
    /// against it, whoever accepted the test.
    pub targets: AllowedTargets,
    /// `SWARMGATE_LOCUST`: the Locust for locustfiles that the native engine can't run: its command, or the folder of a virtual environment.
    /// Requests that it makes are not held against the allowed targets, so without this variable none is started.
    pub locust: Option<PathBuf>,
    /// `SWARMGATE_LISTEN`: where probes are answered; `0.0.0.0:8080`.
    pub listen: SocketAddr,
    /// Where values of secrets come from.
    pub secrets: SecretsFrom,
    /// `POD_NAMESPACE` and `POD_NAME`, by the downward API; without them nothing is said on the Pod.
    pub pod: Option<(String, String)>,
    /// The worker's name: the Pod's, or that of the host.
    pub name: String,
}

/// Where values of secrets come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretsFrom {
    /// `SWARMGATE_SECRETS_DIR`: files of a folder, as Kubernetes mounts a Secret; what is not there, from the environment.
    Folder(PathBuf),
    /// `SWARMGATE_SECRETS_PREFIX`: Secrets Manager, whose names start with this.
    SecretsManager {
        /// Such as `swarmgate/`.
        prefix: String,
    },
    /// `SWARMGATE_SECRET_…` variables.
    Environment,
}

impl Settings {
    /// What the environment of this process says.
    ///
    /// # Errors
    /// [`EnvironmentError`]: every mistake at once.
    pub fn from_environment() -> Result<Self, EnvironmentError> {
        Self::read(&of_this_process)
    }

    fn read(of: &dyn Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let mut variables = Variables::new(of);
        let pod = of("POD_NAMESPACE").zip(of("POD_NAME"));
        let own_name = || pod.as_ref().map(|(_, name)| name.clone()).or_else(|| of("HOSTNAME"));
        let settings = Self {
            bucket: variables.needed("SWARMGATE_BUCKET", text).unwrap_or_default(),
            addressing: match ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"].iter().any(|name| variables.has(name)) {
                true => Addressing::Path,
                false => Addressing::Host,
            },
            pool: variables.or("SWARMGATE_POOL", "default".to_owned(), text),
            queue: variables.needed("SWARMGATE_QUEUE_URL", text).unwrap_or_default(),
            targets: variables.needed("SWARMGATE_ALLOWED_TARGETS", targets).unwrap_or(AllowedTargets::Listed(vec![])),
            locust: of("SWARMGATE_LOCUST").filter(|path| !path.is_empty()).map(PathBuf::from),
            listen: variables.or("SWARMGATE_LISTEN", SocketAddr::from(([0, 0, 0, 0], 8080)), address),
            secrets: match (of("SWARMGATE_SECRETS_DIR"), of("SWARMGATE_SECRETS_PREFIX")) {
                (Some(folder), _) => SecretsFrom::Folder(folder.into()),
                (None, Some(prefix)) => SecretsFrom::SecretsManager { prefix },
                (None, None) => SecretsFrom::Environment,
            },
            name: own_name().unwrap_or_else(|| format!("worker-{}", std::process::id())),
            pod,
        };
        variables.finish(settings)
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is no address, allowed are such as 0.0.0.0:8080"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let of = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&of).map_err(|error| error.to_string())
    }

    const NEEDED: [(&str, &str); 3] = [
        ("SWARMGATE_BUCKET", "results"),
        ("SWARMGATE_QUEUE_URL", "http://queue/shards"),
        ("SWARMGATE_ALLOWED_TARGETS", "shop.example"),
    ];

    #[test]
    fn what_is_needed_is_enough() {
        let settings = read(&NEEDED).unwrap();
        assert_eq!((settings.pool.as_str(), settings.addressing), ("default", Addressing::Host));
        assert_eq!((settings.listen.port(), settings.pod, settings.secrets), (8080, None, SecretsFrom::Environment));
        assert!(settings.targets.check("http://other.example/").is_err());
    }

    #[test]
    fn a_pod_has_its_own_name_and_secrets() {
        let more = [
            ("POD_NAME", "workers-1"),
            ("POD_NAMESPACE", "load"),
            ("SWARMGATE_SECRETS_PREFIX", "swarmgate/"),
            ("AWS_ENDPOINT_URL_S3", "http://store"),
        ];
        let settings = read(&[&NEEDED[..], &more[..]].concat()).unwrap();
        assert_eq!((settings.name.as_str(), settings.addressing), ("workers-1", Addressing::Path));
        assert_eq!(settings.pod, Some(("load".to_owned(), "workers-1".to_owned())));
        assert_eq!(settings.secrets, SecretsFrom::SecretsManager { prefix: "swarmgate/".to_owned() });
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let error = read(&[("SWARMGATE_LISTEN", "here"), ("SWARMGATE_ALLOWED_TARGETS", "http://a b/")]).unwrap_err();
        for named in [
            "SWARMGATE_BUCKET: it is not set",
            "SWARMGATE_QUEUE_URL: it is not set",
            "SWARMGATE_LISTEN: `here` is no address",
            "SWARMGATE_ALLOWED_TARGETS: ",
        ] {
            assert!(error.contains(named), "{named} is not in: {error}");
        }
    }
}
