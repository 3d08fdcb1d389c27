//! What goes wrong on AWS: messages that come again and late, functions that die, a store that is busy. The report is the same.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;
use swarmgate_testbed::{Arrival, Fault};

use super::world::{Setup, World};

/// How long the store refuses everything.
const OUTAGE: Duration = Duration::from_secs(10);

/// How often running functions are killed, over the first half of the test.
const KILLS: u32 = 120;
const KILLED_EVERY: Duration = Duration::from_millis(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn chaos_changes_no_count() {
    let arrival = Arrival::ThriceWithin(Duration::from_secs(4));
    let setup = Setup { workers: 2, arrival, ..Setup::default() };
    let Some(world) = World::start("chaos_changes_no_count", setup).await else { return };
    let id = world.start_test("chaos", 2, "9s").await;
    let met = Fault::Refused(StatusCode::CONFLICT, "ConditionalRequestConflict");
    for (holds, fault) in [("/merged/", met), ("/chunks/", Fault::AnswerLost), ("/lease/", Fault::AnswerLost)] {
        world.proxy.plan(Method::PUT, holds, fault, 2);
    }
    world.proxy.plan(Method::PUT, "/merged/", Fault::AnswerLost, 2);
    wait_until_running(&world, &id).await;
    // Killed wherever they are in their work.
    for _ in 0..KILLS {
        tokio::time::sleep(KILLED_EVERY).await;
        world.merge.kill_working();
    }
    for method in [Method::GET, Method::PUT] {
        let busy = Fault::Refused(StatusCode::SERVICE_UNAVAILABLE, "SlowDown");
        world.proxy.plan(method, "/results", busy, u32::MAX);
    }
    for _ in 0..2 {
        tokio::time::sleep(OUTAGE / 2).await;
        // Those that wait for the store.
        world.merge.kill_working();
    }
    world.proxy.heal();

    let test = world.wait_until_over(&id).await;
    assert_eq!(test["phase"], "finished", "{test}");
    assert!(world.merge.ended() >= 3, "no merge was killed");
    let summary = world.checked_summary(&id).await;
    assert_eq!((summary.quality.coverage, summary.revision), (1.0, 1), "{:?}", summary.quality);
}

async fn wait_until_running(world: &World, id: &str) {
    loop {
        let test: Value = world.get(&format!("/tests/{id}")).await.json().await.expect("the answer is JSON");
        match test["phase"].as_str() {
            Some("running") => return,
            Some("pending" | "starting") => tokio::time::sleep(Duration::from_millis(100)).await,
            other => panic!("{id} is {other:?}: {test}"),
        }
    }
}
