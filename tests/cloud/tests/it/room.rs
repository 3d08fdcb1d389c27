//! One deployment runs at a time: each is a control plane, functions and workers, and on a machine of two cores a second one makes workers begin
//! late and users late, which reports rightly say.

use tokio::sync::{Semaphore, SemaphorePermit};

static ROOM: Semaphore = Semaphore::const_new(1);

/// Waits for room; it is taken until what is given is dropped.
pub async fn take() -> SemaphorePermit<'static> {
    ROOM.acquire().await.expect("nobody closes it")
}
