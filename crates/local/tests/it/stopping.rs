//! Who stops a test is answered soon, however long its report takes.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use swarmgate_domain::*;
use swarmgate_local::SystemClock;
use swarmgate_service::ports::*;
use swarmgate_service::{stop, sweep};
use tokio::sync::Notify;

use crate::begun::Begun;

/// A store that takes no report: who writes one waits for ever.
struct NoReports {
    inner: Arc<dyn ObjectStore>,
    asked: Arc<Notify>,
}

#[async_trait]
impl ObjectStore for NoReports {
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        self.inner.get(key).await
    }
    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        if key.as_str().starts_with("reports/") {
            self.asked.notify_one();
            std::future::pending::<()>().await;
        }
        self.inner.put(key, bytes, condition).await
    }
    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError> {
        self.inner.list(prefix, after).await
    }
    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        self.inner.list_folders(prefix, after).await
    }
    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.inner.delete(key).await
    }
}

/// A clock whose waits are over when someone writes a report.
#[derive(Default)]
struct UntilReport {
    asked: Arc<Notify>,
    waits: Mutex<Vec<Micros>>,
}

#[async_trait]
impl Clock for UntilReport {
    fn now(&self) -> Micros {
        SystemClock.now()
    }
    async fn sleep(&self, time: Micros) {
        self.waits.lock().unwrap().push(time);
        self.asked.notified().await;
    }
}

#[tokio::test]
async fn who_stops_a_test_does_not_wait_for_a_report_that_takes_long() {
    let clock = Arc::new(UntilReport::default());
    let test = Begun::start(clock.clone(), 2).await;
    for shard in 0..2 {
        // As workers do that heard of the end at once.
        test.ports.store.put(&key::done(&test.run, ShardId(shard)), "{}".into(), Condition::Absent).await.unwrap();
    }
    let mut slow = test.ports.clone();
    slow.store = Arc::new(NoReports { inner: test.ports.store.clone(), asked: clock.asked.clone() });

    let answered = stop(&slow, &test.run).await.unwrap();
    assert_eq!((answered.ended(), answered.revision), (Ended::Stopped, 0));
    assert_eq!(*clock.waits.lock().unwrap(), [Micros::from_secs(10)], "API Gateway waits for 30 s at most");

    sweep(&test.ports).await.unwrap();
    let state = swarmgate_service::status(&test.ports, &test.run).await.unwrap().state;
    assert_eq!((state.phase.is_over(), state.ended(), state.revision), (true, Ended::Stopped, 1));
    let report = test.ports.store.get(&key::report(&test.run, "index.html")).await.unwrap();
    assert_eq!(report.unwrap().bytes, "0");
}
