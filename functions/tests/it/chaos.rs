//! What goes wrong on AWS: messages that come again and late, functions that die, a store that is busy. The report is the same.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use swarmgate_service::ports::Queue;
use swarmgate_testbed::{Arrival, Fault};

use super::world::{Setup, World};

/// How long the store refuses everything: longer than a lease holds.
const OUTAGE: Duration = Duration::from_secs(20);

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

/// SQS hides a message for 12 hours at most, so the message of a shard that runs for longer comes again; as one that is delivered twice does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_message_of_a_shard_that_runs_changes_nothing_when_it_comes_again() {
    let setup = Setup { workers: 4, ..Setup::default() };
    let Some(world) = World::start("the_message_of_a_shard_that_runs", setup).await else { return };
    let id = world.start_test("again", 2, "6s").await;
    wait_until_running(&world, &id).await;
    for _ in 0..2 {
        let messages = (0..2).map(|shard| json!({ "run": id, "shard": shard }).to_string());
        world.shards.send(messages.collect()).await.expect("the queue takes messages");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    world.wait_until_over(&id).await;
    let summary = world.checked_summary(&id).await;
    let quality = &summary.quality;
    assert_eq!((quality.coverage, quality.overlap, quality.takeovers), (1.0, 0.0, 0), "{quality:?}");
    // Whoever got one finds the shard over when it comes again, and removes it.
    let lease = Duration::from_secs(15);
    tokio::time::timeout(lease * 4, async {
        while world.messages_left().await > 0 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    })
    .await
    .expect("no message stays in the queue");
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
