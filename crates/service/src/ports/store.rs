//! The port to the object store, which is the only database.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use swarmgate_domain::{Key, Micros, StoreTime};

/// A store of objects under keys, with conditional writes. Every state change is one of them, so that duplicates, retries and
/// two writers at once are harmless.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// The object, or `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`], never [`StoreError::Conflict`].
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError>;

    /// Writes the object if the condition holds, whole or not at all, and for good: what is written survives a crash.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the condition does not hold. After any other error the object may be written or not.
    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError>;

    /// Keys that start with `prefix` and come after `after`, in order; at most a page (1,000) of them.
    ///
    /// # Errors
    /// [`StoreError`], never [`StoreError::Conflict`].
    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError>;

    /// The distinct next segments of the keys that start with `prefix` (which ends in `/`), in order, after the segment `after`; at most a page.
    ///
    /// # Errors
    /// [`StoreError`], never [`StoreError::Conflict`].
    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError>;

    /// Removes the object; nothing happens where there is none.
    ///
    /// # Errors
    /// [`StoreError`], never [`StoreError::Conflict`].
    async fn delete(&self, key: &Key) -> Result<(), StoreError>;
}

/// An object as it was read.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it holds.
    pub bytes: Bytes,
    /// Which version of it that is.
    pub etag: Etag,
    /// When it was written, by the store's clock.
    pub modified: Micros,
    /// What the store's clock showed when it answered.
    pub store_time: StoreTime,
}

/// A version of an object: differs when the content differs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Etag(pub String);

/// When a write is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Only if there is no object.
    Absent,
    /// Only if the object is this version.
    Matches(Etag),
}

impl Condition {
    /// The condition that nobody wrote since `read`.
    pub fn unchanged(read: Option<&Object>) -> Self {
        read.map_or(Self::Absent, |object| Self::Matches(object.etag.clone()))
    }
}

/// Some keys of a listing.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In order.
    pub keys: Vec<Key>,
    /// Whether there are more after the last.
    pub more: bool,
}

/// Why the store did not do it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Someone else wrote first. Normal: read again, decide anew.
    #[error("writing {key}: it changed since it was read")]
    Conflict {
        /// Of which object.
        key: Key,
    },
    /// Not now: too many requests, a time-out, a lost connection. It may have been done all the same. Try again.
    #[error("{attempted}: the store did not answer or is too busy")]
    Busy {
        /// What was attempted, on what.
        attempted: String,
        /// Why.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// There is no room.
    #[error("{attempted}: no space is left")]
    Full {
        /// What was attempted, on what.
        attempted: String,
        /// Why.
        source: Arc<dyn std::error::Error + Send + Sync>,
        /// What the user can do, with this store.
        hint: &'static str,
    },
    /// Not allowed.
    #[error("{attempted}: access denied")]
    Denied {
        /// What was attempted, on what.
        attempted: String,
        /// Why.
        source: Arc<dyn std::error::Error + Send + Sync>,
        /// What the user can do, with this store.
        hint: &'static str,
    },
    /// Anything else.
    #[error("{attempted} failed")]
    Broken {
        /// What was attempted, on what.
        attempted: String,
        /// Why.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same call may do better later.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }

    /// Whether someone else wrote first.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Conflict { .. } | Self::Broken { .. } => None,
            Self::Busy { .. } => Some("it was tried several times; see that the store can be reached, then try again"),
            Self::Full { hint, .. } | Self::Denied { hint, .. } => Some(hint),
        }
    }
}
