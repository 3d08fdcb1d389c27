//! The server as a value: built, started, asked for its counts, shut down.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fmt, io};

use crate::counts::Shard;
use crate::latency::Latency;
use crate::request_log::RequestLog;
use crate::routes::Settings;
use crate::server::{ThreadContext, Threads, listen};
use crate::shared::Shared;
use crate::stats::Stats;
use crate::tls::{TlsError, TlsIdentity, acceptor};

/// The sample workload, not running. Start it with [`Workload::builder`].
///
/// ```
/// use std::io::{Read, Write};
///
/// let workload = swarmgate_workload::Workload::builder().seed(7).start()?;
/// let mut client = std::net::TcpStream::connect(workload.addr())?;
/// client.write_all(b"GET /status/503 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
/// client.read_to_end(&mut Vec::new())?;
/// assert_eq!(workload.stats().answered_with("GET", "/status/503", 503), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Workload;

impl Workload {
    /// A server on a free port of 127.0.0.1, with a thread a core, without https, latency or log, and with seed 0.
    pub fn builder() -> WorkloadBuilder {
        WorkloadBuilder {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            settings: Settings::default(),
            request_log: None,
            tls: None,
        }
    }
}

/// How the server will be.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct WorkloadBuilder {
    address: SocketAddr,
    threads: NonZeroUsize,
    settings: Settings,
    request_log: Option<PathBuf>,
    tls: Option<TlsIdentity>,
}

/// Why a server did not start, or could not be run.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// The port is taken.
    #[error("listening on {address}: the port is in use")]
    PortInUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("listening on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The request log cannot be created.
    #[error("creating the request log {}", path.display())]
    RequestLog {
        /// The file asked for.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The TLS identity cannot be used.
    #[error("setting up https")]
    Tls(#[from] TlsError),
    /// The system gives no threads.
    #[error("starting the server's threads")]
    Threads {
        /// What the system says.
        source: io::Error,
    },
    /// Signals cannot be waited for, or the address cannot be printed.
    #[error("running the server")]
    Run {
        /// What the system says.
        source: io::Error,
    },
}

impl WorkloadError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::PortInUse { .. } => Some("end the program that uses the port, or choose another with --listen"),
            Self::Listen { .. } => Some("choose an address of this machine, and a port above 1023 or 0 for a free one"),
            Self::RequestLog { .. } => Some("choose a file in a folder that can be written"),
            Self::Tls(_) | Self::Threads { .. } | Self::Run { .. } => None,
        }
    }
}

impl WorkloadBuilder {
    /// Listens there; port 0 is a free one.
    pub fn listen(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    /// Serves on so many threads.
    pub fn threads(self, threads: NonZeroUsize) -> Self {
        Self { threads, ..self }
    }

    /// Waits for a latency drawn from that distribution before every answer, except of `/stats`, `/health` and `/stall-all`.
    /// `/latency` waits for its own instead.
    pub fn latency(mut self, latency: Latency) -> Self {
        self.settings.latency = Some(latency);
        self
    }

    /// Seeds the draws of latencies: the first N draws of two servers with the same seed are the same.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Writes one JSON line a request to that file, which is replaced.
    pub fn request_log(self, path: impl AsRef<Path>) -> Self {
        Self { request_log: Some(path.as_ref().to_owned()), ..self }
    }

    /// Serves https with that identity.
    pub fn tls(self, identity: TlsIdentity) -> Self {
        Self { tls: Some(identity), ..self }
    }

    /// Starts the server on threads of its own; it listens when this returns. May be called from any runtime.
    ///
    /// # Errors
    /// See [`WorkloadError`]; nothing is left running.
    pub fn start(self) -> Result<RunningWorkload, WorkloadError> {
        let tls = self.tls.as_ref().map(acceptor).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = self.address;
        let listener = listen(address).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => WorkloadError::PortInUse { address },
            _ => WorkloadError::Listen { address, source },
        })?;
        let address = listener.local_addr().map_err(|source| WorkloadError::Listen { address, source })?;
        let (log, log_writer) = self.request_log.as_deref().map(create_log).transpose()?.unzip();
        let shards: Vec<Arc<Shard>> = (0..self.threads.get()).map(|_| Arc::default()).collect();
        let shared = Arc::new(Shared::new(self.settings, shards.clone()));
        let context = |shard| ThreadContext { shared: shared.clone(), shard, log: log.clone(), tls: tls.clone() };
        let threads = Threads::start(listener, shards.into_iter().map(context).collect())
            .map_err(|source| WorkloadError::Threads { source })?;
        Ok(RunningWorkload { address, scheme, shared, threads, log_writer })
    }
}

fn create_log(path: &Path) -> Result<(RequestLog, JoinHandle<()>), WorkloadError> {
    RequestLog::create(path).map_err(|source| WorkloadError::RequestLog { path: path.to_owned(), source })
}

/// A running server; it ends when it is shut down or dropped.
pub struct RunningWorkload {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    threads: Threads,
    log_writer: Option<JoinHandle<()>>,
}

impl fmt::Debug for RunningWorkload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RunningWorkload").field("url", &self.url("")).finish_non_exhaustive()
    }
}

impl RunningWorkload {
    /// Where it listens, with the port it really has.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path on this server: `http://127.0.0.1:8080` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// What it counted since its start or the last reset; the same as `GET /stats`. Holds at least all answers that any
    /// client has read whole before the call.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Counts from zero again; the same as `POST /stats/reset`.
    pub fn reset_stats(&self) {
        self.shared.reset_stats();
    }

    /// Holds back all answers for that long from now on; the same as `/stall-all`, without its own request.
    pub fn stall_all(&self, stall: Duration) {
        self.shared.stall_all(stall);
    }

    /// Ends the server, cutting off open connections, and returns its last counts. The request log is complete then.
    pub fn shutdown(mut self) -> Stats {
        self.end();
        self.shared.stats()
    }

    fn end(&mut self) {
        self.threads.stop();
        if let Some(writer) = self.log_writer.take()
            && writer.join().is_err()
        {
            tracing::error!("thread of the request log panicked");
        }
    }
}

impl Drop for RunningWorkload {
    fn drop(&mut self) {
        self.end();
    }
}
