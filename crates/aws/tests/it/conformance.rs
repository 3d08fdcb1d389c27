//! The adapters do what the ports ask for: the same suites as the local ones.

use std::sync::Arc;

use swarmgate_aws::{Addressing, S3Store, SqsQueue};
use swarmgate_domain::Micros;
use swarmgate_local::{SystemClock, SystemRandomness};
use swarmgate_service::ports::{Clock, Queue};
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

/// SQS hides a message for 12 hours from when it was received, and not a second longer; the worker that runs its shard goes on all the same.
#[tokio::test]
async fn a_message_that_can_not_be_hidden_longer_is_no_failure() {
    let Some(aws) = AwsStandIns::start("a_message_that_can_not_be_hidden", None).await else { return };
    let queue = SqsQueue::new(&aws.config(aws.aws_url()).await, aws.make_queue("shards").await);
    queue.send(vec!["shard".to_owned()]).await.unwrap();
    let delivery = queue.receive(1, Micros::from_secs(60), Micros::from_secs(5)).await.unwrap().pop().unwrap();
    SystemClock.sleep(Micros::from_millis(50)).await;
    queue.hide(&delivery.receipt, Micros::from_secs(12 * 3_600)).await.unwrap();
    queue.delete(&delivery.receipt).await.unwrap();
    assert_eq!(aws.messages_in("shards").await, 0);
}
