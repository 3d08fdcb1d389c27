//! What really happened, written down by the simulated world: outside of the code under test.

use std::collections::{BTreeMap, BTreeSet};

use swarmgate_domain::{ChunkId, Interval, Key, Micros, RunId, ShardId};
use swarmgate_service::ports::UsersChange;

use crate::actor::ActorId;

/// Requests of each name: succeeded, failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts(pub [(u64, u64); 2]);

impl Counts {
    pub fn add(&mut self, other: Self) {
        for (mine, other) in self.0.iter_mut().zip(other.0) {
            mine.0 += other.0;
            mine.1 += other.1;
        }
    }

    pub fn total(&self) -> u64 {
        self.0.iter().map(|(succeeded, failed)| succeeded + failed).sum()
    }

    pub fn failures(&self) -> u64 {
        self.0.iter().map(|(_, failed)| failed).sum()
    }
}

/// Names a load: one engine at one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoadId(usize);

/// An interval that an engine handed over. Its place in the ledger is its serial number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub load: LoadId,
    pub interval: Interval,
    pub from: Micros,
    pub to: Micros,
    pub counts: Counts,
    pub saturated: bool,
}

/// An engine at a shard.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub actor: ActorId,
    pub run: RunId,
    pub shard: ShardId,
    /// Virtual time of its test time 0.
    pub start: Option<Micros>,
    /// What other workers had been told when this one was ready.
    pub due: Due,
    pub changes: Vec<UsersChange>,
    pub stopped: bool,
    /// Came to its end by itself.
    pub ended: bool,
    pub over: bool,
    /// The shard is someone else's by the lease.
    pub lost: bool,
    /// Intervals handed over although the shard was someone else's, before it was told to stop.
    pub after_loss: u32,
    /// Serial numbers of what it handed over.
    pub handed_over: Vec<u64>,
}

/// What workers are told of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Due {
    pub changes: usize,
    /// At which test time the load ends.
    pub stop: Option<Micros>,
}

/// A chunk that reached the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uploaded {
    pub id: ChunkId,
    pub serial: u64,
}

/// What became of a test that was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Under which ids it was accepted.
    pub ids: BTreeSet<RunId>,
    /// How often a caller was told that it made the test.
    pub made: u32,
    /// The caller gave up for good.
    pub abandoned: bool,
    /// Changes of users that a user was told of.
    pub told: Vec<UsersChange>,
    /// Changes of users as workers are told of them, in order.
    pub changes: Vec<UsersChange>,
    /// Workers are told to stop at this test time.
    pub stop_told: Option<Micros>,
    /// A worker said that a shard can't be run, when nothing had ended the test yet.
    pub shard_failed: bool,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Ledger {
    pub tests: Vec<Asked>,
    /// Which test an id is of.
    pub runs: BTreeMap<RunId, usize>,
    pub measured: Vec<Measured>,
    pub loads: Vec<Load>,
    pub uploaded: BTreeMap<RunId, BTreeMap<Key, Uploaded>>,
    /// Shards that an engine could not run.
    pub refused: BTreeSet<(RunId, ShardId)>,
    /// The fleet said that workers will not come.
    pub problem_told: bool,
    /// Which shard an actor works at.
    pub at_work: BTreeMap<ActorId, (RunId, ShardId)>,
    /// Tests that a user asked to stop, with whether it was told that they will.
    pub stops: BTreeMap<RunId, bool>,
}

impl Ledger {
    /// Which test of the set-up `run` is.
    pub fn test_of(&self, run: &RunId) -> Option<usize> {
        self.runs.get(run).copied()
    }

    /// An engine is ready.
    pub fn load(&mut self, actor: ActorId, run: RunId, shard: ShardId) -> LoadId {
        let told = self.test_of(&run).map(|test| &self.tests[test]);
        let due = told.map_or(Due::default(), |told| Due { changes: told.changes.len(), stop: told.stop_told });
        self.loads.push(Load {
            actor,
            run,
            shard,
            start: None,
            due,
            changes: Vec::new(),
            stopped: false,
            ended: false,
            over: false,
            lost: false,
            after_loss: 0,
            handed_over: Vec::new(),
        });
        LoadId(self.loads.len() - 1)
    }

    pub fn load_of(&self, measured: &Measured) -> &Load {
        &self.loads[measured.load.0]
    }

    /// An interval is handed over. Gives its serial number, from 1.
    pub fn hand_over(&mut self, measured: Measured) -> u64 {
        self.measured.push(measured);
        let serial = self.measured.len() as u64;
        let load = &mut self.loads[measured.load.0];
        load.after_loss += u32::from(load.lost && !load.stopped);
        load.handed_over.push(serial);
        serial
    }

    /// What was handed over under this serial number.
    pub fn by_serial(&self, serial: u64) -> Option<&Measured> {
        self.measured.get(usize::try_from(serial).ok()?.checked_sub(1)?)
    }

    /// How many requests of a test were handed over, whatever became of them.
    pub fn measured_of(&self, run: &RunId) -> u64 {
        let of_run = |measured: &&Measured| self.load_of(measured).run == *run;
        self.measured.iter().filter(of_run).map(|measured| measured.counts.total()).sum()
    }

    pub fn began(&mut self, load: LoadId, start: Micros) {
        self.loads[load.0].start = Some(start);
    }

    pub fn changed(&mut self, load: LoadId, change: UsersChange) {
        self.loads[load.0].changes.push(change);
    }

    pub fn stopped(&mut self, load: LoadId) {
        self.loads[load.0].stopped = true;
    }

    pub fn ended(&mut self, load: LoadId) {
        self.loads[load.0].ended = true;
    }

    pub fn dropped(&mut self, load: LoadId) {
        self.loads[load.0].over = true;
    }
}
