//! A bucket as the object store.

mod failure;
mod links;
mod server_date;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use swarmgate_domain::{Key, Micros, StoreTime};
use swarmgate_service::ports::{Condition, Etag, Object, ObjectStore, Page, StoreError};

use failure::{Answer, answer_of, broken, store_error, too_slow};
use server_date::ServerDate;

pub use links::ReportUrls;

/// Keys in a page of a listing: the most that S3 gives.
const PAGE: i32 = 1_000;

/// How long a call may take, beside what its bytes take.
const CALL_TIME: Duration = Duration::from_secs(6);

/// No connection that tests may be run over is slower than so many bytes a second.
const SLOWEST: u64 = 512 * 1024;

/// How a bucket is named in a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addressing {
    /// In the host's name, as AWS wants it.
    #[default]
    Host,
    /// In the path, as other stores want it that have no names for their buckets.
    Path,
}

/// A bucket as the object store. Clones share their connections.
///
/// It never tries again by itself: after a lost answer to a conditional write, a second try would find its own first one, and call that
/// a conflict unseen. The service's `Retrying` tries again, and the use cases know their own writes.
#[derive(Clone, Debug)]
pub struct S3Store {
    pub(crate) client: Client,
    pub(crate) bucket: String,
}

impl S3Store {
    /// The store in `bucket`. Sends nothing yet.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>, addressing: Addressing) -> Self {
        let times = TimeoutConfig::builder().disable_operation_attempt_timeout().build();
        let config = Builder::from(config)
            .force_path_style(addressing == Addressing::Path)
            .retry_config(RetryConfig::disabled())
            .timeout_config(times);
        Self { client: Client::from_conf(config.build()), bucket: bucket.into() }
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Waits for a call, as long as a call with a body of this size may take. What the answer's error means is the caller's to say.
    async fn call<T, E>(
        &self,
        attempted: &str,
        body: usize,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<Result<T, (Answer, StoreError)>, StoreError>
    where
        E: ProvideErrorMetadata + std::error::Error + Debug + Send + Sync + 'static,
    {
        match tokio::time::timeout(time_for(body), call).await {
            Err(elapsed) => Err(too_slow(attempted, elapsed)),
            Ok(Ok(output)) => Ok(Ok(output)),
            Ok(Err(error)) => Ok(Err((answer_of(&error), store_error(attempted, error)))),
        }
    }

    async fn list_page(
        &self,
        attempted: &str,
        prefix: &str,
        after: Option<String>,
        delimiter: Option<&str>,
    ) -> Result<aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output, StoreError> {
        let call = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).max_keys(PAGE);
        let call = call.set_start_after(after).set_delimiter(delimiter.map(str::to_owned));
        self.call(attempted, 0, call.send()).await?.map_err(|(_, error)| error)
    }
}

/// How long a call with a body of so many bytes may take.
fn time_for(body: usize) -> Duration {
    CALL_TIME + Duration::from_secs(body as u64 / SLOWEST)
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn get(&self, key: &Key) -> Result<Option<Object>, StoreError> {
        let attempted = format!("reading {key} of bucket {}", self.bucket);
        let date = ServerDate::default();
        let call = self.client.get_object().bucket(&self.bucket).key(key.as_str());
        let output = match self.call(&attempted, 0, call.customize().interceptor(date.clone()).send()).await? {
            Ok(output) => output,
            Err((Answer::NoObject, _)) => return Ok(None),
            Err((_, error)) => return Err(error),
        };
        let (etag, modified) = (output.e_tag, output.last_modified);
        let size = output.content_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let body = tokio::time::timeout(time_for(size), output.body.collect()).await;
        let body = body.map_err(|elapsed| too_slow(&attempted, elapsed))?;
        // The connection broke, or the checksum does not fit: the next try may do better.
        let bytes = body.map_err(|error| too_slow(&attempted, error))?.into_bytes();
        let lacks = |what: &str| broken(&attempted, format!("the store's answer has no {what}"));
        Ok(Some(Object {
            bytes,
            etag: Etag(etag.ok_or_else(|| lacks("ETag"))?),
            modified: modified.and_then(|time| seconds(time.secs())).ok_or_else(|| lacks("Last-Modified"))?,
            store_time: StoreTime {
                shown: date.seen().and_then(seconds).ok_or_else(|| lacks("Date"))?,
                precision: Micros::SECOND,
            },
        }))
    }

    async fn put(&self, key: &Key, bytes: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        let attempted = format!("writing {key} of bucket {}", self.bucket);
        let call = self.client.put_object().bucket(&self.bucket).key(key.as_str()).content_type(content_type(key));
        let call = match condition {
            Condition::Absent => call.if_none_match("*"),
            Condition::Matches(Etag(etag)) => call.if_match(etag),
        };
        let size = bytes.len();
        match self.call(&attempted, size, call.body(ByteStream::from(bytes)).send()).await? {
            Ok(output) => {
                output.e_tag.map(Etag).ok_or_else(|| broken(&attempted, "the store's answer has no ETag".into()))
            }
            Err((Answer::ConditionFails | Answer::NoObject, _)) => Err(StoreError::Conflict { key: key.clone() }),
            Err((_, error)) => Err(error),
        }
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Page, StoreError> {
        let attempted = format!("listing {prefix} of bucket {}", self.bucket);
        let mut after = after.map(|key| key.as_str().to_owned());
        loop {
            let output = self.list_page(&attempted, prefix, after, None).await?;
            let more = output.is_truncated.unwrap_or(false);
            let found = output.contents.unwrap_or_default();
            let keys: Vec<_> = found.iter().filter_map(|object| Key::parse(object.key()?)).collect();
            if !more || !keys.is_empty() {
                return Ok(Page { keys, more });
            }
            // A page of nothing but objects that are not ours: on from the last.
            after = found.last().and_then(|object| object.key.clone());
        }
    }

    async fn list_folders(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        let attempted = format!("listing folders of {prefix} of bucket {}", self.bucket);
        // `0` comes right after `/`: past everything in the folder, before everything behind it.
        let after = after.map(|folder| format!("{prefix}{folder}0"));
        let output = self.list_page(&attempted, prefix, after, Some("/")).await?;
        let folders = output.common_prefixes.unwrap_or_default();
        let name = |folder: &str| Some(folder.strip_prefix(prefix)?.strip_suffix('/')?.to_owned());
        Ok(folders.iter().filter_map(|folder| name(folder.prefix()?)).collect())
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let attempted = format!("removing {key} of bucket {}", self.bucket);
        let call = self.client.delete_object().bucket(&self.bucket).key(key.as_str());
        match self.call(&attempted, 0, call.send()).await? {
            Ok(_) | Err((Answer::NoObject, _)) => Ok(()),
            Err((_, error)) => Err(error),
        }
    }
}

/// Seconds since the Unix epoch as a point in time.
fn seconds(since_epoch: i64) -> Option<Micros> {
    u64::try_from(since_epoch).ok().map(Micros::from_secs)
}

/// As a browser that opens a link is told.
fn content_type(key: &Key) -> &'static str {
    match key.as_str().rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("csv") => "text/csv; charset=utf-8",
        Some("yaml") => "application/yaml",
        Some("hlog") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
