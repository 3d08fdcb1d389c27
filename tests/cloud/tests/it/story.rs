//! The whole story: a test is asked for, five workers come, the report lies in the bucket, nothing runs any more.

use std::time::Instant;

use swarmgate_testbed::Arrival;

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "how long it takes is measured and told, not judged"
)]
async fn five_workers_come_and_go_and_the_report_says_what_the_server_saw() {
    let Some(world) = World::start("five_workers", Arrival::Once).await else { return };
    let scenario = world.scenario("12s");
    let path = scenario.to_str().unwrap();
    assert_eq!(world.replicas().await, 0);

    let asked = Instant::now();
    let start = ["start", path, "--workers", "5", "--key", "release 17"];
    let (code, said) = world.swarmgate_test(&start).await;
    assert_eq!(code, 0, "{said}");
    let id = said.trim().to_owned();
    world.wait_until("the first request", async || world.server.stats().received > 0).await;
    let first_request = asked.elapsed();
    assert_eq!(world.swarmgate_test(&start).await, (0, format!("{id}\n")), "the same key made another test");
    assert_eq!((world.replicas().await, world.kubelet.running().len()), (5, 5));

    let (code, said) = world.swarmgate_test(&["watch", &id, "--quiet"]).await;
    let report = asked.elapsed();
    let summary = world.summary(&id).await;
    assert_eq!(code, 0, "{said}\n{:?}", summary.verdict);
    let stats = world.server.stats();
    assert_eq!((summary.total.count, summary.quality.coverage, summary.revision), (stats.received, 1.0, 1));
    for path in ["/", "/items"] {
        let ours = summary.requests.iter().find(|entry| entry.name == path).map(|entry| entry.count);
        assert_eq!(ours, stats.request("GET", path).map(|request| request.received), "{path}");
    }
    assert!(summary.total.count > 1_000, "only {} requests", summary.total.count);

    world
        .wait_until("the fleet to be gone", async || world.replicas().await == 0 && world.kubelet.running().is_empty())
        .await;
    assert_eq!(world.get("/tests").await["tests"].as_array().map(Vec::len), Some(1));
    assert!(world.entries.let_in() > 0, "no function was let into the cluster");
    let after_load = report.saturating_sub(first_request).as_secs_f64() - 12.0;
    eprintln!(
        "from the request for a test to its first request: {first_request:.1?}; from the end of the load to the verdict, told each second: \
         {after_load:.1} s"
    );
}
