//! Logs: a JSON object a line.

use tracing_subscriber::EnvFilter;

/// From now on what happens is told as JSON, a line each; `SWARMGATE_LOG` says how much (`info`).
pub fn log_as_json() {
    let filter = EnvFilter::try_from_env("SWARMGATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_span_list(false);
    subscriber.with_env_filter(filter).with_target(false).init();
}
