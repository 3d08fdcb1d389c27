//! One seed, and many seeds one after another.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fastrand::Rng;
use swarmgate_service::sabotage::Sabotage;

use crate::course::Course;
use crate::faults::Faults;
use crate::report::{SeedReport, Totals, Violation};
use crate::setup::Setup;
use crate::world::{Sim, World};

/// How a seed is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether to write down all that happens.
    pub trace: bool,
    /// A bug to plant: the simulation should find it.
    pub sabotage: Option<Sabotage>,
}

/// Runs one seed: the same seed and options do the same, on every machine.
///
/// # Errors
/// [`Violation`]: something that should never be, was.
pub fn run_seed(seed: u64, options: Options) -> Result<SeedReport, Box<Violation>> {
    let mut rng = Rng::with_seed(seed);
    let setup = Setup::draw(&mut rng, options.sabotage);
    let faults = Faults::draw(&mut rng);
    let sim = Sim::new(World::new(setup, faults, rng, options.trace));
    let outcome = catch_unwind(AssertUnwindSafe(|| Course::new(&sim).run()));
    let mut world = sim.world();
    let violated = match outcome {
        Ok(Ok(steps)) => return Ok(SeedReport::new(seed, &mut world, steps)),
        Ok(Err(what)) => what,
        Err(panic) => format!("it panicked: {}", words_of(&*panic)),
    };
    Err(Box::new(Violation::new(seed, violated, &mut world)))
}

/// Runs seeds one after another, up to the first that finds something; `progress` is told after each.
///
/// # Errors
/// [`Violation`] of that seed.
pub fn run_seeds(
    seeds: impl IntoIterator<Item = u64>,
    options: Options,
    mut progress: impl FnMut(&Totals),
) -> Result<Totals, Box<Violation>> {
    let mut totals = Totals::default();
    for seed in seeds {
        totals.add(&run_seed(seed, options)?);
        progress(&totals);
    }
    Ok(totals)
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words").to_owned()
}
