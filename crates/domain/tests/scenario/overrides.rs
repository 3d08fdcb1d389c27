//! What the command line changes about a scenario.

use swarmgate_domain::{LoadModel, Micros, Overrides, Scenario};

use crate::inputs::{Inputs, read};

fn scenario(load: &str) -> Scenario {
    let text = format!("target: http://a\nload: {load}\nflow: [GET /]\nthresholds: [p95 < 1s, rps > 5]\n");
    read(&text, &Inputs::default()).scenario
}

fn secs(seconds: u64) -> Micros {
    Micros::from_secs(seconds)
}

/// The load of the scenario with overrides, as `users at the time: ...`; or what is wrong.
fn check(load: &str, overrides: &Overrides, wanted: &str) {
    let shown = match scenario(load).with_overrides(overrides) {
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Ok(scenario) => {
            let (what, points) = match &scenario.loads[0].model {
                LoadModel::Closed(curve) => ("users".to_owned(), curve.points()),
                LoadModel::Open { rate, max_users } => (format!("per second, at most {max_users}"), rate.points()),
            };
            let points: Vec<_> = points.iter().map(|point| format!("{} at {}", point.value, point.at)).collect();
            format!("{what}: {}", points.join(", "))
        }
    };
    assert_eq!(shown, wanted, "{load} with {overrides:?}");
}

#[test]
#[rustfmt::skip] // the columns are the point
fn the_load_is_what_was_asked_for() {
    let users = |users| Overrides { users: Some(users), ..Overrides::default() };
    let duration = |seconds| Overrides { duration: Some(secs(seconds)), ..Overrides::default() };
    let rate = |rate| Overrides { arrival_rate: Some(rate), ..Overrides::default() };
    let ramp   = "{ users: 100, spawn_rate: 10/s, duration: 1m }";
    let sudden = "{ users: 100, duration: 1m }";
    let late   = "{ users: 100, spawn_rate: 10/s, duration: 1m, start: 5s }";
    let stages = "{ stages: [{ users: 10, over: 10s, for: 20s }, { users: 0, over: 10s }] }";
    let open   = "{ arrival_rate: 20/s, duration: 1m, max_users: 700 }";
    // Nothing changes, or only what is given.
    check(ramp,   &Overrides::default(), "users: 0 at 0s, 100 at 10s, 100 at 1m");
    check(ramp,   &users(20),            "users: 0 at 0s, 20 at 2s, 20 at 1m");
    check(sudden, &users(20),            "users: 0 at 0s, 20 at 1s, 20 at 1m");
    check(late,   &users(20),            "users: 0 at 0s, 0 at 5s, 20 at 7s, 20 at 1m5s");
    check(ramp,   &duration(120),        "users: 0 at 0s, 100 at 10s, 100 at 2m");
    check(ramp,   &duration(5),          "users: 0 at 0s, 50 at 5s");
    check(late,   &duration(10),         "users: 0 at 0s, 0 at 5s, 100 at 15s");
    check(ramp,   &Overrides { spawn_rate: Some(50.0), ..Overrides::default() }, "users: 0 at 0s, 100 at 2s, 100 at 1m");
    check(ramp,   &Overrides { spawn_rate: Some(5.0), duration: Some(secs(30)), ..users(20) }, "users: 0 at 0s, 20 at 4s, 20 at 30s");
    // Stages can be cut, but not stretched.
    check(stages, &duration(20),         "users: 0 at 0s, 10 at 10s, 10 at 20s");
    check(stages, &duration(35),         "users: 0 at 0s, 10 at 10s, 10 at 30s, 5 at 35s");
    check(stages, &users(30),            "users: 0 at 0s, 30 at 1s, 30 at 40s");
    check(stages, &duration(50),         "duration: 50s is longer than the load, which changes until its end at 40s, allowed are times up to 40s");
    // From users to arrivals and back.
    check(open,   &rate(40.0),           "per second, at most 1200: 40 at 0s, 40 at 1m");
    check(open,   &duration(5),          "per second, at most 700: 20 at 0s, 20 at 5s");
    check(ramp,   &rate(2.0),            "per second, at most 100: 2 at 0s, 2 at 1m");
    check(open,   &users(20),            "users: 0 at 0s, 20 at 1s, 20 at 1m");
    check(open,   &Overrides { spawn_rate: Some(1.0), ..Overrides::default() }, "spawn_rate: the scenario has arrivals, which bring their users");
    check(open,   &Overrides { users: Some(3), ..rate(1.0) }, "arrival_rate: it does not go together with `users`");
    check(open,   &Overrides { spawn_rate: Some(3.0), ..rate(1.0) }, "spawn_rate: it does not go together with `arrival_rate`");
    // Out of range.
    check(ramp,   &users(0),             "users: 0 is too few, allowed are 1 to 10000000");
    check(ramp,   &users(u32::MAX),      "users: 4294967295 is too many, allowed are 1 to 10000000");
    check(ramp,   &rate(0.0),            "arrival_rate: 0/s is no rate, allowed are rates of more than 0/s, 10000000/s at most");
    check(ramp,   &rate(f64::NAN),       "arrival_rate: NaN/s is no rate, allowed are rates of more than 0/s, 10000000/s at most");
    check(ramp,   &duration(0),          "duration: 0s is too short, allowed are times from 100ms to 720h");
    check("{ a: { users: 1, duration: 5s }, b: { users: 1, duration: 5s } }", &users(5), "users: the scenario has several loads: a, b");
}

#[test]
fn limits_are_added_or_take_the_place_of_their_like() {
    let thresholds = |given: &[&str]| {
        let overrides =
            Overrides { thresholds: given.iter().map(|&text| text.to_owned()).collect(), ..Overrides::default() };
        let result = scenario("{ users: 1, duration: 5s }").with_overrides(&overrides);
        result.map(|scenario| scenario.thresholds.iter().map(|threshold| threshold.text.clone()).collect::<Vec<_>>())
    };
    assert_eq!(thresholds(&["p95<2s"]).unwrap(), ["rps > 5", "p95 < 2s"]);
    assert_eq!(
        thresholds(&["errors == 0", "p95{name=/} < 2s"]).unwrap(),
        ["p95 < 1s", "rps > 5", "errors == 0", "p95{name=/} < 2s"]
    );
    let mistakes = thresholds(&["p95 < 2", "p95{name=/x} < 2s"]).unwrap_err();
    insta::assert_snapshot!(mistakes.iter().map(|mistake| format!("{mistake}\n")).collect::<String>());
    let url = Scenario::from_url("http://a/").unwrap();
    let overrides = Overrides { thresholds: vec!["p95 < 1s".to_owned()], ..Overrides::default() };
    assert_eq!(url.with_overrides(&overrides).unwrap().thresholds.len(), 1, "the default is for those who give none");
}

#[test]
fn a_target_can_be_given_later_but_must_be() {
    let text = "load: { users: 1, duration: 5s }\nflow: [GET /items]\n";
    let read = read(text, &Inputs::default());
    assert!(read.warnings.is_empty());
    let mistakes = read.scenario.with_overrides(&Overrides::default()).unwrap_err();
    assert_eq!(mistakes[0].to_string(), "target: there is none, and `GET /items` needs one");
    let overrides = Overrides { target: Some("https://b/api/".to_owned()), ..Overrides::default() };
    assert_eq!(read.scenario.with_overrides(&overrides).unwrap().target.as_deref(), Some("https://b/api"));
    for (target, reason) in [
        ("b.example", "it has no scheme"),
        ("b.example:80", "it has no scheme"),
        ("ftp://b", "`ftp` is not spoken here"),
        ("http://ann:pw@b", "it holds a password"),
        ("http://b/?x", "it has a query or a fragment"),
        ("http://", "empty host"),
    ] {
        let overrides = Overrides { target: Some(target.to_owned()), ..Overrides::default() };
        let mistakes = read.scenario.with_overrides(&overrides).unwrap_err();
        assert_eq!(mistakes[0].wrong.problem, format!("`{target}` is no target: {reason}"));
    }
}

#[test]
fn more_users_need_more_rows() {
    let text = "target: http://a\nload: { users: 3, duration: 5s }\nflow: [\"GET /${user.name}\"]\ndata: { user: { file: users.csv, pick: unique } }\n";
    let scenario = read(text, &Inputs::with_users(3)).scenario;
    let overrides = Overrides { users: Some(4), ..Overrides::default() };
    let mistakes = scenario.with_overrides(&overrides).unwrap_err();
    assert_eq!(
        mistakes[0].to_string(),
        "data.user: 3 rows are too few for `pick: unique`: up to 4 users take one each, allowed are 4 rows or more"
    );
}

#[test]
fn an_interval_can_be_given() {
    let overrides = |interval| Overrides { interval: Some(interval), ..Overrides::default() };
    let scenario = scenario("{ users: 1, duration: 5s }");
    assert_eq!(scenario.with_overrides(&overrides(secs(2))).unwrap().interval, Some(secs(2)));
    let mistakes = scenario.with_overrides(&overrides(secs(90))).unwrap_err();
    assert_eq!(mistakes[0].to_string(), "interval: 1m30s is too long, allowed are times from 1s to 1m");
}
