//! What a folder must do beyond the port: two processes at once, crashes, full disks, folders that can't be written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bytes::Bytes;
use swarmgate_domain::{Key, RunId, key};
use swarmgate_local::{FolderStore, report_prefix};
use swarmgate_service::ports::{Condition, ObjectStore, StoreError};

fn plan_key() -> Key {
    key::plan(&RunId::new("t1").expect("it is an id"))
}

#[tokio::test]
async fn two_stores_on_one_folder_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (FolderStore::open(folder.path()).unwrap(), FolderStore::open(folder.path()).unwrap());
    let etag = one.put(&plan_key(), Bytes::from_static(b"1"), Condition::Absent).await.unwrap();
    let twice = other.put(&plan_key(), Bytes::from_static(b"2"), Condition::Absent).await;
    assert!(twice.unwrap_err().is_conflict());
    other.put(&plan_key(), Bytes::from_static(b"2"), Condition::Matches(etag.clone())).await.unwrap();
    let outdated = one.put(&plan_key(), Bytes::from_static(b"3"), Condition::Matches(etag)).await;
    assert!(outdated.unwrap_err().is_conflict());
    assert_eq!(&one.get(&plan_key()).await.unwrap().unwrap().bytes[..], b"2");
}

#[tokio::test]
async fn what_a_killed_writer_left_is_no_object() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    fs::write(folder.path().join("PARTIAL/4711-0"), "half of an obj").unwrap();
    store.put(&plan_key(), Bytes::from_static(b"whole"), Condition::Absent).await.unwrap();
    assert_eq!(store.list("", None).await.unwrap().keys, [plan_key()]);
    let left: Vec<_> = fs::read_dir(folder.path().join("PARTIAL")).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(left, ["4711-0"], "a finished write left its partial file");
}

#[tokio::test]
async fn a_report_can_lie_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (root, out) = (folder.path().join("out/data"), folder.path().join("out"));
    let run = RunId::new("t1").unwrap();
    let store = FolderStore::open_with(root, &report_prefix(&run), &out).unwrap();
    store.put(&key::report(&run, "index.html"), Bytes::from_static(b"x"), Condition::Absent).await.unwrap();
    assert!(out.join("index.html").is_file());
}

/// Root may write anywhere, so the mode alone shows nothing: then the folder is made read-only by a file in its place.
#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("blocked");
    fs::write(&blocked, "a file").unwrap();
    let error = FolderStore::open(blocked.join("data")).unwrap_err();
    assert!(error.to_string().contains("blocked/data"), "{error}");

    let read_only = folder.path().join("read-only");
    fs::create_dir(&read_only).unwrap();
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(read_only.join("probe"), "").is_err() {
        let error = FolderStore::open(read_only.join("data")).unwrap_err();
        assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
        assert!(error.hint().is_some());
    }
}

/// `/dev/full` fails each write as a full disk does.
#[tokio::test]
async fn a_full_disk_is_said_and_leaves_no_object() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    // The store's next partial files all are the full device.
    for number in 0..4 {
        let partial = folder.path().join(format!("PARTIAL/{}-{number}", std::process::id()));
        std::os::unix::fs::symlink(Path::new("/dev/full"), partial).unwrap();
    }
    let error = store.put(&plan_key(), Bytes::from_static(b"x"), Condition::Absent).await.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(store.get(&plan_key()).await.unwrap().is_none());
}
