//! The local adapters do what the ports ask for.

use std::sync::Arc;

use swarmgate_local::{FolderStore, MemoryQueue, SystemClock};
use swarmgate_service::conformance;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_folder_is_an_object_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FolderStore::open(folder.path()).unwrap());
    conformance::store(store, |work| {
        #[expect(clippy::disallowed_methods, reason = "the handle is waited for by the suite")]
        let task = tokio::spawn(work);
        async { task.await.unwrap() }
    })
    .await;
}

#[tokio::test]
async fn memory_is_a_queue() {
    conformance::queue(&MemoryQueue::default(), &SystemClock).await;
}
