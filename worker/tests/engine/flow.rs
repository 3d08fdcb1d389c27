//! What users do: order of steps, weights, groups, data, values put in, and what is asked of answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use swarmgate_domain::*;
use swarmgate_service::ports::{Secrets, ShardSpec};

use crate::support::*;

fn text(parts: &[Part]) -> Template {
    Template(parts.to_vec())
}

fn fixed(text: &str) -> Part {
    Part::Text(text.into())
}

fn think(millis: u64) -> Step {
    Step::Think(ThinkTime::Constant(ms(millis)))
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_come_in_order_and_the_stop_comes_last() {
    let server = Server::start(|_| answer(200, "", "")).await;
    let mut scenario = scenario(closed(1, ms(100)));
    let mut step = |path: &str| get(&mut scenario, path);
    let (start, a, b, c, stop) = (step("/start"), step("/a"), step("/b"), step("/c"), step("/stop"));
    let inner = Step::Repeat { times: 2, steps: vec![b] };
    scenario.kinds[0].on_start = vec![start];
    scenario.kinds[0].flow = vec![a, Step::Repeat { times: 2, steps: vec![inner, c] }, think(500)];
    scenario.kinds[0].on_stop = vec![stop];
    let stats = run(&scenario, &server.url(), ms(100)).await;
    let paths: Vec<_> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(paths, ["/start", "/a", "/b", "/b", "/c", "/b", "/b", "/c", "/stop"]);
    let generator = &stats.generator;
    assert_eq!((generator.users_started, generator.iterations_started, generator.iterations_finished), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_hold_for_branches_and_for_kinds() {
    let server = Server::start(|_| answer(200, "", "")).await;
    let mut scenario = scenario(open(2_000.0, ms(500), 1_000));
    let mut step = |path: &str| get(&mut scenario, path);
    let (often, seldom, other) = (step("/often"), step("/seldom"), step("/other"));
    let branch = |weight, step| Branch { weight, steps: vec![step] };
    let mut kind = scenario.kinds[0].clone();
    kind.flow = vec![Step::Choose(vec![branch(3.0, often), branch(1.0, seldom)])];
    let second = UserKind { name: "second".into(), weight: 1.0, flow: vec![other], ..kind.clone() };
    kind.weight = 4.0;
    scenario.kinds = vec![kind, second];
    run(&scenario, &server.url(), ms(500)).await;
    let served = server.by_path();
    // Kinds are spread evenly by number, so their share is exact but for rounding; branches are drawn.
    assert_eq!(served.values().sum::<u64>(), 1_000);
    assert!(served["/other"].abs_diff(200) <= 3, "{served:?}");
    assert!(served["/seldom"].abs_diff(200) <= 60, "{served:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_counts_its_requests_without_think_time() {
    let server = Server::start(|seen| {
        [vec![Act::Wait(20)], answer(if seen.target == "/b" { 500 } else { 200 }, "", "")].concat()
    })
    .await;
    let mut scenario = scenario(closed(1, ms(200)));
    let (a, b) = (get(&mut scenario, "/a"), get(&mut scenario, "/b"));
    let mut group = |name: &str| named(&mut scenario, EntryName::group(name));
    let (good, bad) = (group("good"), group("bad"));
    scenario.kinds[0].flow = vec![
        Step::Group { name: good, steps: vec![a.clone(), think(30), a] },
        Step::Group { name: bad, steps: vec![b] },
        think(500),
    ];
    let stats = run(&scenario, &server.url(), ms(200)).await;
    let of = |name: &str| stats.entries.iter().find(|(entry, _)| entry.name == name).unwrap().1.clone();
    let (good, bad) = (of("good"), of("bad"));
    assert_eq!((good.succeeded.count, good.failed.count, bad.succeeded.count, bad.failed.count), (1, 0, 0, 1));
    let took = good.succeeded.service.max().unwrap();
    assert!((ms(40)..ms(65)).contains(&took), "{took}");
}

#[tokio::test(flavor = "multi_thread")]
async fn captures_are_used_later() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/login" => answer(
            200,
            "X-Trace: t-9\r\nSet-Cookie: sid=c0ffee; Path=/\r\n",
            r#"{"user": {"token": "a\"b", "id": 17}, "x": "<i>42</i>"}"#,
        ),
        _ => answer(200, "", ""),
    })
    .await;
    let mut scenario = scenario(closed(1, ms(100)));
    let sources = [
        CaptureFrom::Json("$.user.token".into()),
        CaptureFrom::Json("$.user.id".into()),
        CaptureFrom::Regex("<i>([0-9]+)</i>".into()),
        CaptureFrom::Header("x-trace".into()),
        CaptureFrom::Cookie("sid".into()),
        CaptureFrom::Status,
    ];
    let mut login = request(&mut scenario, "POST", "/login");
    let slots: Vec<SlotId> = (0..sources.len()).map(|n| slot(&mut scenario, &format!("s{n}"))).collect();
    login.captures = slots.iter().zip(sources).map(|(slot, from)| Capture { slot: *slot, from }).collect();
    let captured = |n: usize| Part::Captured(slots[n]);
    let mut next = request(&mut scenario, "POST", "/next");
    next.url = text(&[fixed("/next/"), captured(1), fixed("/x?n="), captured(2)]);
    next.headers = vec![("X-Trace".into(), text(&[captured(3)])), ("X-Status".into(), text(&[captured(5)]))];
    next.auth = Some(Auth::Bearer(text(&[captured(4)])));
    next.body = Body::Json(text(&[fixed(r#"{"token": ""#), captured(0), fixed("\"}")]));
    scenario.kinds[0].flow = vec![send(login), send(next), think(500)];
    let stats = run(&scenario, &server.url(), ms(100)).await;
    let seen = &server.seen()[1];
    assert_eq!(seen.target, "/next/17/x?n=42");
    assert_eq!(seen.body, r#"{"token": "a\"b"}"#);
    assert_eq!((seen.header("x-trace"), seen.header("x-status")), (Some("t-9"), Some("200")));
    assert_eq!((seen.header("authorization"), seen.header("cookie")), (Some("Bearer c0ffee"), Some("sid=c0ffee")));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(entry(&stats, "POST", "/next").succeeded.count, 1);
}

/// One check on one answer: `None` when it holds, or the detail of the failure.
async fn checked(check: Check, status: u16, headers: &'static str, body: &'static str) -> Option<String> {
    let server = Server::start(move |_| answer(status, headers, body)).await;
    let mut scenario = scenario(closed(1, ms(60)));
    let mut request = request(&mut scenario, "GET", "/");
    request.checks = vec![check];
    scenario.kinds[0].flow = vec![send(request), think(500)];
    let stats = run(&scenario, &server.url(), ms(60)).await;
    let entry = entry(&stats, "GET", "/");
    assert_eq!(entry.count(), 1);
    errors(&entry).pop().map(|(kind, detail, _)| {
        assert!(matches!(kind, ErrorKind::CheckFailed | ErrorKind::Status));
        detail
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_say_what_was_expected() {
    let t = Template::text;
    let json = |path: &str, expect| Check::Json { path: path.into(), expect };
    let header = |name: &str, expect| Check::Header { name: name.into(), expect };
    let failed = |detail: &str| Some(detail.to_owned());
    let status = || Check::Status(vec![(200, 299), (404, 404)]);
    assert_eq!(checked(status(), 404, "", "").await, None);
    assert_eq!(checked(status(), 503, "", "").await, failed("status: 200-299 or 404 expected, 503 found"));
    assert_eq!(checked(Check::Body(Expect::Contains(t("lo w"))), 200, "", "hello world").await, None);
    assert_eq!(
        checked(Check::Body(Expect::Equals(t("x"))), 200, "", "y").await,
        failed("body: \"x\" expected, another found")
    );
    assert_eq!(checked(Check::Body(Expect::Matches("^h.*d$".into())), 200, "", "hello world").await, None);
    assert_eq!(
        checked(Check::Body(Expect::Present), 200, "", "").await,
        failed("body: anything expected, nothing found")
    );
    assert_eq!(checked(json("$.a[1]", Expect::Equals(t("2"))), 200, "", r#"{"a":[1,2]}"#).await, None);
    assert_eq!(checked(json("$.a", Expect::Equals(t("yes"))), 200, "", r#"{"a":"yes"}"#).await, None);
    assert_eq!(
        checked(json("$.b", Expect::Present), 200, "", r#"{"a":1}"#).await,
        failed("json $.b: anything expected, nothing found")
    );
    assert_eq!(
        checked(json("$.b", Expect::Present), 200, "", "<html>").await,
        failed("json $.b: anything expected, no JSON found")
    );
    assert_eq!(checked(header("x-a", Expect::Contains(t("b"))), 200, "X-A: abc\r\n", "").await, None);
    assert_eq!(
        checked(header("x-a", Expect::Present), 200, "", "").await,
        failed("header x-a: anything expected, nothing found")
    );
    assert_eq!(checked(Check::Time(ms(1_000)), 200, "", "").await, None);
    assert_eq!(checked(Check::Time(Micros(1)), 200, "", "").await, failed("time: at most 1us expected"));
    // Without a check on the status, 400 and more is a failure by itself, whatever else holds.
    assert_eq!(checked(Check::Time(ms(1_000)), 500, "", "").await, failed("status 500"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_not_there_fails_the_request() {
    let server = Server::start(|_| answer(200, "", "{}")).await;
    let mut scenario = scenario(closed(1, ms(60)));
    let mut login = request(&mut scenario, "GET", "/");
    login.captures = vec![Capture { slot: slot(&mut scenario, "token"), from: CaptureFrom::Json("$.token".into()) }];
    scenario.kinds[0].flow = vec![send(login), think(500)];
    let stats = run(&scenario, &server.url(), ms(60)).await;
    let expected = (ErrorKind::CheckFailed, "capture token: nothing found at json $.token".to_owned(), 1);
    assert_eq!(errors(&entry(&stats, "GET", "/")), [expected]);
}

/// Rows that the server saw, by user.
async fn rows_by_user(pick: Pick, rows: u32, shards: u32) -> BTreeMap<String, Vec<String>> {
    let server = Server::start(|_| answer(200, "", "")).await;
    let mut scenario = scenario(closed(6, ms(150)));
    let mut row = request(&mut scenario, "GET", "/row");
    row.query = vec![
        (Template::text("user"), text(&[Part::UserId])),
        (Template::text("row"), text(&[Part::Column { source: 0, column: 1 }])),
    ];
    scenario.data =
        vec![DataSource { name: "d".into(), columns: vec!["a".into(), "b".into()], pick, rows: rows.into() }];
    scenario.kinds[0].flow = vec![send(row), think(40)];
    let data = Arc::new(vec![(0..rows).map(|n| vec![String::new(), format!("r{n}")]).collect::<Vec<_>>()]);
    for shard in 0..shards {
        let spec = ShardSpec {
            shard: ShardId(shard),
            shards,
            data: Arc::clone(&data),
            ..spec(&scenario, &server.url(), ms(150))
        };
        intervals(begun(spec).await).await;
    }
    let mut rows = BTreeMap::<String, Vec<String>>::new();
    for seen in server.seen() {
        let (user, row) = seen.target.strip_prefix("/row?user=").unwrap().split_once("&row=").unwrap();
        rows.entry(user.to_owned()).or_default().push(row.to_owned());
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_picked_as_asked() {
    for (user, rows) in rows_by_user(Pick::Unique, 6, 2).await {
        assert!(rows.len() > 1 && rows.iter().all(|row| *row == format!("r{user}")), "{user}: {rows:?}");
    }
    let sequential = rows_by_user(Pick::Sequential, 1_000, 2).await;
    let all: Vec<&String> = sequential.values().flatten().collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "each row once: {all:?}");
    let highest = all.iter().map(|row| row[1..].parse::<usize>().unwrap()).max().unwrap();
    assert!(highest < all.len() + 12, "rows from the first on: {highest} of {}", all.len());
    let random = rows_by_user(Pick::Random, 3, 1).await;
    assert_eq!(random.values().flatten().collect::<BTreeSet<_>>().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_as_written() {
    let server = Server::start(|_| answer(200, "", "")).await;
    let mut scenario = scenario(closed(1, ms(60)));
    scenario.http.headers = vec![("X-All".into(), Template::text("1")), ("Accept".into(), Template::text("text/html"))];
    scenario.http.auth = Auth::Basic { user: Template::text("ann"), password: text(&[Part::Secret("pw".into())]) };
    let mut form = request(&mut scenario, "POST", "/form#part");
    form.body =
        Body::Form(vec![(Template::text("a b"), Template::text("c&d")), (Template::text("e"), Template::text(""))]);
    form.headers = vec![("x-all".into(), Template::text("2"))];
    let mut plain = request(&mut scenario, "PUT", "/put?x=1");
    plain.query = vec![(Template::text("q"), Template::text("ä b"))];
    plain.auth = Some(Auth::None);
    plain.headers = vec![("Content-Length".into(), Template::text("77")), ("User-Agent".into(), Template::text("me"))];
    scenario.kinds[0].flow = vec![send(form), send(plain), think(500)];
    let mut spec = spec(&scenario, &format!("{}/base/", server.url()), ms(60));
    spec.secrets = Secrets([("pw".to_owned(), "secret".to_owned())].into());
    intervals(begun(spec).await).await;
    let seen = server.seen();
    assert_eq!((seen[0].target.as_str(), seen[0].body.as_str()), ("/base/form", "a+b=c%26d&e="));
    let host = server.address.to_string();
    let names: Vec<_> = seen[0].headers.iter().map(|(n, v)| format!("{n}: {v}")).collect();
    let version = env!("CARGO_PKG_VERSION");
    let expected = [
        format!("Host: {host}"),
        format!("User-Agent: swarmgate/{version}"),
        "Accept: text/html".into(),
        "x-all: 2".into(),
        "Authorization: Basic YW5uOnNlY3JldA==".into(),
        "Content-Type: application/x-www-form-urlencoded".into(),
        "Content-Length: 12".into(),
    ];
    assert_eq!(names, expected);
    assert_eq!(seen[1].target, "/base/put?x=1&q=%C3%A4%20b");
    assert_eq!((seen[1].header("authorization"), seen[1].header("content-length")), (None, Some("0")));
    assert_eq!((seen[1].header("user-agent"), seen[1].header("x-all")), (Some("me"), Some("1")));
}

/// Users of an open load are new each time: what they do at the start and at the end belongs to each of them.
#[tokio::test(flavor = "multi_thread")]
async fn arrivals_are_new_users() {
    let server = Server::start(|_| answer(200, "Set-Cookie: seen=1\r\n", "")).await;
    let mut scenario = scenario(open(50.0, ms(200), 10));
    let mut step = |path: &str| get(&mut scenario, path);
    let (start, work, stop) = (step("/start"), step("/work"), step("/stop"));
    scenario.kinds[0].on_start = vec![start];
    scenario.kinds[0].flow = vec![work];
    scenario.kinds[0].on_stop = vec![stop];
    let stats = run(&scenario, &server.url(), ms(200)).await;
    assert_eq!(server.by_path(), [("/start".into(), 10), ("/work".into(), 10), ("/stop".into(), 10)].into());
    let with_cookie = server.seen().iter().filter(|seen| seen.header("cookie").is_some()).count();
    assert_eq!(with_cookie, 20, "a new user brings no cookie to its first request");
    assert!(server.connections() <= 4, "connections stay with the places: {}", server.connections());
    assert_eq!((stats.generator.users_started, stats.generator.iterations_finished), (10, 10));
}
