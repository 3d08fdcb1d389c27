//! What is answered when the store fails, and when it gives out reports itself.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use serde_json::json;
use swarmgate_api::{Policy, ReportDelivery, ReportLinks};
use swarmgate_domain::Key;
use swarmgate_service::ServiceError;
use swarmgate_service::ports::{Condition, Etag, Object, ObjectStore, Page, StoreError};

use crate::world::{World, policy, request};

/// How a store fails.
#[derive(Clone, Copy)]
enum Fault {
    Busy,
    Full,
    Denied,
    Broken,
}

/// A store that holds nothing and fails whatever it is asked to write.
struct FailingStore(Fault);

impl FailingStore {
    fn failure<T>(&self, attempted: &str) -> Result<T, StoreError> {
        let (attempted, source) = (attempted.to_owned(), Arc::new(io::Error::other("injected")));
        Err(match self.0 {
            Fault::Busy => StoreError::Busy { attempted, source },
            Fault::Full => StoreError::Full { attempted, source, hint: "" },
            Fault::Denied => StoreError::Denied { attempted, source, hint: "" },
            Fault::Broken => StoreError::Broken { attempted, source },
        })
    }
}

#[async_trait]
impl ObjectStore for FailingStore {
    async fn get(&self, _: &Key) -> Result<Option<Object>, StoreError> {
        Ok(None)
    }
    async fn put(&self, key: &Key, _: Bytes, _: Condition) -> Result<Etag, StoreError> {
        self.failure(&format!("writing {key}"))
    }
    async fn list(&self, prefix: &str, _: Option<&Key>) -> Result<Page, StoreError> {
        if prefix == "active/" { self.failure("listing active/") } else { Ok(Page::default()) }
    }
    async fn list_folders(&self, _: &str, _: Option<&str>) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
    async fn delete(&self, _: &Key) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_store_that_fails_is_told_apart() {
    for (fault, status, kind) in [
        (Fault::Busy, 503, "unavailable"),
        (Fault::Full, 507, "store-full"),
        (Fault::Denied, 500, "internal"),
        (Fault::Broken, 500, "internal"),
    ] {
        let world = World::over(policy(), |_| Arc::new(FailingStore(fault))).await;
        let start = json!({ "scenario": "http://shop.example/", "duration": "1s" });
        let answers = [
            world.send_json(Method::POST, "/tests", &start).await,
            world.send_yaml(Method::PUT, "/scenarios/a/b.csv", "a\n1\n").await,
        ];
        for answer in answers {
            assert_eq!(
                (answer.status.as_u16(), answer.json()["type"].as_str()),
                (status, Some(&*format!("urn:swarmgate:problem:{kind}")))
            );
            assert_eq!(answer.header("retry-after").is_some(), status == 503);
            assert!(!answer.text().contains("injected"), "what lies below is for the log: {}", answer.shown());
        }
        let health = world.get("/health").await.status.as_u16();
        assert!(health == 500 || health == 503 || health == 507, "{health}");
    }
}

struct Presigned;

#[async_trait]
impl ReportLinks for Presigned {
    async fn link(&self, key: &Key) -> Result<String, ServiceError> {
        Ok(format!("https://store.example/{key}?signature=abc"))
    }
}

#[tokio::test]
async fn a_store_may_give_out_reports_itself() {
    let world = World::with(Policy { reports: ReportDelivery::Links(Arc::new(Presigned)), ..policy() }).await;
    let id = world.start("100ms").await;
    world.wait_for(&id, "finished").await;
    for (path, file) in
        [("report", "index.html"), ("report/index.html", "index.html"), ("report/junit.xml", "junit.xml")]
    {
        let answer = world.get(&format!("/tests/{id}/{path}")).await;
        let link = format!("https://store.example/reports/{id}/{file}?signature=abc");
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, Some(link.as_str())));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(world.get(&format!("/tests/{id}/report/..%2f")).await.status, 404);
}

#[tokio::test]
async fn no_request_breaks_it() {
    let world = World::new().await;
    let parts = [
        "tests",
        "scenarios",
        "baselines",
        "report",
        "live",
        "stop",
        "a",
        "..",
        "%2e%2e",
        "",
        "openapi.json",
        "a.csv",
        "%00",
        "~",
    ];
    let bodies: [&[u8]; 8] = [
        b"",
        b"{}",
        b"[",
        b"{\"scenario\":\"a\"}",
        b"{\"users\":1e400}",
        b"\xff\xfe",
        b"{\"test\":\"../a\"}",
        b"a: &a [*a]",
    ];
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let kinds = ["application/json", "application/yaml; charset=utf-8", "", "x"];
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..3_000 {
        let path: String =
            (0..random.usize(1..6)).map(|_| format!("/{}", parts[random.usize(..parts.len())])).collect();
        let request = request(methods[random.usize(..methods.len())].clone(), &path)
            .header("content-type", kinds[random.usize(..kinds.len())])
            .header("idempotency-key", "k");
        let Ok(request) = request.body(Bytes::from_static(bodies[random.usize(..bodies.len())])) else { continue };
        let answer = world.send(request).await;
        assert!(answer.status.as_u16() < 500, "{path}: {}", answer.shown());
    }
}
