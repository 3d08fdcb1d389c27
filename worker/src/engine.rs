//! The engine's front: prepares a shard's load and hands out what is measured.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use swarmgate_domain::{AllowedTargets, Scenario};
use swarmgate_service::ports::{EngineError, LoadEngine, LoadRun, ShardSpec};

use crate::limits;
use crate::net::{self, Origins, Unresolved};
use crate::program::{Bad, Program, Target};
use crate::run::Run;
use crate::thread::{Order, Outfit, useful_threads};

/// How long looking up a name may take before the test.
const LONGEST_LOOK_UP: Duration = Duration::from_secs(20);

/// How an engine uses its machine, and what it may load.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Load threads for each shard at most; as many as the process may use cores when `None`.
    pub threads: Option<u32>,
    /// Connections that a shard may have open at once, shared evenly by its threads; as many as the process may open files
    /// when `None`. Where several shards run in one process, each should have its part.
    pub connections: Option<u32>,
    /// Where load may go. What is known beforehand is checked when the shard is prepared; URLs with values put in and redirects
    /// are checked when they come up.
    pub allowed: AllowedTargets,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { threads: None, connections: None, allowed: AllowedTargets::Any }
    }
}

/// Makes load from this process: a thread a core, each with users, sockets and histograms of its own.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    options: EngineOptions,
}

impl Engine {
    /// An engine that uses its machine by `options`.
    pub fn new(options: EngineOptions) -> Self {
        Self { options }
    }
}

#[async_trait]
impl LoadEngine for Engine {
    async fn prepare(&self, spec: ShardSpec) -> Result<Box<dyn LoadRun>, EngineError> {
        let program = Program::compile(&spec).map_err(|Bad { attempted, reason, hint }| EngineError {
            attempted,
            reason,
            hint,
        })?;
        let origins = self.resolved(&program).await?;
        let tls = tls_config(&program, &spec.scenario).await?;
        let cores = limits::cores();
        let threads = self.options.threads.unwrap_or(cores);
        let threads = useful_threads(&spec.scenario, spec.shard.0, spec.shards, threads);
        let files = limits::open_files();
        let connections = self.options.connections.map_or(files, |most| files.min(u64::from(most) + 128));
        let connections = limits::connections_per_thread(connections, threads);
        let order = Order { scenario: Arc::clone(&spec.scenario), interval: spec.interval, duration: spec.duration };
        let mut run = Run::new(program.entries.clone());
        for index in 0..threads {
            let outfit = Outfit {
                index,
                count: threads,
                program: program.clone(),
                origins: origins.clone(),
                tls: tls.clone(),
                connections,
                data: Arc::clone(&spec.data),
                shard: spec.shard.0,
                shards: spec.shards,
                cores: u64::from(cores),
            };
            run.start_thread(outfit, order.clone()).await.map_err(|error| EngineError {
                attempted: format!("starting load thread {} of {threads}", index + 1),
                reason: error.to_string(),
                hint: "ask for fewer threads, or allow the process more".to_owned(),
            })?;
        }
        Ok(Box::new(run))
    }
}

impl Engine {
    /// Looks up where requests go, as far as it is known beforehand.
    async fn resolved(&self, program: &Program) -> Result<Origins, EngineError> {
        let allowed = &self.options.allowed;
        let mut origins = Origins::new(&program.origins, allowed.clone());
        for origin in origins.iter_mut() {
            let host = String::from_utf8_lossy(&origin.host_header).into_owned();
            let attempted = format!("looking up the address of {host}");
            allowed.check(&format!("{}://{host}/", origin.key.scheme())).map_err(|wrong| EngineError {
                attempted: attempted.clone(),
                reason: wrong.to_string(),
                hint: "load is sent only where the deployment allows it".to_owned(),
            })?;
            let found = tokio::time::timeout(LONGEST_LOOK_UP, net::resolve(&origin.key)).await;
            let found =
                found.unwrap_or_else(|_| Err(Unresolved::NoAddress(format!("no answer within {LONGEST_LOOK_UP:?}"))));
            let addresses = found.map_err(|error| EngineError {
                attempted,
                reason: error.to_string(),
                hint: match error {
                    Unresolved::NoAddress(_) => {
                        "check the host's name, and that this machine can look it up".to_owned()
                    }
                    Unresolved::Forbidden { .. } => {
                        "load is never sent there, whatever the deployment allows".to_owned()
                    }
                },
            })?;
            origin.set_addresses(addresses);
        }
        Ok(origins)
    }
}

/// TLS's configuration, where it may be needed. A redirect or a URL with values put in may lead to https: where there are no
/// root certificates, such a request fails then.
async fn tls_config(program: &Program, scenario: &Scenario) -> Result<Option<Arc<rustls::ClientConfig>>, EngineError> {
    let certain = program.origins.iter().any(|origin| origin.https);
    let possible = program.requests.iter().any(|r| r.redirects > 0 || matches!(r.target, Target::Rendered(_)));
    if !certain && !possible {
        return Ok(None);
    }
    let trust = scenario.http.tls;
    // The system's root certificates are read from files.
    let made = tokio::task::spawn_blocking(move || net::client_config(trust)).await;
    match made.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(config) => Ok(Some(config)),
        Err(_) if !certain => Ok(None),
        Err(reason) => Err(EngineError {
            attempted: "preparing TLS".to_owned(),
            reason,
            hint: "install the system's root certificates, or let the scenario accept any certificate".to_owned(),
        }),
    }
}
