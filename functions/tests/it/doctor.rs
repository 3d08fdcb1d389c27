//! What the deployed API finds when it looks at its own deployment.

use std::time::Duration;

use serde_json::{Value, json};

use super::world::{Setup, World};

/// What is said of `what`, of everything that was found.
fn of<'f>(found: &'f Value, what: &str) -> &'f Value {
    let all = found["findings"].as_array().expect("findings");
    all.iter().find(|one| one["what"] == what).unwrap_or_else(|| panic!("nothing is said of {what}: {found}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deployment_looks_at_itself() {
    let setup = Setup { workers: 0, ..Setup::default() };
    let Some(mut world) = World::start("a_deployment_looks_at_itself", setup).await else { return };
    // The first sweep comes after some seconds.
    let swept = async {
        loop {
            let found: Value = world.get("/doctor").await.json().await.unwrap();
            if of(&found, "sweep")["state"] == "fine" {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(120), swept).await.unwrap();
    for what in ["store", "notifications", "sweep", "pool default: queue", "targets", "limits"] {
        assert_eq!(of(&found, what)["state"], "fine", "{found}");
    }
    assert_eq!(of(&found, "pool default: workers")["state"], "note", "{found}");
    let remedy = of(&found, "pool default: queue: dead letters")["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("aws sqs set-queue-attributes --queue-url http://"), "{remedy}");

    world.tell_nobody();
    // What was told of before may still be on its way.
    tokio::time::timeout(Duration::from_secs(60), world.all_is_heard()).await.unwrap();
    let found: Value = world.get("/doctor").await.json().await.unwrap();
    let notifications = of(&found, "notifications");
    assert_eq!(notifications["state"], "wrong", "{found}");
    assert!(notifications["said"].as_str().unwrap().contains("did not hear of a new object"), "{notifications}");
    assert_eq!(of(&found, "store")["state"], "fine", "{found}");
    // The probe is none of a test.
    assert_eq!(world.get("/tests").await.json::<Value>().await.unwrap()["tests"], json!([]));
}
