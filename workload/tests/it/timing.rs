//! Delays, stalls and latency distributions in real time. Bounds are one-sided where the machine may be busy.
#![expect(clippy::disallowed_methods, reason = "these tests measure the server in real time")]

use std::time::{Duration, Instant};

use swarmgate_workload::Workload;

use crate::client::{Client, get};

#[test]
fn stall_all_holds_back_every_endpoint_but_the_statistics() {
    let workload = Workload::builder().start().unwrap();
    let [mut starter, mut loaded, mut delayed, mut prober] = [(); 4].map(|()| Client::connect(&workload));
    let started = Instant::now();
    delayed.send(&get("/delay?ms=300"));
    assert_eq!(starter.get("/stall-all?ms=1000").text(), r#"{"stalled_ms":1000.0}"#);
    assert!(started.elapsed() < Duration::from_millis(900), "the stall itself is answered at once");
    loaded.send(&get("/"));
    prober.send(&get("/health"));
    while workload.stats().in_flight < 2 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let during = starter.get("/stats").json();
    assert!(started.elapsed() < Duration::from_millis(1_000), "the statistics are answered during the stall");
    assert_eq!((during["in_flight"].as_u64(), during["answered"].as_u64()), (Some(2), Some(1)));
    for client in [&mut loaded, &mut delayed, &mut prober] {
        assert_eq!(client.answer().status, 200);
        assert!(started.elapsed() >= Duration::from_millis(1_000));
    }
    assert_eq!(loaded.get("/").status, 200);
    let stats = workload.stats();
    assert!(stats.service_time_by_path["/delay"].max_us >= 500_000, "a delay that ends in the stall is held back too");
}

#[test]
fn the_library_stalls_too() {
    let workload = Workload::builder().start().unwrap();
    let mut client = Client::connect(&workload);
    workload.stall_all(Duration::from_millis(100));
    let started = Instant::now();
    client.get("/");
    assert!(started.elapsed() >= Duration::from_millis(95));
}

#[test]
fn the_latency_of_the_server_is_drawn_for_each_request() {
    let latency = "uniform:2ms..12ms".parse().unwrap();
    let workload = Workload::builder().latency(latency).seed(3).start().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                let mut client = Client::connect(&workload);
                for _ in 0..50 {
                    assert_eq!(client.get("/").status, 200);
                }
            });
        }
    });
    let stats = workload.stats();
    let (drawn, served) = (&stats.drawn_latency_by_path["/"], &stats.service_time_by_path["/"]);
    assert_eq!((drawn.count, served.count), (500, 500));
    assert!((6_000..8_000).contains(&drawn.p50_us), "{drawn:?}");
    assert!((10_900..=12_000).contains(&drawn.p95_us), "{drawn:?}");
    assert!(served.p50_us >= drawn.p50_us && served.p95_us >= drawn.p95_us, "{served:?} {drawn:?}");
}

#[test]
fn a_seed_repeats_the_draws_whatever_the_number_of_threads() {
    let drawn = |threads: usize, seed: u64| {
        let workload = Workload::builder().threads(threads.try_into().unwrap()).seed(seed).start().unwrap();
        let mut clients = [(); 4].map(|()| Client::connect(&workload));
        for turn in 0..40 {
            clients[turn % 4].get("/latency?profile=lognormal:median=1ms,sigma=0.5");
        }
        workload.shutdown().drawn_latency_by_path["/latency"].clone()
    };
    assert_eq!(drawn(1, 5), drawn(3, 5));
    assert_ne!(drawn(1, 5), drawn(1, 6));
}
