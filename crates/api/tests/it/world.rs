//! The API over the whole local pipeline, and a client that checks what it gets.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use swarmgate_api::{Api, Policy};
use swarmgate_domain::{Micros, Results};
use swarmgate_local::{FolderStore, LOCAL_POOL, Pipeline};
use swarmgate_service::ports::{ObjectStore, RenderError, RenderedFile, Renderer};
use tempfile::TempDir;

use crate::described::Description;
use crate::engine::FakeEngine;

/// The API at work.
pub struct World {
    pub api: Api,
    _pipeline: Pipeline,
    description: Description,
    _folder: TempDir,
}

/// An answer, with its body read.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// As snapshots show it.
    pub fn shown(&self) -> String {
        let headers = ["allow", "location", "retry-after"];
        let headers: String =
            headers.iter().filter_map(|name| Some(format!("\n{name}: {}", self.header(name)?))).collect();
        let body = serde_json::from_slice::<Value>(&self.body)
            .map_or_else(|_| self.text(), |json| serde_json::to_string_pretty(&json).unwrap());
        format!("{}{headers}\n{body}\n", self.status)
    }
}

struct FakeRenderer;

impl Renderer for FakeRenderer {
    fn render(&self, results: &Results) -> Result<Vec<RenderedFile>, RenderError> {
        let summary = serde_json::to_vec(&results.summary).unwrap();
        let files = [
            ("index.html", b"<h1>report</h1>".to_vec()),
            ("summary.json", summary),
            ("requests.csv", b"a,b\n".to_vec()),
        ];
        Ok(files.into_iter().map(|(name, bytes)| RenderedFile { name: name.to_owned(), bytes }).collect())
    }
}

/// The policy of one machine, with short intervals.
pub fn policy() -> Policy {
    Policy { usual_interval: Micros::from_millis(100), ..Policy::local(Ipv4Addr::LOCALHOST.into(), LOCAL_POOL) }
}

impl World {
    pub async fn new() -> Self {
        Self::with(policy()).await
    }

    pub async fn with(policy: Policy) -> Self {
        Self::over(policy, |store| store).await
    }

    /// With another store before the API: the pipeline keeps its own.
    pub async fn over(policy: Policy, store_of: impl Fn(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::open(folder.path()).unwrap();
        let pipeline = Pipeline::start(Arc::new(store), Arc::new(FakeEngine), Arc::new(FakeRenderer));
        let mut ports = pipeline.ports().clone();
        ports.store = store_of(ports.store);
        let api = Api::new(ports, policy, "<h1>dashboard</h1>".to_owned());
        let description = request(Method::GET, "/openapi.json").body(Bytes::new()).unwrap();
        let description = Description::new(&serde_json::from_slice(api.handle(description).await.body()).unwrap());
        Self { api, _pipeline: pipeline, description, _folder: folder }
    }

    /// Sends a request, and holds the answer against the description of the API.
    pub async fn send(&self, request: Request<Bytes>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let (head, body) = self.api.handle(request).await.into_parts();
        let answer = Answer { status: head.status, headers: head.headers, body };
        self.description.check(&method, &path, &answer);
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path).body(Bytes::new()).unwrap()).await
    }

    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = request(method, path).header("content-type", "application/json");
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    pub async fn send_yaml(&self, method: Method, path: &str, body: &str) -> Answer {
        let request = request(method, path).header("content-type", "application/yaml");
        self.send(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()).await
    }

    /// Starts a test of a URL, and gives its id.
    pub async fn start(&self, duration: &str) -> String {
        let body = json!({ "scenario": "http://shop.example/", "duration": duration, "users": 4 });
        let answer = self.send_json(Method::POST, "/tests", &body).await;
        assert_eq!(answer.status, 202, "{}", answer.shown());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Waits until the test is in this phase; gives how it stands.
    pub async fn wait_for(&self, id: &str, phase: &str) -> Value {
        self.wait_at(&format!("/tests/{id}"), phase).await
    }

    /// Waits until the live view shows this phase; gives the view.
    pub async fn wait_for_view(&self, id: &str, phase: &str) -> Value {
        self.wait_at(&format!("/tests/{id}/live"), phase).await
    }

    async fn wait_at(&self, path: &str, phase: &str) -> Value {
        for _ in 0..400 {
            let answer = self.get(path).await.json();
            if answer["phase"] == phase {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{path} does not say {phase} after 10 s: {}", self.get(path).await.shown());
    }
}

/// A request as a client on this machine makes it.
pub fn request(method: Method, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "localhost:8089")
}
