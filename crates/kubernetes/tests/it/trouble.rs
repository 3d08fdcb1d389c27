//! Workers that do not come, and why.

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use swarmgate_service::ports::Fleet;

use crate::world::{World, status_when, until};

#[tokio::test]
async fn pods_that_no_node_has_room_for() {
    let Some(world) = World::new("no-room").await else { return };
    world.deployment("workers", 1_000).await;
    let fleet = world.fleet();
    fleet.scale("main", 2).await.unwrap();
    // The scheduler comes to one Pod after the other.
    let told = "2 Pods can't be scheduled: 0/1 nodes are available: 1 Insufficient cpu";
    status_when(&fleet, |status| status.problem.as_ref().is_some_and(|problem| problem.starts_with(told))).await;
}

#[tokio::test]
async fn a_quota_that_is_used_up() {
    let Some(world) = World::new("quota").await else { return };
    world.apply("{apiVersion: v1, kind: ResourceQuota, metadata: {name: team}, spec: {hard: {pods: 0}}}").await;
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    fleet.scale("main", 2).await.unwrap();
    let problem = status_when(&fleet, |status| status.problem.is_some()).await.problem.unwrap();
    assert!(problem.starts_with("Pods can't be made: pods \"workers-"), "{problem}");
    assert!(problem.contains("exceeded quota: team, requested: pods=1, used: pods=0, limited: pods=0"), "{problem}");
}

#[tokio::test]
async fn an_image_that_is_not_there() {
    let waiting = json!({ "reason": "ImagePullBackOff", "message": "Back-off pulling image \"worker\": not found" });
    let Some(problem) = problem_of_waiting("no-image", "Pending", waiting, json!({})).await else { return };
    let told = "a Pod can't get the image: `worker` (ImagePullBackOff: Back-off pulling image \"worker\": not found)";
    assert!(problem.starts_with(told), "{problem}");
}

#[tokio::test]
async fn a_worker_that_crashes_again_and_again() {
    let waiting = json!({ "reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container" });
    let last =
        json!({ "terminated": { "exitCode": 2, "reason": "Error", "message": "SWARMGATE_BUCKET: it is not set" } });
    let Some(problem) = problem_of_waiting("crashes", "Running", waiting, last).await else { return };
    assert!(problem.contains("exit code 2 (\"SWARMGATE_BUCKET: it is not set\") after 3 restarts"), "{problem}");
}

/// What the fleet says when a kubelet says this of its Pod's container.
async fn problem_of_waiting(namespace: &'static str, phase: &str, waiting: Value, last: Value) -> Option<String> {
    let world = World::new(namespace).await?;
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    fleet.scale("main", 1).await.unwrap();
    let name = until("a Pod", async || world.pods().await.into_iter().find_map(|pod| pod.metadata.name)).await;
    let status = json!({ "status": { "phase": phase, "containerStatuses": [{
        "name": "worker", "image": "worker", "imageID": "", "ready": false, "restartCount": 3,
        "state": { "waiting": waiting }, "lastState": last,
    }] } });
    let pods = Api::<Pod>::namespaced(world.client.clone(), world.namespace);
    pods.patch_status(&name, &PatchParams::default(), &Patch::Strategic(status)).await.unwrap();
    status_when(&fleet, |status| status.problem.is_some()).await.problem
}
