//! `swarmgate-worker`: the process of a worker Pod. Takes shards from its pool's queue, runs them one after another, and on SIGTERM
//! uploads what it measured, gives the shard back and ends.
//!
//! Its environment is described in [`settings`]. Liveness is `/live`, readiness `/ready`.

mod health;
mod leaving;
mod marks;
mod pod;
mod settings;
mod work;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use swarmgate_aws::{S3Store, SecretValues, SqsQueue, connect};
use swarmgate_local::{LocalSecrets, SystemClock, SystemRandomness};
use swarmgate_locust_process::{Engines, LocustCommand, LocustEngine, Place};
use swarmgate_report::ReportRenderer;
use swarmgate_service::Retrying;
use swarmgate_service::ports::{Ports, Queue, SecretSource, Settings as Waits};
use swarmgate_worker::{Engine, EngineOptions};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing::{error, info};
use tracing_subscriber::EnvFilter;

use crate::health::Health;
use crate::leaving::Leaving;
use crate::marks::Marks;
use crate::pod::NoFleet;
use crate::settings::{SecretsFrom, Settings};
use crate::work::Job;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("SWARMGATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            error!(error = format!("{failure:#}"), "the worker ends");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let settings = Settings::from_environment()?;
    // End with this function.
    let mut tasks = JoinSet::new();
    let leaving = Leaving::on_signals(&mut tasks).context("listening for SIGTERM")?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("SWARMGATE_LISTEN `{}`: listening there", settings.listen))?;
    let health = Health::default();
    tasks.spawn(health::answer(listener, health.clone()));

    let config = connect().await;
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandomness));
    let store = Arc::new(S3Store::new(&config, &settings.bucket, settings.addressing));
    let queue: Arc<dyn Queue> = Arc::new(SqsQueue::new(&config, &settings.queue));
    let ports = Ports {
        store: Arc::new(Retrying::new(store, clock.clone(), random.clone())),
        queues: BTreeMap::from([(settings.pool.clone(), queue)]),
        fleet: Arc::new(NoFleet),
        clock: clock.clone(),
        random,
        renderer: Arc::new(ReportRenderer),
        settings: Waits::CLOUD,
    };
    let secrets: Arc<dyn SecretSource> = match &settings.secrets {
        SecretsFrom::Folder(folder) => Arc::new(LocalSecrets::new(Some(folder.clone()))),
        SecretsFrom::SecretsManager { prefix } => Arc::new(SecretValues::new(&config, prefix.clone())),
        SecretsFrom::Environment => Arc::new(LocalSecrets::default()),
    };
    let native = Engine::new(EngineOptions { allowed: settings.targets.clone(), ..EngineOptions::default() });
    let engine = Engines::new(Arc::new(native), locust(&settings));
    let job = Job {
        ports: &ports,
        engine: &engine,
        secrets: &*secrets,
        pool: &settings.pool,
        name: &settings.name,
        marks: Marks::new(pod::own_pod(&settings, clock)),
    };
    info!(worker = settings.name, pool = settings.pool, "the worker waits for shards");
    job.take_shards(&leaving, &health).await;
    info!(worker = settings.name, "the worker was told to end, and has given back what it had");
    Ok(())
}

/// The Locust of this Pod's image, or why there is none.
fn locust(settings: &Settings) -> Result<LocustEngine, String> {
    let missing =
        "this worker has no Locust: its image needs one, and SWARMGATE_LOCUST must say where it is".to_owned();
    let named = settings.locust.as_deref().ok_or(missing)?;
    let command = LocustCommand::find(Some(named)).map_err(|none| format!("SWARMGATE_LOCUST: {none}"))?;
    Ok(LocustEngine::new(command, Place::Unpacked, settings.targets.clone()))
}
