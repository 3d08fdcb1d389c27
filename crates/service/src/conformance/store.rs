//! What every object store must do.

use std::sync::Arc;

use bytes::Bytes;
use swarmgate_domain::Key;

use crate::ports::{Condition, Etag, ObjectStore, StoreError};

/// Writers that race for one key.
const RACERS: u32 = 16;

/// Rounds of each race.
const ROUNDS: u32 = 20;

/// Checks an empty store. `spawn` runs a future on a thread of its own until it is done, and gives what waits for that.
pub async fn store<J: Future<Output = ()>>(
    store: Arc<dyn ObjectStore>,
    spawn: impl Fn(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> J,
) {
    reads_what_was_written(&*store).await;
    conditions_hold(&*store).await;
    lists_in_order_and_in_pages(&*store).await;
    lists_folders(&*store).await;
    one_creator_wins(&store, &spawn).await;
    no_swap_is_lost(&store, &spawn).await;
}

fn key(text: &str) -> Key {
    Key::parse(text).expect("the suite's keys are keys")
}

async fn write(store: &dyn ObjectStore, name: &str, text: &str, condition: Condition) -> Result<Etag, StoreError> {
    store.put(&key(name), Bytes::from(text.to_owned()), condition).await
}

async fn text(store: &dyn ObjectStore, name: &str) -> Option<String> {
    let object = store.get(&key(name)).await.expect("the store answers")?;
    Some(String::from_utf8(object.bytes.to_vec()).expect("the suite writes text"))
}

async fn reads_what_was_written(store: &dyn ObjectStore) {
    assert_eq!(text(store, "read/absent").await, None);
    let etag = write(store, "read/a", "one", Condition::Absent).await.expect("there is none");
    let object = store.get(&key("read/a")).await.expect("the store answers").expect("it was written");
    assert_eq!((&object.bytes[..], &object.etag), (&b"one"[..], &etag));
    assert!(
        object.modified <= object.store_time.shown + object.store_time.precision,
        "written in the future: {object:?}"
    );
    let large = "x".repeat(3 * 1024 * 1024);
    write(store, "read/large", &large, Condition::Absent).await.expect("there is none");
    assert_eq!(text(store, "read/large").await, Some(large));
    store.delete(&key("read/a")).await.expect("it can be removed");
    store.delete(&key("read/a")).await.expect("removing nothing is no error");
    assert_eq!(text(store, "read/a").await, None);
}

async fn conditions_hold(store: &dyn ObjectStore) {
    let first = write(store, "cas/a", "one", Condition::Absent).await.expect("there is none");
    let again = write(store, "cas/a", "two", Condition::Absent).await;
    assert!(again.is_err_and(|error| error.is_conflict()), "created twice");
    let second = write(store, "cas/a", "two", Condition::Matches(first.clone())).await.expect("it is unchanged");
    assert_ne!(first, second, "another content has the same version");
    let outdated = write(store, "cas/a", "three", Condition::Matches(first.clone())).await;
    assert!(outdated.is_err_and(|error| error.is_conflict()), "an outdated version was replaced");
    let absent = write(store, "cas/none", "x", Condition::Matches(first)).await;
    assert!(absent.is_err_and(|error| error.is_conflict()), "what is not there was replaced");
    assert_eq!(text(store, "cas/a").await.as_deref(), Some("two"));
    assert_eq!(text(store, "cas/none").await, None);
}

async fn lists_in_order_and_in_pages(store: &dyn ObjectStore) {
    let names: Vec<_> = (0..2_300).map(|n| format!("list/{:02}/{n:05}", n / 100)).collect();
    for name in &names {
        write(store, name, "", Condition::Absent).await.expect("there is none");
    }
    write(store, "list-not/x", "", Condition::Absent).await.expect("there is none");
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.list("list/", after.as_ref()).await.expect("the store answers");
        assert!(!page.keys.is_empty() || !page.more, "an empty page says that there is more");
        found.extend(page.keys.iter().map(ToString::to_string));
        after = page.keys.last().cloned();
        if !page.more {
            break;
        }
    }
    assert_eq!(found, names);
    let page = store.list("list/07/", Some(&key("list/07/00797"))).await.expect("the store answers");
    assert_eq!(page.keys, [key("list/07/00798"), key("list/07/00799")]);
    let none = store.list("nothing/", None).await.expect("the store answers");
    assert!(none.keys.is_empty() && !none.more);
}

async fn lists_folders(store: &dyn ObjectStore) {
    for name in ["folders/a/x", "folders/a/y", "folders/b/x", "folders/file"] {
        write(store, name, "", Condition::Absent).await.expect("there is none");
    }
    assert_eq!(store.list_folders("folders/", None).await.expect("the store answers"), ["a", "b"]);
    assert_eq!(store.list_folders("folders/", Some("a")).await.expect("the store answers"), ["b"]);
}

async fn one_creator_wins<J: Future<Output = ()>>(
    store: &Arc<dyn ObjectStore>,
    spawn: &impl Fn(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> J,
) {
    for round in 0..ROUNDS {
        let name = format!("race/{round}");
        let waits: Vec<_> = (0..RACERS)
            .map(|racer| {
                let (store, name) = (store.clone(), name.clone());
                spawn(Box::pin(async move {
                    if write(&*store, &name, &racer.to_string(), Condition::Absent).await.is_ok() {
                        let won = write(&*store, &format!("{name}-winner-{racer}"), "", Condition::Absent).await;
                        assert!(won.is_ok(), "writing the winner's mark: {won:?}");
                    }
                }))
            })
            .collect();
        for wait in waits {
            wait.await;
        }
        let page = store.list(&format!("{name}-winner-"), None).await.expect("the store answers");
        let winner = text(&**store, &name).await.expect("someone won");
        assert_eq!(page.keys, [key(&format!("{name}-winner-{winner}"))], "in round {round}");
    }
}

async fn no_swap_is_lost<J: Future<Output = ()>>(
    store: &Arc<dyn ObjectStore>,
    spawn: &impl Fn(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> J,
) {
    write(&**store, "counter", "0", Condition::Absent).await.expect("there is none");
    let waits: Vec<_> = (0..RACERS)
        .map(|_| {
            let store = store.clone();
            spawn(Box::pin(async move {
                let mut left = ROUNDS;
                while left > 0 {
                    let object = store.get(&key("counter")).await.expect("the store answers").expect("it is there");
                    let count: u32 = String::from_utf8_lossy(&object.bytes).parse().expect("it holds a number");
                    match write(&*store, "counter", &(count + 1).to_string(), Condition::Matches(object.etag)).await {
                        Ok(_) => left -= 1,
                        Err(error) => assert!(error.is_conflict(), "{error}"),
                    }
                }
            }))
        })
        .collect();
    for wait in waits {
        wait.await;
    }
    assert_eq!(text(&**store, "counter").await, Some((RACERS * ROUNDS).to_string()));
}
