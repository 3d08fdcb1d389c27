//! A folder as the object store: true create-only and compare-and-swap writes that survive a crash, also between processes.
//!
//! An object is a file. It is written beside its place, synced, and then put there in one step: by a hard link where there must be
//! none (the link fails if there is), by a rename under a lock where it must be unchanged. Readers see the old or the new, never a part.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use swarmgate_domain::{Key, Micros, StoreTime};
use swarmgate_service::ports::{Condition, Etag, Object, ObjectStore, Page, StoreError};

use crate::clock::now;

/// Keys in a page of a listing.
const PAGE: usize = 1_000;

/// Where files are written before they are put in their place. No key starts like this: keys have no upper case letters.
const PARTIAL: &str = "PARTIAL";

/// Lock files, so many that writers of different objects seldom wait for each other.
const LOCKS: u64 = 16;

/// A folder as the object store.
#[derive(Clone, Debug)]
pub struct FolderStore(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    root: PathBuf,
    /// Keys that start with this text lie in this folder instead of under the root.
    elsewhere: Option<(String, PathBuf)>,
    written: AtomicU64,
}

impl FolderStore {
    /// The store in `root`, which is made if it is not there.
    ///
    /// # Errors
    /// [`StoreError`]: the folder can't be made or written.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::build(Folder { root: root.into(), elsewhere: None, written: AtomicU64::new(0) })
    }

    /// The store in `root`, but for keys that start with `prefix`, which lie in `folder`.
    ///
    /// # Errors
    /// [`StoreError`]: a folder can't be made or written.
    pub fn open_with(root: impl Into<PathBuf>, prefix: &str, folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let elsewhere = Some((prefix.to_owned(), folder.into()));
        Self::build(Folder { root: root.into(), elsewhere, written: AtomicU64::new(0) })
    }

    fn build(folder: Folder) -> Result<Self, StoreError> {
        let partial = folder.root.join(PARTIAL);
        fs::create_dir_all(&partial)
            .map_err(|error| failed(format!("making the folder {}", partial.display()), error))?;
        if let Some((_, elsewhere)) = &folder.elsewhere {
            fs::create_dir_all(elsewhere)
                .map_err(|error| failed(format!("making the folder {}", elsewhere.display()), error))?;
        }
        Ok(Self(Arc::new(folder)))
    }

    /// The file of an object.
    pub fn path(&self, key: &Key) -> PathBuf {
        self.0.path(key)
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Folder) -> T + Send + 'static) -> T {
        let folder = self.0.clone();
        match tokio::task::spawn_blocking(move || work(&folder)).await {
            Ok(done) => done,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }
}

#[async_trait]
impl ObjectStore for FolderStore {
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        let key = key.clone();
        self.blocking(move |folder| {
            folder.get(&key).map_err(|error| failed(format!("reading {}", folder.path(&key).display()), error))
        })
        .await
    }

    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        let key = key.clone();
        self.blocking(move |folder| match folder.put(&key, &bytes, &condition) {
            Ok(Some(etag)) => Ok(etag),
            Ok(None) => Err(StoreError::Conflict { key }),
            Err(error) => Err(failed(format!("writing {}", folder.path(&key).display()), error)),
        })
        .await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.cloned());
        self.blocking(move |folder| {
            folder.list(&prefix, after.as_ref()).map_err(|error| failed(format!("listing {prefix}"), error))
        })
        .await
    }

    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.blocking(move |folder| {
            let mut names =
                sorted_names(&folder.root.join(&prefix)).map_err(|error| failed(format!("listing {prefix}"), error))?;
            names.retain(|(name, is_folder)| *is_folder && after.as_ref().is_none_or(|after| name > after));
            names.truncate(PAGE);
            Ok(names.into_iter().map(|(name, _)| name).collect())
        })
        .await
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let key = key.clone();
        self.blocking(move |folder| {
            folder.delete(&key).map_err(|error| failed(format!("removing {}", folder.path(&key).display()), error))
        })
        .await
    }
}

impl Folder {
    fn path(&self, key: &Key) -> PathBuf {
        if let Some((prefix, folder)) = &self.elsewhere
            && let Some(rest) = key.as_str().strip_prefix(prefix)
        {
            return folder.join(rest);
        }
        self.root.join(key.as_str())
    }

    fn get(&self, key: &Key) -> io::Result<Option<Object>> {
        let path = self.path(key);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let modified = match fs::metadata(&path).and_then(|m| m.modified()) {
            Ok(modified) => since_epoch(modified),
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let store_time = StoreTime { shown: now(), precision: Micros::ZERO };
        Ok(Some(Object { etag: etag(&bytes), bytes: bytes.into(), modified, store_time }))
    }

    /// `None`: the condition does not hold.
    fn put(&self, key: &Key, bytes: &[u8], condition: &Condition) -> io::Result<Option<Etag>> {
        let path = self.path(key);
        let parent = path.parent().expect("a key's file lies in a folder");
        fs::create_dir_all(parent)?;
        let partial = Partial::write(&self.partial_path(), bytes)?;
        match condition {
            Condition::Absent => match fs::hard_link(&partial.0, &path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
                Err(error) => return Err(error),
            },
            Condition::Matches(expected) => {
                let _lock = self.lock(key)?;
                match fs::read(&path) {
                    Ok(found) if etag(&found) == *expected => fs::rename(&partial.0, &path)?,
                    Ok(_) => return Ok(None),
                    Err(error) if is_absence(&error) => return Ok(None),
                    Err(error) => return Err(error),
                }
            }
        }
        // The name itself must survive a crash too.
        File::open(parent)?.sync_all()?;
        Ok(Some(etag(bytes)))
    }

    fn delete(&self, key: &Key) -> io::Result<()> {
        let _lock = self.lock(key)?;
        match fs::remove_file(self.path(key)) {
            Err(error) if !is_absence(&error) => Err(error),
            _ => Ok(()),
        }
    }

    fn lock(&self, key: &Key) -> io::Result<File> {
        let mut hasher = DefaultHasher::new();
        key.as_str().hash(&mut hasher);
        let name = format!("lock-{}", hasher.finish() % LOCKS);
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(self.root.join(PARTIAL).join(name))?;
        file.lock()?;
        Ok(file)
    }

    fn partial_path(&self) -> PathBuf {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        self.root.join(PARTIAL).join(format!("{}-{number}", std::process::id()))
    }

    fn list(&self, prefix: &str, after: Option<&Key>) -> io::Result<Page> {
        let (folder, _) = prefix.rsplit_once('/').unwrap_or(("", prefix));
        let mut keys = Vec::new();
        self.walk(folder, prefix, after.map_or("", Key::as_str), &mut keys)?;
        let more = keys.len() > PAGE;
        keys.truncate(PAGE);
        Ok(Page { keys, more })
    }

    /// Adds keys in order, until there is one more than a page.
    fn walk(&self, folder: &str, prefix: &str, after: &str, keys: &mut Vec<Key>) -> io::Result<()> {
        for (name, is_folder) in sorted_names(&self.root.join(folder))? {
            if keys.len() > PAGE {
                break;
            }
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if is_folder {
                let inside = format!("{path}/");
                // Skip folders in which every key comes before `after`, or none has the prefix.
                let is_past = after.starts_with(&inside) || inside.as_str() > after;
                if is_past && (inside.starts_with(prefix) || prefix.starts_with(&inside)) {
                    self.walk(&path, prefix, after, keys)?;
                }
            } else if path.starts_with(prefix)
                && path.as_str() > after
                && let Some(key) = Key::parse(&path)
            {
                keys.push(key);
            }
        }
        Ok(())
    }
}

/// A file that is removed again unless it was renamed away.
struct Partial(PathBuf);

impl Partial {
    fn write(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let partial = Self(path.to_owned());
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(partial)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Nothing is lost where this fails: the next start of a process of this id writes over it.
        let _ = fs::remove_file(&self.0);
    }
}

/// The names in a folder in the order of keys, and whether each is a folder; none where there is no folder.
fn sorted_names(folder: &Path) -> io::Result<Vec<(String, bool)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absence(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_name() != OsStr::new(PARTIAL)
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push((name, entry.file_type()?.is_dir()));
        }
    }
    // A folder sorts as its keys do: with the slash that follows its name.
    names.sort_by(|a, b| slashed(a).cmp(slashed(b)));
    Ok(names)
}

fn slashed((name, is_folder): &(String, bool)) -> impl Iterator<Item = u8> + '_ {
    name.bytes().chain(is_folder.then_some(b'/'))
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Of the content, as S3's: the same content is the same version.
fn etag(bytes: &[u8]) -> Etag {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    Etag(format!("{:016x}-{}", hasher.finish(), bytes.len()))
}

fn since_epoch(time: SystemTime) -> Micros {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().into()
}

fn failed(attempted: String, error: io::Error) -> StoreError {
    let kind = error.kind();
    let source = Arc::new(error);
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            StoreError::Full { attempted, source, hint: "make room, or choose another folder with --out" }
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            let hint = "make the folder writable, or choose another one with --out";
            StoreError::Denied { attempted, source, hint }
        }
        ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => StoreError::Busy { attempted, source },
        _ => StoreError::Broken { attempted, source },
    }
}
