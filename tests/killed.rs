//! A run that was killed: all uploaded intervals are in the report that is made afterwards, and coverage says what is missing.

use std::time::Duration;

use swarmgate_domain::Doubt;
use swarmgate_domain::Verdict;
use swarmgate_workload::Workload;

use crate::support::{Place, wait_until};

/// How many chunks lie in the folder of a run.
fn chunks(place: &Place) -> usize {
    let mut folders = vec![place.path("out/data/tests")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_chunk = path.to_string_lossy().contains("/chunks/");
            if path.is_dir() {
                folders.push(path);
            } else if is_chunk {
                count += 1;
            }
        }
    }
    count
}

#[test]
fn killed_at_any_moment_what_was_uploaded_is_reported() {
    for killed_after in [0, 1, 3, 5] {
        let place = Place::new();
        let server = Workload::builder().start().expect("the workload starts");
        let args = [
            "run",
            &server.url("/"),
            "--users",
            "5",
            "--spawn-rate",
            "50",
            "--duration",
            "30s",
            "--workers",
            "2",
            "--out",
            "out",
        ];
        let mut running = place.start(&args);
        wait_until("chunks", Duration::from_secs(30), || {
            chunks(&place) >= killed_after && place.path("out/data/tests").is_dir()
        });
        if killed_after == 0 {
            wait_until("a plan", Duration::from_secs(5), || {
                let mut tests = std::fs::read_dir(place.path("out/data/tests")).into_iter().flatten().flatten();
                tests.any(|test| test.path().join("plan.json").is_file())
            });
        }
        running.signal("KILL");
        running.wait();
        let uploaded = chunks(&place);
        let received = server.shutdown().received;

        let ran = place.run(&["report", "out"]);
        assert_eq!(ran.code, 3, "killed after {killed_after}: {ran:?}");
        let summary = place.summary("out");
        assert_eq!(summary.quality.chunks, uploaded as u64, "killed after {killed_after}");
        assert!(summary.total.count <= received, "more counted than served");
        // Two workers, 30 intervals of a second each: each chunk is a sixtieth of the test.
        let coverage = uploaded as f64 / 60.0;
        if uploaded > 0 {
            assert!(
                (summary.quality.coverage - coverage).abs() < 1e-6,
                "{} for {uploaded} chunks",
                summary.quality.coverage
            );
            assert!(summary.total.count > 0);
            assert!(!summary.quality.gaps.is_empty());
        }
        let Verdict::Inconclusive { doubts } = &summary.verdict else { panic!("{:?}", summary.verdict) };
        assert!(doubts.iter().any(|doubt| matches!(doubt, Doubt::Missing { .. })), "{doubts:?}");
        assert!(place.path("out/index.html").is_file());
    }
}

#[test]
fn a_report_can_be_made_again_and_says_the_same() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    let ran = place.run(&[
        "run",
        &server.url("/"),
        "--users",
        "2",
        "--spawn-rate",
        "10",
        "--duration",
        "2s",
        "--out",
        "out",
        "--quiet",
    ]);
    let first = place.summary("out");
    for file in ["index.html", "summary.json", "requests.csv"] {
        std::fs::remove_file(place.path("out").join(file)).expect("the report has this file");
    }
    let again = place.run(&["report", "out"]);
    assert_eq!(again.code, ran.code, "{again:?}");
    assert_eq!(place.summary("out"), first);
    assert!(place.path("out/index.html").is_file() && place.path("out/requests.csv").is_file());
}
