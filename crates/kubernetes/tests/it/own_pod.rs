//! A Pod that says whether it is busy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use k8s_openapi::api::core::v1::Pod;
use swarmgate_kubernetes::testing::Kubelet;
use swarmgate_kubernetes::{Access, AccessError, Cluster, ClusterSource, Endpoint, KubernetesError, OwnPod, Token};
use swarmgate_local::SystemClock;
use swarmgate_service::ports::Fleet;

use crate::world::{World, status_when, until};

struct OfPod(Endpoint, Token);

#[async_trait]
impl ClusterSource for OfPod {
    async fn endpoint(&self) -> Result<Endpoint, AccessError> {
        Ok(self.0.clone())
    }

    async fn token(&self) -> Result<Token, AccessError> {
        Ok(self.1.clone())
    }
}

/// A Pod as its own process sees it, with the rights of its service account.
async fn own(world: &World, pod: &Pod) -> OwnPod {
    let endpoint = Endpoint { url: world.plane.url(), authority_pem: world.plane.authority_pem().into_bytes() };
    let token = world.plane.token(world.namespace, "default", Some(pod), Duration::from_secs(600)).await;
    let access = Access::Source(Arc::new(OfPod(endpoint, token)));
    let cluster = Arc::new(Cluster::new("own", access, Arc::new(SystemClock)));
    OwnPod::new(cluster, world.namespace, pod.metadata.name.clone().unwrap())
}

async fn annotations(world: &World, name: &str) -> BTreeMap<String, String> {
    let pods = world.pods().await;
    let pod = pods.into_iter().find(|pod| pod.metadata.name.as_deref() == Some(name)).unwrap();
    pod.metadata.annotations.unwrap_or_default()
}

#[tokio::test]
async fn a_busy_pod_stays_when_its_pool_shrinks() {
    let Some(world) = World::new("busy").await else { return };
    world
        .apply(
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: own-pod}, rules: [{apiGroups: [''], resources: \
             [pods], verbs: [patch]}]}",
        )
        .await;
    world
        .apply(
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: own-pod}, roleRef: {apiGroup: \
             rbac.authorization.k8s.io, kind: Role, name: own-pod}, subjects: [{kind: ServiceAccount, name: default}]}",
        )
        .await;
    let _kubelet = Kubelet::start(world.plane, world.namespace, |_| None).await;
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    fleet.scale("main", 4).await.unwrap();
    status_when(&fleet, |status| status.running == 4).await;

    let pods = world.pods().await;
    let (busy, idle) = (&pods[2], &pods[0]);
    let (busy_name, idle_name) = (busy.metadata.name.clone().unwrap(), idle.metadata.name.clone().unwrap());
    own(&world, busy).await.mark_busy().await.unwrap();
    let was_busy = own(&world, idle).await;
    was_busy.mark_busy().await.unwrap();
    was_busy.mark_idle().await.unwrap();
    let marks =
        |pairs: [(&str, &str); 2]| BTreeMap::from(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let evict = "cluster-autoscaler.kubernetes.io/safe-to-evict";
    let cost = "controller.kubernetes.io/pod-deletion-cost";
    assert_eq!(annotations(&world, &idle_name).await, marks([(evict, "true"), (cost, "0")]));
    let mut of_busy = marks([(evict, "false"), (cost, "1000")]);
    of_busy.insert("karpenter.sh/do-not-disrupt".to_owned(), "true".to_owned());
    assert_eq!(annotations(&world, &busy_name).await, of_busy);

    fleet.scale("main", 1).await.unwrap();
    until("the end of the others", async || (world.pods().await.len() == 1).then_some(())).await;
    assert_eq!(world.pods().await[0].metadata.name, Some(busy_name));
}

#[tokio::test]
async fn a_pod_that_may_not_says_so() {
    let Some(world) = World::new("silent").await else { return };
    let _kubelet = Kubelet::start(world.plane, world.namespace, |_| None).await;
    world.deployment("workers", 1).await;
    world.fleet().scale("main", 1).await.unwrap();
    let pod = until("a Pod", async || world.pods().await.pop()).await;
    let error = own(&world, &pod).await.mark_busy().await.unwrap_err();
    assert!(matches!(error, KubernetesError::Denied(_)), "{error:?}");
    assert!(error.hint().contains("see that the chart is installed in this namespace"), "{}", error.hint());
}
