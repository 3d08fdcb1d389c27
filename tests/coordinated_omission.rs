//! A server that stalls delays requests that were due: response time shows it, service time hardly, and the report says so.

use std::time::Duration;

use swarmgate_domain::Micros;
use swarmgate_workload::Workload;

use crate::support::{Place, wait_until};

#[test]
fn a_stall_shows_in_response_time_and_the_report_says_so() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    // One connection a user, and so few of them that a stall holds up what is due: as a tool with a fixed number of users does.
    place.write(
        "stall.yaml",
        "load: { users: 10, duration: 8s, spawn_rate: 100/s }\nthink_time: { throughput: 20/s }\nflow: [ GET / ]\n",
    );
    let running = place.start(&["run", "stall.yaml", "--target", &server.url(""), "--out", "out", "--quiet"]);
    wait_until("a second of load", Duration::from_secs(20), || server.stats().received > 200);
    server.stall_all(Duration::from_secs(2));
    let ran = running.wait();
    let summary = place.summary("out");
    let total = &summary.total;
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    // 10 users of 20/s each: in a stall of 2 s, 400 of 1,600 requests are due and wait, 10 of them in flight.
    assert!(total.response.p99_us > Micros::from_millis(1_500), "the stall does not show: {:?}", total.response);
    assert!(total.service.p99_us < Micros::from_millis(500), "it shows in service time: {:?}", total.service);
    assert!(total.service.max_us > Micros::from_millis(1_500), "nobody stalled: {:?}", total.service);
    assert!(summary.notes.iter().any(|note| note.starts_with("Coordinated omission")), "{:?}", summary.notes);
    let page = std::fs::read_to_string(place.path("out/index.html")).expect("there is a report");
    assert!(page.contains("Coordinated omission"), "the page does not say so");
}

#[test]
fn an_open_load_goes_on_while_the_server_stalls() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    place.write("open.yaml", "load: { arrival_rate: 200/s, duration: 8s, max_users: 1000 }\nflow: [ GET / ]\n");
    let running = place.start(&["run", "open.yaml", "--target", &server.url(""), "--out", "out", "--quiet"]);
    wait_until("a second of load", Duration::from_secs(20), || server.stats().received > 200);
    server.stall_all(Duration::from_secs(2));
    let ran = running.wait();
    let summary = place.summary("out");
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    assert_eq!(summary.load.starts_due, 1_600);
    assert_eq!((summary.load.starts_dropped, summary.total.count), (0, 1_600));
    // A quarter of the requests came in the stall and waited up to 2 s, evenly spread.
    assert!(summary.total.response.p99_us > Micros::from_millis(1_500), "{:?}", summary.total.response);
    assert!(summary.total.response.p50_us < Micros::from_millis(500), "{:?}", summary.total.response);
}
