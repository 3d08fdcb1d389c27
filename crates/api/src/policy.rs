//! What a deployment allows, and how it is set up.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use swarmgate_domain::{AllowedTargets, Key, Micros, Scenario, WeightedPool};
use swarmgate_service::{Examiner, ServiceError};

/// What a deployment allows, and how it is set up.
#[derive(Clone)]
pub struct Policy {
    /// The largest body of a request, in bytes.
    pub most_body: usize,
    /// The most users of a test at a time, over all its loads.
    pub most_users: u32,
    /// The most arrivals of a test per second, over all its loads.
    pub most_rate: f64,
    /// The longest load.
    pub longest: Micros,
    /// The most workers of a test.
    pub most_workers: u32,
    /// What may be loaded.
    pub targets: AllowedTargets,
    /// What the Locust of the workers is called in reports, where they have one and may start it: a locustfile that a Locust runs can do
    /// all that its process may. `None`: locustfiles are run by Swarmgate's own engine, which holds them to `targets`.
    pub locust: Option<String>,
    /// Under which names it is spoken to.
    pub hosts: AllowedHosts,
    /// The pools whose workers run tests; without a choice in the request they share a test by weight.
    pub pools: Vec<WeightedPool>,
    /// The length of an interval, where neither the request nor the scenario says it and the test is no longer than 30 minutes.
    pub usual_interval: Micros,
    /// Where users reach this API, for links in what a pipeline stage says; no links without it.
    pub public_url: Option<String>,
    /// How the files of reports are given out.
    pub reports: ReportDelivery,
    /// Where tests are started, for their reports: versions, machine.
    pub environment: BTreeMap<String, String>,
    /// What looks at the parts of this deployment, beside its store, for whoever asks what is wrong.
    pub examiners: Vec<Arc<dyn Examiner>>,
}

/// Under which names the API is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedHosts {
    /// Any: something before it (an API gateway) sees to that.
    Any,
    /// `localhost`, and the address that is listened on; every address where that is unspecified. Other names would be those of a web page that
    /// points its own name here (DNS rebinding).
    Listening(IpAddr),
}

/// How the files of reports are given out.
#[derive(Clone)]
pub enum ReportDelivery {
    /// In the answer.
    Inline,
    /// By a redirect to where the store gives them out.
    Links(Arc<dyn ReportLinks>),
}

/// Makes links to objects of the store.
#[async_trait]
pub trait ReportLinks: Send + Sync {
    /// A URL that gives out the object for a while, to whoever has the URL.
    ///
    /// # Errors
    /// [`ServiceError`]: it could not be made.
    async fn link(&self, key: &Key) -> Result<String, ServiceError>;
}

/// Tests longer than this are gathered in intervals of [`LONG_INTERVAL`] at least.
const LONG: Micros = Micros::from_secs(30 * 60);
const LONG_INTERVAL: Micros = Micros::from_secs(5);

impl Policy {
    /// For one machine whose user is the only one: everything that the machine may be able to do.
    pub fn local(listening: IpAddr, pool: &str) -> Self {
        Self {
            most_body: 16 * 1024 * 1024,
            most_users: 10_000_000,
            most_rate: 10_000_000.0,
            longest: Micros::from_secs(30 * 86_400),
            most_workers: 1_000,
            targets: AllowedTargets::Any,
            locust: None,
            hosts: AllowedHosts::Listening(listening),
            pools: vec![WeightedPool { name: pool.to_owned(), weight: 1 }],
            public_url: None,
            usual_interval: Micros::SECOND,
            reports: ReportDelivery::Inline,
            environment: BTreeMap::new(),
            examiners: Vec::new(),
        }
    }

    /// The length of an interval of `scenario`.
    pub(crate) fn interval(&self, scenario: &Scenario) -> Micros {
        let usual =
            if scenario.duration() > LONG { self.usual_interval.max(LONG_INTERVAL) } else { self.usual_interval };
        scenario.interval.unwrap_or(usual)
    }
}
