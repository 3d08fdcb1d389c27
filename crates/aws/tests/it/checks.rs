//! What is wrong with notifications and queues is told apart.

use aws_sdk_s3::types::{
    Event, FilterRule, FilterRuleName, NotificationConfiguration, NotificationConfigurationFilter,
};
use aws_sdk_s3::types::{QueueConfiguration, S3KeyFilter};
use swarmgate_aws::{Addressing, QueueExaminer, S3Store, SqsQueue, Told, told_of};
use swarmgate_domain::key;
use swarmgate_service::{Examiner, FindingState};
use swarmgate_testbed::AwsStandIns;

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:events";

/// Notifications of what lies under a prefix, and ends with a suffix; an empty one is none, since moto takes no empty rule.
fn of(prefix: &str, suffix: &str) -> NotificationConfiguration {
    let rules = [(FilterRuleName::Prefix, prefix), (FilterRuleName::Suffix, suffix)];
    let rules: Vec<_> = rules
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| FilterRule::builder().name(name).value(value).build())
        .collect();
    let filter = (!rules.is_empty()).then(|| {
        let rules = S3KeyFilter::builder().set_filter_rules(Some(rules)).build();
        NotificationConfigurationFilter::builder().key(rules).build()
    });
    let queue = QueueConfiguration::builder().queue_arn(QUEUE).events(Event::S3ObjectCreated).set_filter(filter);
    NotificationConfiguration::builder()
        .queue_configurations(queue.build().expect("an ARN and an event are all that it needs"))
        .build()
}

#[tokio::test]
async fn whom_a_bucket_tells_is_found() {
    let Some(aws) = AwsStandIns::start("whom_a_bucket_tells_is_found", None).await else { return };
    aws.make_queue("events").await;
    // moto's own store: versitygw has no such call.
    let config = aws.config(aws.aws_url()).await;
    let store = S3Store::new(&config, "told", Addressing::Path);
    let client =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
    client.create_bucket().bucket("told").send().await.unwrap();
    // Of a bucket that was never set up moto answers what S3 does not.
    for (prefix, suffix, told) in [
        ("tests/", ".new", Told::Queues(vec![QUEUE.to_owned()])),
        ("", "", Told::Queues(vec![QUEUE.to_owned()])),
        ("reports/", ".new", Told::Nobody),
        ("tests/", ".json", Told::Nobody),
    ] {
        let call = client.put_bucket_notification_configuration().bucket("told");
        call.notification_configuration(of(prefix, suffix)).send().await.unwrap();
        assert_eq!(told_of(&store, &key::probe()).await, told, "{prefix} {suffix}");
    }
    let elsewhere = S3Store::new(&aws.config(aws.store_url()).await, "none", Addressing::Path);
    assert!(matches!(told_of(&elsewhere, &key::probe()).await, Told::NotSaid(_)));
}

#[tokio::test]
async fn how_a_queue_stands_is_told() {
    let Some(aws) = AwsStandIns::start("how_a_queue_stands_is_told", None).await else { return };
    let config = aws.config(aws.aws_url()).await;
    let examiner = |url: &str| QueueExaminer {
        what: "queue".to_owned(),
        queue: SqsQueue::new(&config, url),
        when_missing: "make it".to_owned(),
        see: "the log".to_owned(),
    };
    let remedies = async |url: &str| {
        let found = examiner(url).examine().await;
        let remedy = |state| match state {
            FindingState::Wrong { remedy } => Some(remedy),
            _ => None,
        };
        found.into_iter().map(|finding| (finding.what, remedy(finding.state))).collect::<Vec<_>>()
    };
    let (queue, dead) = aws.make_queue_with_dead_letters("shards").await;
    let named = |dead: Option<&str>| {
        vec![("queue".to_owned(), None), ("queue: dead letters".to_owned(), dead.map(str::to_owned))]
    };
    assert_eq!(remedies(&queue).await, named(None));
    let client = aws.queue_client().await;
    client.send_message().queue_url(&dead).message_body("x").send().await.unwrap();
    let found = remedies(&queue).await;
    assert!(found[1].1.as_ref().unwrap().contains("start-message-move-task"), "{found:?}");
    let alone = aws.make_queue("alone").await;
    let found = remedies(&alone).await;
    assert!(found[1].1.as_ref().unwrap().starts_with("aws sqs set-queue-attributes"), "{found:?}");
    client.delete_queue().queue_url(&alone).send().await.unwrap();
    assert_eq!(remedies(&alone).await, [("queue".to_owned(), Some("make it".to_owned()))]);
}
