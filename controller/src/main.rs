//! `swarmgate-controller`: what the Lambda functions do, as one process, for a Kubernetes cluster with an S3-compatible store and queues that
//! speak SQS's protocol.
//!
//! `serve` answers the API, `hooks` takes the store's webhooks and answers probes, `work` merges and sweeps. Two of them at once do no harm: the
//! store decides every race, as it does among functions.

mod hooks;
mod settings;
mod work;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use swarmgate_api::{Api, Policy, ReportDelivery};
use swarmgate_functions::{Deployment, doctor, log_as_json};
use swarmgate_listen::Server;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tracing::{error, info};

use crate::hooks::Hooks;
use crate::settings::Settings;
use crate::work::Work;

/// What is at work when the process is told to end may take so long: a merge or a sweep, no test.
const CLOSE_TIME: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> ExitCode {
    log_as_json();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            error!(error = format!("{failure:#}"), "the controller ends");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let settings = Settings::from_environment()?;
    let deployment = Arc::new(Deployment::from_environment().await?);
    let mut told = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let (work, notices) = Work::new(deployment.clone(), &settings);
    let hooks = Hooks::start(listen("SWARMGATE_HOOKS_LISTEN", settings.hooks).await?, notices);
    let policy = Policy {
        // The store may have no address that users reach.
        reports: ReportDelivery::Inline,
        ..deployment.policy(doctor::of_process(&deployment, settings.sweep_every))
    };
    let api = Arc::new(Api::new(deployment.ports.clone(), policy, swarmgate_report::dashboard_page()));
    let listener = listen("SWARMGATE_LISTEN", settings.listen).await?;
    let server = Server::start(listener, api.clone(), Some(settings.token.clone()));
    info!(api = %settings.listen, hooks = %settings.hooks, "the controller is at work");

    let mut working = JoinSet::new();
    work.start(&mut working, &hooks);
    told.recv().await;
    info!("told to end: what is at work is finished, tests go on without it");
    hooks.not_ready();
    api.close();
    server.shutdown().await;
    work.end();
    let all_done = async { while working.join_next().await.is_some() {} };
    if tokio::time::timeout(CLOSE_TIME, all_done).await.is_err() {
        // Whoever comes next does it again.
        working.shutdown().await;
    }
    Ok(())
}

async fn listen(variable: &str, address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{variable} `{address}`: listening there"))
}
