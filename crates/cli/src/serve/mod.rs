//! `swarmgate serve`: the API and the dashboard on this machine, over the whole pipeline in this process.

mod closing;
mod data;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use swarmgate_api::{Api, Policy};
use swarmgate_domain::{AllowedTargets, Ended};
use swarmgate_listen::Server;
use swarmgate_local::{FolderStore, LOCAL_POOL, Pipeline};
use swarmgate_locust_process::{Engines, HOW_TO_INSTALL, LocustCommand, LocustEngine, Place};
use swarmgate_report::ReportRenderer;
use swarmgate_service::end_active;
use swarmgate_worker::{Engine, EngineOptions};
use tokio::net::TcpListener;

use crate::args::ServeArgs;
use crate::exit::{Exit, Failure};
use crate::run::environment;
use crate::signals::Interrupts;
use data::DataLock;

/// Serves until it is asked to end.
///
/// # Errors
/// [`Failure`]: it can't listen there, or the folder can't be used.
pub fn serve(args: &ServeArgs) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::run(&error))?;
    let exit = runtime.block_on(serve_until_asked(args));
    // Asked to end at once, it may leave work behind.
    runtime.shutdown_timeout(Duration::from_millis(200));
    exit
}

async fn serve_until_asked(args: &ServeArgs) -> Result<Exit, Failure> {
    let listener = listen(args.listen).await?;
    let address = listener.local_addr().map_err(|error| Failure::run(&error))?;
    let store = FolderStore::open(&args.data)?;
    let lock = DataLock::take(&args.data)?;
    let interrupts = Interrupts::listen().map_err(|error| Failure::run(&error))?;
    let locust = locust(args)?;
    let label = locust.as_ref().map(version).transpose()?;
    let missing = || "`serve` was started without --locust".to_owned();
    let locust = locust.map(|command| LocustEngine::new(command, Place::Unpacked, AllowedTargets::Any));
    let engine = Engines::new(Arc::new(Engine::new(EngineOptions::default())), locust.ok_or_else(missing));
    let pipeline = Pipeline::start(Arc::new(store), Arc::new(engine), Arc::new(ReportRenderer));
    end_orphans(&pipeline).await?;
    let policy = Policy { environment: environment(1), locust: label, ..Policy::local(address.ip(), LOCAL_POOL) };
    let api = Arc::new(Api::new(pipeline.ports().clone(), policy, swarmgate_report::dashboard_page()));
    let server = Server::start(listener, api.clone(), None);
    crate::print_line(&format!("listening on http://{address}"));
    if !address.ip().is_loopback() {
        crate::print_error(&format!("warning: whoever reaches {address} can start tests"));
    }
    let exit = closing::serve_and_close(&pipeline, &api, interrupts).await;
    server.shutdown().await;
    pipeline.shutdown().await;
    drop(lock);
    exit
}

/// The Locust that tests may use, if there is to be one.
fn locust(args: &ServeArgs) -> Result<Option<LocustCommand>, Failure> {
    let named = args.locust.as_deref().filter(|named| !named.is_empty());
    let found = named.map(|named| LocustCommand::find(Some(Path::new(named)))).transpose();
    found.map_err(|none| Failure::input(format!("--locust: {none}")).with_hint(Some(HOW_TO_INSTALL.to_owned())))
}

/// What reports call it: `locust 2.47.0`.
fn version(command: &LocustCommand) -> Result<String, Failure> {
    command.version().map_err(|reason| {
        let shown = command.path().display();
        Failure::input(format!("--locust `{shown}`: {reason}")).with_hint(Some(HOW_TO_INSTALL.to_owned()))
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                Some("another process listens there: give another --listen, port 0 is a free one")
            }
            std::io::ErrorKind::PermissionDenied => Some("ports below 1024 are for the system: give a larger one"),
            std::io::ErrorKind::AddrNotAvailable => Some("this machine has no such address: give one that it has"),
            _ => None,
        };
        Failure::could_not_run(format!("listening on {address}: {error}")).with_hint(hint.map(str::to_owned))
    })
}

/// Ends the tests of an earlier process on the same folder: their workers went with it.
async fn end_orphans(pipeline: &Pipeline) -> Result<(), Failure> {
    let reason = "the process that ran it ended".to_owned();
    for run in end_active(pipeline.ports(), &Ended::Failed { reason }).await? {
        crate::print_error(&format!("test {run}: the process that ran it ended, its report comes in a minute"));
    }
    Ok(())
}
