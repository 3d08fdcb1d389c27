//! `swarmgate simulate`: the pipeline in virtual time under seeded faults.

use std::io::IsTerminal;
use std::ops::Range;
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use swarmgate_simulation::{Options, Totals, Violation, run_seed, run_seeds};

use crate::args::SimulateArgs;
use crate::exit::{Exit, Failure};

/// Runs seeds on all cores, or one seed with its trace.
///
/// # Errors
/// [`Failure`]: the range of seeds is too large.
pub fn simulate(args: &SimulateArgs) -> Result<Exit, Failure> {
    let outcome = match args.seed {
        Some(seed) => one(seed, args.trace),
        None => {
            let end = args.from.checked_add(args.seeds).ok_or_else(|| {
                Failure::input(format!(
                    "--from `{}`: is too large, allowed are 0 to {}",
                    args.from,
                    u64::MAX - args.seeds
                ))
            })?;
            many(args.from..end)
        }
    };
    match outcome {
        Ok(totals) => {
            crate::print_line(&totals.to_string());
            Ok(Exit::Pass)
        }
        Err(violation) => {
            for line in &violation.trace {
                crate::print_line(line);
            }
            crate::print_error(&violation.to_string());
            Ok(Exit::Fail)
        }
    }
}

fn one(seed: u64, trace: bool) -> Result<Totals, Box<Violation>> {
    let report = run_seed(seed, Options { trace, ..Options::default() })?;
    for line in &report.trace {
        crate::print_line(line);
    }
    let mut totals = Totals::default();
    totals.add(&report);
    Ok(totals)
}

/// Shares the seeds among the cores, up to the first violation of each.
fn many(seeds: Range<u64>) -> Result<Totals, Box<Violation>> {
    let bar = progress(seeds.end - seeds.start);
    let cores = thread::available_parallelism().map_or(1, |n| n.get());
    let outcomes = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|core| {
                let (bar, seeds) = (bar.clone(), seeds.clone().skip(core).step_by(cores));
                scope.spawn(move || run_seeds(seeds, Options::default(), |_| bar.inc(1)))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a seed catches its panics")).collect::<Vec<_>>()
    });
    bar.finish_and_clear();
    let mut totals = Totals::default();
    for outcome in outcomes {
        totals.merge(&outcome?);
    }
    Ok(totals)
}

fn progress(seeds: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("[{bar:40}] {pos} of {len} seeds, {eta} left").expect("the template is right");
    ProgressBar::new(seeds).with_style(style.progress_chars("=> "))
}
