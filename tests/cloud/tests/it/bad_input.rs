//! Calls that are not allowed, and workers that may not do their part: each is told clearly, and leaves nothing running.

use http::{Method, StatusCode};
use swarmgate_testbed::{Arrival, Caller, Fault};

use crate::world::World;

const DENIED: Fault = Fault::Refused(StatusCode::FORBIDDEN, "AccessDenied");

/// Waits until no worker is there, and none is asked for.
async fn nothing_runs(world: &World) {
    let gone = async || world.replicas().await == 0 && world.kubelet.running().is_empty();
    world.wait_until("the fleet to be gone", gone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_may_not_is_told_why_and_nothing_is_left() {
    let Some(world) = World::start("who_may_not", Arrival::Once).await else { return };
    let scenario = world.scenario("30s");
    let start = ["start", scenario.to_str().unwrap(), "--workers", "2"];
    let caller = world.aws.caller();
    let guess = Caller { secret: "a guess".to_owned(), ..caller.clone() };
    for (caller, hint) in [
        (Some(&guess), "your AWS identity needs execute-api:Invoke on this API; keys that have ended, and a clock"),
        (None, "the request was sent unsigned: set SWARMGATE_API_AUTH=iam and AWS_REGION"),
    ] {
        let (code, said) = world.swarmgate_test_as(&start, caller).await;
        assert_eq!(code, 4, "{said}");
        assert!(said.contains("/tests: 403 Forbidden: Forbidden") && said.contains(hint), "{said}");
    }
    let (code, said) = world.swarmgate_test(&["start", "http://169.254.169.254/"]).await;
    assert!(code == 2 && said.contains("`169.254.169.254` is a link-local address"), "{code}: {said}");
    assert_eq!((world.get("/tests").await["tests"].as_array().map(Vec::len), world.replicas().await), (Some(0), 0));

    // No worker may take a shard: it says so on its Pod, and the functions find it there.
    world.proxy.plan(Method::PUT, "/lease/", DENIED, u32::MAX);
    let denied = async |why: &str| {
        let (code, said) = world.swarmgate_test(&[&start[..], &["--watch", "--quiet"]].concat()).await;
        assert_eq!(code, 4, "{said}");
        for words in [why, "access denied", "s3:PutObject"] {
            assert!(said.contains(words), "{words} is not in {said}");
        }
        nothing_runs(&world).await;
    };
    denied("can't work: writing tests/").await;
    assert_eq!(world.server.stats().received, 0);
    world.proxy.heal();

    // Workers may not upload what they measured: the second that tries a shard tells the test.
    world.proxy.plan(Method::PUT, "/chunks/", DENIED, u32::MAX);
    denied("/chunks/").await;
    world.proxy.heal();

    // Nothing of it stays: the next test is as any other.
    let sent_before = world.server.stats().received;
    let scenario = world.scenario("12s");
    let (code, said) = world.swarmgate_test(&["start", scenario.to_str().unwrap(), "--workers", "2"]).await;
    assert_eq!(code, 0, "{said}");
    let id = said.trim();
    let (code, said) = world.swarmgate_test(&["watch", id, "--quiet"]).await;
    let summary = world.summary(id).await;
    assert_eq!(code, 0, "{said}\n{:?}", summary.verdict);
    let sent = world.server.stats().received - sent_before;
    assert_eq!((summary.total.count, summary.quality.coverage), (sent, 1.0));
    assert!(sent > 1_000, "only {sent} requests");
    nothing_runs(&world).await;
}
