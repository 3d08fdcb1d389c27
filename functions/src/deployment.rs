//! A deployment's ports, made once for each container.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use swarmgate_api::{AllowedHosts, Policy, ReportDelivery};
use swarmgate_aws::{ReportUrls, S3Store, SqsQueue, connect, in_region};
use swarmgate_environment::EnvironmentError;
use swarmgate_local::{SystemClock, SystemRandomness};
use swarmgate_report::ReportRenderer;
use swarmgate_service::ports::{Clock, Ports, Queue, Settings as Waits};
use swarmgate_service::{Examiner, Retrying};

use crate::counted::Counted;
use crate::fleet::Pools;
use crate::settings::Settings;

/// The largest body of a request: what Lambda takes of one.
const MOST_BODY: usize = 6 * 1024 * 1024;

/// What a function works with.
pub struct Deployment {
    /// What the environment says.
    pub settings: Settings,
    /// For the use cases.
    pub ports: Ports,
    /// For what else is made of AWS's services.
    pub config: SdkConfig,
    pub(crate) store: S3Store,
    pub(crate) requests: Arc<Counted>,
    pub(crate) pools: Arc<Pools>,
}

impl Deployment {
    /// What the environment of this process says. Reaches nothing yet.
    ///
    /// # Errors
    /// [`EnvironmentError`]: the environment is not right.
    pub async fn from_environment() -> Result<Self, EnvironmentError> {
        let settings = Settings::from_environment()?;
        let config = connect().await;
        let store = S3Store::new(&config, &settings.bucket, settings.addressing);
        let requests = Arc::new(Counted::new(Arc::new(store.clone())));
        let (clock, random): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Arc::new(SystemRandomness));
        let mut queues = BTreeMap::new();
        for (name, pool) in &settings.pools {
            let config = pool.region.as_deref().map_or_else(|| config.clone(), |region| in_region(&config, region));
            queues.insert(name.clone(), Arc::new(SqsQueue::new(&config, &pool.queue)) as Arc<dyn Queue>);
        }
        let pools = Arc::new(Pools::new(&config, &settings.pools, &clock));
        let ports = Ports {
            store: Arc::new(Retrying::new(requests.clone(), clock.clone(), random.clone())),
            queues,
            fleet: pools.clone(),
            clock,
            random,
            renderer: Arc::new(ReportRenderer),
            settings: Waits {
                start_timeout: settings.start_timeout,
                gate_patience: settings.gate_patience,
                ..Waits::CLOUD
            },
        };
        Ok(Self { settings, ports, config, store, requests, pools })
    }

    /// What the API allows. `examiners` look at what there is, for whoever asks what is wrong.
    pub fn policy(&self, examiners: Vec<Arc<dyn Examiner>>) -> Policy {
        let settings = &self.settings;
        let links = ReportUrls::new(self.store.clone(), settings.links_valid);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Policy {
            most_body: MOST_BODY,
            most_users: settings.most_users,
            most_rate: settings.most_rate,
            longest: settings.longest,
            most_workers: settings.most_workers,
            targets: settings.targets.clone(),
            locust: settings.locust.clone(),
            // API Gateway answers to its own names only.
            hosts: AllowedHosts::Any,
            pools: settings.weighted_pools(),
            public_url: settings.public_url.clone(),
            usual_interval: settings.interval,
            reports: ReportDelivery::Links(Arc::new(links)),
            environment: BTreeMap::from([("swarmgate".to_owned(), version)]),
            examiners,
        }
    }
}
