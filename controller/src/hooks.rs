//! What the store and the kubelet call: webhooks about new objects, and probes.
//!
//! Nobody must show who they are here. A notice that lies does no harm: it makes the controller look at what is in the store, and there is
//! room for so many only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;
use tracing::warn;

/// The largest notice: a store tells of one object, or of some hundred at most.
const LARGEST: usize = 1024 * 1024;

/// What answers; ends when it is dropped.
pub(crate) struct Hooks {
    is_ready: Arc<AtomicBool>,
    _server: JoinSet<()>,
}

#[derive(Clone)]
struct Shared {
    is_ready: Arc<AtomicBool>,
    notices: Sender<String>,
}

impl Hooks {
    /// Answers, and hands notices over. It is not ready yet.
    pub fn start(listener: TcpListener, notices: Sender<String>) -> Self {
        let is_ready = Arc::new(AtomicBool::new(false));
        let shared = Shared { is_ready: is_ready.clone(), notices };
        let routes = Router::new()
            .route("/live", get(async || "lives\n"))
            .route("/ready", get(ready))
            // Stores try what a webhook answers before they use it.
            .route("/notices", post(told).get(async || "tell me\n").head(async || ""))
            .layer(DefaultBodyLimit::max(LARGEST))
            .with_state(shared);
        let mut server = JoinSet::new();
        server.spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                warn!(%error, "probes and webhooks are not answered any more");
            }
        });
        Self { is_ready, _server: server }
    }

    /// A word of whether the store answers: then requests are, too.
    pub fn readiness(&self) -> Readiness {
        Readiness(self.is_ready.clone())
    }

    /// The controller ends.
    pub fn not_ready(&self) {
        self.readiness().set(false);
    }
}

/// Says whether the controller is ready.
#[derive(Clone, Debug)]
pub(crate) struct Readiness(Arc<AtomicBool>);

impl Readiness {
    pub fn set(&self, is_ready: bool) {
        self.0.store(is_ready, Ordering::Relaxed);
    }
}

async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    match shared.is_ready.load(Ordering::Relaxed) {
        true => (StatusCode::OK, "the store answers\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer, or the controller ends\n"),
    }
}

/// When there is no room the store may tell again; if it does not, the object is found by looking.
async fn told(State(shared): State<Shared>, notice: String) -> StatusCode {
    match shared.notices.try_send(notice) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_full) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
