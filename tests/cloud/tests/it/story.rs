//! The whole story: a test is asked for, five workers come, the report lies in the bucket, nothing runs any more.

use std::time::Instant;

use swarmgate_domain::{Doubt, Verdict};
use swarmgate_testbed::Arrival;

use crate::world::World;

/// What else runs on a machine may keep the load generator from its work, and then the verdict says that. So many tests are made for one
/// that was left alone.
const UNDISTURBED_TRIES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_workers_come_and_go_and_the_report_says_what_the_server_saw() {
    let Some(world) = World::start("five_workers", Arrival::Once).await else { return };
    let mut verdict = None;
    for tried in 1..=UNDISTURBED_TRIES {
        let latest = tell(&world, &format!("release {tried}")).await;
        assert_eq!(world.get("/tests").await["tests"].as_array().map(Vec::len), Some(tried));
        let disturbed = matches!(&latest, Verdict::Inconclusive { doubts } if doubts.iter().all(|doubt| matches!(doubt, Doubt::Saturated { .. })));
        verdict = Some(latest);
        if !disturbed {
            break;
        }
    }
    assert_eq!(verdict, Some(Verdict::Pass));
    assert!(world.entries.let_in() > 0, "no function was let into the cluster");
}

/// Makes a test from nothing to nothing; gives its verdict.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "how long it takes is measured and told, not judged"
)]
async fn tell(world: &World, key: &str) -> Verdict {
    let scenario = world.scenario("12s");
    let path = scenario.to_str().unwrap();
    assert_eq!(world.replicas().await, 0);
    let before = world.server.stats();

    let asked = Instant::now();
    let start = ["start", path, "--workers", "5", "--key", key];
    let (code, said) = world.swarmgate_test(&start).await;
    assert_eq!(code, 0, "{said}");
    let id = said.trim().to_owned();
    world.wait_until("the first request", async || world.server.stats().received > before.received).await;
    let first_request = asked.elapsed();
    assert_eq!(world.swarmgate_test(&start).await, (0, format!("{id}\n")), "the same key made another test");
    assert_eq!((world.replicas().await, world.kubelet.running().len()), (5, 5));

    let (code, said) = world.swarmgate_test(&["watch", &id, "--quiet"]).await;
    let report = asked.elapsed();
    let summary = world.summary(&id).await;
    assert_eq!(code, if summary.verdict == Verdict::Pass { 0 } else { 3 }, "{said}\n{:?}", summary.verdict);
    let stats = world.server.stats();
    let received = stats.received - before.received;
    assert_eq!((summary.total.count, summary.quality.coverage, summary.revision), (received, 1.0, 1), "{said}");
    for path in ["/", "/items"] {
        let ours = summary.requests.iter().find(|entry| entry.name == path).map_or(0, |entry| entry.count);
        let seen = |stats: &swarmgate_workload::Stats| stats.request("GET", path).map_or(0, |request| request.received);
        assert_eq!(ours, seen(&stats) - seen(&before), "{path}");
    }
    assert!(summary.total.count > 1_000, "only {} requests", summary.total.count);

    world
        .wait_until("the fleet to be gone", async || world.replicas().await == 0 && world.kubelet.running().is_empty())
        .await;
    let after_load = report.saturating_sub(first_request).as_secs_f64() - 12.0;
    eprintln!(
        "from the request for a test to its first request: {first_request:.1?}; from the end of the load to the verdict, told each second: \
         {after_load:.1} s"
    );
    summary.verdict
}
