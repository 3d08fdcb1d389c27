//! The pools of a deployment: Deployments of EKS clusters, and workers that someone else keeps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use aws_config::SdkConfig;
use swarmgate_aws::{ClusterError, EksCluster, in_region};
use swarmgate_domain::Micros;
use swarmgate_kubernetes::{
    Access, AccessError, Cluster, ClusterSource, Endpoint, KubernetesFleet, Patience, Pool, Token,
};
use swarmgate_service::ports::{Clock, Fleet, FleetError, FleetStatus};

use crate::settings::{KnownBy, PoolSettings};

/// The pools of a deployment.
pub(crate) struct Pools {
    /// Those in clusters.
    clusters: KubernetesFleet,
    /// Those whose size is not ours to change: workers that always wait for shards, or that something else starts when a queue fills.
    kept_elsewhere: Vec<String>,
}

impl Pools {
    pub fn new(config: &SdkConfig, pools: &BTreeMap<String, PoolSettings>, clock: &Arc<dyn Clock>) -> Self {
        let (mut in_clusters, mut kept_elsewhere) = (BTreeMap::new(), Vec::new());
        // Pools of one cluster share its connection and its token.
        let mut known: BTreeMap<_, Arc<Cluster>> = BTreeMap::new();
        for (name, pool) in pools {
            if pool.cluster.is_none() && pool.kubernetes.is_none() {
                kept_elsewhere.push(name.clone());
                continue;
            }
            let place = (pool.region.clone(), pool.cluster.clone(), pool.kubernetes.clone());
            let cluster = known.entry(place).or_insert_with(|| {
                let (called, access) = access(config, pool);
                Arc::new(Cluster::new(called, access, clock.clone()))
            });
            let (namespace, deployment) = (pool.namespace.clone(), pool.deployment.clone());
            in_clusters.insert(name.clone(), Pool { cluster: cluster.clone(), namespace, deployment });
        }
        Self { clusters: KubernetesFleet::new(in_clusters, Patience::default()), kept_elsewhere }
    }

    /// Where the workers of a pool are, if they are in a cluster.
    pub fn in_cluster(&self, pool: &str) -> Option<&Pool> {
        self.clusters.at(pool)
    }

    fn is_kept_elsewhere(&self, pool: &str) -> bool {
        self.kept_elsewhere.iter().any(|kept| kept == pool)
    }
}

#[async_trait]
impl Fleet for Pools {
    async fn scale(&self, pool: &str, workers: u32) -> Result<(), FleetError> {
        if self.is_kept_elsewhere(pool) { Ok(()) } else { self.clusters.scale(pool, workers).await }
    }

    async fn status(&self, pool: &str) -> Result<FleetStatus, FleetError> {
        if self.is_kept_elsewhere(pool) { Ok(FleetStatus::default()) } else { self.clusters.status(pool).await }
    }
}

/// What messages call the cluster of a pool, and the way into it.
fn access(config: &SdkConfig, pool: &PoolSettings) -> (String, Access) {
    match (&pool.cluster, &pool.kubernetes) {
        (Some(name), _) => {
            let config = pool.region.as_deref().map_or_else(|| config.clone(), |region| in_region(config, region));
            (name.clone(), Access::Source(Arc::new(Eks(EksCluster::new(&config, name)))))
        }
        (None, Some(KnownBy::Kubeconfig(file))) => (format!("of {}", file.display()), Access::Kubeconfig(file.clone())),
        (None, _) => ("that this runs in".to_owned(), Access::Surroundings),
    }
}

/// A cluster of EKS as the Kubernetes side wants it.
struct Eks(EksCluster);

#[async_trait]
impl ClusterSource for Eks {
    async fn endpoint(&self) -> Result<Endpoint, AccessError> {
        let address = self.0.describe().await.map_err(|error| no_way(error, "eks:DescribeCluster"))?;
        Ok(Endpoint { url: address.endpoint, authority_pem: address.ca_pem.into_bytes() })
    }

    async fn token(&self) -> Result<Token, AccessError> {
        let token = self.0.token().await.map_err(|error| no_way(error, "credentials"))?;
        let valid_until = token.expires_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(Token { value: token.text.into(), valid_until: Micros::from(valid_until) })
    }
}

fn no_way(error: ClusterError, needed: &str) -> AccessError {
    let hint = format!(
        "see that the cluster's name and region in SWARMGATE_POOLS are right, and that the function's role has {needed}"
    );
    AccessError { attempted: error.attempted, reason: error.reason, hint, outlook: error.outlook }
}
