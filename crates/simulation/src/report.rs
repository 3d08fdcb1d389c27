//! What a seed, and many seeds, came to.

use std::fmt;

use swarmgate_domain::Micros;

use crate::faults::{Fault, KINDS};
use crate::sights::{SIGHTS, Sight};
use crate::world::World;

/// What a seed came to: all was as it should be.
#[derive(Clone, Debug)]
pub struct SeedReport {
    /// The seed.
    pub seed: u64,
    /// Virtual time that passed.
    pub time: Micros,
    /// How often an actor was woken.
    pub steps: u64,
    faults: [u64; KINDS],
    sights: [u64; SIGHTS],
    /// What happened, a line each; empty unless asked for.
    pub trace: Vec<String>,
}

impl SeedReport {
    pub(crate) fn new(seed: u64, world: &mut World, steps: u64) -> Self {
        Self {
            seed,
            time: world.now,
            steps,
            faults: world.faults.struck(),
            sights: world.sights.0,
            trace: world.trace.take().unwrap_or_default(),
        }
    }
}

/// What should never be, was.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The seed.
    pub seed: u64,
    /// What was violated.
    pub what: String,
    /// At which virtual time it was noticed.
    pub at: Micros,
    /// What happened, a line each; empty unless asked for.
    pub trace: Vec<String>,
}

impl Violation {
    pub(crate) fn new(seed: u64, what: String, world: &mut World) -> Self {
        Self { seed, what, at: world.now, trace: world.trace.take().unwrap_or_default() }
    }
}

/// Says how to see it again.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {}, at {} of virtual time: {}\nto see it again: swarmgate simulate --seed {} --trace",
            self.seed, self.at, self.what, self.seed
        )
    }
}

impl std::error::Error for Violation {}

/// What many seeds came to.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Seeds that were run.
    pub seeds: u64,
    /// Virtual time that passed in them.
    pub time: Micros,
    /// How often an actor was woken.
    pub steps: u64,
    faults: [u64; KINDS],
    sights: [u64; SIGHTS],
}

impl Default for Totals {
    fn default() -> Self {
        Self { seeds: 0, time: Micros::ZERO, steps: 0, faults: [0; KINDS], sights: [0; SIGHTS] }
    }
}

impl Totals {
    /// Adds what a seed came to.
    pub fn add(&mut self, seed: &SeedReport) {
        self.seeds += 1;
        self.time = self.time + seed.time;
        self.steps += seed.steps;
        for (total, count) in self.faults.iter_mut().zip(seed.faults) {
            *total += u64::from(count > 0);
        }
        for (total, count) in self.sights.iter_mut().zip(seed.sights) {
            *total += u64::from(count > 0);
        }
    }

    /// Adds what other seeds came to.
    pub fn merge(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.time = self.time + other.time;
        self.steps += other.steps;
        for (total, count) in self.faults.iter_mut().zip(other.faults) {
            *total += count;
        }
        for (total, count) in self.sights.iter_mut().zip(other.sights) {
            *total += count;
        }
    }

    /// In how many seeds each kind of fault struck.
    pub fn faults(&self) -> impl Iterator<Item = (Fault, u64)> + '_ {
        Fault::ALL.into_iter().zip(self.faults)
    }

    /// In how many seeds each thing was seen.
    pub fn sights(&self) -> impl Iterator<Item = (Sight, u64)> + '_ {
        Sight::ALL.into_iter().zip(self.sights)
    }
}

/// A table of what was met in how many seeds.
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} seeds passed: {} steps, {} of virtual time", self.seeds, self.steps, self.time)?;
        writeln!(f, "seeds in which a fault struck:")?;
        for (fault, seeds) in self.faults() {
            writeln!(f, "  {:<20} {seeds:>8}", format!("{fault:?}"))?;
        }
        writeln!(f, "seeds in which there was to be seen:")?;
        for (sight, seeds) in self.sights() {
            writeln!(f, "  {:<20} {seeds:>8}", format!("{sight:?}"))?;
        }
        Ok(())
    }
}
