//! Links that give out an object without credentials.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::presigning::PresigningConfig;
use swarmgate_api::ReportLinks;
use swarmgate_domain::Key;
use swarmgate_service::ServiceError;
use swarmgate_service::ports::StoreError;

use super::S3Store;
use super::failure::DENIED;

/// Presigned URLs of a report's files. One ends with its time, or with the session that signed it where that is sooner: a function's
/// role has sessions of some hours.
#[derive(Clone, Debug)]
pub struct ReportUrls {
    store: S3Store,
    valid: Duration,
}

impl ReportUrls {
    /// Links into `store` that are valid for so long: a week at most.
    pub fn new(store: S3Store, valid: Duration) -> Self {
        Self { store, valid }
    }
}

#[async_trait]
impl ReportLinks for ReportUrls {
    async fn link(&self, key: &Key) -> Result<String, ServiceError> {
        let attempted = || format!("making a link to {key} of bucket {}", self.store.bucket);
        let config = PresigningConfig::expires_in(self.valid)
            .map_err(|error| StoreError::Broken { attempted: attempted(), source: Arc::new(error) })?;
        let call = self.store.client.get_object().bucket(&self.store.bucket).key(key.as_str());
        let presigned = call.presigned(config).await;
        let presigned = presigned.map_err(|error| {
            let (attempted, source) = (attempted(), Arc::new(error));
            StoreError::Denied { attempted, source, hint: DENIED }
        })?;
        Ok(presigned.uri().to_owned())
    }
}
