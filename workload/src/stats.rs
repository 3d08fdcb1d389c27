//! What the server counted, as plain data.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Counts since the server's start or the last reset. Exact: an answer is counted before its client can have all of it, and
/// `received = answered + aborted + broken + in_flight` holds always, in total and for each path.
/// `/stats`, `/stats/reset` and `/health` are in none of the counts of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// Seconds since the start or the last reset.
    pub seconds: f64,
    /// Connections, those of `/stats` included.
    pub connections: ConnectionStats,
    /// Requests whose head and body arrived whole.
    pub received: u64,
    /// Answers handed to the kernel whole.
    pub answered: u64,
    /// Requests whose client was gone before the answer was written whole.
    pub aborted: u64,
    /// Requests that were deliberately not answered with HTTP: `/reset` and `/garbage`.
    pub broken: u64,
    /// Requests that wait for their answer. After a reset, the requests in flight count as received since the reset.
    pub in_flight: u64,
    /// Connections on which something came that is no request; refused with 4xx or 501 and closed. Not in `received`.
    pub malformed: u64,
    /// Bytes of the requests received: heads and bodies, chunk framing included, before TLS.
    pub bytes_in: u64,
    /// Bytes of the answers written, the beginnings of aborted ones included, before TLS.
    pub bytes_out: u64,
    /// By method and path, sorted by path, then method. Beyond 1,000 paths the rest is counted as the path `(other)`.
    pub requests: Vec<RequestStats>,
    /// From a request parsed to its answer written, of all answered requests. What a request waited before it was parsed, in
    /// the kernel or behind other requests of its thread, is not in it.
    pub service_time: Percentiles,
    /// The same by path, whatever the method.
    pub service_time_by_path: BTreeMap<String, Percentiles>,
    /// The latencies drawn for answered requests, by path: what they would have taken on a server without any other delay.
    pub drawn_latency_by_path: BTreeMap<String, Percentiles>,
}

/// Counts of connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionStats {
    /// Accepted since the start or the last reset.
    pub accepted: u64,
    /// Open now.
    pub open: u64,
    /// Failed TLS handshakes since the start or the last reset.
    pub tls_failed: u64,
}

/// Counts of the requests of one method to one path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestStats {
    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`, or `OTHER` for all others.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// Requests whose head and body arrived whole.
    pub received: u64,
    /// Answers handed to the kernel whole.
    pub answered: u64,
    /// The same by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests whose client was gone before the answer was written whole.
    pub aborted: u64,
    /// Requests that were deliberately not answered with HTTP.
    pub broken: u64,
    /// Bytes of the requests received.
    pub bytes_in: u64,
    /// Bytes of the answers written.
    pub bytes_out: u64,
}

/// Percentiles in microseconds, of all values, to 3 significant digits; all 0 where there are no values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    /// How many values there are.
    pub count: u64,
    /// The 50th percentile.
    pub p50_us: u64,
    /// The 90th percentile.
    pub p90_us: u64,
    /// The 95th percentile.
    pub p95_us: u64,
    /// The 99th percentile.
    pub p99_us: u64,
    /// The 99.9th percentile.
    pub p99_9_us: u64,
    /// The largest value.
    pub max_us: u64,
}

impl Stats {
    /// How often `method` on `path` was answered with `status`.
    pub fn answered_with(&self, method: &str, path: &str, status: u16) -> u64 {
        self.request(method, path).and_then(|row| row.statuses.get(&status)).copied().unwrap_or(0)
    }

    /// The row of `method` on `path`, if there was such a request.
    pub fn request(&self, method: &str, path: &str) -> Option<&RequestStats> {
        self.requests.iter().find(|row| row.method == method && row.path == path)
    }
}

impl Percentiles {
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        Self {
            count: histogram.len(),
            p50_us: histogram.value_at_quantile(0.5),
            p90_us: histogram.value_at_quantile(0.9),
            p95_us: histogram.value_at_quantile(0.95),
            p99_us: histogram.value_at_quantile(0.99),
            p99_9_us: histogram.value_at_quantile(0.999),
            max_us: histogram.max(),
        }
    }
}
