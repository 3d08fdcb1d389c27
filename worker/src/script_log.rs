//! What locustfiles print and log: lines of the program's own log, so many a second and no more.

use std::cell::Cell;
use std::rc::Rc;

use swarmgate_locust::LogSink;
use swarmgate_python::LogLevel;

use crate::clock::Stopwatch;

/// More lines are counted, and said to have been: a script that prints for each request must not drown the log.
const LINES_A_SECOND: u64 = 50;

/// A sink for one thread.
pub fn sink() -> LogSink {
    let (watch, second, lines) = (Stopwatch::start(), Cell::new(0), Cell::new(0_u64));
    Rc::new(move |level, logger, text| {
        let now = watch.nanos() / 1_000_000_000;
        if second.replace(now) != now {
            let left_out = lines.replace(0).saturating_sub(LINES_A_SECOND);
            if left_out > 0 {
                tracing::warn!(target: "locustfile", "{left_out} more lines in that second");
            }
        }
        lines.set(lines.get() + 1);
        if lines.get() > LINES_A_SECOND {
            return;
        }
        match level {
            LogLevel::Error => tracing::error!(target: "locustfile", logger, "{text}"),
            LogLevel::Warning => tracing::warn!(target: "locustfile", logger, "{text}"),
            LogLevel::Debug => tracing::debug!(target: "locustfile", logger, "{text}"),
            _ => tracing::info!(target: "locustfile", logger, "{text}"),
        }
    })
}

/// Says what went wrong with a locustfile.
pub fn error(text: &str) {
    tracing::error!(target: "locustfile", "{text}");
}
