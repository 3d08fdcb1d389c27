//! The chart `workers` in a cluster: its rights are enough for what functions and workers do, and for nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;
use swarmgate_kubernetes::testing::{ControlPlane, Kubelet};
use swarmgate_kubernetes::{
    Access, AccessError, Cluster, ClusterSource, Endpoint, KubernetesFleet, OwnPod, Patience, Pool, Token,
};
use swarmgate_local::SystemClock;
use swarmgate_service::ports::Fleet;

use crate::charts::{WORKERS, render};
use crate::tools::{run, said, tools};

const NAMESPACE: &str = "load";
/// Workers that any node takes.
const ANYWHERE: &str = "nodeSelector=null,tolerations=null";

/// A cluster with the chart installed as the release `workers`.
async fn installed() -> Option<ControlPlane> {
    let tools = tools()?;
    let plane = ControlPlane::start()?;
    plane.node("node-1", 64).await;
    plane.namespace(NAMESPACE).await;
    let manifests = render(tools, "workers", "workers", NAMESPACE, &[WORKERS, ANYWHERE]).unwrap();
    plane.apply(NAMESPACE, &manifests).await.unwrap();
    Some(plane)
}

/// The functions, as their access entries let them in: in a group, and by no right of their own.
fn of_functions(plane: &ControlPlane) -> PathBuf {
    let mut kubeconfig = Kubeconfig::read_from(plane.kubeconfig()).unwrap();
    let user = kubeconfig.auth_infos[0].auth_info.as_mut().unwrap();
    user.impersonate = Some("arn:aws:sts::123456789012:assumed-role/api/api".to_owned());
    user.impersonate_groups = Some(vec!["swarmgate:functions".to_owned()]);
    let path = plane.folder().join("functions.json");
    // The token is secret to serde: it is put in again.
    let mut written = serde_json::to_value(&kubeconfig).unwrap();
    let token = std::fs::read_to_string(plane.kubeconfig().with_file_name("token")).unwrap();
    written["users"][0]["user"]["token"] = token.trim().into();
    std::fs::write(&path, written.to_string()).unwrap();
    path
}

fn fleet(kubeconfig: &Path) -> KubernetesFleet {
    let cluster = Cluster::new("load", Access::Kubeconfig(kubeconfig.to_owned()), Arc::new(SystemClock));
    let pool = Pool { cluster: Arc::new(cluster), namespace: NAMESPACE.to_owned(), deployment: "workers".to_owned() };
    KubernetesFleet::new(BTreeMap::from([("default".to_owned(), pool)]), Patience::NONE)
}

async fn running(fleet: &KubernetesFleet, workers: u32) {
    let asking = async {
        while fleet.status("default").await.unwrap().running != workers {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asking).await.unwrap();
}

#[tokio::test]
async fn helm_installs_upgrades_and_removes_the_chart_and_an_upgrade_keeps_workers() {
    let Some(tools) = tools() else { return };
    let Some(plane) = ControlPlane::start() else { return };
    plane.node("node-1", 64).await;
    plane.namespace(NAMESPACE).await;
    let _kubelet = Kubelet::start(&plane, NAMESPACE, |_| None).await;
    let helm = |arguments: &[&str]| {
        let cluster = ["--kubeconfig", plane.kubeconfig().to_str().unwrap(), "--namespace", NAMESPACE];
        let output = run(tools, "helm", &[arguments, &cluster[..]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    };
    let install = ["upgrade", "--install", "workers", "helm/workers", "--set", WORKERS, "--set", ANYWHERE];
    helm(&install);
    let fleet = fleet(plane.kubeconfig());
    assert_eq!(fleet.status("default").await.unwrap().wanted, 0);
    fleet.scale("default", 3).await.unwrap();
    running(&fleet, 3).await;
    helm(&[&install[..], &["--set", "terminationGracePeriodSeconds=30"]].concat());
    assert_eq!(fleet.status("default").await.unwrap().wanted, 3);
    helm(&["uninstall", "workers", "--wait"]);
    let error = fleet.status("default").await.unwrap_err();
    assert!(error.reason.contains("\"workers\" not found; install the chart"), "{error}");
}

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

/// The Pod `of`, seen by the process in the Pod `by`.
async fn pod_seen(plane: &ControlPlane, by: &Pod, of: &Pod) -> OwnPod {
    let endpoint = Endpoint { url: plane.url(), authority_pem: plane.authority_pem().into_bytes() };
    let token = plane.token(NAMESPACE, "workers", Some(by), Duration::from_secs(600)).await;
    let cluster = Cluster::new("load", Access::Source(Arc::new(OfPod(endpoint, token))), Arc::new(SystemClock));
    OwnPod::new(Arc::new(cluster), NAMESPACE, of.metadata.name.clone().unwrap())
}

#[tokio::test]
async fn functions_scale_the_pool_and_workers_mark_themselves() {
    let Some(plane) = installed().await else { return };
    let _kubelet = Kubelet::start(&plane, NAMESPACE, |_| None).await;
    let fleet = fleet(&of_functions(&plane));
    assert_eq!(fleet.status("default").await.unwrap().wanted, 0);
    fleet.scale("default", 2).await.unwrap();
    running(&fleet, 2).await;

    let pods = Api::<Pod>::namespaced(plane.client().await, NAMESPACE);
    let workers = pods.list(&ListParams::default()).await.unwrap().items;
    pod_seen(&plane, &workers[0], &workers[0]).await.mark_busy().await.unwrap();
    // Whatever the order in which Pods would go otherwise.
    fleet.scale("default", 1).await.unwrap();
    running(&fleet, 1).await;
    let left = async {
        loop {
            let left = pods.list(&ListParams::default()).await.unwrap().items;
            if left.len() == 1 {
                return left;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let left = tokio::time::timeout(Duration::from_secs(60), left).await.unwrap();
    assert_eq!(left[0].metadata.name, workers[0].metadata.name);
    fleet.scale("default", 0).await.unwrap();
    running(&fleet, 0).await;
}

#[tokio::test]
async fn a_worker_can_change_no_other_pod_and_nothing_but_annotations() {
    let Some(plane) = installed().await else { return };
    let _kubelet = Kubelet::start(&plane, NAMESPACE, |_| None).await;
    let fleet = fleet(plane.kubeconfig());
    fleet.scale("default", 2).await.unwrap();
    running(&fleet, 2).await;
    let pods = Api::<Pod>::namespaced(plane.client().await, NAMESPACE);
    let workers = pods.list(&ListParams::default()).await.unwrap().items;

    // A policy takes effect some moments after it is made.
    let of_another = pod_seen(&plane, &workers[0], &workers[1]).await;
    let refused = async {
        loop {
            if let Err(error) = of_another.mark_busy().await {
                return std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let refused = tokio::time::timeout(Duration::from_secs(60), refused).await.unwrap();
    assert!(refused.contains("a worker may change its own Pod, workers-"), "{refused}");

    let token = plane.token(NAMESPACE, "workers", Some(&workers[0]), Duration::from_secs(600)).await;
    let mut config = kube::Config::from_custom_kubeconfig(
        Kubeconfig::read_from(plane.kubeconfig()).unwrap(),
        &KubeConfigOptions::default(),
    )
    .await
    .unwrap();
    config.auth_info.token = Some(token.value);
    let own = Api::<Pod>::namespaced(kube::Client::try_from(config).unwrap(), NAMESPACE);
    let name = workers[0].metadata.name.as_deref().unwrap();
    let change = async |patch: serde_json::Value| own.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await;
    change(json!({ "metadata": { "annotations": { "a": "b" } } })).await.unwrap();
    let label = change(json!({ "metadata": { "labels": { "app.kubernetes.io/name": "other" } } })).await.unwrap_err();
    assert!(label.to_string().contains("a worker may change nothing but annotations"), "{label}");
}

#[tokio::test]
#[rustfmt::skip] // the columns are the point
async fn nobody_may_do_more_than_is_needed() {
    let Some(plane) = installed().await else { return };
    let reviews = Api::<SubjectAccessReview>::all(plane.client().await);
    let check = async |who: &str, verb: &str, resource: &str, name: &str, allowed: bool| {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let (group, resource) = resource.split_once(':').unwrap_or(("", resource));
        let (user, groups) = match who {
            "functions" => ("role", vec!["swarmgate:functions"]),
            _ => ("system:serviceaccount:load:workers", vec!["system:serviceaccounts", "system:serviceaccounts:load"]),
        };
        let review = serde_json::from_value(json!({ "spec": { "user": user, "groups": groups, "resourceAttributes": {
            "namespace": NAMESPACE, "verb": verb, "group": group, "resource": resource, "subresource": subresource, "name": name,
        } } })).unwrap();
        let answer = reviews.create(&PostParams::default(), &review).await.unwrap().status.unwrap();
        assert_eq!(answer.allowed, allowed, "{who} {verb} {resource}/{subresource} {name}");
    };
    //     who          verb      resource                  name        allowed
    check("functions", "get",    "apps:deployments",       "workers",   true).await;
    check("functions", "patch",  "apps:deployments/scale", "workers",   true).await;
    check("functions", "list",   "pods",                   "",          true).await;
    check("functions", "list",   "events",                 "",          true).await;
    check("functions", "patch",  "apps:deployments",       "workers",   false).await;
    check("functions", "patch",  "apps:deployments/scale", "other",     false).await;
    check("functions", "get",    "apps:deployments",       "other",     false).await;
    check("functions", "delete", "pods",                   "workers-1", false).await;
    check("functions", "get",    "secrets",                "secrets",   false).await;
    check("functions", "create", "pods/exec",              "workers-1", false).await;
    check("workers",   "patch",  "pods",                   "workers-1", true).await;
    check("workers",   "delete", "pods",                   "workers-1", false).await;
    check("workers",   "list",   "pods",                   "",          false).await;
    check("workers",   "get",    "secrets",                "secrets",   false).await;
    check("workers",   "patch",  "apps:deployments/scale", "workers",   false).await;
}
