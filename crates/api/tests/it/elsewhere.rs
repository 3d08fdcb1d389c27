//! An API that does not lie at the root of its host, and one that is asked how its deployment is.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use serde_json::json;
use swarmgate_api::{BasePath, Policy};
use swarmgate_domain::{AllowedTargets, Key};
use swarmgate_service::ports::{Condition, Etag, Object, ObjectStore, Page, StoreError};

use crate::world::{World, policy, request};

#[tokio::test]
async fn links_lead_below_the_stage() {
    let world = World::new().await;
    let id = world.start("1s").await;
    let below = async |method: Method, path: &str, kind: &str, body: &str| {
        let request = request(method, path).header("content-type", kind).extension(BasePath::new("/prod/"));
        world.send(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()).await
    };
    let body = json!({ "scenario": "http://shop.example/", "duration": "1s" }).to_string();
    let started = below(Method::POST, "/tests", "application/json", &body).await;
    let own = format!("/prod/tests/{}", started.json()["id"].as_str().unwrap());
    assert_eq!((started.header("location"), &started.json()["links"]["self"]), (Some(own.as_str()), &json!(own)));
    let listed = below(Method::GET, "/tests?limit=1", "", "").await.json();
    assert_eq!(listed["tests"][0]["links"]["live"], format!("{own}/live"));
    assert!(listed["next"].as_str().unwrap().starts_with("/prod/tests?from="), "{listed}");
    world.wait_for(&id, "finished").await;
    let report = below(Method::GET, &format!("/tests/{id}/report"), "", "").await;
    assert_eq!(report.header("location"), Some(format!("/prod/tests/{id}/report/index.html").as_str()));
    let stored = below(
        Method::PUT,
        "/scenarios/shop",
        "application/yaml",
        "target: http://a.test\nload: {users: 1, duration: 1s}\nflow: [GET /]\n",
    )
    .await;
    assert_eq!(
        (stored.status.as_u16(), stored.header("location")),
        (201, Some("/prod/scenarios/shop")),
        "{}",
        stored.text()
    );
    let set = json!({ "test": id }).to_string();
    let baseline = below(Method::PUT, "/baselines/shop", "application/json", &set).await;
    assert_eq!(baseline.header("location"), Some("/prod/baselines/shop"), "{}", baseline.text());
    let described = below(Method::GET, "/openapi.json", "", "").await.json();
    assert_eq!(described["servers"][0]["url"], "/prod");
}

#[tokio::test]
async fn a_doctor_looks_at_the_store_the_targets_and_the_limits() {
    let listed = AllowedTargets::Listed(vec!["shop.example".parse().unwrap()]);
    let world = World::with(Policy { targets: listed, ..policy() }).await;
    let answer = world.get("/doctor").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let found: Vec<_> = answer.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["what"].clone(), one["state"].clone()))
        .collect();
    assert_eq!(found, ["store", "targets", "limits"].map(|what| (json!(what), json!("fine"))), "{}", answer.text());

    let world = World::with(Policy { targets: AllowedTargets::Listed(Vec::new()), ..policy() }).await;
    let answer = world.get("/doctor").await.json();
    assert_eq!(answer["findings"][1]["remedy"], "name hosts in SWARMGATE_ALLOWED_TARGETS");
}

/// A store that knows one of the two conditions and writes whatever the other says: there are such.
struct Forgetful(Arc<dyn ObjectStore>, Condition);

#[async_trait]
impl ObjectStore for Forgetful {
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        self.0.get(key).await
    }
    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        let is_ignored = std::mem::discriminant(&condition) == std::mem::discriminant(&self.1);
        let condition = if is_ignored { Condition::unchanged(self.0.get(key).await?.as_ref()) } else { condition };
        self.0.put(key, bytes, condition).await
    }
    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError> {
        self.0.list(prefix, after).await
    }
    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        self.0.list_folders(prefix, after).await
    }
    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.0.delete(key).await
    }
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_found_out() {
    for (ignored, named) in
        [(Condition::Absent, "`If-None-Match: *`"), (Condition::Matches(Etag(String::new())), "`If-Match`")]
    {
        let world = World::over(policy(), |store| Arc::new(Forgetful(store, ignored.clone()))).await;
        let store = world.get("/doctor").await.json()["findings"][0].clone();
        assert_eq!((&store["what"], &store["state"]), (&json!("store"), &json!("wrong")), "{store}");
        assert!(store["said"].as_str().unwrap().contains(named), "{store}");
        assert!(store["remedy"].as_str().unwrap().contains("conditional writes"), "{store}");
    }
}
