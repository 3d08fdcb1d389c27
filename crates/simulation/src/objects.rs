//! The objects of the simulated store, with conditional writes as S3 has them.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;

use bytes::Bytes;
use swarmgate_domain::{Key, Micros, StoreTime};
use swarmgate_service::ports::{Condition, Etag, Object, Page, StoreError};

use crate::actor::EPOCH;

/// A call to the store.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Get(Key),
    Put { key: Key, bytes: Bytes, condition: Condition },
    List { prefix: String, after: Option<Key> },
    ListFolders { prefix: String, after: Option<String> },
    Delete(Key),
}

impl Operation {
    /// Whether it changes what is there.
    pub fn writes(&self) -> bool {
        matches!(self, Self::Put { .. } | Self::Delete(_))
    }

    /// What is done, in words.
    pub fn describe(&self) -> String {
        match self {
            Self::Get(key) => format!("reading {key}"),
            Self::Put { key, .. } => format!("writing {key}"),
            Self::List { prefix, .. } | Self::ListFolders { prefix, .. } => format!("listing {prefix}"),
            Self::Delete(key) => format!("removing {key}"),
        }
    }
}

/// What the store says.
#[derive(Debug)]
pub(crate) enum Answer {
    Object(Option<Object>),
    Written(Etag),
    Page(Page),
    Folders(Vec<String>),
    Removed,
}

/// All objects.
pub(crate) struct Objects {
    objects: BTreeMap<Key, Stored>,
    /// How many keys a listing gives at a time.
    page: usize,
    /// How coarse the store's clock is: S3 tells whole seconds.
    precision: Micros,
    /// How many writes were done.
    pub writes: u64,
}

struct Stored {
    bytes: Bytes,
    etag: Etag,
    modified: Micros,
}

impl Objects {
    pub fn new(page: usize, precision: Micros) -> Self {
        Self { objects: BTreeMap::new(), page, precision, writes: 0 }
    }

    fn clock(&self, now: Micros) -> Micros {
        let time = EPOCH + now;
        Micros(time.0 - time.0 % self.precision.0)
    }

    /// Does `operation` at virtual time `now`.
    pub fn perform(&mut self, operation: &Operation, now: Micros) -> Result<Answer, StoreError> {
        match operation {
            Operation::Get(key) => Ok(Answer::Object(self.get(key, now))),
            Operation::Put { key, bytes, condition } => self.put(key, bytes, condition, now).map(Answer::Written),
            Operation::List { prefix, after } => Ok(Answer::Page(self.list(prefix, after.as_ref()))),
            Operation::ListFolders { prefix, after } => {
                Ok(Answer::Folders(self.list_folders(prefix, after.as_deref())))
            }
            Operation::Delete(key) => {
                self.writes += u64::from(self.objects.remove(key).is_some());
                Ok(Answer::Removed)
            }
        }
    }

    fn get(&self, key: &Key, now: Micros) -> Option<Object> {
        self.objects.get(key).map(|stored| Object {
            bytes: stored.bytes.clone(),
            etag: stored.etag.clone(),
            modified: stored.modified,
            store_time: StoreTime { shown: self.clock(now), precision: self.precision },
        })
    }

    fn put(&mut self, key: &Key, bytes: &Bytes, condition: &Condition, now: Micros) -> Result<Etag, StoreError> {
        let there = self.objects.get(key).map(|stored| &stored.etag);
        let holds = match condition {
            Condition::Absent => there.is_none(),
            Condition::Matches(etag) => there == Some(etag),
        };
        if !holds {
            return Err(StoreError::Conflict { key: key.clone() });
        }
        let etag = etag(bytes);
        let stored = Stored { bytes: bytes.clone(), etag: etag.clone(), modified: self.clock(now) };
        self.objects.insert(key.clone(), stored);
        self.writes += 1;
        Ok(etag)
    }

    fn list(&self, prefix: &str, after: Option<&Key>) -> Page {
        let mut keys: Vec<_> = self
            .under(prefix)
            .filter(|key| after.is_none_or(|after| *key > after))
            .take(self.page + 1)
            .cloned()
            .collect();
        let more = keys.len() > self.page;
        keys.truncate(self.page);
        Page { keys, more }
    }

    fn list_folders(&self, prefix: &str, after: Option<&str>) -> Vec<String> {
        let segment = |key: &Key| key.as_str()[prefix.len()..].split('/').next().map(str::to_owned);
        let folders: BTreeSet<String> = self.under(prefix).filter_map(segment).collect();
        folders.into_iter().filter(|folder| after.is_none_or(|after| folder.as_str() > after)).take(self.page).collect()
    }

    fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Key> {
        // A prefix may end in `/` and so be no key; what sorts just before all keys under it is the prefix without that.
        let from = Key::parse(prefix.trim_end_matches('/'));
        let from = from.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
        let keys = self.objects.range((from, std::ops::Bound::Unbounded)).map(|(key, _)| key);
        let before = move |key: &&Key| key.as_str() < prefix;
        keys.skip_while(before).take_while(move |key| key.as_str().starts_with(prefix))
    }

    /// Every key under `prefix`, for those who check.
    pub fn keys<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Key> {
        self.under(prefix)
    }

    /// What lies at `key`, for those who check.
    pub fn bytes(&self, key: &Key) -> Option<&Bytes> {
        self.objects.get(key).map(|stored| &stored.bytes)
    }
}

/// Of the content, as S3's are: what is written again as it was has the same.
fn etag(bytes: &Bytes) -> Etag {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    Etag(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap()
    }

    fn store(keys: &[&str]) -> Objects {
        let mut objects = Objects::new(2, Micros(1));
        for text in keys {
            objects.put(&key(text), &Bytes::from_static(b"x"), &Condition::Absent, Micros(1)).unwrap();
        }
        objects
    }

    #[test]
    fn a_write_needs_its_condition() {
        let mut objects = store(&["a/b"]);
        let (at, bytes) = (key("a/b"), Bytes::from_static(b"y"));
        assert!(objects.put(&at, &bytes, &Condition::Absent, Micros(2)).unwrap_err().is_conflict());
        let old = objects.get(&at, Micros(2)).unwrap().etag;
        let new = objects.put(&at, &bytes, &Condition::Matches(old.clone()), Micros(2)).unwrap();
        assert!(objects.put(&at, &bytes, &Condition::Matches(old), Micros(3)).unwrap_err().is_conflict());
        assert_eq!(objects.get(&at, Micros(3)).unwrap().etag, new);
        assert!(objects.put(&key("a/c"), &bytes, &Condition::Matches(new), Micros(3)).unwrap_err().is_conflict());
    }

    #[test]
    fn a_listing_comes_in_pages_and_holds_only_its_prefix() {
        let objects = store(&["a/b-1/x", "a/b/1", "a/b/2", "a/b/3", "a/c/1", "a/c0/1"]);
        let first = objects.list("a/b/", None);
        assert_eq!((first.keys.len(), first.more), (2, true));
        let second = objects.list("a/b/", first.keys.last());
        assert_eq!((second.keys, second.more), (vec![key("a/b/3")], false));
        assert_eq!(objects.list_folders("a/", None), ["b", "b-1"]);
        assert_eq!(objects.list_folders("a/", Some("b")), ["b-1", "c"]);
    }
}
