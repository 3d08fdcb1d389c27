//! What users keep between requests: connections, cookies; and where redirects lead them.

use std::collections::BTreeSet;

use swarmgate_domain::*;
use swarmgate_worker::EngineOptions;

use crate::support::*;

fn think(millis: u64) -> Step {
    Step::Think(ThinkTime::Constant(ms(millis)))
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_kept_as_asked() {
    for (reuse, expected) in
        [(ConnectionReuse::KeepAlive, 2), (ConnectionReuse::PerIteration, 6), (ConnectionReuse::PerRequest, 12)]
    {
        let server = Server::start(|_| answer(200, "", "")).await;
        let mut scenario = scenario(closed(2, ms(250)));
        scenario.http.connections = reuse;
        let step = get(&mut scenario, "/");
        scenario.kinds[0].flow = vec![step.clone(), step, think(100)];
        let stats = run(&scenario, &server.url(), ms(250)).await;
        assert_eq!((entry(&stats, "GET", "/").succeeded.count, server.connections()), (12, expected), "{reuse:?}");
        let opened = entry(&stats, "GET", "/").connect.count();
        assert_eq!((stats.generator.connections_opened, opened), (expected as u64, expected as u64));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_bound_users_wait_in_line() {
    let server = Server::start(|_| [vec![Act::Wait(20)], answer(200, "", "")].concat()).await;
    let mut scenario = scenario(closed(10, ms(150)));
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step, think(500)];
    let options = EngineOptions { threads: Some(1), connections: Some(2), ..EngineOptions::default() };
    let stats = total(&intervals(begun_with(spec(&scenario, &server.url(), ms(150)), options).await).await);
    let entry = entry(&stats, "GET", "/");
    assert_eq!((entry.succeeded.count, server.connections()), (10, 2), "{:?}", errors(&entry));
    // Two at a time, 20 ms each: the last two waited for four others; the wait is in the response time only.
    assert_eq!(entry.pool_wait.count(), 8);
    let (waited, response) = (entry.pool_wait.max().unwrap(), entry.succeeded.response.max().unwrap());
    assert!((ms(80)..ms(110)).contains(&waited), "{waited}");
    assert!(response >= waited + ms(20), "{response}");
    assert!(entry.succeeded.service.max().unwrap() < ms(40));
}

/// Idle connections of users who think go to those who need one.
#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_are_handed_on() {
    let server = Server::start(|_| answer(200, "", "")).await;
    let mut scenario = scenario(closed(10, ms(200)));
    let step = get(&mut scenario, "/");
    scenario.kinds[0].flow = vec![step, think(60)];
    let options = EngineOptions { threads: Some(1), connections: Some(3), ..EngineOptions::default() };
    let stats = total(&intervals(begun_with(spec(&scenario, &server.url(), ms(200)), options).await).await);
    let entry = entry(&stats, "GET", "/");
    assert!(entry.succeeded.count >= 30 && entry.failed.count == 0, "{:?}", errors(&entry));
    assert_eq!(server.connections(), 3);
    assert!(entry.succeeded.response.max().unwrap() < ms(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_a_users_own() {
    let server = Server::start(|seen| match seen.target.split('?').next().unwrap() {
        "/login" => answer(
            200,
            &format!("Set-Cookie: id={0}; Path=/in; HttpOnly\r\nSet-Cookie: all={0}\r\n", &seen.target[7..]),
            "",
        ),
        "/in/out" => answer(200, "Set-Cookie: all=; Max-Age=0; Path=/\r\n", ""),
        _ => answer(200, "", ""),
    })
    .await;
    let mut scenario = scenario(closed(3, ms(100)));
    let mut login = request(&mut scenario, "GET", "/login");
    login.url = Template(vec![Part::Text("/login?".into()), Part::UserId]);
    let paths = ["/in/a", "/other", "/in/out", "/in/b"];
    let steps: Vec<Step> = paths
        .iter()
        .map(|path| {
            let mut step = request(&mut scenario, "GET", path);
            step.query = vec![(Template::text("user"), Template(vec![Part::UserId]))];
            send(step)
        })
        .collect();
    scenario.kinds[0].flow = [vec![send(login)], steps.clone(), vec![think(500)]].concat();
    run(&scenario, &server.url(), ms(100)).await;
    for user in 0..3 {
        let cookies = |path: &str| {
            let wanted = format!("{path}?user={user}");
            let seen = server.seen().into_iter().find(|seen| seen.target == wanted).unwrap();
            seen.header("cookie").map(str::to_owned)
        };
        assert_eq!(cookies("/in/a"), Some(format!("id={user}; all={user}")));
        assert_eq!(cookies("/other"), Some(format!("all={user}")));
        assert_eq!(cookies("/in/b"), Some(format!("id={user}")));
    }
    scenario.http.cookies = Cookies::Ignore;
    let before = server.seen().len();
    run(&scenario, &server.url(), ms(100)).await;
    assert!(server.seen()[before..].iter().all(|seen| seen.header("cookie").is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_followed_as_browsers_do() {
    let other = Server::start(|_| answer(200, "", "elsewhere")).await;
    let elsewhere = format!("http://localhost:{}/e?x", other.address.port());
    let server = Server::start(move |seen| match seen.target.as_str() {
        "/301" => answer(301, "Location: next\r\n", ""),
        "/303" => answer(303, "Location: /next\r\n", "ignored"),
        "/307" => answer(307, "Location: ?again\r\n", ""),
        "/loop" => answer(302, "Location: /loop\r\n", ""),
        "/away" => answer(308, &format!("Location: {elsewhere}\r\n"), ""),
        "/metadata" => answer(302, "Location: http://169.254.169.254/latest\r\n", ""),
        "/ftp" => answer(302, "Location: ftp://127.0.0.1/\r\n", ""),
        "/nowhere" => answer(302, "", ""),
        _ => answer(200, "", "end"),
    })
    .await;
    let mut scenario = scenario(closed(1, ms(300)));
    scenario.http.auth = Auth::Bearer(Template::text("t"));
    let mut flow = Vec::new();
    for (method, path) in [
        ("POST", "/301"),
        ("POST", "/307"),
        ("PUT", "/301"),
        ("POST", "/303"),
        ("POST", "/away"),
        ("GET", "/loop"),
        ("GET", "/metadata"),
        ("GET", "/ftp"),
        ("GET", "/nowhere"),
    ] {
        let mut step = request(&mut scenario, method, path);
        if method != "GET" {
            step.body = Body::Raw(Template::text("body"));
        }
        flow.push(send(step));
    }
    let mut none = request(&mut scenario, "DELETE", "/301");
    none.redirects = 0;
    flow.extend([send(none), think(500)]);
    scenario.kinds[0].flow = flow;
    let stats = run(&scenario, &server.url(), ms(300)).await;

    let hops: Vec<String> = server.seen().iter().map(|s| format!("{} {} {}", s.method, s.target, s.body)).collect();
    let expected = [
        "POST /301 body",
        "GET /next ",
        "POST /307 body",
        "POST /307?again body",
        "PUT /301 body",
        "PUT /next body",
        "POST /303 body",
        "GET /next ",
        "POST /away body",
    ];
    assert_eq!(hops[..9], expected);
    let there = &other.seen()[0];
    assert_eq!((there.method.as_str(), there.target.as_str(), there.body.as_str()), ("POST", "/e?x", "body"));
    assert_eq!(
        (there.header("authorization"), there.header("host")),
        (None, Some(format!("localhost:{}", other.address.port()).as_str()))
    );
    assert!(server.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer t")));

    let failure = |method, path| errors(&entry(&stats, method, path)).pop().map(|(kind, detail, _)| (kind, detail));
    let redirect = |detail: &str| Some((ErrorKind::Redirect, detail.to_owned()));
    assert_eq!(failure("GET", "/loop"), redirect("more than 5 redirects"));
    assert_eq!(failure("GET", "/metadata"), redirect("to a link-local address, where clouds' metadata services are"));
    assert_eq!(failure("GET", "/ftp"), redirect("the location is not http or https"));
    assert_eq!((failure("GET", "/nowhere"), failure("DELETE", "/301")), (None, None));
    let looped = entry(&stats, "GET", "/loop");
    assert_eq!((looped.count(), looped.redirects, looped.statuses[&302]), (1, 5, 6));
    assert_eq!(entry(&stats, "POST", "/301").statuses, [(200, 1), (301, 1)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn absolute_urls_and_captured_ones() {
    let other = Server::start(|_| answer(200, "", "")).await;
    let link = format!("http://{}/captured?a=b", other.address);
    let server =
        Server::start(move |_| answer(200, "", &format!("{{\"link\": \"{link}\", \"path\": \"/p/q\"}}"))).await;
    let mut scenario = scenario(closed(1, ms(100)));
    let mut first = request(&mut scenario, "GET", "/");
    let (link, path) = (slot(&mut scenario, "link"), slot(&mut scenario, "path"));
    first.captures = vec![
        Capture { slot: link, from: CaptureFrom::Json("$.link".into()) },
        Capture { slot: path, from: CaptureFrom::Json("$.path".into()) },
    ];
    let mut at = |parts: Vec<Part>, name: &str| {
        let mut step = request(&mut scenario, "GET", name);
        step.url = Template(parts);
        send(step)
    };
    let steps = [
        at(vec![Part::Captured(link)], "link"),
        at(vec![Part::Captured(path)], "path"),
        at(vec![Part::Text(format!("http://{}/u/", other.address)), Part::UserId], "absolute"),
        at(vec![Part::Text("nonsense".into())], "nonsense"),
    ];
    scenario.kinds[0].flow = [vec![send(first)], steps[..3].to_vec(), vec![think(500)]].concat();
    let stats = run(&scenario, &server.url(), ms(100)).await;
    let seen: BTreeSet<String> = other.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(seen, ["/captured?a=b".to_owned(), "/u/0".to_owned()].into());
    assert_eq!(server.by_path(), [("/".into(), 1), ("/p/q".into(), 1)].into());
    assert!(["link", "path", "absolute"].iter().all(|name| entry(&stats, "GET", name).succeeded.count == 1));
}

/// Only listed targets are loaded, whether the scenario names them or an answer leads there.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_targets_holds_for_redirects_too() {
    let server = Server::start(|seen| {
        let port = seen.header("host").and_then(|host| host.rsplit_once(':')).unwrap().1.to_owned();
        match seen.target.as_str() {
            "/away" => answer(302, &format!("Location: http://localhost:{port}/there\r\n"), ""),
            _ => answer(200, "", ""),
        }
    })
    .await;
    let mut scenario = scenario(closed(1, ms(80)));
    let step = get(&mut scenario, "/away");
    scenario.kinds[0].flow = vec![step, think(500)];
    for (listed, expected) in [("127.0.0.1", Some("a host that is not on the list of targets")), ("localhost", None)] {
        let allowed = AllowedTargets::Listed(vec!["127.0.0.1".parse().unwrap(), listed.parse().unwrap()]);
        let options = EngineOptions { allowed, ..EngineOptions::default() };
        let stats = total(&intervals(begun_with(spec(&scenario, &server.url(), ms(80)), options).await).await);
        let detail = errors(&entry(&stats, "GET", "/away")).pop().map(|(_, detail, _)| detail);
        assert_eq!(detail.as_deref(), expected);
    }
    let options = EngineOptions { allowed: AllowedTargets::Listed(Vec::new()), ..EngineOptions::default() };
    let engine = swarmgate_worker::Engine::new(options);
    let error =
        swarmgate_service::ports::LoadEngine::prepare(&engine, spec(&scenario, &server.url(), ms(80))).await.err();
    assert!(error.unwrap().reason.contains("the list of this deployment is empty"));
}
