//! The command line: options, and the run until a signal.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use crate::latency::Latency;
use crate::workload::{RunningWorkload, Workload, WorkloadError};

/// A small HTTP server to load, with knobs for tests.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Where to listen; port 0 is a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How many threads serve; a thread a core if not given
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// The latency of every answer: constant:10ms, uniform:5ms..50ms, lognormal:median=20ms,sigma=0.5,
    /// bimodal:5ms,200ms,0.05 (5 % take 200 ms), fast, web, slow or tail
    #[arg(long, value_name = "DISTRIBUTION")]
    pub latency: Option<Latency>,
    /// Seeds the latencies, so that a run can be repeated
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Write one JSON line a request to this file
    #[arg(long, value_name = "FILE")]
    pub request_log: Option<PathBuf>,
}

/// Runs the server until SIGINT or SIGTERM. Prints `listening on http://ADDRESS:PORT` on stdout when it listens.
///
/// # Errors
/// When it could not start, the signals cannot be waited for, or stdout is closed.
pub fn run(args: &Args) -> Result<(), WorkloadError> {
    let mut builder = Workload::builder().listen(args.listen).seed(args.seed);
    if let Some(threads) = args.threads {
        builder = builder.threads(threads);
    }
    if let Some(latency) = args.latency {
        builder = builder.latency(latency);
    }
    if let Some(path) = &args.request_log {
        builder = builder.request_log(path);
    }
    let workload = builder.start()?;
    announce_and_wait(&workload).map_err(|source| WorkloadError::Run { source })?;
    workload.shutdown();
    Ok(())
}

fn announce_and_wait(workload: &RunningWorkload) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the announcement: whoever reads it may send a signal at once.
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        writeln!(io::stdout(), "listening on {}", workload.url(""))?;
        io::stdout().flush()?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}
