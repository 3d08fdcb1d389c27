//! Ways into a cluster, and what is said where there is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use swarmgate_domain::Micros;
use swarmgate_kubernetes::testing::ControlPlane;
use swarmgate_kubernetes::{Access, AccessError, ClusterSource, Endpoint, Token};
use swarmgate_service::ports::Fleet;
use tokio::sync::Mutex;

use crate::world::World;

/// Gives out tokens one after the other, the last one again and again, and counts.
struct Tokens {
    endpoint: Endpoint,
    tokens: Mutex<Vec<Token>>,
    asked: AtomicU32,
}

impl Tokens {
    fn new(plane: &ControlPlane, tokens: impl Into<Vec<Token>>) -> Arc<Self> {
        let endpoint = Endpoint { url: plane.url(), authority_pem: plane.authority_pem().into_bytes() };
        let mut tokens = tokens.into();
        tokens.reverse();
        Arc::new(Self { endpoint, tokens: Mutex::new(tokens), asked: AtomicU32::new(0) })
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl ClusterSource for Tokens {
    async fn endpoint(&self) -> Result<Endpoint, AccessError> {
        Ok(self.endpoint.clone())
    }

    async fn token(&self) -> Result<Token, AccessError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut tokens = self.tokens.lock().await;
        Ok(if tokens.len() > 1 { tokens.pop() } else { tokens.last().cloned() }.unwrap())
    }
}

/// A service account that may do with Deployments what the functions' role may, or nothing.
async fn account(world: &World, name: &str, may: bool) -> Token {
    world.apply(&format!("{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {name}}}}}")).await;
    if may {
        world
            .apply(
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: fleet}, rules: [\
             {apiGroups: [apps], resources: [deployments], verbs: [get]}, \
             {apiGroups: [apps], resources: [deployments/scale], verbs: [patch]}, \
             {apiGroups: [''], resources: [pods, events], verbs: [list]}]}",
            )
            .await;
        let binding = format!(
            "{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: {name}}}, roleRef: \
             {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: fleet}}, subjects: [{{kind: ServiceAccount, name: {name}}}]}}"
        );
        world.apply(&binding).await;
    }
    world.plane.token(world.namespace, name, None, Duration::from_secs(600)).await
}

#[tokio::test]
async fn a_token_is_used_until_it_ends_and_renewed_before() {
    let Some(world) = World::new("tokens").await else { return };
    world.deployment("workers", 1).await;
    let good = account(&world, "fleet", true).await;
    let ending = Token { valid_until: Micros(good.valid_until.0 - 545_000_000), ..good.clone() };
    let source = Tokens::new(world.plane, [ending, good]);
    let fleet = world.fleet_with(Access::Source(Arc::clone(&source) as _), "workers");
    fleet.scale("main", 1).await.unwrap();
    assert_eq!(source.asked(), 1);
    // Its last minute has begun.
    fleet.scale("main", 2).await.unwrap();
    assert_eq!(source.asked(), 2);
    fleet.scale("main", 3).await.unwrap();
    fleet.status("main").await.unwrap();
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let Some(world) = World::new("revoked").await else { return };
    world.deployment("workers", 1).await;
    let revoked = account(&world, "revoked", true).await;
    world.plane.remove_account(world.namespace, "revoked").await;
    let good = account(&world, "fleet", true).await;

    let source = Tokens::new(world.plane, [revoked.clone(), good]);
    world.fleet_with(Access::Source(Arc::clone(&source) as _), "workers").scale("main", 1).await.unwrap();
    assert_eq!(source.asked(), 2);

    let source = Tokens::new(world.plane, [revoked]);
    let error =
        world.fleet_with(Access::Source(Arc::clone(&source) as _), "workers").scale("main", 1).await.unwrap_err();
    assert_eq!(
        error.attempted,
        "scaling the pool `main` (Deployment revoked/workers in the cluster load) to 1 workers"
    );
    assert!(error.reason.starts_with("the cluster does not know who asks (401); make an access entry"), "{error}");
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn who_may_not_is_told_which_rule_is_missing() {
    let Some(world) = World::new("denied").await else { return };
    world.deployment("workers", 1).await;
    let token = account(&world, "nobody", false).await;
    let fleet = world.fleet_with(Access::Source(Tokens::new(world.plane, [token])), "workers");
    let error = fleet.scale("main", 1).await.unwrap_err();
    let told = "the cluster denies it (403): deployments.apps \"workers\" is forbidden: User \
        \"system:serviceaccount:denied:nobody\" cannot patch resource \"deployments/scale\" in API group \"apps\" in the namespace \
        \"denied\"; the `workers` chart binds its Roles";
    assert!(error.reason.starts_with(told), "{error}");
    assert!(fleet.status("main").await.unwrap_err().reason.contains("cannot get resource \"deployments\""));
}

#[tokio::test]
async fn a_deployment_that_is_not_installed() {
    let Some(world) = World::new("missing").await else { return };
    let fleet = world.fleet_with(Access::Kubeconfig(world.plane.kubeconfig().to_owned()), "worker");
    let told = "the cluster has no such thing (404): deployments.apps \"worker\" not found; install the chart: `helm upgrade --install";
    for error in [fleet.scale("main", 1).await.unwrap_err(), fleet.status("main").await.unwrap_err()] {
        assert!(error.reason.starts_with(told), "{error}");
    }
}

#[tokio::test]
async fn a_cluster_that_is_gone() {
    let Some(world) = World::new("gone").await else { return };
    let token = account(&world, "fleet", true).await;
    let mut source = Tokens::new(world.plane, [token]);
    // A port that nobody listens on.
    Arc::get_mut(&mut source).unwrap().endpoint.url = "https://127.0.0.1:9".to_owned();
    let error = world.fleet_with(Access::Source(source), "workers").scale("main", 1).await.unwrap_err();
    assert!(error.reason.starts_with("the cluster can't be reached: "), "{error}");
    assert!(
        error.reason.contains("Connection refused") && error.reason.contains("; see that the cluster exists"),
        "{error}"
    );
}

#[tokio::test]
async fn a_cluster_that_is_another_than_it_says() {
    let Some(world) = World::new("impostor").await else { return };
    let token = account(&world, "fleet", true).await;
    let mut source = Tokens::new(world.plane, [token]);
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    Arc::get_mut(&mut source).unwrap().endpoint.authority_pem = other.cert.pem().into_bytes();
    let error = world.fleet_with(Access::Source(source), "workers").scale("main", 1).await.unwrap_err();
    assert!(error.reason.contains("invalid peer certificate"), "{error}");
}

#[tokio::test]
async fn no_way_in_at_all() {
    let Some(world) = World::new("nowhere").await else { return };
    let fleet = world.fleet_with(Access::Kubeconfig("/nowhere/kubeconfig".into()), "workers");
    let error = fleet.scale("main", 1).await.unwrap_err();
    let told = "there is no way into the cluster: reading /nowhere/kubeconfig: ";
    assert!(error.reason.starts_with(told) && error.reason.contains("; set KUBECONFIG"), "{error}");
}
