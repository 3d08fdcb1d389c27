//! `swarmgate demo`: a first test, on a server that is started for it.

use swarmgate_workload::Workload;

use crate::args::{DemoArgs, LoadArgs, LocustArgs, RunArgs};
use crate::exit::{Exit, Failure};
use crate::run;

/// The scenario of the demo.
const SCENARIO: &str = include_str!("../../../scenarios/demo.yaml");

/// Runs the demo and writes its report.
///
/// # Errors
/// [`Failure`]: the server could not start, or the test could not run.
pub fn demo(args: &DemoArgs) -> Result<Exit, Failure> {
    let latency = "web".parse().map_err(|error: swarmgate_workload::LatencyError| Failure::run(&error))?;
    let workload = Workload::builder().latency(latency).start().map_err(|error| Failure::run(&error))?;
    let target = workload.url("").trim_end_matches('/').to_owned();
    crate::print_error(&format!("the sample workload listens on {target}, the scenario is scenarios/demo.yaml"));
    let run_args = RunArgs {
        scenario: "scenarios/demo.yaml".to_owned(),
        locust: LocustArgs::default(),
        load: LoadArgs { target: Some(target), ..LoadArgs::default() },
        workers: None,
        engine_threads: None,
        pin_threads: false,
        no_io_uring: false,
        max_connections: None,
        source_address: Vec::new(),
        out: args.out.clone(),
        quiet: false,
        json: false,
        no_preflight: false,
    };
    let exit = run::run_text(&run_args, SCENARIO);
    workload.shutdown();
    exit
}
