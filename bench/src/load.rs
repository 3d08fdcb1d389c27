//! One engine under a scenario, without the pipeline around it.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use swarmgate_domain::{
    Attempt, Chunk, ChunkId, Cover, Histogram, Micros, Overrides, RunId, Scenario, ScenarioInputs, ShardId, Stats,
    parse_duration, parse_rate, read_scenario,
};
use swarmgate_service::ports::{LoadEngine, LoadRun, MeasuredInterval, Secrets, ShardSpec};
use swarmgate_worker::{Engine, EngineOptions};

use crate::memory::{mib, peak_kib_of_tree};

/// What is run, and how.
#[derive(Debug, clap::Args)]
pub struct LoadArgs {
    /// A scenario file without data files.
    scenario: PathBuf,
    /// The base of its URLs.
    #[arg(long, default_value = "http://127.0.0.1:8091")]
    target: String,
    /// Users, instead of the scenario's.
    #[arg(long)]
    users: Option<u32>,
    /// Users that start per second, instead of the scenario's.
    #[arg(long)]
    spawn_rate: Option<String>,
    /// Starts per second, instead of the scenario's.
    #[arg(long)]
    arrival_rate: Option<String>,
    /// How long the load lasts, instead of the scenario's.
    #[arg(long)]
    duration: Option<String>,
    /// Load threads.
    #[arg(long, default_value_t = 1)]
    threads: u32,
    /// Connections at most, instead of as many as the process may open files.
    #[arg(long)]
    connections: Option<u32>,
    /// Sockets are waited for by epoll, whatever the machine has.
    #[arg(long)]
    no_io_uring: bool,
    /// How long an interval is.
    #[arg(long, default_value = "1s")]
    interval: String,
    /// Also say for each interval how late users went on, and what was saturated.
    #[arg(long)]
    intervals: bool,
}

/// A scenario that refers to nothing.
struct Alone(BTreeMap<String, String>);

impl ScenarioInputs for Alone {
    fn data_file(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("a bench has no data files".to_owned())
    }
    fn environment(&self, _: &str) -> Option<String> {
        None
    }
    fn set(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

/// Runs the scenario and prints what it came to.
#[expect(clippy::print_stdout, reason = "a command that measures")]
pub fn load(args: &LoadArgs) -> anyhow::Result<()> {
    let scenario = scenario(args)?;
    let duration = scenario.duration();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let total = runtime.block_on(run(args, scenario))?;

    let entries = total.entries.values();
    let succeeded: u64 = entries.clone().map(|entry| entry.succeeded.count).sum();
    let failed: u64 = entries.clone().map(|entry| entry.failed.count).sum();
    let (mut service, mut response) = (Histogram::default(), Histogram::default());
    for entry in entries.clone() {
        service.add(&entry.succeeded.service);
        response.add(&entry.succeeded.response);
    }
    let requests = succeeded + failed;
    println!("{requests} requests in {duration}, {failed} failed");
    for (key, errors) in entries.flat_map(|entry| &entry.errors) {
        println!("  {} {}: {}", errors.count, key.kind.label(), key.detail);
    }
    if let Some(hundredths) = (total.generator.cpu_micros * 100).checked_div(requests) {
        println!("{}.{:02} CPU seconds per million requests", hundredths / 100, hundredths % 100);
    }
    println!("users started: {}", total.generator.users_started);
    println!("service time: {}", spread(&service));
    println!("response time: {}", spread(&response));
    println!("lateness: {}", spread(&total.generator.lateness));
    println!("memory: {:.1} MiB at most", mib(peak_kib_of_tree(std::process::id())));
    Ok(())
}

fn spread(times: &Histogram) -> String {
    let at = |percentile| times.percentile(percentile).unwrap_or_default();
    format!("p50 {}, p99 {}, p99.9 {}, max {}", at(50.0), at(99.0), at(99.9), at(100.0))
}

fn duration_of(text: &str) -> anyhow::Result<Micros> {
    parse_duration(text).map_err(|wrong| anyhow::anyhow!("{text}: {wrong}"))
}

fn scenario(args: &LoadArgs) -> anyhow::Result<Scenario> {
    let shown = args.scenario.display().to_string();
    let text = std::fs::read_to_string(&args.scenario).with_context(|| format!("reading {shown}"))?;
    let read = read_scenario(&text, &shown, &Alone(BTreeMap::new()));
    let Ok(read) = read.map_err(|mistakes| mistakes.render(false)) else { bail!("{shown} is no scenario") };
    let rate = |text: &String| parse_rate(text).map_err(|wrong| anyhow::anyhow!("{text}: {wrong}"));
    let overrides = Overrides {
        target: Some(args.target.clone()),
        users: args.users,
        spawn_rate: args.spawn_rate.as_ref().map(rate).transpose()?,
        arrival_rate: args.arrival_rate.as_ref().map(rate).transpose()?,
        duration: args.duration.as_deref().map(duration_of).transpose()?,
        ..Overrides::default()
    };
    let changed = read.scenario.with_overrides(&overrides);
    changed.map_err(|mistakes| {
        anyhow::anyhow!("{shown}: {}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    })
}

#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a command that measures, and begins now")]
async fn run(args: &LoadArgs, scenario: Scenario) -> anyhow::Result<Stats> {
    let spec = ShardSpec {
        shard: ShardId(0),
        shards: 1,
        duration: scenario.duration(),
        scenario: Arc::new(scenario),
        data: Arc::default(),
        target: args.target.clone(),
        interval: duration_of(&args.interval)?,
        secrets: Secrets::default(),
        seed: 1,
    };
    let (threads, connections, io_uring) = (Some(args.threads), args.connections, !args.no_io_uring);
    let options = EngineOptions { threads, connections, io_uring, ..EngineOptions::default() };
    let mut run: Box<dyn LoadRun> = Engine::new(options).prepare(spec).await?;
    run.begin(Micros::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()));
    let mut total = Stats::default();
    while let Some(interval) = run.next().await {
        if args.intervals {
            println!("{}: lateness {}", interval.interval, spread(&interval.stats.generator.lateness));
            interval.saturation.iter().for_each(|reason| println!("  {reason}"));
        }
        total.add(&interval.stats);
        // As a worker does it, beside its load threads.
        black_box(chunk(interval).encode());
    }
    Ok(total)
}

fn chunk(measured: MeasuredInterval) -> Chunk {
    let MeasuredInterval { interval, from, to, stats, saturation, .. } = measured;
    Chunk {
        run: RunId::new("bench").expect("the id is valid"),
        id: ChunkId { interval, shard: ShardId(0), attempt: Attempt(1) },
        cover: Cover { from, to },
        stats,
        saturation,
        clock_doubt: Micros::ZERO,
    }
}
