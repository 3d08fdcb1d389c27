//! `swarmgate doctor` on this machine, and on what `swarmgate serve` serves; a deployment is looked at in `tests/cloud`.

use serde_json::Value;

use crate::serve::Served;
use crate::support::{Place, Ran};

/// Runs it with nothing in the environment that would name an API or credentials.
fn doctor(place: &Place, args: &[&str]) -> Ran {
    let mut command = place.command(&[&["doctor"], args].concat());
    for name in ["SWARMGATE_API", "SWARMGATE_API_TOKEN", "SWARMGATE_API_AUTH", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    // No `aws` command either: nobody is asked for credentials.
    command.env("PATH", place.path("no-commands")).output().expect("the command can be started").into()
}

fn line<'r>(ran: &'r Ran, what: &str) -> &'r str {
    let found = ran.stdout.lines().find(|line| line.get(11..).is_some_and(|rest| rest.starts_with(what)));
    found.unwrap_or_else(|| panic!("nothing is said of {what}: {ran:?}"))
}

#[test]
fn without_a_deployment_this_machine_is_looked_at() {
    let place = Place::new();
    let ran = doctor(&place, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for what in ["cores", "open files", "local ports", "sockets", "serve"] {
        line(&ran, what);
    }
    assert!(line(&ran, "reports").starts_with("  fine "), "{ran:?}");
    assert!(line(&ran, "credentials").contains("only for a deployment on AWS"), "{ran:?}");
    assert!(line(&ran, "API").contains("infra/README.md makes one"), "{ran:?}");
    assert!(ran.stdout.ends_with("nothing is wrong\n"), "{ran:?}");
    assert!(!place.path("reports").exists(), "a look leaves nothing behind");
}

#[test]
fn a_folder_that_is_none_is_wrong() {
    let place = Place::new();
    place.write("reports", "a file");
    let ran = doctor(&place, &["--out", "reports/of/today"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(line(&ran, "reports").starts_with("  WRONG "), "{ran:?}");
    assert!(ran.stdout.contains("mend it: ") && ran.stdout.ends_with("1 thing is wrong\n"), "{ran:?}");
}

#[test]
fn what_is_served_here_is_looked_at_and_told_as_json() {
    let place = Place::new();
    let served = Served::start(&place);
    let url = format!("http://{}", served.address);
    let ran = doctor(&place, &["--api", &url, "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(told["fine"], true);
    let sections: Vec<_> =
        told["sections"].as_array().expect("sections").iter().map(|one| one["name"].clone()).collect();
    assert_eq!(sections, ["this machine", "AWS account", "deployment"]);
    let deployment = told["sections"][2]["findings"].as_array().expect("findings");
    let store = deployment.iter().find(|one| one["what"] == "store").expect("the store is looked at");
    assert_eq!(store["state"], "fine", "{store}");
}

#[test]
fn an_api_that_is_none_is_told_apart() {
    let place = Place::new();
    let nobody = doctor(&place, &["--api", "http://127.0.0.1:9"]);
    assert_eq!(nobody.code, 4, "{nobody:?}");
    assert!(line(&nobody, "API").starts_with("  WRONG ") && nobody.stdout.contains("ApiUrl"), "{nobody:?}");
    let no_url = doctor(&place, &["--api", "localhost"]);
    assert!(no_url.code == 2 && no_url.stderr.contains("--api `localhost`"), "{no_url:?}");
    let workload = swarmgate_workload::Workload::builder().start().expect("the workload starts");
    let other = doctor(&place, &["--api", &workload.url("")]);
    assert_eq!(other.code, 4, "{other:?}");
    line(&other, "API");
}
