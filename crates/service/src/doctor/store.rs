//! Whether the store keeps its word: everything rests on its conditional writes.

use async_trait::async_trait;
use swarmgate_domain::key;

use super::marks::written_probe;
use super::{Examiner, Finding, told};
use crate::error::ServiceError;
use crate::ports::{Condition, Etag, Ports};

const WHAT: &str = "store";

/// The version of no object, in the form that versions have.
const NO_VERSION: &str = "\"00000000000000000000000000000000\"";

/// Looks at the store by writing one small object.
pub(super) struct StoreExaminer<'p>(pub &'p Ports);

#[async_trait]
impl Examiner for StoreExaminer<'_> {
    fn what(&self) -> String {
        WHAT.to_owned()
    }

    async fn examine(&self) -> Vec<Finding> {
        let finding = match ignored(self.0).await {
            Ok(None) => Finding::fine(WHAT, "objects can be listed, read, and written on condition"),
            Ok(Some(condition)) => Finding::wrong(
                WHAT,
                format!("it wrote an object though `{condition}` did not hold: results would be lost without a word"),
                "use a store with conditional writes: S3, MinIO, versitygw or the like, in a version that has them",
            ),
            Err(error) => {
                let remedy = error.hint().unwrap_or_else(|| {
                    "see that the bucket exists, and that SWARMGATE_BUCKET is its name: deploying the stack again does both".to_owned()
                });
                Finding::wrong(WHAT, told(&error), remedy)
            }
        };
        vec![finding]
    }
}

/// The condition that the store ignores, if it does.
async fn ignored(ports: &Ports) -> Result<Option<&'static str>, ServiceError> {
    let (store, key) = (&*ports.store, key::probe());
    store.list(key::ACTIVE_PREFIX, None).await?;
    let bytes = written_probe(ports).await?.bytes;
    // Another doctor may write the object at the same time: none of these would be right even then.
    if holds(store.put(&key, bytes.clone(), Condition::Absent).await)? {
        return Ok(Some("If-None-Match: *"));
    }
    let old = Condition::Matches(Etag(NO_VERSION.to_owned()));
    Ok(holds(store.put(&key, bytes, old).await)?.then_some("If-Match"))
}

fn holds<T>(put: Result<T, crate::ports::StoreError>) -> Result<bool, ServiceError> {
    match put {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error.into()),
    }
}
