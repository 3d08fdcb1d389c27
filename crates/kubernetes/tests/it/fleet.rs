//! Scaling.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use swarmgate_kubernetes::testing::Kubelet;
use swarmgate_service::ports::{Fleet, FleetStatus};

use crate::world::{World, status_when, until};

fn at(count: u32) -> FleetStatus {
    FleetStatus { wanted: count, running: count, problem: None }
}

#[tokio::test]
async fn a_pool_grows_from_nothing_and_goes_back_to_nothing() {
    let Some(world) = World::new("scaling").await else { return };
    let _kubelet = Kubelet::start(world.plane, world.namespace, |_| None).await;
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    assert_eq!(fleet.status("main").await.unwrap(), at(0));

    fleet.scale("main", 5).await.unwrap();
    assert_eq!(fleet.status("main").await.unwrap().wanted, 5);
    status_when(&fleet, |status| *status == at(5)).await;
    assert_eq!(world.pods().await.len(), 5);

    fleet.scale("main", 0).await.unwrap();
    status_when(&fleet, |status| *status == at(0)).await;
    until("the end of all Pods", async || world.pods().await.is_empty().then_some(())).await;
}

#[tokio::test]
async fn the_same_number_again_changes_nothing_and_scaling_touches_nothing_else() {
    let Some(world) = World::new("repeating").await else { return };
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    let before = world.workers().await;
    fleet.scale("main", 3).await.unwrap();
    let scaled = world.workers().await;
    fleet.scale("main", 3).await.unwrap();
    assert_eq!(world.workers().await.metadata.generation, scaled.metadata.generation);
    let without_replicas = |deployment: k8s_openapi::api::apps::v1::Deployment| {
        let mut spec = deployment.spec.unwrap();
        assert!(spec.replicas.take().is_some());
        spec
    };
    assert_eq!(without_replicas(before), without_replicas(scaled));
}

#[tokio::test]
async fn a_smaller_pool_keeps_those_whose_deletion_costs_more() {
    let Some(world) = World::new("deletion").await else { return };
    let _kubelet = Kubelet::start(world.plane, world.namespace, |_| None).await;
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    fleet.scale("main", 6).await.unwrap();
    status_when(&fleet, |status| *status == at(6)).await;

    // By name, as the last of equals to go would else depend on chance.
    let mut names: Vec<String> = world.pods().await.into_iter().filter_map(|pod| pod.metadata.name).collect();
    names.sort();
    let busy: BTreeSet<String> = names.into_iter().skip(1).step_by(2).collect();
    let pods = Api::<Pod>::namespaced(world.client.clone(), world.namespace);
    for name in &busy {
        let cost = json!({ "metadata": { "annotations": { "controller.kubernetes.io/pod-deletion-cost": "1000" } } });
        pods.patch(name, &PatchParams::default(), &Patch::Merge(cost)).await.unwrap();
    }
    fleet.scale("main", 3).await.unwrap();
    status_when(&fleet, |status| *status == at(3)).await;
    until("the end of the others", async || (world.pods().await.len() == 3).then_some(())).await;
    let kept: BTreeSet<String> = world.pods().await.into_iter().filter_map(|pod| pod.metadata.name).collect();
    assert_eq!(kept, busy);
}

#[tokio::test]
async fn what_is_no_pool_is_told_which_there_are() {
    let Some(world) = World::new("pools").await else { return };
    let error = world.fleet().scale("mian", 1).await.unwrap_err();
    assert_eq!(error.to_string(), "looking for the pool `mian`: there is none of this name, only main");
}
