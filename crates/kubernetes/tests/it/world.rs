//! One control plane for all tests of this file, with a namespace for each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, Client};
use swarmgate_kubernetes::testing::ControlPlane;
use swarmgate_kubernetes::{Access, Cluster, KubernetesFleet, Patience, Pool};
use swarmgate_local::SystemClock;
use swarmgate_service::ports::{Fleet, FleetStatus};
use tokio::sync::OnceCell;

/// Ends with this process.
static PLANE: OnceCell<Option<ControlPlane>> = OnceCell::const_new();

/// No test waits longer for anything.
const LIMIT: Duration = Duration::from_secs(60);

pub struct World {
    pub plane: &'static ControlPlane,
    pub namespace: &'static str,
    pub client: Client,
}

impl World {
    /// A namespace of its own. `None` where there is no control plane, which was said.
    pub async fn new(namespace: &'static str) -> Option<Self> {
        let start = || async {
            let plane = ControlPlane::start()?;
            plane.node("node-1", 64).await;
            Some(plane)
        };
        let plane = PLANE.get_or_init(start).await.as_ref()?;
        plane.namespace(namespace).await;
        Some(Self { plane, namespace, client: plane.client().await })
    }

    /// A Deployment without Pods, each of which asks for so much of a node's 64 CPUs.
    pub async fn deployment(&self, name: &str, cpus: u32) {
        let manifest = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}}}, spec: {{replicas: 0, selector: {{matchLabels: \
             {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{terminationGracePeriodSeconds: 5, \
             containers: [{{name: worker, image: worker, resources: {{requests: {{cpu: {cpus}}}}}, env: [{{name: NAME, valueFrom: \
             {{fieldRef: {{fieldPath: metadata.name}}}}}}, {{name: GREETING, value: I am $(NAME) of $(WHO)}}], readinessProbe: \
             {{httpGet: {{path: /ready, port: 8080}}}}}}]}}}}}}}}"
        );
        self.apply(&manifest).await;
    }

    pub async fn apply(&self, manifest: &str) {
        self.plane.apply(self.namespace, manifest).await.unwrap();
    }

    /// A pool named `main` that is the Deployment `workers`, with no patience at all.
    pub fn fleet(&self) -> KubernetesFleet {
        self.fleet_with(Access::Kubeconfig(self.plane.kubeconfig().to_owned()), "workers")
    }

    pub fn fleet_with(&self, access: Access, deployment: &str) -> KubernetesFleet {
        let cluster = Arc::new(Cluster::new("load", access, Arc::new(SystemClock)));
        let pool = Pool { cluster, namespace: self.namespace.to_owned(), deployment: deployment.to_owned() };
        KubernetesFleet::new(BTreeMap::from([("main".to_owned(), pool)]), Patience::NONE)
    }

    pub async fn pods(&self) -> Vec<Pod> {
        let pods = Api::<Pod>::namespaced(self.client.clone(), self.namespace);
        pods.list(&ListParams::default()).await.unwrap().items
    }

    pub async fn workers(&self) -> Deployment {
        Api::<Deployment>::namespaced(self.client.clone(), self.namespace).get("workers").await.unwrap()
    }
}

/// Asks for the status until it is as it should be, and gives it.
pub async fn status_when(fleet: &KubernetesFleet, is_right: impl Fn(&FleetStatus) -> bool) -> FleetStatus {
    until("the fleet's status", async || Some(fleet.status("main").await.unwrap()).filter(&is_right)).await
}

/// Asks until there is an answer, and gives it.
pub async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, asking).await.unwrap_or_else(|_| panic!("{what} did not come"))
}
