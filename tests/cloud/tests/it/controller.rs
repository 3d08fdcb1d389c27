//! The functions as one process: a whole test without Lambda, without AWS.

use std::process::Command;

use swarmgate_domain::Summary;

use crate::on_premises::{News, OnPremises};
use crate::world::scenario;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_test_runs_in_a_cluster_whose_store_tells_nobody_though_its_controller_ends_in_the_middle() {
    let Some(world) = OnPremises::start("a_store_that_tells_nobody", News::ByLooking).await else { return };
    assert_eq!(world.status("/tests", None).await, Some(401));
    assert_eq!(world.status("/tests", Some("a guess")).await, Some(401));
    world.wait_until("the first sweep", async || world.swarmgate(&["doctor"]).await.0 == 0).await;
    let (_, said) = world.swarmgate(&["doctor"]).await;
    for what in ["pool default: workers", "pool default: rights", "sweep", "store"] {
        assert!(said.lines().any(|line| line.trim().starts_with("fine ") && line.contains(what)), "{what}: {said}");
    }

    let file = scenario(&world.server, "15s");
    let start = ["test", "start", file.to_str().unwrap(), "--workers", "3", "--key", "one"];
    let (code, said) = world.swarmgate(&start).await;
    assert_eq!(code, 0, "{said}");
    let id = said.trim().to_owned();
    let live = format!("/tests/{id}/live");
    world
        .wait_until("a live view", async || world.get(&live).await["rate"].as_f64().is_some_and(|rate| rate > 0.0))
        .await;
    assert_eq!(world.replicas().await, 3);

    let (controllers, workers) = world.pods();
    assert_eq!((controllers.len(), workers.len()), (1, 3));
    let status = Command::new("kill").args(["-s", "TERM", &controllers[0].process.to_string()]).status().unwrap();
    assert!(status.success());
    world
        .wait_until("another controller", async || world.pods().0.iter().any(|pod| pod.name != controllers[0].name))
        .await;
    let log = world.kubelet.log(&controllers[0].name);
    assert!(log.contains("told to end"), "{log}");

    over(&world, &id).await;
    let (code, said) = world.swarmgate(&start).await;
    assert_eq!((code, said.trim()), (0, id.as_str()), "the same key made another test");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_calls_webhooks_is_all_that_moves_a_test_on() {
    let Some(world) = OnPremises::start("a_store_that_calls_webhooks", News::ByWebhook).await else { return };
    let file = scenario(&world.server, "6s");
    let (code, said) = world.swarmgate(&["test", "start", file.to_str().unwrap(), "--workers", "2"]).await;
    assert_eq!(code, 0, "{said}");
    over(&world, said.trim()).await;
}

/// Watches the test to its end: it passes, nothing is lost or counted twice, and no worker is left.
async fn over(world: &OnPremises, id: &str) {
    let (code, said) = world.swarmgate(&["test", "watch", id, "--quiet"]).await;
    let summary: Summary =
        serde_json::from_value(world.get(&format!("/tests/{id}/report/summary.json")).await).unwrap();
    assert_eq!(code, 0, "{said}\n{:?}", summary.verdict);
    let stats = world.server.stats();
    assert_eq!((summary.total.count, summary.quality.coverage, summary.revision), (stats.received, 1.0, 1));
    assert!(summary.total.count > 500, "only {} requests", summary.total.count);
    world.wait_until("the fleet to be gone", async || world.replicas().await == 0 && world.pods().1.is_empty()).await;
}
