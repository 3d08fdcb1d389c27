//! What looks at the parts of a deployment that only its own role can look at.

mod notifications;
mod sweeping;

use std::sync::Arc;

use async_trait::async_trait;
use swarmgate_aws::{QueueExaminer, SqsQueue, in_region};
use swarmgate_domain::{AllowedTargets, Micros};
use swarmgate_kubernetes::{Expected, PoolExaminer};
use swarmgate_service::{Examiner, Finding};

use crate::deployment::Deployment;
use notifications::Notifications;
use sweeping::Sweeping;

/// The mark that `merge` leaves when it has heard of the probe.
pub(crate) const HEARD: &str = "heard";
/// The mark that `sweep` leaves.
pub(crate) const SWEPT: &str = "swept";

/// What looks at a deployment of functions, in the order of the steps that make one.
pub fn of_functions(deployment: &Deployment) -> Vec<Arc<dyn Examiner>> {
    let mut all: Vec<Arc<dyn Examiner>> = vec![Arc::new(Notifications::of(deployment))];
    all.extend(of_events(
        deployment,
        BY_SAM,
        "the log of merge (sam logs --stack-name swarmgate --name MergeFunction)",
    ));
    all.push(Arc::new(Sweeping::by_schedule(deployment)));
    all.extend(of_pools(deployment, BY_SAM));
    all
}

/// What looks at a deployment whose functions are one process, which sweeps so often.
pub fn of_process(deployment: &Deployment, sweeps_every: Micros) -> Vec<Arc<dyn Examiner>> {
    let mut all: Vec<Arc<dyn Examiner>> = Vec::new();
    all.extend(of_events(deployment, BY_HAND, "the log of the controller"));
    all.push(Arc::new(Sweeping::by_itself(deployment, sweeps_every)));
    all.extend(of_pools(deployment, BY_HAND));
    all
}

/// What to do when a queue is missing.
const BY_SAM: &str = "sam deploy makes the stack's own, and SWARMGATE_POOLS names them: infra/README.md, step 5";
const BY_HAND: &str = "make it in the queue service, and give its URL to the chart";

fn of_events(deployment: &Deployment, when_missing: &str, see: &str) -> Option<Arc<dyn Examiner>> {
    let url = deployment.settings.events_queue.as_ref()?;
    Some(Arc::new(QueueExaminer {
        what: "events queue".to_owned(),
        queue: SqsQueue::new(&deployment.config, url),
        when_missing: when_missing.to_owned(),
        see: see.to_owned(),
    }))
}

/// What looks at the pools: their queues, their clusters, their workers.
fn of_pools(deployment: &Deployment, when_missing: &str) -> Vec<Arc<dyn Examiner>> {
    let settings = &deployment.settings;
    let mut all: Vec<Arc<dyn Examiner>> = Vec::new();
    for (name, pool) in &settings.pools {
        let region = pool.region.as_deref();
        let config = region.map_or_else(|| deployment.config.clone(), |region| in_region(&deployment.config, region));
        all.push(Arc::new(QueueExaminer {
            what: format!("pool {name}: queue"),
            queue: SqsQueue::new(&config, &pool.queue),
            when_missing: when_missing.to_owned(),
            see: format!("the log of its workers (kubectl --namespace {} logs)", pool.namespace),
        }));
        let Some(at) = deployment.pools.in_cluster(name) else {
            all.push(Arc::new(KeptElsewhere { pool: name.clone() }));
            continue;
        };
        let expected = |variable, value: &str, set: String| Expected { variable, value: value.to_owned(), set };
        let targets = written(&settings.targets);
        all.push(Arc::new(PoolExaminer {
            name: name.clone(),
            pool: at.clone(),
            expected: vec![
                expected("SWARMGATE_BUCKET", &settings.bucket, format!("bucket={}", settings.bucket)),
                expected("SWARMGATE_QUEUE_URL", &pool.queue, format!("queueUrl={}", pool.queue)),
                expected("SWARMGATE_POOL", name, format!("pool={name}")),
                expected("SWARMGATE_ALLOWED_TARGETS", &targets, format!("'allowedTargets={{{targets}}}'")),
            ],
        }));
    }
    all
}

/// As `SWARMGATE_ALLOWED_TARGETS` has it.
fn written(targets: &AllowedTargets) -> String {
    match targets {
        AllowedTargets::Any => "any".to_owned(),
        AllowedTargets::Listed(hosts) => hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    }
}

/// A pool whose workers are not ours to look at.
struct KeptElsewhere {
    pool: String,
}

#[async_trait]
impl Examiner for KeptElsewhere {
    fn what(&self) -> String {
        format!("pool {}: workers", self.pool)
    }

    async fn examine(&self) -> Vec<Finding> {
        vec![Finding::note(self.what(), "someone else keeps them: SWARMGATE_POOLS names no cluster")]
    }
}
