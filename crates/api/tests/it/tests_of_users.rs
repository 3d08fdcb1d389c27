//! Tests from their start to their report, as a user sees them.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::engine::REQUESTS;
use crate::world::{Answer, World, request};

async fn start_with_key(world: &World, key: &str, body: &Value) -> Answer {
    let request = request(Method::POST, "/tests").header("content-type", "application/json");
    world.send(request.header("idempotency-key", key).body(body.to_string().into()).unwrap()).await
}

#[tokio::test]
async fn a_test_runs_from_its_start_to_its_report() {
    let world = World::new().await;
    let body = json!({ "scenario": "http://shop.example/items", "users": 4, "spawn_rate": "40/s", "duration": "500ms", "workers": 2, "thresholds": ["p95 < 1s"] });
    let started = world.send_json(Method::POST, "/tests", &body).await;
    assert_eq!(started.status, 202, "{}", started.shown());
    let started_view = started.json();
    let id = started_view["id"].as_str().unwrap();
    let this = format!("/tests/{id}");
    assert_eq!(started.header("location"), Some(this.as_str()));
    assert_eq!(
        started_view["links"],
        json!({ "self": this, "live": format!("{this}/live"), "stop": format!("{this}/stop"), "report": format!("{this}/report") })
    );
    let early = world.get(&format!("{this}/live")).await;
    assert_eq!((early.status.as_u16(), &early.json()["report"]), (200, &Value::Null), "{}", early.shown());
    assert_eq!(world.get(&format!("{this}/report")).await.status, 404);

    let test = world.wait_for(id, "finished").await;
    assert_eq!(
        (&test["workers"], &test["revision"], &test["name"]),
        (&json!(2), &json!(1), &json!("shop.example/items"))
    );
    assert!(test["verdict"]["outcome"].is_string(), "{test}");
    // The last view is written after the state says that the test is over.
    let live = world.wait_for_view(id, "finished").await;
    assert_eq!(live["total"]["count"], 2 * 5 * REQUESTS, "{live}");
    assert_eq!((&live["phase"], &live["report"]), (&json!("finished"), &json!(format!("{this}/report"))));

    let report = world.get(&format!("{this}/report")).await;
    let page = format!("{this}/report/index.html");
    assert_eq!((report.status.as_u16(), report.header("location")), (302, Some(page.as_str())));
    for (file, kind) in [
        ("index.html", "text/html; charset=utf-8"),
        ("summary.json", "application/json"),
        ("requests.csv", "text/csv; charset=utf-8"),
    ] {
        let answer = world.get(&format!("{this}/report/{file}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some(kind)), "{file}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert!(world.get(&page).await.header("content-security-policy").unwrap().contains("default-src 'none'"));
}

#[tokio::test]
async fn the_same_key_is_the_same_test() {
    let world = World::new().await;
    let body = json!({ "scenario": "http://shop.example/", "duration": "100ms" });
    let first = start_with_key(&world, "deploy 17", &body).await;
    let again = start_with_key(&world, "deploy 17", &body).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (202, 202));
    assert_eq!(first.body, again.body);
    let other = start_with_key(&world, "deploy 18", &body).await;
    assert_ne!(first.body, other.body);

    let reused =
        start_with_key(&world, "deploy 17", &json!({ "scenario": "http://shop.example/", "duration": "200ms" })).await;
    assert_eq!(reused.status, 422, "{}", reused.shown());
    assert_eq!(reused.json()["type"], "urn:swarmgate:problem:key-reused");
    assert_eq!(world.get("/tests").await.json()["tests"].as_array().unwrap().len(), 2);

    for bad in ["", "a\tb", &"x".repeat(256)] {
        assert_eq!(start_with_key(&world, bad, &body).await.status, 400, "{bad:?}");
    }
}

#[tokio::test]
async fn the_same_key_with_other_data_is_another_test() {
    let world = World::new().await;
    let body = |rows: &str| {
        let scenario = "target: http://shop.example\nload: {users: 1, duration: 100ms}\nflow: ['GET /${user.name}']\ndata: {user: {file: users.csv}}\n";
        json!({ "scenario": scenario, "data": { "users.csv": rows } })
    };
    assert_eq!(start_with_key(&world, "a", &body("name\nann\n")).await.status, 202);
    assert_eq!(start_with_key(&world, "a", &body("name\nann\n")).await.status, 202);
    assert_eq!(start_with_key(&world, "a", &body("name\nbob\n")).await.status, 422);
}

#[tokio::test]
async fn tests_are_listed_newest_first_in_pages() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for key in ["z", "a", "m", "b", "y"] {
        let body = json!({ "scenario": "http://shop.example/", "duration": "100ms" });
        let answer = start_with_key(&world, key, &body).await;
        ids.insert(0, answer.json()["id"].as_str().unwrap().to_owned());
        // Asked again, a test is not newer.
        start_with_key(&world, "z", &body).await;
    }
    let (mut listed, mut path, mut pages) = (Vec::new(), Some("/tests?limit=2".to_owned()), 0);
    while let Some(page) = path {
        let answer = world.get(&page).await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
        let answer = answer.json();
        listed.extend(answer["tests"].as_array().unwrap().iter().map(|test| test["id"].as_str().unwrap().to_owned()));
        path = answer["next"].as_str().map(str::to_owned);
        pages += 1;
    }
    assert_eq!(listed, ids);
    assert!(pages <= 4, "{pages} pages of 2 for 5 tests");
}

#[tokio::test]
async fn two_tests_run_at_once() {
    let world = World::new().await;
    let (one, two) = (world.start("1s").await, world.start("1s").await);
    tokio::join!(world.wait_for(&one, "running"), world.wait_for(&two, "running"));
    let (one, two) = tokio::join!(world.wait_for(&one, "finished"), world.wait_for(&two, "finished"));
    let running = |test: &Value| test["started_at"].as_u64().unwrap()..test["since"].as_u64().unwrap();
    let (one, two) = (running(&one), running(&two));
    assert!(one.start < two.end && two.start < one.end, "{one:?} and {two:?} did not run at once");
}

#[tokio::test]
async fn a_test_is_stopped_once_however_often_it_is_asked_for() {
    let world = World::new().await;
    let id = world.start("60s").await;
    world.wait_for(&id, "running").await;
    let stop = format!("/tests/{id}/stop");
    let first = world.send_json(Method::POST, &stop, &json!({})).await;
    assert_eq!((first.status.as_u16(), &first.json()["ended"]), (202, &json!("stopped")), "{}", first.shown());
    let ends_at = first.json()["ends_at_us"].clone();
    let second = world.send_json(Method::POST, &stop, &json!({})).await;
    assert_eq!(second.json()["ends_at_us"], ends_at);
    let test = world.wait_for(&id, "stopped").await;
    assert_eq!((&test["ends_at_us"], &test["revision"]), (&ends_at, &json!(1)));
    let third = world.send_json(Method::POST, &stop, &json!({})).await;
    assert_eq!((third.status.as_u16(), third.json()), (200, test));
    assert_eq!(world.get(&format!("/tests/{id}/report")).await.status, 302);
}

#[tokio::test]
async fn users_are_changed_while_a_test_runs() {
    let world = World::new().await;
    let id = world.start("60s").await;
    world.wait_for(&id, "running").await;
    let path = format!("/tests/{id}");
    let changed = world.send_json(Method::PATCH, &path, &json!({ "users": 50, "spawn_rate": "10/s" })).await;
    assert_eq!(changed.status, 202, "{}", changed.shown());
    assert_eq!((&changed.json()["users"], &changed.json()["spawn_rate"]), (&json!(50), &json!(10.0)));
    let at_once = world.send_json(Method::PATCH, &path, &json!({ "users": 7 })).await;
    assert_eq!(at_once.status, 202);
    let mut users = Value::Null;
    for _ in 0..100 {
        users = world.get(&format!("{path}/live")).await.json()["users"].clone();
        if users == json!(7.0) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(users, json!(7.0));
    for bad in
        [json!({ "users": 5, "spawn_rate": 0 }), json!({ "users": 5, "spawn_rate": "often" }), json!({ "users": -1 })]
    {
        assert_eq!(world.send_json(Method::PATCH, &path, &bad).await.status, 422, "{bad}");
    }
    world.send_json(Method::POST, &format!("{path}/stop"), &json!({})).await;
    world.wait_for(&id, "stopped").await;
    let late = world.send_json(Method::PATCH, &path, &json!({ "users": 5 })).await;
    assert_eq!((late.status.as_u16(), &late.json()["type"]), (409, &json!("urn:swarmgate:problem:wrong-phase")));
}

#[tokio::test]
async fn arrivals_have_no_users_to_change() {
    let world = World::new().await;
    let body = json!({ "scenario": "http://shop.example/", "arrival_rate": "50/s", "duration": "60s" });
    let id = world.send_json(Method::POST, "/tests", &body).await.json()["id"].as_str().unwrap().to_owned();
    world.wait_for(&id, "running").await;
    let answer = world.send_json(Method::PATCH, &format!("/tests/{id}"), &json!({ "users": 5 })).await;
    assert_eq!(answer.status, 409, "{}", answer.shown());
    world.send_json(Method::POST, &format!("/tests/{id}/stop"), &json!({})).await;
    world.wait_for(&id, "stopped").await;
}

#[tokio::test]
async fn a_test_that_cannot_run_says_why() {
    let world = World::new().await;
    let body = json!({ "scenario": "http://unreachable.example/", "duration": "1s" });
    let id = world.send_json(Method::POST, "/tests", &body).await.json()["id"].as_str().unwrap().to_owned();
    let test = world.wait_for(&id, "failed").await;
    assert!(test["ended"]["failed"]["reason"].as_str().unwrap().contains("it has no address"), "{test}");
    assert_eq!(world.get(&format!("/tests/{id}/report")).await.status, 302);
}

#[tokio::test]
async fn a_view_that_is_known_is_not_sent_again() {
    let world = World::new().await;
    let id = world.start("100ms").await;
    world.wait_for(&id, "finished").await;
    let path = format!("/tests/{id}/live");
    // The view is written once more after the end.
    let mut first = world.get(&path).await;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let next = world.get(&path).await;
        if next.headers.get("etag") == first.headers.get("etag") && next.json()["total"]["count"] == REQUESTS {
            break;
        }
        first = next;
    }
    let tag = first.header("etag").unwrap();
    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let again = request(Method::GET, &path).header("if-none-match", &known).body(Bytes::new()).unwrap();
        assert_eq!(world.send(again).await.status, 304, "{known}");
    }
    let other = request(Method::GET, &path).header("if-none-match", "\"x\"").body(Bytes::new()).unwrap();
    assert_eq!(world.send(other).await.status, 200);
}

#[tokio::test]
async fn what_can_be_got_can_be_asked_for_by_head() {
    let world = World::new().await;
    for path in ["/", "/health", "/openapi.json", "/tests", "/scenarios"] {
        let got = world.get(path).await;
        assert_eq!(got.status, 200, "{path}");
        let head = world.send(request(Method::HEAD, path).body(Bytes::new()).unwrap()).await;
        assert_eq!((head.status, head.body.len()), (got.status, 0), "{path}");
        assert_eq!(head.header("content-length"), Some(got.body.len().to_string().as_str()), "{path}");
        assert_eq!(head.header("content-type"), got.header("content-type"), "{path}");
    }
    assert_eq!(world.get("/").await.text(), "<h1>dashboard</h1>");
    assert_eq!(world.get("/health").await.json()["status"], "ok");
}

#[tokio::test]
async fn who_is_about_to_end_starts_nothing() {
    let world = World::new().await;
    world.api.close();
    let answer = world.send_json(Method::POST, "/tests", &json!({ "scenario": "http://shop.example/" })).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, Some("1")));
    assert_eq!(world.get("/tests").await.status, 200);
}
