//! When things happen: schedules, both clocks, intervals, stop, change, take-over. Bounds are wide: the machine may be busy.

use std::time::Duration;

use swarmgate_domain::*;
use swarmgate_service::ports::UsersChange;
use swarmgate_worker::EngineOptions;

use crate::support::*;

async fn quick_server() -> Server {
    Server::start(|_| answer(200, "", "")).await
}

/// A user that asks for `/` and then thinks.
fn asking(model: LoadModel, think_time: ThinkTime) -> Scenario {
    let mut scenario = scenario(model);
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step];
    scenario.kinds[0].think_time = think_time;
    scenario
}

/// Milliseconds after the first, of what the server saw.
fn times_ms(server: &Server) -> Vec<u64> {
    let mut times: Vec<_> = server.seen().iter().map(|seen| seen.at).collect();
    times.sort();
    let since_first = |t: &std::time::SystemTime| t.duration_since(times[0]).unwrap_or_default();
    times.iter().map(since_first).map(|d| u64::try_from(d.as_millis()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn arrivals_come_by_the_schedule() {
    let server = quick_server().await;
    let scenario = asking(open(500.0, ms(1_000), 100), ThinkTime::None);
    let stats = run(&scenario, &server.url(), ms(1_000)).await;
    assert_eq!((stats.generator.starts_due, stats.generator.starts_dropped), (500, 0));
    let times = times_ms(&server);
    assert_eq!(times.len(), 500);
    // Arrival n is due 2 ms times n.
    let off = times.iter().zip(0_u64..).filter(|(time, n)| time.abs_diff(n * 2) > 15).count();
    assert!(off < 50, "{off} of 500 came at another time: {times:?}");
    assert_eq!(stats.generator.lateness.count(), 500);
    assert!(stats.generator.lateness.percentile(50.0).unwrap() < ms(5));
}

/// The server stalls for 400 ms: response time shows it for all arrivals that were due meanwhile, service time for few.
#[tokio::test(flavor = "multi_thread")]
async fn a_stall_shows_in_the_response_time() {
    let server = Server::start(|seen| {
        let stall = seen.connection == 0 && seen.position == 20;
        if stall { [vec![Act::Wait(400)], answer(200, "", "")].concat() } else { answer(200, "", "") }
    })
    .await;
    // One connection, so that whoever comes during the stall waits for it.
    let scenario = asking(open(100.0, ms(1_000), 1_000), ThinkTime::None);
    let options = EngineOptions { threads: Some(1), connections: Some(1), ..EngineOptions::default() };
    let stats = total(&intervals(begun_with(spec(&scenario, &server.url(), ms(1_000)), options).await).await);
    let entry = entry(&stats, "GET", "/");
    assert_eq!(entry.succeeded.count, 100);
    let p80 = |histogram: &Histogram| histogram.percentile(80.0).unwrap();
    assert!(p80(&entry.succeeded.response) > ms(100), "{}", p80(&entry.succeeded.response));
    assert!(p80(&entry.succeeded.service) < ms(50), "{}", p80(&entry.succeeded.service));
    assert!(entry.pool_wait.max().unwrap() > ms(300));
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_beyond_the_most_users_are_dropped_and_counted() {
    let server = Server::start(|_| [vec![Act::Wait(300)], answer(200, "", "")].concat()).await;
    let scenario = asking(open(100.0, ms(200), 5), ThinkTime::None);
    let options = EngineOptions { threads: Some(1), ..EngineOptions::default() };
    let all = intervals(begun_with(spec(&scenario, &server.url(), ms(200)), options).await).await;
    let stats = total(&all);
    assert_eq!((stats.generator.starts_due, stats.generator.starts_dropped), (20, 15));
    assert_eq!(server.seen().len(), 5);
    assert_eq!(all[0].saturation, ["15 of 20 starts were dropped: max_users iterations were running"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pacing_goes_by_a_grid() {
    // Every third answer takes longer than the period: what is late goes on at once, and the grid stays.
    let server = Server::start(|seen| {
        if seen.position == 2 { [vec![Act::Wait(120)], answer(200, "", "")].concat() } else { answer(200, "", "") }
    })
    .await;
    let scenario = asking(closed(1, ms(480)), ThinkTime::Pacing(ms(50)));
    let stats = run(&scenario, &server.url(), ms(480)).await;
    let times = times_ms(&server);
    let expected = [0, 50, 100, 220, 221, 250, 300, 350, 400, 450];
    assert_eq!(times.len(), expected.len(), "{times:?}");
    assert!(times.iter().zip(expected).all(|(time, expected)| time.abs_diff(expected) < 25), "{times:?}");
    // The one that was due at 150 ms was sent at 220: response time counts from when it was due, and the wait for the answer
    // before it is not the generator's lateness.
    let entry = entry(&stats, "GET", "/");
    let above =
        |histogram: &Histogram, limit: Micros| histogram.ranges().filter(|r| r.0 > limit).map(|r| r.2).sum::<u64>();
    assert_eq!((above(&entry.succeeded.response, ms(55)), above(&entry.succeeded.service, ms(55))), (2, 1));
    assert!(stats.generator.lateness.percentile(80.0).unwrap() < ms(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_spawn_one_after_another() {
    let server = quick_server().await;
    let model = LoadModel::Closed(UserCurve::ramp(50, 100.0, ms(700)));
    let scenario = asking(model, ThinkTime::Constant(ms(10_000)));
    let stats = run(&scenario, &server.url(), ms(700)).await;
    let times = times_ms(&server);
    assert_eq!((times.len(), stats.generator.users_started), (50, 50));
    let off = times.iter().zip(0_u64..).filter(|(time, n)| time.abs_diff(n * 10) > 15).count();
    assert!(off < 5, "{times:?}");
    // User n is there from 10 ms times n to 700 ms.
    let expected: u64 = (0..50).map(|n| 700_000 - n * 10_000).sum();
    assert!(stats.generator.user_micros.abs_diff(expected) < expected / 50, "{}", stats.generator.user_micros);
}

#[tokio::test(flavor = "multi_thread")]
async fn think_times_have_their_distribution() {
    let server = quick_server().await;
    let think = ThinkTime::Uniform { low: ms(20), high: ms(60) };
    let scenario = asking(closed(50, ms(1_000)), think);
    run(&scenario, &server.url(), ms(1_000)).await;
    let mut waits = Vec::new();
    for connection in 0..server.connections() {
        let times: Vec<_> = server.seen().into_iter().filter(|s| s.connection == connection).map(|s| s.at).collect();
        waits.extend(times.windows(2).map(|w| w[1].duration_since(w[0]).unwrap_or_default().as_secs_f64() * 1e3));
    }
    waits.sort_by(f64::total_cmp);
    assert!(waits.len() > 900, "{}", waits.len());
    let at = |quantile: usize| waits[waits.len() * quantile / 100];
    assert!(waits[0] >= 19.9, "{}", waits[0]);
    for (quantile, expected) in [(10, 24.0), (50, 40.0), (90, 56.0)] {
        assert!((at(quantile) - expected).abs() < 5.0, "{quantile}%: {}", at(quantile));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn think_time_after_requests_or_only_after_iterations() {
    for (after, expected) in [(ThinkAfter::Request, 2), (ThinkAfter::Iteration, 3)] {
        let server = quick_server().await;
        let mut scenario = asking(closed(1, ms(150)), ThinkTime::Constant(ms(90)));
        let step = scenario.kinds[0].flow[0].clone();
        scenario.kinds[0].flow.extend([step.clone(), step]);
        scenario.kinds[0].think_after = after;
        run(&scenario, &server.url(), ms(80)).await;
        let served = if after == ThinkAfter::Request { 1 } else { 3 };
        assert_eq!(server.seen().len(), served, "{after:?}, up to 80 ms");
        let server = quick_server().await;
        run(&scenario, &server.url(), ms(150)).await;
        assert_eq!(
            server.seen().len(),
            if after == ThinkAfter::Request { expected } else { 2 * expected },
            "{after:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn intervals_come_without_gaps_even_when_nothing_happens() {
    let server = quick_server().await;
    let late = |at, value| CurvePoint { at: ms(at), value };
    let curve = UserCurve::new(vec![late(0, 0.0), late(500, 0.0), late(500, 2.0), late(1_000, 2.0)]).unwrap();
    let scenario = asking(LoadModel::Closed(curve), ThinkTime::Constant(ms(10)));
    let all = intervals(begun(spec(&scenario, &server.url(), ms(1_000))).await).await;
    assert_eq!(all.iter().map(|i| i.interval.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!(all[0].stats.entries.is_empty() && all[1].stats.entries.is_empty());
    let users: Vec<u64> = all.iter().map(|interval| interval.stats.generator.user_micros / 1_000).collect();
    assert!(users[..2] == [0, 0] && users[2].abs_diff(200) < 30 && users[3..] == [400, 400], "{users:?}");
    assert!(all.iter().all(|interval| interval.stats.generator.cpu_available_micros > 100_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_load_then() {
    let server = Server::start(|_| [vec![Act::Wait(30)], answer(200, "", "")].concat()).await;
    let scenario = asking(closed(3, ms(60_000)), ThinkTime::Constant(ms(5)));
    let mut run = begun(spec(&scenario, &server.url(), ms(60_000))).await;
    run.stop(ms(310));
    let all = intervals(run).await;
    let last = all.last().unwrap();
    assert_eq!((last.interval, last.to), (Interval(1), ms(310)));
    let stats = total(&all);
    let entry = entry(&stats, "GET", "/");
    assert_eq!((entry.succeeded.count, entry.cut_off), (server.seen().len() as u64, 0));
    assert!(times_ms(&server).last().unwrap() < &330);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_a_past_time_ends_at_once_and_dropping_too() {
    let server = quick_server().await;
    let scenario = asking(closed(3, ms(60_000)), ThinkTime::Constant(ms(5)));
    let mut stopped = begun(spec(&scenario, &server.url(), ms(60_000))).await;
    let first = stopped.next().await.unwrap();
    assert_eq!(first.interval, Interval(0));
    stopped.stop(Micros::ZERO);
    let rest = tokio::time::timeout(Duration::from_millis(500), intervals(stopped)).await.unwrap();
    assert!(rest.len() <= 2);

    let run = begun(spec(&scenario, &server.url(), ms(60_000))).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(run);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let after = server.seen().len();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.seen().len(), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_taken_over_goes_on_as_of_now() {
    let server = quick_server().await;
    for (model, fewest, most) in [(closed(4, ms(1_000)), 4, 80), (open(100.0, ms(1_000), 100), 35, 41)] {
        let scenario = asking(model, ThinkTime::Constant(ms(20)));
        let mut run = swarmgate_service::ports::LoadEngine::prepare(
            &swarmgate_worker::Engine::new(EngineOptions { threads: Some(2), ..EngineOptions::default() }),
            spec(&scenario, &server.url(), ms(1_000)),
        )
        .await
        .unwrap();
        run.begin(unix_now() - ms(600));
        let all = intervals(run).await;
        assert_eq!(all.iter().map(|i| i.interval.0).collect::<Vec<_>>(), [3, 4]);
        assert!(all[0].from >= ms(600) && all[0].from < ms(700), "{}", all[0].from);
        let stats = total(&all);
        let count = entry(&stats, "GET", "/").count();
        assert!((fewest..=most).contains(&count), "{count}");
        let waited = entry(&stats, "GET", "/").succeeded.response.max().unwrap();
        assert!(waited < ms(100), "nothing counts from before the take-over: {waited}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_users_changes_live() {
    let server = quick_server().await;
    let mut scenario = asking(closed(4, ms(1_000)), ThinkTime::Constant(ms(5_000)));
    let stop = get(&mut scenario, "/stop");
    scenario.kinds[0].on_stop = vec![stop];
    let mut run = begun(spec(&scenario, &server.url(), ms(1_000))).await;
    run.change_users(UsersChange { at: ms(200), users: 10, spawn_rate: 1_000.0 });
    tokio::time::sleep(Duration::from_millis(300)).await;
    run.change_users(UsersChange { at: ms(600), users: 2, spawn_rate: 1_000.0 });
    let all = intervals(run).await;
    let users: Vec<u64> = all.iter().map(|i| (i.stats.generator.user_micros + 100_000) / 200_000).collect();
    assert_eq!(users, [4, 10, 10, 2, 2]);
    assert_eq!(total(&all).generator.users_started, 10);
    assert_eq!(server.by_path(), [("/".into(), 10), ("/stop".into(), 10)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_cannot_says_why() {
    use swarmgate_service::ports::LoadEngine;
    let engine = swarmgate_worker::Engine::default();
    let mut scenario = scenario(closed(1, ms(100)));
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step];
    let refused = |target: &'static str| {
        let (engine, spec) = (engine.clone(), spec(&scenario, target, ms(100)));
        async move { engine.prepare(spec).await.err().unwrap().to_string() }
    };
    let metadata = refused("http://169.254.169.254").await;
    assert!(
        metadata.starts_with("looking up the address of 169.254.169.254: `169.254.169.254` is a link-local"),
        "{metadata}"
    );
    assert!(
        refused("http://no-such-host.invalid").await.starts_with("looking up the address of no-such-host.invalid: ")
    );
    assert!(refused("gopher://h").await.contains("allowed are http and https"));
    scenario.http.headers = vec![("X".into(), Template(vec![Part::Secret("key".into())]))];
    let error = engine.prepare(spec(&scenario, "http://127.0.0.1:1", ms(100))).await.err().unwrap();
    assert_eq!(
        (error.to_string().as_str(), error.hint.as_str()),
        (
            "preparing the request `GET /`: the secret `key` is not known to this worker",
            "give the worker the secret `key`"
        )
    );
}

/// A flow that neither sends nor waits does not spin, and the run ends.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_iteration_takes_a_millisecond() {
    let server = quick_server().await;
    let mut scenario = scenario(closed(1, ms(100)));
    scenario.kinds[0].flow = vec![Step::Choose(vec![Branch { weight: 1.0, steps: Vec::new() }])];
    let stats = run(&scenario, &server.url(), ms(100)).await;
    assert!((20..=101).contains(&stats.generator.iterations_finished), "{}", stats.generator.iterations_finished);
}
