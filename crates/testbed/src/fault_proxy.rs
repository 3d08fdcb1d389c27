//! A proxy before the store that makes what stores rarely do: refusals, lost answers, slow answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode};
use reqwest::Client;

use crate::server::Server;

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered by this status and error code, and does not come to the store.
    Refused(StatusCode, &'static str),
    /// It is done, and the connection breaks before the answer is there.
    AnswerLost,
    /// It is done, and the answer never comes.
    NoAnswer,
    /// It is done, and the answer comes this much later.
    Slow(Duration),
}

/// Faults that are to happen to the next so many requests of a method whose path and query hold a text.
#[derive(Debug)]
struct Planned {
    method: Method,
    holds: String,
    fault: Fault,
    left: u32,
}

/// A proxy before a store, for clients that address buckets by path.
#[derive(Debug)]
pub struct FaultProxy {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: String,
    client: Client,
    planned: Mutex<Vec<Planned>>,
    seen: Mutex<Vec<String>>,
}

impl FaultProxy {
    /// A proxy before the store at `store`, without faults yet.
    pub async fn start(store: &str) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client without settings can be made");
        let (planned, seen) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { store: store.to_owned(), client, planned, seen });
        let server = Server::start(Router::new().fallback(pass).with_state(shared.clone())).await;
        Self { server, shared }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Makes `fault` happen to the next `times` requests of `method` whose path and query hold `holds`.
    pub fn plan(&self, method: Method, holds: &str, fault: Fault, times: u32) {
        let planned = Planned { method, holds: holds.to_owned(), fault, left: times };
        self.shared.planned.lock().expect("no holder of this lock panics").push(planned);
    }

    /// Forgets the faults that have not happened.
    pub fn heal(&self) {
        self.shared.planned.lock().expect("no holder of this lock panics").clear();
    }

    /// How many requests came of `method` whose path and query hold `holds`.
    pub fn count(&self, method: &Method, holds: &str) -> usize {
        let seen = self.shared.seen.lock().expect("no holder of this lock panics");
        seen.iter().filter(|line| line.starts_with(method.as_str()) && line.contains(holds)).count()
    }
}

impl Shared {
    /// The fault of a request, if it gets one.
    fn take(&self, method: &Method, path: &str) -> Option<Fault> {
        self.seen.lock().expect("no holder of this lock panics").push(format!("{method} {path}"));
        let mut planned = self.planned.lock().expect("no holder of this lock panics");
        let next = planned.iter_mut().find(|p| p.left > 0 && p.method == *method && path.contains(&p.holds))?;
        next.left -= 1;
        Some(next.fault.clone())
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let fault = shared.take(request.method(), &path);
    if let Some(Fault::Refused(status, code)) = fault {
        return refused(status, code);
    }
    let answer = forwarded(&shared, &path, request).await;
    match fault {
        Some(Fault::AnswerLost) => cut_off(answer),
        Some(Fault::NoAnswer) => std::future::pending().await,
        Some(Fault::Slow(time)) => {
            tokio::time::sleep(time).await;
            answer
        }
        Some(Fault::Refused(..)) | None => answer,
    }
}

/// With all its headers, so that its signature holds: it was made for this proxy's name.
async fn forwarded(shared: &Shared, path: &str, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a client of ours sends its body");
    let url = format!("{}{path}", shared.store);
    let sent = shared.client.request(head.method, url).headers(head.headers).body(body).send().await;
    let Ok(answer) = sent else { return refused(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable") };
    let mut response = Response::builder().status(answer.status());
    *response.headers_mut().expect("a status makes a response") = answer.headers().clone();
    let body = answer.bytes().await.unwrap_or_default();
    response.body(Body::from(body)).expect("what a server sent is a response")
}

/// The answer's head at most, then the end of the connection.
fn cut_off(answer: Response) -> Response {
    let (mut head, _) = answer.into_parts();
    head.headers.insert(http::header::CONTENT_LENGTH, http::HeaderValue::from(64));
    let broken = futures_util::stream::once(async { Err::<bytes::Bytes, _>(std::io::Error::other("cut off")) });
    Response::from_parts(head, Body::from_stream(broken))
}

fn refused(status: StatusCode, code: &str) -> Response {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>made by a test</Message></Error>");
    let response = Response::builder().status(status).header("content-type", "application/xml");
    response.body(Body::from(body)).expect("a status and a type make a response")
}
