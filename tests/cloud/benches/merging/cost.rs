//! What functions did, and what it costs.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde_json::Value;
use swarmgate_testbed::LambdaFunction;

/// Lambda's price for a GB-second (arm64), and S3's for a thousand writes and lists, and for a thousand reads, in dollars.
const GB_SECOND: f64 = 0.000_013_333_4;
const THOUSAND_WRITES: f64 = 0.005;
const THOUSAND_READS: f64 = 0.000_4;

/// A function of so much memory has one core.
const GB_A_CORE: f64 = 1.769;

/// What all copies of a function did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    cpu: Duration,
    pub reads: u64,
    writes: u64,
    lists: u64,
    conflicts: u64,
}

impl Work {
    /// Until now, as its processes and its metrics say.
    pub fn of(function: &LambdaFunction) -> Self {
        let log = function.log();
        let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let sum = |metric: &str| lines.iter().filter_map(|line| line[metric].as_u64()).sum();
        Self {
            cpu: function.usage().cpu,
            reads: sum("StoreReads"),
            writes: sum("StoreWrites"),
            lists: sum("StoreLists"),
            conflicts: sum("StoreConflicts"),
        }
    }
}

impl Add for Work {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            reads: self.reads + other.reads,
            writes: self.writes + other.writes,
            lists: self.lists + other.lists,
            conflicts: self.conflicts + other.conflicts,
        }
    }
}

impl Sub for Work {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(other.cpu),
            reads: self.reads - other.reads,
            writes: self.writes - other.writes,
            lists: self.lists - other.lists,
            conflicts: self.conflicts - other.conflicts,
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} s of CPU, {} reads, {} writes ({} lost), {} lists",
            self.cpu.as_secs_f64(),
            self.reads,
            self.writes,
            self.conflicts,
            self.lists
        )
    }
}

/// What keeping up costs.
pub struct Cost {
    copies: f64,
    compute: f64,
    requests: f64,
}

impl Cost {
    /// Of an hour, where so many intervals of this length took `work`.
    #[expect(clippy::cast_precision_loss, reason = "counts of some intervals are small")]
    pub fn of(work: Work, intervals: u32, length: Duration) -> Self {
        let an_hour = 3_600.0 / length.as_secs_f64() / f64::from(intervals.max(1));
        let requests =
            (work.writes + work.lists) as f64 / 1e3 * THOUSAND_WRITES + work.reads as f64 / 1e3 * THOUSAND_READS;
        let copies = work.cpu.as_secs_f64() / f64::from(intervals.max(1)) / length.as_secs_f64();
        Self { copies, compute: copies * 3_600.0 * GB_A_CORE * GB_SECOND, requests: requests * an_hour }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.2} cores keep up, {} functions at once; an hour of that costs {:.2} $ of Lambda and {:.2} $ of S3 requests",
            self.copies,
            self.copies.ceil(),
            self.compute,
            self.requests
        )
    }
}
