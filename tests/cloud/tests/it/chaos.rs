//! What goes wrong in a cluster: workers that are killed, paused, and told to end; a store that is busy; events that come again.

use std::process::Command;
use std::time::Duration;

use http::{Method, StatusCode};
use swarmgate_testbed::{Arrival, Fault};

use crate::world::World;

/// How long the store refuses everything.
const OUTAGE: Duration = Duration::from_secs(10);

fn signal(name: &str, process: u32) {
    let status = Command::new("kill").args(["-s", name, &process.to_string()]).status().unwrap();
    assert!(status.success(), "the process {process} is not there any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lost_workers_and_a_busy_store_make_one_report_that_says_what_is_missing() {
    let arrival = Arrival::ThriceWithin(Duration::from_secs(3));
    let Some(world) = World::start("lost_workers", arrival).await else { return };
    let scenario = world.scenario("40s");
    let (code, said) = world.swarmgate_test(&["start", scenario.to_str().unwrap(), "--workers", "5"]).await;
    assert_eq!(code, 0, "{said}");
    let id = said.trim().to_owned();
    world.wait_for(&id, "running").await;
    world.wait_until("load", async || world.server.stats().received > 200).await;

    let [killed, paused, told] = [0, 1, 2].map(|index| world.kubelet.running()[index].clone());
    signal("KILL", killed.process);
    signal("STOP", paused.process);
    // It uploads what it has and gives its shard back.
    signal("TERM", told.process);
    world.merge.kill_working();
    for method in [Method::GET, Method::PUT] {
        let busy = Fault::Refused(StatusCode::SERVICE_UNAVAILABLE, "SlowDown");
        world.proxy.plan(method, "/results", busy, u32::MAX);
    }
    tokio::time::sleep(OUTAGE).await;
    world.proxy.heal();
    // Past its lease: whoever was free has its shard by now.
    tokio::time::sleep(Duration::from_secs(10)).await;
    signal("CONT", paused.process);

    let test = world.wait_for(&id, "finished").await;
    world
        .wait_until("the fleet to be gone", async || world.replicas().await == 0 && world.kubelet.running().is_empty())
        .await;
    let (summary, stats) = (world.summary(&id).await, world.server.stats());
    let quality = &summary.quality;
    // What the killed worker did since its last chunk is known to nobody, and the report says that something is missing.
    assert!(summary.total.count <= stats.received, "{} of {}", summary.total.count, stats.received);
    let share = summary.total.count as f64 / stats.received as f64;
    assert!(share > 0.9, "{} of {}", summary.total.count, stats.received);
    assert!(quality.coverage > 0.5 && quality.coverage < 1.0, "{quality:?}");
    assert_eq!(summary.verdict.word(), "inconclusive", "{:?}: {test}", summary.verdict);
    let log = world.kubelet.log(&told.name);
    assert!(log.contains("the shard is given back"), "{log}");
    assert_eq!(world.get("/tests").await["tests"].as_array().map(Vec::len), Some(1));
}
