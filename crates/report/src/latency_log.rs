//! `latency.hlog`: the histograms of each interval in HdrHistogram's log format, for its own tools.

use std::time::{Duration, UNIX_EPOCH};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, IntervalLogWriterError, Tag};
use swarmgate_domain::{Histogram, Micros, Summary};

use crate::files::ReportError;

/// The line over the columns; the format's readers skip it, spreadsheets want it.
const LEGEND: &str = "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";

/// Both clocks of one interval, all requests together.
#[derive(Clone, Copy, Debug)]
pub struct LoggedInterval<'a> {
    /// Test time at which it starts.
    pub at_us: Micros,
    /// How long it is.
    pub length_us: Micros,
    /// Due to last byte.
    pub response: &'a Histogram,
    /// Sent to last byte.
    pub service: &'a Histogram,
}

/// Writes two lines an interval, tagged `response` and `service`; a clock without values has none.
///
/// Values are microseconds. The column for the largest value, which only people read, is in milliseconds.
///
/// # Errors
/// [`ReportError::LatencyLog`]: a histogram cannot be encoded.
pub fn latency_log(summary: &Summary, intervals: &[LoggedInterval<'_>]) -> Result<Vec<u8>, ReportError> {
    write(summary, intervals).map_err(|error| ReportError::LatencyLog(error.to_string()))
}

fn write(
    summary: &Summary,
    intervals: &[LoggedInterval<'_>],
) -> Result<Vec<u8>, IntervalLogWriterError<hdrhistogram::serialization::V2DeflateSerializeError>> {
    let (mut log, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    let mut head = IntervalLogWriterBuilder::new();
    head.add_comment("[Histogram log format version 1.3]").add_comment(&format!(
        "[Test {}: values in microseconds, tags response (due to last byte) and service (sent to last byte)]",
        summary.id
    ));
    if let Some(start) = summary.started_at {
        // Both, since readers differ in which one they add to the times of the lines.
        head.with_start_time(UNIX_EPOCH + Duration::from(start)).with_base_time(UNIX_EPOCH + Duration::from(start));
    }
    head.begin_log_with(&mut log, &mut serializer)?;
    log.extend_from_slice(LEGEND.as_bytes());

    let mut lines = IntervalLogWriterBuilder::new();
    lines.with_max_value_divisor(1_000.0);
    let mut lines = lines.begin_log_with(&mut log, &mut serializer)?;
    for interval in intervals {
        for (tag, histogram) in [("response", interval.response), ("service", interval.service)] {
            if let Some(counts) = histogram.to_hdr() {
                lines.write_histogram(&counts, interval.at_us.into(), interval.length_us.into(), Tag::new(tag))?;
            }
        }
    }
    Ok(log)
}
