//! What stores rarely do, made by a proxy: each fault has the answer that the use cases expect.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use swarmgate_aws::{Addressing, S3Store};
use swarmgate_domain::Key;
use swarmgate_local::{SystemClock, SystemRandomness};
use swarmgate_service::Retrying;
use swarmgate_service::ports::{Condition, ObjectStore, StoreError};
use swarmgate_testbed::{AwsStandIns, Fault, FaultProxy};

/// A store behind a proxy.
struct World {
    _aws: AwsStandIns,
    proxy: FaultProxy,
    store: S3Store,
    retrying: Retrying,
}

impl World {
    async fn start(test: &str) -> Option<Self> {
        let aws = AwsStandIns::start(test, None).await?;
        aws.make_bucket("results").await;
        let proxy = FaultProxy::start(aws.store_url()).await;
        let store = S3Store::new(&aws.config(&proxy.url()).await, "results", Addressing::Path);
        let retrying = Retrying::new(Arc::new(store.clone()), Arc::new(SystemClock), Arc::new(SystemRandomness));
        Some(Self { _aws: aws, proxy, store, retrying })
    }
}

fn key() -> Key {
    Key::parse("a").expect("it is a key")
}

async fn create(store: &dyn ObjectStore, text: &'static str) -> Result<(), StoreError> {
    store.put(&key(), Bytes::from_static(text.as_bytes()), Condition::Absent).await.map(drop)
}

async fn text(store: &dyn ObjectStore) -> Option<String> {
    let object = store.get(&key()).await.expect("the store answers")?;
    Some(String::from_utf8(object.bytes.to_vec()).expect("these tests write text"))
}

/// Two conditional writes that meet: nobody has won yet, so it is no conflict.
#[tokio::test]
async fn a_meeting_of_writers_is_tried_again() {
    let Some(world) = World::start("a_meeting_of_writers_is_tried_again").await else { return };
    let met = Fault::Refused(StatusCode::CONFLICT, "ConditionalRequestConflict");
    world.proxy.plan(Method::PUT, "/results/a", met.clone(), 1);
    assert!(create(&world.store, "one").await.unwrap_err().is_busy());
    assert_eq!(world.proxy.count(&Method::PUT, "/results/a"), 1, "the adapter itself tried again");

    world.proxy.plan(Method::PUT, "/results/a", met, 2);
    create(&world.retrying, "one").await.unwrap();
    assert_eq!(world.proxy.count(&Method::PUT, "/results/a"), 4);
    assert_eq!(text(&world.store).await.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_store_that_is_busy_is_asked_again() {
    let Some(world) = World::start("a_store_that_is_busy_is_asked_again").await else { return };
    for (status, code) in [(503, "SlowDown"), (500, "InternalError"), (502, "BadGateway"), (429, "TooManyRequests")] {
        let busy = Fault::Refused(StatusCode::from_u16(status).unwrap(), code);
        world.proxy.plan(Method::GET, "results", busy.clone(), 1);
        assert!(world.store.get(&key()).await.unwrap_err().is_busy(), "{code}");
        world.proxy.plan(Method::GET, "list-type=2", busy, 2);
        assert_eq!(world.retrying.list("", None).await.unwrap().keys, [], "{code}");
    }
}

/// The write was done, but nobody knows: trying again finds one's own object. The use cases look whose it is.
#[tokio::test]
async fn a_write_whose_answer_is_lost_may_be_ones_own() {
    let Some(world) = World::start("a_write_whose_answer_is_lost_may_be_ones_own").await else { return };
    world.proxy.plan(Method::PUT, "/results/a", Fault::AnswerLost, 1);
    assert!(create(&world.store, "one").await.unwrap_err().is_busy());
    assert_eq!(text(&world.store).await.as_deref(), Some("one"), "it was done");
    assert!(create(&world.store, "one").await.unwrap_err().is_conflict());
    world.store.delete(&key()).await.unwrap();

    world.proxy.plan(Method::PUT, "/results/a", Fault::AnswerLost, 1);
    assert!(create(&world.retrying, "two").await.unwrap_err().is_conflict());
    assert_eq!(text(&world.store).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_read_whose_answer_breaks_off_is_done_again() {
    let Some(world) = World::start("a_read_whose_answer_breaks_off_is_done_again").await else { return };
    create(&world.store, "one").await.unwrap();
    world.proxy.plan(Method::GET, "/results/a", Fault::AnswerLost, 1);
    assert!(world.store.get(&key()).await.unwrap_err().is_busy());
    world.proxy.plan(Method::GET, "/results/a", Fault::AnswerLost, 2);
    assert_eq!(text(&world.retrying).await.as_deref(), Some("one"));
}

#[tokio::test]
async fn an_answer_that_never_comes_is_not_waited_for() {
    let Some(world) = World::start("an_answer_that_never_comes_is_not_waited_for").await else { return };
    world.proxy.plan(Method::PUT, "/results/a", Fault::NoAnswer, 1);
    let written = tokio::time::timeout(Duration::from_secs(60), create(&world.store, "one")).await;
    assert!(written.expect("the adapter has a limit of its own").unwrap_err().is_busy());
    world.proxy.plan(Method::GET, "/results/a", Fault::Slow(Duration::from_millis(500)), 1);
    assert_eq!(text(&world.store).await.as_deref(), Some("one"), "half a second is not too slow");
}
