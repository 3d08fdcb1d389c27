//! A cluster, and calls to it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::{Client, Config};
use swarmgate_domain::Micros;
use swarmgate_service::ports::Clock;
use tracing::debug;

use crate::access::{Access, Endpoint};
use crate::error::KubernetesError;

/// A token is not used in its last minute: a call takes time, and clocks differ.
const RENEWED_BEFORE: Micros = Micros::from_secs(60);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// For one call with its retries (on 429, 503 and 504, by the client).
const CALL_LIMIT: Duration = Duration::from_secs(20);

/// A cluster. Connects when first asked, keeps the connection, and renews tokens before they end.
pub struct Cluster {
    name: String,
    access: Access,
    clock: Arc<dyn Clock>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    endpoint: Option<Endpoint>,
    client: Option<(Client, Option<Micros>)>,
}

impl Cluster {
    /// A cluster, by the name that messages use.
    pub fn new(name: impl Into<String>, access: Access, clock: Arc<dyn Clock>) -> Self {
        Self { name: name.into(), access, clock, held: Mutex::default() }
    }

    /// The name that messages use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The clock that tokens and waits are held against.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Makes a call. One that is refused because of its token is made again with a new one.
    pub(crate) async fn call<T, F>(&self, call: impl Fn(Client) -> F) -> Result<T, KubernetesError>
    where
        F: Future<Output = Result<T, kube::Error>>,
    {
        let attempt = async || {
            let client = self.client().await?;
            call(client).await.map_err(KubernetesError::from)
        };
        let with_new_token = async {
            let answer = attempt().await;
            match &answer {
                Err(KubernetesError::Unknown) => {
                    debug!(cluster = self.name, "a token was refused, trying a new one");
                    self.forget_client();
                    attempt().await
                }
                // It may have been made anew, somewhere else.
                Err(KubernetesError::Unreachable(_)) => {
                    self.forget_all();
                    answer
                }
                _ => answer,
            }
        };
        tokio::time::timeout(CALL_LIMIT, with_new_token).await.unwrap_or(Err(KubernetesError::Slow(CALL_LIMIT)))
    }

    async fn client(&self) -> Result<Client, KubernetesError> {
        let endpoint = {
            let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            match &held.client {
                Some((client, until)) if self.is_valid(*until) => return Ok(client.clone()),
                _ => held.endpoint.clone(),
            }
        };
        // Two calls that come here at once both connect, and one of them is kept.
        let way = self.access.config(endpoint.as_ref()).await?;
        let client = connect(way.config)?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.endpoint = way.endpoint;
        held.client = Some((client.clone(), way.valid_until));
        Ok(client)
    }

    fn is_valid(&self, until: Option<Micros>) -> bool {
        until.is_none_or(|until| self.clock.now() + RENEWED_BEFORE < until)
    }

    fn forget_client(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).client = None;
    }

    fn forget_all(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Held::default();
    }
}

/// A client with limits to its waits.
pub(crate) fn connect(mut config: Config) -> Result<Client, KubernetesError> {
    // With two providers of cryptography in one program, rustls wants to be told which. Another's choice stays.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    config.connect_timeout = Some(CONNECT_LIMIT);
    config.read_timeout = Some(CALL_LIMIT);
    config.reset_reader_on_write = true;
    Ok(Client::try_from(config)?)
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("name", &self.name).finish_non_exhaustive()
    }
}
