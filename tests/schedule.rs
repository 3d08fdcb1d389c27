//! Users and arrivals come when they are due, and users think as long as they should.

use std::path::Path;

use serde::Deserialize;
use swarmgate_workload::Workload;

use crate::support::Place;

/// A line of the sample workload's request log, as far as it matters here.
#[derive(Deserialize)]
struct Logged {
    /// Microseconds since the Unix epoch.
    time_us: u64,
    connection: u64,
}

fn read_log(path: &Path) -> Vec<Logged> {
    let text = std::fs::read_to_string(path).expect("the server wrote a log");
    let mut log: Vec<Logged> = text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    log.sort_by_key(|line| line.time_us);
    log
}

#[test]
fn arrivals_come_at_the_rate_asked_for() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    place.write("open.yaml", "load: { arrival_rate: 500/s, duration: 6s }\nflow: [ GET / ]\n");
    let ran =
        place.run(&["run", "open.yaml", "--target", &server.url(""), "--out", "out", "--quiet", "--workers", "2"]);
    let summary = place.summary("out");
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    assert_eq!((summary.load.starts_due, summary.load.starts_dropped), (3_000, 0));
    assert_eq!(server.shutdown().received, 3_000);
    // Each whole second but for the edges has its 500: within 0.5 %, plus what may fall just outside of the second.
    let late_us = summary.quality.lateness.max_us.0;
    for point in &summary.series[1..5] {
        let allowed = 2 + late_us / 2_000;
        assert!(
            point.count.abs_diff(500) <= allowed,
            "{} in the second at {}, allowed are {allowed} off",
            point.count,
            point.at_us
        );
    }
}

#[test]
fn users_come_at_the_spawn_rate() {
    let place = Place::new();
    let log = place.path("requests.log");
    let server = Workload::builder().request_log(&log).start().expect("the workload starts");
    place
        .write("ramp.yaml", "load: { users: 100, spawn_rate: 25/s, duration: 5s }\nthink_time: 60s\nflow: [ GET / ]\n");
    let ran =
        place.run(&["run", "ramp.yaml", "--target", &server.url(""), "--out", "out", "--quiet", "--workers", "2"]);
    server.shutdown();
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    let log = read_log(&log);
    // Each user asks once, when it starts: user n at n / 25 s.
    assert_eq!(log.len(), 100);
    let first = log[0].time_us;
    let last = (log[99].time_us - first) as f64 / 1e6;
    assert!((last - 99.0 / 25.0).abs() < 0.05, "the last user came after {last} s, due were {} s", 99.0 / 25.0);
    let half = (log[50].time_us - first) as f64 / 1e6;
    assert!((half - 2.0).abs() < 0.05, "user 50 came after {half} s, due were 2 s");
}

#[test]
fn think_times_have_the_spread_asked_for() {
    let place = Place::new();
    let log = place.path("requests.log");
    let server = Workload::builder().request_log(&log).start().expect("the workload starts");
    place.write(
        "think.yaml",
        "load: { users: 60, spawn_rate: 60/s, duration: 10s }\nthink_time: 100ms..500ms\nflow: [ GET / ]\n",
    );
    let ran = place.run(&["run", "think.yaml", "--target", &server.url(""), "--out", "out", "--quiet"]);
    server.shutdown();
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    let log = read_log(&log);
    let mut waits = Vec::new();
    for connection in 0..=log.iter().map(|l| l.connection).max().expect("there were requests") {
        let times: Vec<_> = log.iter().filter(|l| l.connection == connection).map(|l| l.time_us).collect();
        waits.extend(times.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e6));
    }
    assert!(waits.len() > 1_000, "only {} waits", waits.len());
    waits.sort_by(f64::total_cmp);
    // Kolmogorov-Smirnov against the even spread; the last waits of a run are cut short, and requests take a little, so the bound is
    // three times the 1 % critical value of so many waits.
    let count = waits.len() as f64;
    let distance = waits
        .iter()
        .enumerate()
        .map(|(rank, wait)| ((rank as f64 + 0.5) / count - ((wait - 0.1) / 0.4).clamp(0.0, 1.0)).abs())
        .fold(0.0, f64::max);
    assert!(
        distance < 3.0 * 1.63 / count.sqrt(),
        "the waits are spread otherwise: distance {distance} of {count} waits"
    );
    assert!(waits[0] > 0.099, "a user waited {} s only", waits[0]);
}
