//! Runs seeds, without the command around it, and goes on after one that finds something:
//! `cargo run --release -p swarmgate-simulation --example simulate -- FIRST COUNT [trace]`.
#![expect(clippy::print_stdout, reason = "this is a program")]

use swarmgate_simulation::{Options, Totals, run_seed};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default| arguments.get(place).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, count) = (number(0, 0), number(1, 1_000_u64));
    let trace = arguments.get(2).is_some();
    let (mut totals, mut violations) = (Totals::default(), 0);
    for seed in first..first + count {
        match run_seed(seed, Options { trace, sabotage: None }) {
            Ok(report) => {
                totals.add(&report);
                report.trace.iter().for_each(|line| println!("{line}"));
            }
            Err(violation) => {
                violations += 1;
                violation.trace.iter().for_each(|line| println!("{line}"));
                println!("{violation}");
            }
        }
    }
    println!("{totals}\n{violations} seeds found something");
    std::process::exit(i32::from(violations > 0));
}
