//! A store that tells a queue which objects appeared, as a bucket's notifications do.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use swarmgate_domain::{Key, key};
use swarmgate_service::ports::{Condition, Etag, Object, ObjectStore, Page, Queue, StoreError};
use tracing::warn;

/// Wraps a store so that workers' objects (ready, chunks, done, failed) are told to a queue, a key a message.
pub struct Notifying {
    store: Arc<dyn ObjectStore>,
    events: Arc<dyn Queue>,
}

impl Notifying {
    /// `store`, telling `events`.
    pub fn new(store: Arc<dyn ObjectStore>, events: Arc<dyn Queue>) -> Self {
        Self { store, events }
    }
}

fn is_told(key: &Key) -> bool {
    matches!(
        key::meaning(key),
        Some((_, key::Meaning::Ready(_) | key::Meaning::Chunk(_) | key::Meaning::Done(_) | key::Meaning::Failed(_)))
    )
}

#[async_trait]
impl ObjectStore for Notifying {
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        self.store.get(key).await
    }

    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        let etag = self.store.put(key, bytes, condition).await?;
        if is_told(key)
            && let Err(error) = self.events.send(vec![key.to_string()]).await
        {
            // The object is there, and sweep finds it.
            warn!(%key, %error, "an object could not be told of");
        }
        Ok(etag)
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError> {
        self.store.list(prefix, after).await
    }

    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        self.store.list_folders(prefix, after).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.store.delete(key).await
    }
}
