//! Whether the function `merge` hears of new objects: a probe is written, and it must say that it heard of it.

use async_trait::async_trait;
use swarmgate_aws::{S3Store, Told, told_of};
use swarmgate_domain::{Micros, key};
use swarmgate_service::ports::Ports;
use swarmgate_service::{Examiner, Finding, ServiceError, read_mark, send_probe, told, wait_for_mark};

use super::HEARD;
use crate::deployment::Deployment;

const WHAT: &str = "notifications";

/// How long S3, the queue and the function may take together: two or three seconds, and a function that must start.
const HEARD_WITHIN: Micros = Micros::from_secs(12);

/// Looks whether new objects are told of.
pub(super) struct Notifications {
    ports: Ports,
    store: S3Store,
}

impl Notifications {
    pub fn of(deployment: &Deployment) -> Self {
        Self { ports: deployment.ports.clone(), store: deployment.store.clone() }
    }

    async fn hears(&self) -> Result<bool, ServiceError> {
        let before = read_mark(&self.ports, HEARD).await?;
        send_probe(&self.ports).await?;
        Ok(wait_for_mark(&self.ports, HEARD, before.as_ref(), HEARD_WITHIN).await?.is_some())
    }

    async fn why_not(&self) -> Finding {
        let bucket = self.store.bucket();
        let unheard = format!("merge did not hear of a new object within {HEARD_WITHIN}");
        match told_of(&self.store, &key::probe()).await {
            Told::Nobody => {
                let set = r#"{"QueueConfigurations":[{"QueueArn":"ARN","Events":["s3:ObjectCreated:*"],"Filter":{"Key":{"FilterRules":[{"Name":"prefix","Value":"tests/"},{"Name":"suffix","Value":".new"}]}}}]}"#;
                Finding::wrong(
                    WHAT,
                    format!("{unheard}: the bucket {bucket} tells no queue of new objects such as {}", key::probe()),
                    format!(
                        "deploy the stack again (infra/README.md, step 5), or: aws s3api put-bucket-notification-configuration --bucket {bucket} --notification-configuration '{set}'"
                    ),
                )
            }
            Told::Queues(queues) => Finding::wrong(
                WHAT,
                format!("{unheard}, though the bucket {bucket} tells {}", queues.join(", ")),
                "see why in `sam logs --stack-name swarmgate --name MergeFunction`, and that its trigger is on: `aws lambda list-event-source-mappings`",
            ),
            Told::NotSaid(why) => Finding::wrong(
                WHAT,
                format!("{unheard}, and the store does not say whom it tells ({why})"),
                "set up the store's notifications of new objects under tests/ that end with .new to reach the queue that merge reads",
            ),
        }
    }
}

#[async_trait]
impl Examiner for Notifications {
    fn what(&self) -> String {
        WHAT.to_owned()
    }

    async fn examine(&self) -> Vec<Finding> {
        vec![match self.hears().await {
            Ok(true) => Finding::fine(WHAT, "merge heard of a new object"),
            Ok(false) => self.why_not().await,
            // What is wrong with it is told of the store itself.
            Err(error) => Finding::unknown(WHAT, told(&error)),
        }]
    }
}
