//! What a bucket is set up to tell.

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use swarmgate_domain::Key;

use crate::S3Store;

/// Whom a bucket tells of new objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// These queues, by their ARNs.
    Queues(Vec<String>),
    /// No queue.
    Nobody,
    /// The store does not say: it has no such call, or this role may not make it.
    NotSaid(String),
}

/// Whom the bucket of `store` tells of a new object under `key`.
pub async fn told_of(store: &S3Store, key: &Key) -> Told {
    let call = store.client.get_bucket_notification_configuration().bucket(&store.bucket);
    let output = match call.send().await {
        Ok(output) => output,
        Err(error) => {
            let code = error.code().map(str::to_owned);
            return Told::NotSaid(code.unwrap_or_else(|| DisplayErrorContext(&error).to_string()));
        }
    };
    let queues = output.queue_configurations.unwrap_or_default().into_iter().filter(|queue| {
        let tells_of_writes = queue.events.iter().any(|event| event.as_str() == "s3:ObjectCreated:*");
        let rules = queue.filter.as_ref().and_then(|filter| filter.key.as_ref()).map(|key| key.filter_rules());
        let holds_us_back = rules.into_iter().flatten().any(|rule| {
            let (name, value) =
                (rule.name.as_ref().map_or("", |name| name.as_str()), rule.value.as_deref().unwrap_or(""));
            match name.to_ascii_lowercase().as_str() {
                "prefix" => !key.as_str().starts_with(value),
                "suffix" => !key.as_str().ends_with(value),
                _ => true,
            }
        });
        tells_of_writes && !holds_us_back
    });
    match queues.map(|queue| queue.queue_arn).collect::<Vec<_>>() {
        queues if queues.is_empty() => Told::Nobody,
        queues => Told::Queues(queues),
    }
}
