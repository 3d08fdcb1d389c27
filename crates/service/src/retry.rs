//! A store that tries again: bounded, with jitter, and only what may do better later.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use swarmgate_domain::{Key, Micros};

use crate::ports::{Clock, Condition, Etag, Object, ObjectStore, Page, Randomness, StoreError};

/// The first wait is up to twice as long; each further one is up to twice as long as the last.
const FIRST_WAIT: Micros = Micros::from_millis(100);

/// No wait is longer: a worker that slept on after a store came back would lose its lease, and its chunks would come after the verdict.
pub(crate) const LONGEST_WAIT: Micros = Micros::from_millis(1_600);

/// How often a call is tried in all: about a minute of waiting.
const MOST_TRIES: u32 = 48;

/// Wraps a store so that a busy answer is tried again. A conflict never is: it is an answer.
pub struct Retrying {
    store: Arc<dyn ObjectStore>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
}

impl Retrying {
    /// `store`, tried again.
    pub fn new(store: Arc<dyn ObjectStore>, clock: Arc<dyn Clock>, random: Arc<dyn Randomness>) -> Self {
        Self { store, clock, random }
    }

    async fn tried<T, F: Future<Output = Result<T, StoreError>>>(&self, call: impl Fn() -> F) -> Result<T, StoreError> {
        for tries in 1.. {
            match call().await {
                Err(error) if error.is_busy() && tries < MOST_TRIES => {
                    let wait = (FIRST_WAIT.0 << tries.min(8)).min(LONGEST_WAIT.0);
                    self.clock.sleep(Micros(wait / 2 + self.random.draw() % (wait / 2))).await;
                }
                answer => return answer,
            }
        }
        unreachable!("the loop ends by returning")
    }
}

#[async_trait]
impl ObjectStore for Retrying {
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        self.tried(|| self.store.get(key)).await
    }

    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        self.tried(|| self.store.put(key, bytes.clone(), condition.clone())).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError> {
        self.tried(|| self.store.list(prefix, after)).await
    }

    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        self.tried(|| self.store.list_folders(prefix, after)).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.tried(|| self.store.delete(key)).await
    }
}
