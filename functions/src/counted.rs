//! How often the store was asked, for an operator who pays for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use swarmgate_domain::Key;
use swarmgate_service::ports::{Condition, Etag, Object, ObjectStore, Page, StoreError};

/// A store whose requests are counted, each try of one.
pub(crate) struct Counted {
    store: Arc<dyn ObjectStore>,
    reads: AtomicU64,
    writes: AtomicU64,
    lists: AtomicU64,
    conflicts: AtomicU64,
    busy: AtomicU64,
}

/// Requests since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requests {
    pub reads: u64,
    pub writes: u64,
    pub lists: u64,
    /// Writes that someone else came before.
    pub conflicts: u64,
    /// Refused, too late, or lost: tried again.
    pub busy: u64,
}

impl Counted {
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        let zero = || AtomicU64::new(0);
        Self { store, reads: zero(), writes: zero(), lists: zero(), conflicts: zero(), busy: zero() }
    }

    /// Takes what was counted since the last time.
    pub fn take(&self) -> Requests {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        Requests {
            reads: take(&self.reads),
            writes: take(&self.writes),
            lists: take(&self.lists),
            conflicts: take(&self.conflicts),
            busy: take(&self.busy),
        }
    }

    fn count<T>(&self, kind: &AtomicU64, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        kind.fetch_add(1, Ordering::Relaxed);
        match &outcome {
            Err(error) if error.is_conflict() => self.conflicts.fetch_add(1, Ordering::Relaxed),
            Err(error) if error.is_busy() => self.busy.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        outcome
    }
}

#[async_trait]
impl ObjectStore for Counted {
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        self.count(&self.reads, self.store.get(key).await)
    }

    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        self.count(&self.writes, self.store.put(key, bytes, condition).await)
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError> {
        self.count(&self.lists, self.store.list(prefix, after).await)
    }

    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        self.count(&self.lists, self.store.list_folders(prefix, after).await)
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.count(&self.writes, self.store.delete(key).await)
    }
}
