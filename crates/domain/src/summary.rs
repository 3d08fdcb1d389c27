//! What a test came to: the numbers of the report and of `summary.json`.
//!
//! Times are whole microseconds, in fields that end in `_us`; rates are per second; shares are from 0 to 1.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::RunId;
use crate::scenario::EntryKind;
use crate::stats::ErrorKind;
use crate::time::Micros;
use crate::verdict::{ThresholdResult, Verdict};

/// The version of this format; a reader refuses a larger one.
pub const SUMMARY_FORMAT: u32 = 1;

/// What a test came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// [`SUMMARY_FORMAT`].
    pub format: u32,
    /// The test.
    pub id: RunId,
    /// 1 for the report that gave the verdict; more when late data made it anew.
    pub revision: u32,
    /// What revision 1 said, where this is a later one.
    pub first_verdict: Option<Verdict>,
    /// The scenario's name.
    pub name: String,
    /// The scenario's description.
    pub description: Option<String>,
    /// The scenario's labels.
    pub labels: BTreeMap<String, String>,
    /// The base URL that was loaded.
    pub target: String,
    /// When the load began: microseconds since the Unix epoch, by the store's clock. `None` when it never did.
    pub started_at: Option<Micros>,
    /// How long the load was to last.
    pub planned_us: Micros,
    /// How long it lasted: until the end, or until the last worker heard that it was to stop. What rates are by.
    pub duration_us: Micros,
    /// The length of an interval.
    pub interval_us: Micros,
    /// Why the test ended.
    pub ended: Ended,
    /// Pass, fail or inconclusive, with the reasons.
    pub verdict: Verdict,
    /// Each threshold with what was measured.
    pub thresholds: Vec<ThresholdResult>,
    /// How far the numbers can be trusted.
    pub quality: Quality,
    /// What was asked of the generator, and what it did.
    pub load: LoadSummary,
    /// All requests together (groups are not part of it).
    pub total: EntrySummary,
    /// By request name.
    pub requests: Vec<EntrySummary>,
    /// By group.
    pub groups: Vec<EntrySummary>,
    /// Why requests failed, the most frequent first.
    pub failures: Vec<FailureSummary>,
    /// Exceptions that left tasks of a script, the most frequent first.
    #[serde(default)]
    pub exceptions: Vec<ExceptionSummary>,
    /// The test over time; neighbouring intervals are taken together when there are many.
    pub series: Vec<Point>,
    /// How response and service times are spread.
    pub distribution: Distribution,
    /// In words: what a reader should know before trusting or comparing the numbers (a stall that service time hides, say).
    pub notes: Vec<String>,
    /// The scenario as it ran, as YAML or a URL.
    pub scenario: String,
    /// Where it ran: versions, machine, workers.
    pub environment: BTreeMap<String, String>,
}

/// Why a test ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Its time was over.
    Completed,
    /// Someone stopped it.
    Stopped,
    /// A threshold that says so was breached.
    Aborted {
        /// The threshold.
        threshold: String,
    },
    /// It could not run, or not go on.
    Failed {
        /// Why, and what to do.
        reason: String,
    },
}

/// How far the numbers can be trusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    /// Shard-time measured by shard-time due, from 0 to 1.
    pub coverage: f64,
    /// Shard-time measured more than once (two attempts of a shard at work at a time) by shard-time due.
    pub overlap: f64,
    /// Shards of the test.
    pub shards: u32,
    /// Shards from which no data came at all.
    pub shards_silent: u32,
    /// Attempts that took a shard over from a lost worker.
    pub takeovers: u32,
    /// Chunks merged.
    pub chunks: u64,
    /// Chunks that lie in the store and can't be read: their requests are in no number here.
    #[serde(default)]
    pub chunks_unreadable: u64,
    /// Which, and why, in words; at most 8.
    #[serde(default)]
    pub unreadable: Vec<String>,
    /// Spans of test time and shards without data, the longest first; at most 50.
    pub gaps: Vec<Gap>,
    /// Intervals with data.
    pub intervals: u32,
    /// Intervals in which a worker was the bottleneck.
    pub intervals_saturated: u32,
    /// Why, in words, each reason once.
    pub saturation: Vec<String>,
    /// How late users went on and iterations started.
    pub lateness: Percentiles,
    /// CPU time of the workers by the CPU time that they might have had, from 0 to 1.
    pub cpu_share: f64,
    /// Time in which load threads had something to do but no core by the time that they were there, from 0 to 1.
    pub core_wait_share: f64,
    /// Requests given up when the test ended.
    pub cut_off: u64,
    /// Times that could not be; see the entries.
    pub clock_faults: u64,
    /// Times longer than an hour, counted as an hour.
    pub clamped: u64,
    /// Users of a script that were ended before their time, by why.
    #[serde(default)]
    pub users_ended: BTreeMap<String, u64>,
    /// Exceptions that left tasks of a script.
    #[serde(default)]
    pub exceptions: u64,
    /// Exit codes that a script asked for, other than 0.
    #[serde(default)]
    pub exit_codes: Vec<i64>,
    /// By how much the clocks of workers may be off against the store's, at most.
    pub clock_doubt_us: Micros,
}

/// A span of test time for which a shard sent no data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The shard.
    pub shard: u32,
    /// Test time from which data is missing.
    pub from_us: Micros,
    /// Test time to which it is.
    pub to_us: Micros,
}

/// What was asked of the generator, and what it did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadSummary {
    /// The most users asked for at a time.
    pub users_peak: u32,
    /// Users that started.
    pub users_started: u64,
    /// Iterations that started.
    pub iterations_started: u64,
    /// Iterations that came to their end.
    pub iterations_finished: u64,
    /// Open model: starts due.
    pub starts_due: u64,
    /// Open model: starts left out since too many iterations were running.
    pub starts_dropped: u64,
    /// Connections opened.
    pub connections_opened: u64,
}

/// The numbers of one request name, of one group, or of all requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntrySummary {
    /// What is counted.
    pub kind: EntryKind,
    /// `GET`, …; empty for groups and for the total.
    pub method: String,
    /// The request's name; `Aggregated` for the total.
    pub name: String,
    /// Finished, failures included.
    pub count: u64,
    /// Of these, failed.
    pub failures: u64,
    /// `failures / count`; 0 without requests.
    pub error_rate: f64,
    /// Finished per second of the test.
    pub rate: f64,
    /// Failures per second of the test.
    pub failure_rate: f64,
    /// Due to last byte.
    pub response: Percentiles,
    /// Sent to last byte.
    pub service: Percentiles,
    /// The service time of those that succeeded.
    pub service_succeeded: Percentiles,
    /// The service time of those that failed.
    pub service_failed: Percentiles,
    /// Sent to first byte.
    pub first_byte: Percentiles,
    /// Of new connections: TCP.
    pub connect: Percentiles,
    /// Of new connections: TLS.
    pub tls: Percentiles,
    /// Waiting for a connection to be free.
    pub pool_wait: Percentiles,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Bytes written.
    pub sent_bytes: u64,
    /// Bytes read.
    pub received_bytes: u64,
    /// The mean size of a body, in bytes.
    pub mean_body_bytes: f64,
    /// Redirects followed.
    pub redirects: u64,
    /// Given up when the test ended; not part of `count`.
    pub cut_off: u64,
}

/// The spread of some times, each to within 0.1 %; all zero when there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// How many times.
    pub count: u64,
    /// The least, exact.
    pub min_us: Micros,
    /// The mean, exact.
    pub mean_us: Micros,
    /// Half are no longer.
    pub p50_us: Micros,
    /// 66 in 100.
    pub p66_us: Micros,
    /// 75 in 100.
    pub p75_us: Micros,
    /// 80 in 100.
    pub p80_us: Micros,
    /// 90 in 100.
    pub p90_us: Micros,
    /// 95 in 100.
    pub p95_us: Micros,
    /// 98 in 100.
    pub p98_us: Micros,
    /// 99 in 100.
    pub p99_us: Micros,
    /// 999 in 1,000.
    pub p99_9_us: Micros,
    /// 9,999 in 10,000.
    pub p99_99_us: Micros,
    /// The longest, exact.
    pub max_us: Micros,
}

/// One way in which requests failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureSummary {
    /// The request's method.
    pub method: String,
    /// The request's name.
    pub name: String,
    /// What went wrong.
    pub kind: ErrorKind,
    /// More of it.
    pub detail: String,
    /// How often.
    pub count: u64,
    /// Test time of the first.
    pub first_us: Micros,
    /// Test time of the last.
    pub last_us: Micros,
}

/// One exception that left tasks of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionSummary {
    /// Its class and what it says.
    pub message: String,
    /// From where it came.
    pub traceback: String,
    /// How often.
    pub count: u64,
    /// Test time of the first.
    pub first_us: Micros,
    /// Test time of the last.
    pub last_us: Micros,
}

/// One point of the test over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Test time at which it starts.
    pub at_us: Micros,
    /// How long it is.
    pub length_us: Micros,
    /// Requests finished.
    pub count: u64,
    /// Of these, failed.
    pub failures: u64,
    /// The mean number of users.
    pub users: f64,
    /// Percentiles of response time.
    pub response: PointPercentiles,
    /// Percentiles of service time.
    pub service: PointPercentiles,
    /// Shard-time measured by shard-time due, from 0 to 1.
    pub coverage: f64,
    /// Whether a worker was the bottleneck.
    pub saturated: bool,
    /// CPU time of the workers by what they might have had, from 0 to 1.
    pub cpu_share: f64,
    /// The 99th percentile of how late users went on.
    pub lateness_p99_us: Micros,
}

/// The percentiles that are drawn over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PointPercentiles {
    /// Half are no longer.
    pub p50_us: Micros,
    /// 90 in 100.
    pub p90_us: Micros,
    /// 95 in 100.
    pub p95_us: Micros,
    /// 99 in 100.
    pub p99_us: Micros,
    /// The longest.
    pub max_us: Micros,
}

/// How times are spread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    /// Response times, in ranges that grow by the same factor, with how many lie in each.
    pub response: Vec<Bucket>,
    /// The same ranges for service times.
    pub service: Vec<Bucket>,
    /// `(percentile, response time, service time)`, dense towards 100.
    pub curve: Vec<CurveStep>,
}

/// A range of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bucket {
    /// From, included.
    pub from_us: Micros,
    /// To, left out.
    pub to_us: Micros,
    /// How many.
    pub count: u64,
}

/// A point of the percentile curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurveStep {
    /// From 0 to 100.
    pub percentile: f64,
    /// Of response time.
    pub response_us: Micros,
    /// Of service time.
    pub service_us: Micros,
}
