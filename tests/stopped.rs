//! Ctrl-C once stops gently and still reports; twice ends at once.

use std::time::Duration;

use swarmgate_domain::{Ended, Micros};
use swarmgate_workload::Workload;

use crate::support::{Place, wait_until};

#[test]
fn once_stops_gently_and_reports() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    let args =
        ["run", &server.url("/delay?ms=50"), "--users", "5", "--spawn-rate", "50", "--duration", "60s", "--out", "out"];
    let mut running = place.start(&args);
    wait_until("load", Duration::from_secs(20), || server.stats().received > 50);
    running.signal("INT");
    let ran = running.wait();
    let (summary, stats) = (place.summary("out"), server.shutdown());
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("stopping"), "{}", ran.stderr);
    assert!(ran.stdout.trim_end().ends_with("out/index.html"), "{}", ran.stdout);
    assert_eq!(summary.ended, Ended::Stopped);
    assert!(summary.duration_us < Micros::from_secs(30), "{:?}", summary.duration_us);
    // Gently: what was in flight was waited for, so the counts are exact.
    assert_eq!((summary.total.count, summary.total.cut_off, summary.total.failures), (stats.received, 0, 0));
    assert!((summary.quality.coverage - 1.0).abs() < 1e-9, "{}", summary.quality.coverage);
}

#[test]
fn twice_ends_at_once() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    let args =
        ["run", &server.url("/stall"), "--users", "5", "--spawn-rate", "50", "--duration", "60s", "--out", "out"];
    let mut running = place.start(&args);
    wait_until("load", Duration::from_secs(20), || server.stats().received >= 5);
    running.signal("INT");
    wait_until("the first signal to be taken", Duration::from_secs(5), || place.path("out/data/tests").is_dir());
    std::thread::sleep(Duration::from_millis(500));
    running.signal("INT");
    let ran = running.wait();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("ended at once"), "{}", ran.stderr);
    assert!(!place.path("out/index.html").exists(), "a report was made of a run that was ended at once");
}
