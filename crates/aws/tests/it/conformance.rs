//! The adapters do what the ports ask for: the same suites as the local ones.

use std::sync::Arc;

use swarmgate_aws::{Addressing, S3Store, SqsQueue};
use swarmgate_local::{SystemClock, SystemRandomness};
use swarmgate_service::{Retrying, conformance};
use swarmgate_testbed::AwsStandIns;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_bucket_is_an_object_store() {
    let Some(aws) = AwsStandIns::start("a_bucket_is_an_object_store", None).await else { return };
    aws.make_bucket("results").await;
    let store = S3Store::new(&aws.config(aws.store_url()).await, "results", Addressing::Path);
    let store = Retrying::new(Arc::new(store), Arc::new(SystemClock), Arc::new(SystemRandomness));
    conformance::store(Arc::new(store), |work| {
        #[expect(clippy::disallowed_methods, reason = "the handle is waited for by the suite")]
        let task = tokio::spawn(work);
        async { task.await.unwrap() }
    })
    .await;
}

#[tokio::test]
async fn an_sqs_queue_is_a_queue() {
    let Some(aws) = AwsStandIns::start("an_sqs_queue_is_a_queue", None).await else { return };
    let url = aws.make_queue("shards").await;
    let queue = SqsQueue::new(&aws.config(aws.aws_url()).await, url);
    conformance::queue(&queue, &SystemClock).await;
}
