//! A plan: all that a test is, fixed before it starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{RunId, ShardId};
use crate::scenario::{LoadModel, Scenario};
use crate::time::Micros;

/// The version of `plan.json`; a reader refuses a larger one.
pub const PLAN_FORMAT: u32 = 1;

/// The most shards a test may have.
pub const MOST_SHARDS: u32 = 10_000;

/// All that a test is, fixed before it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`PLAN_FORMAT`].
    pub format: u32,
    /// The test.
    pub id: RunId,
    /// When it was accepted, by the accepting function's clock.
    pub accepted_at: Micros,
    /// What users do.
    pub scenario: Scenario,
    /// The base URL that relative URLs are joined to.
    pub target: String,
    /// The scenario as it was written, for the report.
    pub source: String,
    /// Who runs it: shards are numbered through the pools in this order.
    pub pools: Vec<PoolShare>,
    /// The length of an interval.
    pub interval: Micros,
    /// Where random choices of users start from.
    pub seed: u64,
    /// Where it was started: versions, machine; for the report.
    pub environment: BTreeMap<String, String>,
}

/// How many shards of a test a pool runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolShare {
    /// The pool.
    pub pool: String,
    /// 1 or more.
    pub shards: u32,
}

/// What is wrong with a plan: the field, its value, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: `{value}` {problem}, allowed are {allowed}")]
pub struct BadPlan {
    /// The field.
    pub field: &'static str,
    /// What it holds.
    pub value: String,
    /// Why that is wrong.
    pub problem: &'static str,
    /// What would be right.
    pub allowed: String,
}

impl Plan {
    /// Checks what no scenario file can get wrong, but a caller can.
    ///
    /// # Errors
    /// [`BadPlan`], the first that is wrong.
    pub fn check(&self) -> Result<(), BadPlan> {
        let bad = |field, value: String, problem, allowed: String| Err(BadPlan { field, value, problem, allowed });
        let shards = self.shards();
        if shards == 0 || shards > MOST_SHARDS {
            return bad("workers", shards.to_string(), "is out of range", format!("1 to {MOST_SHARDS}"));
        }
        if !(Micros::from_millis(100)..=Micros::from_secs(300)).contains(&self.interval) {
            return bad("interval", self.interval.to_string(), "is out of range", "100ms to 5m".to_owned());
        }
        if self.duration() == Micros::ZERO {
            return bad("duration", "0s".to_owned(), "is no time", "1ms and more".to_owned());
        }
        Ok(())
    }

    /// How many shards there are.
    pub fn shards(&self) -> u32 {
        self.pools.iter().map(|p| p.shards).sum()
    }

    /// The numbers of all shards.
    pub fn shard_ids(&self) -> impl Iterator<Item = ShardId> + use<> {
        (0..self.shards()).map(ShardId)
    }

    /// The numbers of the shards that `pool` runs.
    pub fn shards_of(&self, pool: &str) -> impl Iterator<Item = ShardId> {
        let mut first = 0;
        let ranges = self.pools.iter().map(move |share| {
            let range = first..first + share.shards;
            first = range.end;
            (share, range)
        });
        ranges.filter(move |(share, _)| share.pool == pool).flat_map(|(_, range)| range.map(ShardId))
    }

    /// When the load ends, in test time.
    pub fn duration(&self) -> Micros {
        self.scenario.duration()
    }

    /// The most users asked for at a time, over all closed loads.
    pub fn peak_users(&self) -> u32 {
        self.scenario.peak_users()
    }
}

impl Scenario {
    /// When the last load ends, in test time.
    pub fn duration(&self) -> Micros {
        self.loads.iter().map(|load| load.model.duration()).max().unwrap_or_default()
    }

    /// The most users asked for at a time, over all closed loads.
    pub fn peak_users(&self) -> u32 {
        let peak = |model: &LoadModel| match model {
            LoadModel::Closed(users) => users.peak(),
            LoadModel::Open { .. } => 0,
        };
        self.loads.iter().map(|load| peak(&load.model)).fold(0, u32::saturating_add)
    }
}

impl LoadModel {
    /// When it ends, in test time.
    pub fn duration(&self) -> Micros {
        match self {
            Self::Closed(users) => users.duration(),
            Self::Open { rate, .. } => rate.duration(),
        }
    }
}
