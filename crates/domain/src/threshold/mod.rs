//! What a test is held against: `p95 < 300ms`, `error_rate < 1%`, `p99{name=/login} < 1s`, `rps > 50`.

mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::Micros;
use crate::verdict::ThresholdOrigin;

/// One limit. How it is written is in [`Threshold::text`]; the other fields are what that means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// As it was written, white space made even.
    pub text: String,
    /// What is measured.
    pub metric: Metric,
    /// Which requests are meant; all of them when empty.
    pub filter: Filter,
    /// How the value must lie to the limit.
    pub operator: Operator,
    /// In microseconds for times, as a fraction (0 to 1) for rates of errors, as a number otherwise.
    pub limit: f64,
    /// Whether someone gave it.
    pub origin: ThresholdOrigin,
    /// Whether a breach ends the test, and from which test time on it may.
    pub abort: Option<AbortAfter>,
}

/// From which test time on a breach ends the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AbortAfter(pub Micros);

/// What a threshold measures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// `p95`, `p99.9`, `median`: of one clock, 0 to 100.
    Percentile(LatencyClock, f64),
    /// `mean`, `avg`.
    Mean(LatencyClock),
    /// `min`.
    Min(LatencyClock),
    /// `max`.
    Max(LatencyClock),
    /// `error_rate`: failures by requests.
    ErrorRate,
    /// `errors`: how many requests failed.
    Errors,
    /// `requests`: how many were finished.
    Requests,
    /// `rps`: requests finished per second of the test.
    RequestsPerSecond,
}

/// Which time is measured. A name without a prefix (`p95`) is of the response time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencyClock {
    /// `response.p95`: from when the request was due to its last byte, free of coordinated omission.
    Response,
    /// `service.p95`: from sent to last byte.
    Service,
    /// `first_byte.p95`: from sent to first byte.
    FirstByte,
    /// `connect.p95`: of new connections, TCP.
    Connect,
    /// `tls.p95`: of new connections, the TLS handshake.
    Tls,
}

/// Which requests a threshold is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// `name`, `method`, `group`: what must equal what. Sorted, so that two ways of writing it are one.
    pub equals: BTreeMap<FilterKey, String>,
}

/// What a filter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterKey {
    /// The name in the requests table, exactly.
    Name,
    /// The method, exactly.
    Method,
    /// The name of a group of steps, exactly: its time as a whole.
    Group,
}

/// How a value must lie to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
}

impl Operator {
    /// Whether `value` lies to `limit` as it must.
    #[expect(clippy::float_cmp, reason = "`==` is meant for counts, which are whole numbers")]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Less => value < limit,
            Self::LessOrEqual => value <= limit,
            Self::Greater => value > limit,
            Self::GreaterOrEqual => value >= limit,
            Self::Equal => value == limit,
        }
    }
}
