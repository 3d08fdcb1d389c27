//! Tests, the newest first, in pages.

use futures_util::{StreamExt, TryStreamExt, stream};
use swarmgate_domain::{Key, Micros, RunId, key};

use crate::control::{TestStatus, status};
use crate::error::ServiceError;
use crate::ports::Ports;

/// How many tests are read at once.
const AT_ONCE: usize = 16;

/// Some tests, the newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct RecentTests {
    /// How each stands.
    pub tests: Vec<TestStatus>,
    /// Where the next page starts, if there is one: goes into [`recent`].
    pub next: Option<String>,
}

/// Whether `text` may be where a page starts.
pub fn is_page(text: &str) -> bool {
    place(text).as_ref().and_then(key::recent_meaning).is_some()
}

fn place(text: &str) -> Option<Key> {
    Key::parse(&format!("{}{text}", key::RECENT_PREFIX))
}

/// Up to `most` tests, the newest first, from where an earlier page said.
///
/// # Errors
/// [`ServiceError`]: the store failed.
pub async fn recent(ports: &Ports, from: Option<&str>, most: usize) -> Result<RecentTests, ServiceError> {
    let mut after = from.and_then(place);
    let mut tests = Vec::new();
    loop {
        let page = ports.store.list(key::RECENT_PREFIX, after.as_ref()).await?;
        let mut keys = page.keys.iter();
        while tests.len() < most && keys.len() > 0 {
            let batch: Vec<_> = keys.by_ref().take(most - tests.len()).collect();
            after = batch.last().map(|key| (*key).clone());
            let read = stream::iter(batch.into_iter().filter_map(key::recent_meaning))
                .map(|(run, accepted_at)| test_of(ports, run, accepted_at))
                .buffered(AT_ONCE);
            tests.extend(read.try_collect::<Vec<_>>().await?.into_iter().flatten());
        }
        let is_end = !page.more && keys.len() == 0;
        if is_end || tests.len() >= most {
            let text = |key: Key| key.as_str().trim_start_matches(key::RECENT_PREFIX).to_owned();
            return Ok(RecentTests { tests, next: after.filter(|_| !is_end).map(text) });
        }
    }
}

/// How a listed test stands; `None` where its plan was not made, or was made by another call with the same idempotency key.
async fn test_of(ports: &Ports, run: RunId, accepted_at: Micros) -> Result<Option<TestStatus>, ServiceError> {
    match status(ports, &run).await {
        Ok(test) => Ok((test.accepted_at == accepted_at).then_some(test)),
        Err(ServiceError::NoSuchRun { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
