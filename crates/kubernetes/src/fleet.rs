//! Pools of workers that are Deployments.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams};
use kube::core::Selector;
use serde_json::json;
use swarmgate_service::ports::{Fleet, FleetError, FleetStatus, Outlook};

use crate::cluster::Cluster;
use crate::error::KubernetesError;
use crate::trouble::{self, Patience};

/// As many Pods as are looked at for why they do not run: enough to see what ails a pool, whatever its size.
const SAMPLE: u32 = 100;

/// A pool of workers: a Deployment in a namespace of a cluster.
#[derive(Clone, Debug)]
pub struct Pool {
    /// In which cluster.
    pub cluster: Arc<Cluster>,
    /// In which namespace.
    pub namespace: String,
    /// The Deployment's name.
    pub deployment: String,
}

/// Pools of workers, by name. Scales with one write to the `scale` subresource, and touches nothing else.
#[derive(Clone, Debug)]
pub struct KubernetesFleet {
    pools: BTreeMap<String, Pool>,
    patience: Patience,
}

impl KubernetesFleet {
    /// These pools.
    pub fn new(pools: BTreeMap<String, Pool>, patience: Patience) -> Self {
        Self { pools, patience }
    }

    /// Where a pool is; `None` where there is none of this name.
    pub fn at(&self, name: &str) -> Option<&Pool> {
        self.pools.get(name)
    }

    fn pool(&self, name: &str) -> Result<&Pool, FleetError> {
        self.pools.get(name).ok_or_else(|| FleetError {
            attempted: format!("looking for the pool `{name}`"),
            reason: match &*self.pools.keys().map(String::as_str).collect::<Vec<_>>() {
                [] => "this deployment has no pool".to_owned(),
                known => format!("there is none of this name, only {}", known.join(", ")),
            },
            outlook: Outlook::Lasting,
        })
    }
}

#[async_trait]
impl Fleet for KubernetesFleet {
    async fn scale(&self, pool: &str, workers: u32) -> Result<(), FleetError> {
        let at = self.pool(pool)?;
        at.scale(workers)
            .await
            .map_err(|error| error.into_fleet_error(format!("scaling the pool `{pool}` ({at}) to {workers} workers")))
    }

    async fn status(&self, pool: &str) -> Result<FleetStatus, FleetError> {
        let at = self.pool(pool)?;
        let status = at.status(self.patience).await;
        status.map_err(|error| error.into_fleet_error(format!("looking at the pool `{pool}` ({at})")))
    }
}

impl Pool {
    async fn scale(&self, workers: u32) -> Result<(), KubernetesError> {
        let patch = json!({ "spec": { "replicas": workers } });
        let scaled = self.cluster.call(|client| {
            let (deployments, patch) = (Api::<Deployment>::namespaced(client, &self.namespace), &patch);
            async move { deployments.patch_scale(&self.deployment, &PatchParams::default(), &Patch::Merge(patch)).await }
        });
        scaled.await.map(|_| ())
    }

    pub(crate) async fn deployment(&self) -> Result<Deployment, KubernetesError> {
        let deployment = self.cluster.call(|client| {
            let deployments = Api::<Deployment>::namespaced(client, &self.namespace);
            async move { deployments.get(&self.deployment).await }
        });
        deployment.await
    }

    pub(crate) async fn status(&self, patience: Patience) -> Result<FleetStatus, KubernetesError> {
        let deployment = self.deployment().await?;
        let count = |count: Option<i32>| count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        let wanted = count(deployment.spec.as_ref().and_then(|spec| spec.replicas));
        let running = count(deployment.status.as_ref().and_then(|status| status.ready_replicas));
        if running >= wanted {
            return Ok(FleetStatus { wanted, running, problem: None });
        }
        // What can't be scheduled, pulled or made is pending; what crashes again and again is running, by Kubernetes' word.
        let mut pods = self.pods(&deployment, "Pending").await?;
        if pods.is_empty() {
            pods = self.pods(&deployment, "Running").await?;
        }
        let now = self.cluster.clock().now();
        let events = match trouble::wants_events_of(&pods, now) {
            Some(pod) => self.events(pod).await?,
            None => Vec::new(),
        };
        Ok(FleetStatus { wanted, running, problem: trouble::find(&deployment, &pods, &events, patience, now) })
    }

    async fn pods(&self, deployment: &Deployment, phase: &str) -> Result<Vec<Pod>, KubernetesError> {
        let selector = deployment.spec.as_ref().map(|spec| spec.selector.clone()).unwrap_or_default();
        // The API server has checked it, so this does not happen; an empty one would select all Pods of the namespace.
        let Ok(selector) = Selector::try_from(selector) else { return Ok(Vec::new()) };
        let sample =
            ListParams::default().labels_from(&selector).fields(&format!("status.phase={phase}")).limit(SAMPLE);
        let pods = self.cluster.call(|client| {
            let (pods, sample) = (Api::<Pod>::namespaced(client, &self.namespace), &sample);
            async move { pods.list(sample).await }
        });
        Ok(pods.await?.items)
    }

    async fn events(&self, pod: &str) -> Result<Vec<Event>, KubernetesError> {
        let about = format!("involvedObject.kind=Pod,involvedObject.name={pod}");
        let sample = ListParams::default().fields(&about).limit(SAMPLE);
        let events = self.cluster.call(|client| {
            let (events, sample) = (Api::<Event>::namespaced(client, &self.namespace), &sample);
            async move { events.list(sample).await }
        });
        Ok(events.await?.items)
    }
}

impl std::fmt::Display for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Deployment {}/{} in the cluster {}", self.namespace, self.deployment, self.cluster.name())
    }
}
