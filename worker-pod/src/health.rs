//! What the kubelet asks: `/live`, whether the process is well, and `/ready`, whether it takes shards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tracing::warn;

/// How the worker is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health {
    takes_shards: Arc<AtomicBool>,
}

impl Health {
    /// The queue was reached: shards are taken.
    pub fn ready(&self) {
        self.takes_shards.store(true, Ordering::Relaxed);
    }

    /// No shard is taken: the queue can't be reached, or the worker ends.
    pub fn not_ready(&self) {
        self.takes_shards.store(false, Ordering::Relaxed);
    }
}

/// Answers until it is dropped.
pub(crate) async fn answer(listener: TcpListener, health: Health) {
    let ready = async move || match health.takes_shards.load(Ordering::Relaxed) {
        true => (StatusCode::OK, "takes shards\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "takes no shards\n"),
    };
    let routes = Router::new().route("/live", get(async || "lives\n")).route("/ready", get(ready));
    if let Err(error) = axum::serve(listener, routes).await {
        warn!(%error, "probes are not answered any more");
    }
}
