//! Seeds pass; they meet every fault; and planted bugs are found.
//!
//! `SIM_SEED=42 cargo test -p swarmgate-simulation` runs that one alone, and prints what happens in it.
#![expect(clippy::print_stdout, reason = "a test may say what it found")]

use std::thread;

use swarmgate_simulation::{Options, Sabotage, Totals, run_seed, run_seeds};

/// How many seeds must pass, and must meet every fault.
const SEEDS: u64 = 2_000;

/// Within how many seeds a planted bug must be found. Some need a rare race: a late chunk while the first report is being written.
const fn enough_for(sabotage: Sabotage) -> u64 {
    match sabotage {
        Sabotage::CountTwice => 1_000,
        _ => 5_000,
    }
}

/// How many threads share the seeds.
const THREADS: u64 = 4;
const THREADS_STEP: usize = 4;

/// The seed asked for by `SIM_SEED`.
fn asked() -> Option<u64> {
    std::env::var("SIM_SEED").ok().map(|seed| seed.parse().expect("SIM_SEED is a number"))
}

#[test]
fn seeds_pass_and_meet_every_fault() {
    if let Some(seed) = asked() {
        let outcome = run_seed(seed, Options { trace: true, sabotage: None });
        let trace = outcome.as_ref().map_or_else(|violation| &violation.trace, |report| &report.trace);
        trace.iter().for_each(|line| println!("{line}"));
        return outcome.map(drop).unwrap_or_else(|violation| panic!("{violation}"));
    }
    let mut totals = Totals::default();
    thread::scope(|scope| {
        let part = |first| move || run_seeds((first..SEEDS).step_by(THREADS_STEP), Options::default(), |_| {});
        let parts: Vec<_> = (0..THREADS).map(|first| scope.spawn(part(first))).collect();
        for part in parts {
            let seeds = part.join().expect("a panic in a seed is caught");
            totals.merge(&seeds.unwrap_or_else(|violation| panic!("{violation}")));
        }
    });
    println!("{totals}");
    let never: Vec<_> =
        totals.faults().filter(|(_, seeds)| *seeds == 0).map(|(fault, _)| format!("{fault:?}")).collect();
    let unseen: Vec<_> =
        totals.sights().filter(|(_, seeds)| *seeds == 0).map(|(sight, _)| format!("{sight:?}")).collect();
    assert_eq!(
        (totals.seeds, never, unseen),
        (SEEDS, Vec::new(), Vec::new()),
        "the simulation does not get everywhere"
    );
}

#[test]
fn the_same_seed_does_the_same() {
    for seed in [3, 1_234, 99_999] {
        let trace = || run_seed(seed, Options { trace: true, sabotage: None }).map(|report| report.trace);
        assert_eq!(trace().expect("it passes"), trace().expect("it passes"), "seed {seed}");
    }
}

#[test]
fn planted_bugs_are_found() {
    for sabotage in Sabotage::ALL {
        let options = Options { trace: false, sabotage: Some(sabotage) };
        let seeds = enough_for(sabotage);
        let violation = (0..seeds).find_map(|seed| run_seed(seed, options).err());
        let violation = violation.unwrap_or_else(|| panic!("{sabotage:?} was not found in {seeds} seeds"));
        println!("{sabotage:?} was found: {violation}");
    }
}
