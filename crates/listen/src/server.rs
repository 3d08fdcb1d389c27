//! Between sockets and the API.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use swarmgate_api::Api;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tracing::error;

use crate::token::Token;

/// How long the body of a request may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);

/// How long requests in flight may take when the server ends.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// The server at work.
pub struct Server {
    tasks: JoinSet<()>,
    end: oneshot::Sender<()>,
}

impl Server {
    /// Answers what comes to `listener`, where there is a token to those who know it.
    pub fn start(listener: TcpListener, api: Arc<Api>, token: Option<Token>) -> Self {
        let (end, ended) = oneshot::channel::<()>();
        let router = Router::new().fallback(answer).with_state(Arc::new(Door { api, token }));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(async {
                // A sender that is gone asks for the same.
                let _ = ended.await;
            });
            if let Err(error) = served.await {
                error!(%error, "the server ended");
            }
        });
        Self { tasks, end }
    }

    /// Ends it: answers what is in flight, within a moment.
    pub async fn shutdown(mut self) {
        // A receiver that is gone has ended already.
        let _ = self.end.send(());
        let _ = tokio::time::timeout(CLOSE_TIME, self.tasks.join_next()).await;
        self.tasks.shutdown().await;
    }
}

/// The API, and who is let in.
struct Door {
    api: Arc<Api>,
    token: Option<Token>,
}

async fn answer(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let api = &door.api;
    if door.token.as_ref().is_some_and(|token| !token.is_known_by(&head.headers)) {
        return api.refuse_unknown().map(Body::from);
    }
    let response = match tokio::time::timeout(BODY_TIME, to_bytes(body, api.most_body())).await {
        Ok(Ok(bytes)) => api.handle(Request::from_parts(head, bytes)).await,
        // Or the client went away, and nobody reads this.
        Ok(Err(_too_large)) => api.refuse_large_body(),
        Err(_elapsed) => api.refuse_slow_body(),
    };
    response.map(Body::from)
}
