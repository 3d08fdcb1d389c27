//! `swarmgate run`: the whole pipeline on this machine, from a scenario to its report.

use std::collections::BTreeMap;
use std::net::ToSocketAddrs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use swarmgate_domain::{AllowedTargets, Ended, PoolShare, RunId, Summary, Verdict};
use swarmgate_local::{FolderStore, LOCAL_POOL, Pipeline, report_prefix};
use swarmgate_locust_process::{Engines, LocustEngine, Place};
use swarmgate_report::ReportRenderer;
use swarmgate_service::ports::{LoadEngine, Ports};
use swarmgate_service::{
    AcceptError, ServiceError, TestRequest, accept, live_view, new_run_id, report_file, status, stop,
};
use swarmgate_worker::{Engine, EngineOptions};
use tokio::sync::watch;

use crate::args::RunArgs;
use crate::exit::{Exit, Failure};
use crate::input::{self, Loaded};
use crate::locustfile;
use crate::progress::Progress;
use crate::signals::Interrupts;
use crate::table;

/// How often the live view is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long connecting to the target may take before the test is begun.
const PREFLIGHT: Duration = Duration::from_secs(5);

/// Where others look for a proxy. A load test must not change with the machine that it is started on, so a scenario names its own.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// Runs a test and writes its report.
///
/// # Errors
/// [`Failure`]: bad input, or the test could not run.
pub fn run(args: &RunArgs) -> Result<Exit, Failure> {
    run_loaded(args, input::load(&args.scenario, &args.load, &args.locust)?)
}

/// The same, with the scenario as a text that `args.scenario` names.
///
/// # Errors
/// [`Failure`]: bad input, or the test could not run.
pub fn run_text(args: &RunArgs, text: &str) -> Result<Exit, Failure> {
    run_loaded(args, input::load_text(text, &args.scenario, &args.load)?)
}

fn run_loaded(args: &RunArgs, loaded: Loaded) -> Result<Exit, Failure> {
    if !args.quiet && !loaded.warnings.is_empty() {
        crate::print_error(&loaded.warnings);
    }
    if let (Some(by), Some(flag), false) = (&loaded.locust, native_flag(args), args.quiet) {
        crate::print_error(&format!("note: {flag} is for the native engine, {} goes its own way", by.label));
    }
    let workers = workers(args.workers)?;
    let target = loaded.scenario.target.clone().unwrap_or_default();
    if !args.no_preflight {
        match &loaded.scenario.http.proxy {
            Some(proxy) => preflight("proxy", &proxy.url)?,
            None => preflight("target", &target)?,
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::run(&error))?;
    let exit = runtime.block_on(run_pipeline(args, loaded, target, workers));
    // A second Ctrl-C may leave work behind; the process ends all the same.
    runtime.shutdown_timeout(Duration::from_millis(200));
    exit
}

fn workers(asked: Option<u32>) -> Result<u32, Failure> {
    let most = 1_000;
    let workers = asked.unwrap_or(1);
    if workers == 0 || workers > most {
        return Err(Failure::input(format!("--workers `{workers}`: is out of range, allowed are 1 to {most}")));
    }
    Ok(workers)
}

/// How each of `workers` workers uses this machine, which they share.
fn engine_options(args: &RunArgs, workers: u32) -> EngineOptions {
    EngineOptions {
        shards_at_once: workers,
        threads: args.engine_threads,
        connections: args.max_connections,
        pin_threads: args.pin_threads,
        source_addresses: args.source_address.clone(),
        io_uring: !args.no_io_uring,
        ..EngineOptions::default()
    }
}

/// A flag that only the native engine follows, if one is given.
fn native_flag(args: &RunArgs) -> Option<&'static str> {
    let given = [
        ("--engine-threads", args.engine_threads.is_some()),
        ("--pin-threads", args.pin_threads),
        ("--no-io-uring", args.no_io_uring),
        ("--max-connections", args.max_connections.is_some()),
        ("--source-address", !args.source_address.is_empty()),
    ];
    given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
}

/// What makes the load.
fn engine(args: &RunArgs, workers: u32, loaded: &Loaded) -> Arc<dyn LoadEngine> {
    let native = Arc::new(Engine::new(engine_options(args, workers)));
    match &loaded.locust {
        None => native,
        Some(by) => {
            let place = Place::InPlace(by.main.clone());
            let locust = LocustEngine::new(by.command.clone(), place, AllowedTargets::Any);
            Arc::new(Engines::new(native, Ok(locust)))
        }
    }
}

/// Looks whether somebody listens at the target, or at what leads there. Sends nothing.
fn preflight(what: &str, address: &str) -> Result<(), Failure> {
    let Ok(url) = url::Url::parse(address) else { return Ok(()) };
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return Ok(()) };
    let mut hint =
        "see that the service is up and the URL is right; --no-preflight runs the test all the same".to_owned();
    let names_proxy = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if let Some(name) = PROXY_VARIABLES.iter().copied().find(names_proxy).filter(|_| what == "target") {
        hint += &format!("; {name} is not looked at: `proxy: ${{env:{name}}}` in a scenario goes through that proxy");
    }
    let fail =
        |reason: String| Failure::could_not_run(format!("{what} `{address}`: {reason}")).with_hint(Some(hint.clone()));
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<_> =
        (host, port).to_socket_addrs().map_err(|error| fail(format!("looking up `{host}`: {error}")))?.collect();
    let mut reason = format!("`{host}` has no address");
    for address in &addresses {
        if let Some(why) = swarmgate_domain::forbidden(address.ip()) {
            return Err(fail(format!("{address} is {why}, it is never loaded")));
        }
        match std::net::TcpStream::connect_timeout(address, PREFLIGHT) {
            Ok(_) => return Ok(()),
            Err(error) => reason = format!("connecting to {address}: {error}"),
        }
    }
    Err(fail(reason))
}

async fn run_pipeline(args: &RunArgs, loaded: Loaded, target: String, workers: u32) -> Result<Exit, Failure> {
    let id = new_run_id(&swarmgate_local::SystemClock, &swarmgate_local::SystemRandomness);
    let out = args.out.clone().unwrap_or_else(|| Path::new("reports").join(id.as_str()));
    let store = FolderStore::open_with(out.join("data"), &report_prefix(&id), &out)?;
    refuse_used_folder(&out, &store).await?;
    let pipeline = Pipeline::start(Arc::new(store), engine(args, workers, &loaded), Arc::new(ReportRenderer));
    let interval = input::interval(&loaded.scenario);
    let mut environment = environment(workers);
    environment.extend(loaded.locust.as_ref().map(|by| ("engine".to_owned(), by.label.clone())));
    let request = TestRequest {
        scenario: loaded.scenario,
        data: loaded.data,
        source: loaded.source,
        target,
        pools: vec![PoolShare { pool: LOCAL_POOL.to_owned(), shards: workers }],
        interval,
        environment,
        idempotency_key: None,
        id: Some(id.clone()),
    };
    let mut progress = Progress::new(args.shown());
    let watched = async {
        accept(pipeline.ports(), request).await.map_err(accept_failure)?;
        watch(pipeline.ports(), &id, &mut progress, pipeline.failure()).await
    };
    let outcome = watched.await;
    progress.finish();
    let ports = pipeline.ports().clone();
    let exit = match outcome {
        Ok(Watched::Over) => conclude(args, &ports, &id, &out).await,
        Ok(Watched::Abandoned) => Ok(Exit::Inconclusive),
        Err(failure) => Err(failure),
    };
    pipeline.shutdown().await;
    exit
}

/// A folder holds one test: two would be mixed up.
async fn refuse_used_folder(out: &Path, store: &FolderStore) -> Result<(), Failure> {
    use swarmgate_service::ports::ObjectStore;
    let tests = store.list_folders(swarmgate_domain::key::ALL_TESTS, None).await?;
    match tests.first() {
        None => Ok(()),
        Some(id) => {
            Err(Failure::input(format!("--out `{}`: it holds the test {id}, give a new folder", out.display())))
        }
    }
}

fn accept_failure(error: AcceptError) -> Failure {
    match error {
        AcceptError::Service(error) => error.into(),
        error => Failure::input(error),
    }
}

/// How watching a test ended.
enum Watched {
    /// The test is over and has a report.
    Over,
    /// The user does not want to wait.
    Abandoned,
}

async fn watch(
    ports: &Ports,
    id: &RunId,
    progress: &mut Progress,
    mut failure: watch::Receiver<Option<ServiceError>>,
) -> Result<Watched, Failure> {
    let mut interrupts = Interrupts::listen().map_err(|error| Failure::run(&error))?;
    let mut asked_to_stop = false;
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let test = status(ports, id).await?;
                progress.show(&test, live_view(ports, id).await?.as_ref(), ports.clock.now());
                if test.state.phase.is_over() {
                    return Ok(Watched::Over);
                }
            }
            () = interrupts.next() => {
                if asked_to_stop {
                    progress.say("ended at once; `swarmgate report` makes a report of what was measured");
                    return Ok(Watched::Abandoned);
                }
                asked_to_stop = true;
                progress.say("stopping: requests in flight may finish, then comes the report (again: end at once)");
                stop(ports, id).await?;
            }
            Ok(()) = failure.changed() => {
                let error = failure.borrow_and_update().clone();
                if let Some(error) = error {
                    return Err(error.into());
                }
            }
        }
    }
}

/// Prints what the test came to, the report's path last.
async fn conclude(args: &RunArgs, ports: &Ports, id: &RunId, out: &Path) -> Result<Exit, Failure> {
    let bytes = report_file(ports, id, "summary.json").await?;
    let summary = bytes
        .context("the report has no summary.json")
        .and_then(|bytes| Ok(serde_json::from_slice::<Summary>(&bytes)?))
        .map_err(|error| Failure::could_not_run(format!("reading the report: {error}")))?;
    let page = out.join("index.html");
    if let Some(prefix) = &args.locust.csv {
        locustfile::csv::write(out, prefix, &summary)?;
    }
    if args.json {
        crate::print_line(&serde_json::json!({ "event": "summary", "report": page, "summary": summary }).to_string());
    } else {
        table::print(&summary, args.quiet);
        crate::print_line(&page.display().to_string());
    }
    Ok(exit_of(&summary))
}

/// What the command ends with after a test that came to `summary`.
pub fn exit_of(summary: &Summary) -> Exit {
    match (&summary.ended, &summary.verdict) {
        // Nothing was measured: it is not that the data can't tell, there is none.
        (Ended::Failed { .. }, Verdict::Inconclusive { .. }) => Exit::CouldNotRun,
        (_, verdict) => verdict.into(),
    }
}

/// Where a test is run, for its report.
pub fn environment(workers: u32) -> BTreeMap<String, String> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    [
        ("swarmgate", env!("CARGO_PKG_VERSION").to_owned()),
        ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("cores", cores.to_string()),
        ("workers", format!("{workers} in one process")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
