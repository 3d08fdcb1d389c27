//! Pass, fail or inconclusive: and never pass on bad data.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::summary::{Ended, Quality};
use crate::time::Micros;

/// The least share of shard-time that must be measured for a verdict to be sound.
pub const LEAST_COVERAGE: f64 = 0.999;

/// The least share of the starts asked for (open model) that must be made for a verdict to be sound.
pub const LEAST_STARTS: f64 = 0.95;

/// The most exceptions in scripts, by requests, for a verdict to be sound: each is a task that did less than it was to do.
pub const MOST_EXCEPTIONS: f64 = 0.01;

/// What a test says of its target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Verdict {
    /// Each threshold held, on sound data.
    Pass,
    /// A threshold was breached, on sound data.
    Fail {
        /// Each breached threshold, in words.
        breaches: Vec<String>,
    },
    /// The data can't tell.
    Inconclusive {
        /// Why not; never empty.
        doubts: Vec<Doubt>,
    },
}

impl Verdict {
    /// `pass`, `fail` or `inconclusive`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail { .. } => "fail",
            Self::Inconclusive { .. } => "inconclusive",
        }
    }
}

/// Why data can't tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "doubt", rename_all = "snake_case")]
pub enum Doubt {
    /// No request was finished.
    NoData,
    /// Data of some time and some shards is missing.
    Missing {
        /// Shard-time measured by shard-time due.
        coverage: f64,
    },
    /// Chunks of measurements lie in the store and can't be read.
    Unreadable {
        /// So many.
        chunks: u64,
        /// Which is the first, and why.
        first: String,
    },
    /// The generator was the bottleneck.
    Saturated {
        /// In so many intervals.
        intervals: u32,
        /// Of so many.
        of: u32,
    },
    /// Fewer starts were made than asked for.
    LoadNotReached {
        /// Asked for.
        due: u64,
        /// Left out.
        dropped: u64,
    },
    /// Someone stopped the test before its time was over.
    StoppedEarly {
        /// After so long.
        after_us: Micros,
        /// Of so long.
        planned_us: Micros,
    },
    /// The test could not run, or not go on.
    DidNotRun {
        /// Why.
        reason: String,
    },
    /// A threshold is about requests of which there were none.
    NothingMeasured {
        /// The threshold.
        threshold: String,
    },
    /// Users of a script were ended: the load was less than asked for.
    UsersEnded {
        /// How many.
        count: u64,
        /// Why the first of them was.
        reason: String,
    },
    /// Tasks of a script were left by exceptions, so that they did less than they were to do.
    ScriptExceptions {
        /// How many.
        count: u64,
    },
    /// Times that could not be: a clock jumped.
    ClockFaults {
        /// How many requests have none.
        count: u64,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData => f.write_str("no request was finished"),
            Self::Missing { coverage } => {
                write!(
                    f,
                    "data is missing: {:.2} % of the test was measured, {:.1} % are needed",
                    coverage * 100.0,
                    LEAST_COVERAGE * 100.0
                )
            }
            Self::Unreadable { chunks: 1, first } => write!(f, "a chunk of measurements can't be read: {first}"),
            Self::Unreadable { chunks, first } => {
                write!(f, "{chunks} chunks of measurements can't be read, the first: {first}")
            }
            Self::Saturated { intervals, of } => {
                write!(f, "the load generator was the bottleneck in {intervals} of {of} intervals")
            }
            Self::LoadNotReached { due, dropped } => {
                write!(f, "{dropped} of {due} starts were left out: the load asked for was not reached")
            }
            Self::StoppedEarly { after_us, planned_us } => write!(f, "stopped after {after_us} of {planned_us}"),
            Self::DidNotRun { reason } => write!(f, "the test could not run: {reason}"),
            Self::NothingMeasured { threshold } => {
                write!(f, "`{threshold}` is about requests of which there were none")
            }
            Self::UsersEnded { count, reason } => write!(f, "{count} users were ended before their time: {reason}"),
            Self::ScriptExceptions { count } => {
                write!(
                    f,
                    "tasks were left by {count} exceptions: at most {:.0} % of the requests are allowed",
                    MOST_EXCEPTIONS * 100.0
                )
            }
            Self::ClockFaults { count } => write!(f, "{count} requests have no times: a clock jumped"),
        }
    }
}

/// A threshold with what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdResult {
    /// As written.
    pub threshold: String,
    /// In the unit of the limit: microseconds, a fraction, or a number. `None`: nothing was measured.
    pub value: Option<f64>,
    /// In the same unit.
    pub limit: f64,
    /// What the numbers are.
    pub unit: Unit,
    /// How it ended.
    pub outcome: ThresholdOutcome,
    /// Whether it was given with the scenario or is the default.
    pub origin: ThresholdOrigin,
}

/// The unit of a threshold's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Microseconds.
    Micros,
    /// A share, from 0 to 1.
    Share,
    /// How many.
    Count,
    /// How many per second.
    PerSecond,
}

/// How a threshold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdOutcome {
    /// The value lies as it must.
    Held,
    /// It does not.
    Breached,
    /// There is no value.
    NoData,
}

/// Where a threshold comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdOrigin {
    /// The scenario or the command line.
    Given,
    /// Nobody gave any.
    Default,
}

/// What a verdict is made from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// How far the data can be trusted.
    pub quality: &'a Quality,
    /// Why the test ended.
    pub ended: &'a Ended,
    /// How long it lasted.
    pub duration: Micros,
    /// How long it was to last.
    pub planned: Micros,
    /// Requests finished.
    pub requests: u64,
    /// Open model: starts due.
    pub starts_due: u64,
    /// Open model: starts left out.
    pub starts_dropped: u64,
    /// Each threshold with what was measured.
    pub thresholds: &'a [ThresholdResult],
}

/// Thresholds measured on data that is complete and in which the generator was not the bottleneck. Only this can pass.
struct Sound<'a> {
    thresholds: &'a [ThresholdResult],
    exit_codes: &'a [i64],
}

impl Evidence<'_> {
    fn sound(&self) -> Result<Sound<'_>, Vec<Doubt>> {
        let quality = self.quality;
        let mut doubts = Vec::new();
        if let Ended::Failed { reason } = self.ended {
            doubts.push(Doubt::DidNotRun { reason: reason.clone() });
        }
        if *self.ended == Ended::Stopped {
            doubts.push(Doubt::StoppedEarly { after_us: self.duration, planned_us: self.planned });
        }
        if self.requests == 0 {
            doubts.push(Doubt::NoData);
        }
        // A coverage that is no number is a doubt too.
        if quality.coverage < LEAST_COVERAGE || quality.coverage.is_nan() {
            doubts.push(Doubt::Missing { coverage: quality.coverage });
        }
        // However few of the whole they are: what made them so may have done more.
        if quality.chunks_unreadable > 0 {
            let first = quality.unreadable.first().cloned().unwrap_or_default();
            doubts.push(Doubt::Unreadable { chunks: quality.chunks_unreadable, first });
        }
        // One interval in a hundred may be disturbed; in a short test no interval may.
        if quality.intervals_saturated > quality.intervals / 100 {
            doubts.push(Doubt::Saturated { intervals: quality.intervals_saturated, of: quality.intervals });
        }
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
        if self.starts_dropped as f64 > (1.0 - LEAST_STARTS) * self.starts_due as f64 {
            doubts.push(Doubt::LoadNotReached { due: self.starts_due, dropped: self.starts_dropped });
        }
        if let Some(reason) = quality.users_ended.keys().next() {
            let count = quality.users_ended.values().sum();
            doubts.push(Doubt::UsersEnded { count, reason: reason.clone() });
        }
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
        if quality.exceptions as f64 > MOST_EXCEPTIONS * self.requests as f64 {
            doubts.push(Doubt::ScriptExceptions { count: quality.exceptions });
        }
        if quality.clock_faults > self.requests / 1_000 {
            doubts.push(Doubt::ClockFaults { count: quality.clock_faults });
        }
        if self.requests > 0 {
            let unmeasured = self.thresholds.iter().filter(|t| t.outcome == ThresholdOutcome::NoData);
            doubts.extend(unmeasured.map(|t| Doubt::NothingMeasured { threshold: t.threshold.clone() }));
        }
        if doubts.is_empty() {
            Ok(Sound { thresholds: self.thresholds, exit_codes: &quality.exit_codes })
        } else {
            Err(doubts)
        }
    }
}

impl Sound<'_> {
    fn judge(&self) -> Verdict {
        let breached = self.thresholds.iter().filter(|t| t.outcome == ThresholdOutcome::Breached);
        let asked_for = self.exit_codes.iter().map(|code| format!("the script set the exit code to {code}"));
        let breaches: Vec<_> = breached.map(ToString::to_string).chain(asked_for).collect();
        if breaches.is_empty() { Verdict::Pass } else { Verdict::Fail { breaches } }
    }
}

/// Only complete, unsaturated data is [`Sound`], and only that can pass.
pub fn judge(evidence: &Evidence<'_>) -> Verdict {
    match evidence.sound() {
        Ok(sound) => sound.judge(),
        Err(doubts) => Verdict::Inconclusive { doubts },
    }
}

/// `p95 < 300ms: 312ms measured`.
impl fmt::Display for ThresholdResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.threshold)?;
        match self.value {
            None => f.write_str("nothing measured"),
            Some(value) => write!(f, "{} measured", self.unit.display(value)),
        }
    }
}

impl Unit {
    /// `value` as a person reads it: `312ms`, `1.25 %`, `50.3/s`.
    pub fn display(self, value: f64) -> String {
        match self {
            Self::Micros => Micros::from_secs_f64(value / 1e6).to_string(),
            Self::Share => format!("{:.2} %", value * 100.0),
            Self::Count => format!("{value:.0}"),
            Self::PerSecond => format!("{value:.1}/s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Quality, &mut ThresholdResult, &mut Ended, &mut u64), expected: &str) {
        let mut quality = Quality { coverage: 1.0, intervals: 60, shards: 1, ..Quality::default() };
        let mut threshold = ThresholdResult {
            threshold: "p95 < 300ms".into(),
            value: Some(200_000.0),
            limit: 300_000.0,
            unit: Unit::Micros,
            outcome: ThresholdOutcome::Held,
            origin: ThresholdOrigin::Given,
        };
        let (mut ended, mut requests) = (Ended::Completed, 1_000);
        change(&mut quality, &mut threshold, &mut ended, &mut requests);
        let verdict = judge(&Evidence {
            quality: &quality,
            ended: &ended,
            duration: Micros::from_secs(60),
            planned: Micros::from_secs(60),
            requests,
            starts_due: 0,
            starts_dropped: 0,
            thresholds: &[threshold],
        });
        let text = match &verdict {
            Verdict::Pass => "pass".to_owned(),
            Verdict::Fail { breaches } => format!("fail: {}", breaches.join("; ")),
            Verdict::Inconclusive { doubts } => {
                format!("inconclusive: {}", doubts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            }
        };
        assert_eq!(text, expected);
    }

    #[test]
    fn pass_needs_sound_data() {
        check(|_, _, _, _| {}, "pass");
        check(
            |_, t, _, _| (t.value, t.outcome) = (Some(312_000.0), ThresholdOutcome::Breached),
            "fail: p95 < 300ms: 312ms measured",
        );
        check(
            |q, _, _, _| q.coverage = 0.998,
            "inconclusive: data is missing: 99.80 % of the test was measured, 99.9 % are needed",
        );
        check(
            |q, _, _, _| q.coverage = f64::NAN,
            "inconclusive: data is missing: NaN % of the test was measured, 99.9 % are needed",
        );
        check(
            |q, _, _, _| (q.chunks_unreadable, q.unreadable) = (1, vec!["shard 3 from 35s on: damaged".into()]),
            "inconclusive: a chunk of measurements can't be read: shard 3 from 35s on: damaged",
        );
        check(
            |q, _, _, _| q.intervals_saturated = 1,
            "inconclusive: the load generator was the bottleneck in 1 of 60 intervals",
        );
        check(|_, _, _, requests| *requests = 0, "inconclusive: no request was finished");
        check(|q, _, _, _| q.exit_codes = vec![3], "fail: the script set the exit code to 3");
        check(|q, _, _, _| q.exceptions = 10, "pass");
        check(
            |q, _, _, _| q.exceptions = 11,
            "inconclusive: tasks were left by 11 exceptions: at most 1 % of the requests are allowed",
        );
        check(
            |q, _, _, _| q.users_ended = [("endless".to_owned(), 2), ("large".to_owned(), 1)].into(),
            "inconclusive: 3 users were ended before their time: endless",
        );
        check(|_, _, ended, _| *ended = Ended::Stopped, "inconclusive: stopped after 1m of 1m");
        check(
            |_, t, _, _| t.outcome = ThresholdOutcome::NoData,
            "inconclusive: `p95 < 300ms` is about requests of which there were none",
        );
        check(
            |_, _, ended, _| *ended = Ended::Failed { reason: "no pod came".into() },
            "inconclusive: the test could not run: no pod came",
        );
    }

    #[test]
    fn a_breach_on_bad_data_is_no_fail() {
        check(
            |q, t, _, _| (q.coverage, t.outcome) = (0.5, ThresholdOutcome::Breached),
            "inconclusive: data is missing: 50.00 % of the test was measured, 99.9 % are needed",
        );
    }

    #[test]
    fn an_abort_by_a_threshold_is_a_fail() {
        check(
            |_, t, ended, _| {
                t.outcome = ThresholdOutcome::Breached;
                *ended = Ended::Aborted { threshold: "p95 < 300ms".into() };
            },
            "fail: p95 < 300ms: 200ms measured",
        );
    }
}
