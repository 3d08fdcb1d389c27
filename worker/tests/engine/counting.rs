//! The truth test, in small: counts per name and status are the server's own.

use swarmgate_domain::*;

use crate::support::*;

/// Good and bad statuses, redirects, time-outs, resets and idle connections that the server closed, mixed by path.
async fn mixed_server() -> Server {
    Server::start(|seen| match seen.target.split('?').next().unwrap() {
        "/ok" => answer(200, "", "fine"),
        "/bad" => answer(503, "", ""),
        "/from" => answer(302, "Location: /to?x=1\r\n", ""),
        "/to" => answer(200, "", "there"),
        "/slow" => vec![Act::Wait(120), Act::Close],
        "/reset" => vec![Act::Reset],
        "/once" => [answer(200, "", "and gone"), vec![Act::Close]].concat(),
        _ => answer(404, "", ""),
    })
    .await
}

fn mixed_scenario(model: LoadModel) -> Scenario {
    let mut scenario = scenario(model);
    let mut slow = request(&mut scenario, "GET", "/slow");
    slow.timeout = ms(60);
    let steps = ["/ok", "/bad", "/from", "/once", "/reset"].map(|path| get(&mut scenario, path));
    let post = request(&mut scenario, "POST", "/ok");
    scenario.kinds[0].flow =
        [steps.to_vec(), vec![send(slow), send(post), Step::Think(ThinkTime::Constant(ms(3)))]].concat();
    scenario
}

async fn counts_equal_the_servers(model: LoadModel, duration: Micros, io_uring: bool) {
    let server = mixed_server().await;
    let stats = run_by(&mixed_scenario(model), &server.url(), duration, io_uring).await;
    let served = server.by_path();
    for (path, count) in &served {
        let ours: u64 = ["GET", "POST"]
            .map(|method| entry(&stats, method, path))
            .iter()
            .map(|entry| entry.count() + entry.cut_off)
            .sum();
        let ours = if path == "/to" { entry(&stats, "GET", "/from").redirects } else { ours };
        assert_eq!(ours, *count, "{path}");
    }
    let of = |path: &str| entry(&stats, "GET", path);
    assert!(of("/ok").succeeded.count >= 10, "{:?}", of("/ok"));
    assert_eq!(of("/bad").statuses, [(503, served["/bad"])].into());
    assert_eq!(of("/bad").failed.count, served["/bad"]);
    assert_eq!(of("/from").statuses, [(200, served["/to"]), (302, served["/from"])].into());
    assert_eq!(errors(&of("/slow")), [(ErrorKind::Timeout, "no answer within 60ms".into(), of("/slow").failed.count)]);
    let reset: u64 = errors(&of("/reset")).iter().filter(|e| e.0 == ErrorKind::Reset).map(|e| e.2).sum();
    assert_eq!(reset + of("/reset").cut_off, served["/reset"]);
    assert_eq!(of("/once").succeeded.count, served["/once"]);
    let faults: u64 = stats.entries.values().map(|entry| entry.clock_faults).sum();
    assert_eq!(faults, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_closed_run() {
    counts_equal_the_servers(closed(5, ms(900)), ms(900), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_closed_run_by_epoll() {
    counts_equal_the_servers(closed(5, ms(900)), ms(900), false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_open_run() {
    counts_equal_the_servers(open(40.0, ms(900), 100), ms(900), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_the_servers_too() {
    let server = Server::start(|_| answer(200, "", "0123456789")).await;
    let mut scenario = scenario(closed(1, ms(200)));
    let mut post = request(&mut scenario, "POST", "/in");
    post.body = Body::Raw(Template::text("abc"));
    scenario.kinds[0].flow = vec![send(post), Step::Think(ThinkTime::Constant(ms(10)))];
    let stats = run(&scenario, &server.url(), ms(200)).await;
    let entry = entry(&stats, "POST", "/in");
    let count = entry.count();
    let answer_bytes = "HTTP/1.1 200 Words\r\nContent-Length: 10\r\n\r\n0123456789".len() as u64;
    assert_eq!((entry.received_bytes, entry.body_bytes), (count * answer_bytes, count * 10));
    let first = &server.seen()[0];
    let head: usize = first.headers.iter().map(|(n, v)| n.len() + v.len() + 4).sum();
    let request_bytes = ("POST /in HTTP/1.1\r\n\r\nabc".len() + head) as u64;
    assert_eq!(entry.sent_bytes, count * request_bytes);
    assert_eq!(entry.first_byte.count(), count);
}

/// A keep-alive connection that the server closes when it is idle costs a new connection, not a failure.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_may_be_closed() {
    let server = Server::start(|_| [answer(200, "", ""), vec![Act::Wait(5), Act::Close]].concat()).await;
    let mut scenario = scenario(closed(1, ms(300)));
    let post = request(&mut scenario, "POST", "/");
    scenario.kinds[0].flow = vec![send(post), Step::Think(ThinkTime::Constant(ms(20)))];
    let stats = run(&scenario, &server.url(), ms(300)).await;
    let entry = entry(&stats, "POST", "/");
    assert_eq!((entry.failed.count, entry.succeeded.count), (0, server.connections() as u64), "{:?}", errors(&entry));
    assert_eq!(stats.generator.connections_opened, entry.count());
}

/// The server closes a connection while the next request is on its way: a GET is sent again, a POST is not.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_may_be_repeated_is_sent_again() {
    for (method, repeated) in [("GET", true), ("POST", false)] {
        let server =
            Server::start(|seen| if seen.position == 0 { answer(200, "", "") } else { vec![Act::Reset] }).await;
        let mut scenario = scenario(closed(1, ms(200)));
        let request = request(&mut scenario, method, "/");
        scenario.kinds[0].flow = vec![send(request), Step::Think(ThinkTime::Constant(ms(5)))];
        let stats = run(&scenario, &server.url(), ms(200)).await;
        let entry = entry(&stats, method, "/");
        let firsts = server.seen().iter().filter(|seen| seen.position == 0).count() as u64;
        assert_eq!(entry.succeeded.count, firsts, "{method}");
        assert_eq!(entry.failed.count == 0, repeated, "{method}: {:?}", errors(&entry));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_flight_at_the_end_is_cut_off_or_finished() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/finishes" => [vec![Act::Wait(300)], answer(200, "", "")].concat(),
        _ => vec![Act::Wait(5_000)],
    })
    .await;
    let mut scenario = scenario(closed(4, ms(250)));
    scenario.grace = ms(400);
    let (finishes, hangs) = (get(&mut scenario, "/finishes"), get(&mut scenario, "/hangs"));
    let branch = |step| Branch { weight: 1.0, steps: vec![step] };
    scenario.kinds[0].flow = vec![Step::Choose(vec![branch(finishes), branch(hangs)])];
    let measured = intervals(begun(spec(&scenario, &server.url(), ms(250))).await).await;
    let stats = total(&measured);
    let (finished, hung) = (entry(&stats, "GET", "/finishes"), entry(&stats, "GET", "/hangs"));
    let served = server.by_path();
    assert_eq!(finished.succeeded.count, served.get("/finishes").copied().unwrap_or(0));
    assert_eq!((hung.cut_off, hung.count()), (served.get("/hangs").copied().unwrap_or(0), 0));
    assert_eq!(finished.count() + hung.cut_off, 4);
    let last = measured.last().unwrap();
    assert_eq!((last.interval, last.from, last.to), (Interval(1), ms(200), ms(250)));
    // Counted to the end of the load, not to the end of the grace time.
    assert!((900_000..=1_000_000).contains(&stats.generator.user_micros), "{}", stats.generator.user_micros);
}

/// The shards of a test run each user and each arrival once.
#[tokio::test(flavor = "multi_thread")]
async fn shards_add_up() {
    let server = Server::start(|_| answer(200, "", "")).await;
    let mut seen_users = Vec::new();
    for model in [closed(7, ms(150)), open(100.0, ms(150), 1_000)] {
        let mut scenario = scenario(model.clone());
        let mut user = request(&mut scenario, "GET", "/user");
        user.query = vec![(Template::text("id"), Template(vec![Part::UserId]))];
        scenario.kinds[0].flow = vec![send(user), Step::Think(ThinkTime::Constant(ms(1_000)))];
        let mut stats = Stats::default();
        for shard in 0..3 {
            let spec = swarmgate_service::ports::ShardSpec {
                shard: ShardId(shard),
                shards: 3,
                ..spec(&scenario, &server.url(), ms(150))
            };
            stats.add(&total(&intervals(begun(spec).await).await));
        }
        let expected = if matches!(model, LoadModel::Closed(_)) { 7 } else { 15 };
        assert_eq!(stats.generator.users_started, expected);
        assert_eq!(stats.generator.starts_due, if expected == 15 { 15 } else { 0 });
        seen_users.push(server.seen().len());
    }
    assert_eq!(seen_users, [7, 22]);
    let mut ids: Vec<String> = server.seen()[..7].iter().map(|seen| seen.target.clone()).collect();
    ids.sort();
    assert_eq!(ids, (0..7).map(|n| format!("/user?id={n}")).collect::<Vec<_>>());
}
