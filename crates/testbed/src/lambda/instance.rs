//! One running copy of a function, and the Lambda Runtime API that it speaks to.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::StatusCode;
use tokio::sync::{mpsc, oneshot};

use super::function::FunctionError;
use crate::process::{Process, Usage};
use crate::server::Server;

/// How often a process that works is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A process of a function. It works on one event at a time, as Lambda has it.
#[derive(Debug)]
pub(super) struct Instance {
    process: Process,
    events: mpsc::Sender<Invocation>,
    shared: Arc<Shared>,
    invocations: u64,
    _server: Server,
}

struct Invocation {
    id: String,
    event: Bytes,
    deadline: SystemTime,
}

#[derive(Debug)]
struct Shared {
    started: Instant,
    first_asked: OnceLock<Duration>,
    events: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Result<Bytes, FunctionError>>>>,
}

impl std::fmt::Debug for Invocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invocation").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Instance {
    /// Starts the bootstrap with nothing in its environment but `environment` and what Lambda says.
    pub async fn start(name: &str, bootstrap: &Path, environment: &[(String, String)], log: &Path) -> Self {
        let (events, receiver) = mpsc::channel(1);
        let shared = Arc::new(Shared {
            started: now(),
            first_asked: OnceLock::new(),
            events: tokio::sync::Mutex::new(receiver),
            waiting: Mutex::default(),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(responded))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .with_state(shared.clone());
        let server = Server::start(router).await;
        let mut command = Command::new(bootstrap);
        command.env_clear().envs(environment.iter().cloned()).envs([
            ("AWS_LAMBDA_RUNTIME_API", server.authority().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{name}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "tests"),
        ]);
        let process = Process::start(&mut command, log)
            .unwrap_or_else(|error| panic!("starting {}: {error}", bootstrap.display()));
        Self { process, events, shared, invocations: 0, _server: server }
    }

    /// The time from its start to its first call for an event: Lambda's init.
    pub fn init_time(&self) -> Option<Duration> {
        self.shared.first_asked.get().copied()
    }

    /// What its process has used until now.
    pub fn usage(&self) -> Usage {
        self.process.usage()
    }

    /// Gives it an event, and waits for what becomes of it.
    pub async fn invoke(&mut self, event: Bytes, most: Duration) -> Result<Bytes, FunctionError> {
        self.invocations += 1;
        let id = format!("{:08x}-{:04x}", self.process.id(), self.invocations);
        let (reply, answer) = oneshot::channel();
        self.shared.waiting.lock().expect("no holder of this lock panics").insert(id.clone(), reply);
        let invocation = Invocation { id, event, deadline: wall_clock() + most };
        // The receiver lives as long as the server.
        let _ = self.events.send(invocation).await;
        tokio::select! {
            answer = answer => answer.unwrap_or(Err(FunctionError::Ended)),
            () = self.end() => Err(FunctionError::Ended),
            () = tokio::time::sleep(most) => Err(FunctionError::TimedOut),
        }
    }

    /// Waits until the process ended.
    async fn end(&mut self) {
        while !self.process.has_ended() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.first_asked.get_or_init(|| shared.started.elapsed());
    let Some(invocation) = shared.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = invocation.deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.id),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:test".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0".to_owned()),
    ];
    (headers, invocation.event).into_response()
}

async fn responded(State(shared): State<Arc<Shared>>, UrlPath(id): UrlPath<String>, body: Bytes) -> StatusCode {
    tell(&shared, &id, Ok(body))
}

async fn failed(State(shared): State<Arc<Shared>>, UrlPath(id): UrlPath<String>, body: Bytes) -> StatusCode {
    tell(&shared, &id, Err(FunctionError::Failed(String::from_utf8_lossy(&body).into_owned())))
}

fn tell(shared: &Shared, id: &str, outcome: Result<Bytes, FunctionError>) -> StatusCode {
    match shared.waiting.lock().expect("no holder of this lock panics").remove(id) {
        Some(waiting) => {
            // Its caller may have given up.
            let _ = waiting.send(outcome);
            StatusCode::ACCEPTED
        }
        None => StatusCode::BAD_REQUEST,
    }
}

#[expect(clippy::disallowed_methods, reason = "another process is timed, whose clock is the real one")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "functions are told their deadline by the real clock")]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}
