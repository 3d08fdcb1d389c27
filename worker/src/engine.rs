//! The engine's front: prepares a shard's load and hands out what is measured.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use swarmgate_domain::{AllowedTargets, Scenario, TlsTrust};
use swarmgate_service::ports::{EngineError, LoadEngine, LoadRun, ShardSpec};

use crate::limits;
use crate::net::{self, Origins, Picker, Unresolved};
use crate::program::{Bad, Program, Target, usize_of};
use crate::run::Run;
use crate::thread::{Order, Outfit, useful_threads};

/// How long looking up a name may take before the test.
const LONGEST_LOOK_UP: Duration = Duration::from_secs(20);

/// How an engine uses its machine, and what it may load.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// How many shards run in this process at a time: each has its part of what the process may have.
    pub shards_at_once: u32,
    /// Load threads for each shard at most; its part of the cores that the process may use when `None`.
    pub threads: Option<u32>,
    /// Connections that a shard may have open at once, shared evenly by its threads; its part of the files that the process may
    /// open when `None`. Never more than there are local ports for.
    pub connections: Option<u32>,
    /// Keeps each load thread on a core of its own: steadier on a machine that does nothing else, worse on a shared one.
    pub pin_threads: bool,
    /// Addresses of this machine that connections come from, by turns: each has its own ports, of which one address has about
    /// 28,000 for all connections to one server. Any address where this is empty.
    pub source_addresses: Vec<IpAddr>,
    /// Whether requests in clear text go over Linux' io_uring, where there is one: it costs less than epoll, which serves everywhere.
    pub io_uring: bool,
    /// Where load may go. What is known beforehand is checked when the shard is prepared; URLs with values put in and redirects
    /// are checked when they come up.
    pub allowed: AllowedTargets,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let (source_addresses, allowed) = (Vec::new(), AllowedTargets::Any);
        let (threads, connections) = (None, None);
        Self { shards_at_once: 1, threads, connections, pin_threads: false, source_addresses, io_uring: true, allowed }
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
        let version = program.version;
        let script = spec.scenario.script.as_ref();
        let unverified_tls = script.and_then(|_| net::client_config(TlsTrust::AcceptAny, version).ok());
        let (cores, sharers) = (limits::cores(), self.options.shards_at_once.max(1));
        let threads = self.options.threads.unwrap_or((cores / sharers).max(1));
        let threads = useful_threads(&spec.scenario, spec.shard.0, spec.shards, threads);
        // All users of a script share its names.
        let threads = if spec.scenario.script.is_some() { 1 } else { threads };
        let sources = &self.options.source_addresses;
        sources.iter().try_for_each(|source| check_source(*source))?;
        let ports = limits::local_ports();
        let files = limits::open_files().saturating_sub(limits::OTHER_FILES) / u64::from(sharers);
        let asked = self.options.connections.map_or(u64::MAX, u64::from);
        let connections = files.min(asked).min(with_ports(&program, &origins, ports, sources) / u64::from(sharers));
        let connections = limits::connections_per_thread(connections, threads);
        let core_numbers = if self.options.pin_threads { limits::core_numbers() } else { Vec::new() };
        let order = Order { scenario: Arc::clone(&spec.scenario), interval: spec.interval, duration: spec.duration };
        let mut run = Run::new(program.entries.clone());
        for index in 0..threads {
            let outfit = Outfit {
                index,
                count: threads,
                program: program.clone(),
                origins: origins.clone(),
                tls: tls.clone(),
                unverified_tls: unverified_tls.clone(),
                connections,
                data: Arc::clone(&spec.data),
                shard: spec.shard.0,
                shards: spec.shards,
                cores: u64::from(cores),
                sharers: u64::from(sharers),
                ports,
                sources: sources.clone(),
                io_uring: self.options.io_uring,
            };
            let core = core_numbers.iter().cycle().nth(usize_of(index)).copied();
            run.start_thread(outfit, order.clone(), core).await?;
        }
        Ok(Box::new(run))
    }
}

impl Engine {
    /// Looks up where requests go, as far as it is known beforehand.
    async fn resolved(&self, program: &Program) -> Result<Origins, EngineError> {
        let allowed = &self.options.allowed;
        let mut origins = Origins::new(&program.origins, allowed.clone());
        let proxy = program.proxy.as_ref().map(|proxy| proxy.origin);
        for (id, origin) in origins.iter_mut() {
            let host = String::from_utf8_lossy(&origin.host_header).into_owned();
            let attempted = format!("looking up the address of {host}");
            allowed.check(&format!("{}://{host}/", origin.key.scheme())).map_err(|wrong| EngineError {
                attempted: attempted.clone(),
                reason: wrong.to_string(),
                hint: "load is sent only where the deployment allows it".to_owned(),
            })?;
            let picker = if proxy.is_none_or(|proxy| proxy == id) { Picker::We } else { Picker::Proxy };
            let found = tokio::time::timeout(LONGEST_LOOK_UP, net::resolve(&origin.key, picker)).await;
            let found =
                found.unwrap_or_else(|_| Err(Unresolved::NoAddress(format!("no answer within {LONGEST_LOOK_UP:?}"))));
            let addresses = found.map_err(|error| EngineError {
                attempted,
                reason: error.to_string(),
                hint: match error {
                    Unresolved::NoAddress(_) if picker == Picker::Proxy => {
                        "through a proxy too, a name must be known to this machine: else it could be that of anything"
                            .to_owned()
                    }
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

/// How many connections there are ports for, to all the addresses that load goes to; no bound where these are not all known.
fn with_ports(program: &Program, origins: &Origins, (low, high): (u16, u16), sources: &[IpAddr]) -> u64 {
    let all_known = program.requests.iter().all(|r| matches!(r.target, Target::Fixed(..)));
    if !all_known || program.origins.is_empty() {
        return u64::MAX;
    }
    let ports = u64::from(high - low) + 1;
    let connected_to = |origin| program.proxy.as_ref().is_none_or(|proxy| proxy.origin == origin);
    let addresses =
        origins.iter().filter(|(id, _)| connected_to(*id)).map(|(_, origin)| origin.addresses().len() as u64);
    let addresses: u64 = addresses.sum();
    ports * addresses * (sources.len() as u64).max(1)
}

/// Whether `source` is an address of this machine.
fn check_source(source: IpAddr) -> Result<(), EngineError> {
    std::net::UdpSocket::bind((source, 0)).map(drop).map_err(|error| EngineError {
        attempted: format!("taking {source} as the address that connections come from"),
        reason: error.to_string(),
        hint: "name addresses that this machine has".to_owned(),
    })
}

/// TLS's configuration, where it may be needed. A redirect or a URL with values put in may lead to https: where there are no
/// root certificates, such a request fails then.
async fn tls_config(program: &Program, scenario: &Scenario) -> Result<Option<Arc<rustls::ClientConfig>>, EngineError> {
    let certain = program.origins.iter().any(|origin| origin.https);
    let possible = program.requests.iter().any(|r| r.redirects > 0 || matches!(r.target, Target::Rendered(_)));
    if !certain && !possible && scenario.script.is_none() {
        return Ok(None);
    }
    let (trust, version) = (scenario.http.tls, scenario.http.version);
    // The system's root certificates are read from files.
    let made = tokio::task::spawn_blocking(move || net::client_config(trust, version)).await;
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
