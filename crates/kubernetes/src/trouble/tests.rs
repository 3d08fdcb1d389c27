//! Each state of a Pod as a cluster tells it, and what is made of it.

use serde_json::{Value, json};

use super::*;

/// Half past midnight, when all conditions of these tests are half an hour old.
const NOW: Micros = Micros::from_secs(1_800);
const MIDNIGHT: &str = "1970-01-01T00:00:00Z";

fn made<T: serde::de::DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn unschedulable(since: &str) -> Value {
    json!({ "metadata": { "name": "workers-1" }, "status": { "conditions": [{
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "lastTransitionTime": since,
        "message": "0/3 nodes are available: 3 Insufficient cpu. ",
    }] } })
}

fn waiting(reason: &str, message: &str) -> Value {
    container(json!({ "waiting": { "reason": reason, "message": message } }), json!({}))
}

fn container(state: Value, last: Value) -> Value {
    json!({ "metadata": { "name": "workers-1" }, "status": { "containerStatuses": [{
        "name": "worker", "image": "registry/worker:9", "imageID": "", "ready": false, "restartCount": 4, "state": state, "lastState": last,
    }] } })
}

/// Its worker said so.
fn helpless(why: &str) -> Value {
    json!({ "metadata": { "name": "workers-1", "annotations": { "swarmgate/trouble": why } }, "status": { "phase": "Running" } })
}

fn event(component: &str, reason: &str, seen: &str) -> Value {
    json!({ "metadata": {}, "involvedObject": {}, "source": { "component": component }, "reason": reason, "lastTimestamp": seen,
        "message": format!("{reason} said") })
}

fn found(deployment: Value, pods: Vec<Value>, events: Vec<Value>) -> String {
    let (pods, events): (Vec<Pod>, Vec<Event>) =
        (pods.into_iter().map(made).collect(), events.into_iter().map(made).collect());
    find(&made(deployment), &pods, &events, Patience::default(), NOW).unwrap_or_else(|| "nothing".to_owned())
}

#[test]
#[rustfmt::skip] // a line a case
fn what_ails_pods_is_told_with_their_own_words() {
    let check = |pods: Vec<Value>, expected: &str| {
        let found = found(json!({}), pods, vec![]);
        assert!(found.starts_with(expected), "{found}\n  is not\n{expected}");
    };
    check(vec![], "nothing");
    check(vec![waiting("ContainerCreating", "")], "nothing");
    check(vec![waiting("ErrImagePull", "timed out")], "nothing");
    check(vec![waiting("ImagePullBackOff", "Back-off pulling image"), waiting("ImagePullBackOff", "Back-off pulling image")],
        "2 Pods can't get the image: `registry/worker:9` (ImagePullBackOff: Back-off pulling image); see that the chart's `image`");
    check(vec![waiting("InvalidImageName", "")], "a Pod can't get the image: `registry/worker:9` (InvalidImageName);");
    check(vec![waiting("CreateContainerConfigError", "secret \"x\" not found")],
        "a Pod can't be started: container `worker` (CreateContainerConfigError: secret \"x\" not found); mend the chart's values");
    check(vec![unschedulable(MIDNIGHT)],
        "a Pod can't be scheduled: 0/3 nodes are available: 3 Insufficient cpu; let the node group grow");
    check(vec![helpless("writing lease/000001: access denied")], "a Pod can't work: writing lease/000001: access denied");
    // Crashes are told before all else: they are ours.
    check(vec![unschedulable(MIDNIGHT), waiting("CrashLoopBackOff", "back-off 40s"), unschedulable(MIDNIGHT)],
        "a Pod can't keep running: 4 restarts (CrashLoopBackOff: back-off 40s); see");
}

#[test]
fn a_crash_is_told_by_how_it_ended() {
    let check = |last: Value, expected: &str| {
        let pod = container(json!({ "waiting": { "reason": "CrashLoopBackOff" } }), json!({ "terminated": last }));
        let found = found(json!({}), vec![pod], vec![]);
        assert!(found.contains(expected), "{found}");
    };
    check(
        json!({ "exitCode": 2, "reason": "Error", "message": "SWARMGATE_BUCKET: it is not set\n" }),
        "running: exit code 2 (\"SWARMGATE_BUCKET: it is not set\") after 4 restarts;",
    );
    check(json!({ "exitCode": 137, "reason": "OOMKilled" }), "running: OOMKilled, exit code 137 after 4 restarts;");
    check(json!({ "exitCode": 139, "signal": 11 }), "running: signal 11 after 4 restarts;");
}

#[test]
fn a_pod_without_room_is_given_time_unless_no_node_will_come() {
    let check = |since: &str, events: Vec<Value>, expected: &str| {
        let found = found(json!({}), vec![unschedulable(since)], events);
        assert!(found.starts_with(expected), "{found}");
    };
    let told = "a Pod can't be scheduled: 0/3 nodes are available: 3 Insufficient cpu";
    let refused = || event("cluster-autoscaler", "NotTriggerScaleUp", "1970-01-01T00:29:20Z");
    check("1970-01-01T00:25:00Z", vec![], told);
    check("1970-01-01T00:25:01Z", vec![], "nothing");
    let said = format!("{told}; cluster-autoscaler says: NotTriggerScaleUp said;");
    check("1970-01-01T00:29:30Z", vec![refused()], &said);
    check("1970-01-01T00:29:31Z", vec![refused()], "nothing");
    // The newest word counts: a node comes after all.
    let comes = event("cluster-autoscaler", "TriggeredScaleUp", "1970-01-01T00:29:29Z");
    check("1970-01-01T00:29:00Z", vec![comes, refused()], "nothing");
    // The scheduler knows nothing of nodes to come.
    check("1970-01-01T00:29:00Z", vec![event("default-scheduler", "FailedScheduling", MIDNIGHT)], "nothing");
    check("1970-01-01T00:29:00Z", vec![event("karpenter", "FailedScheduling", MIDNIGHT)], told);
}

#[test]
fn a_pod_that_is_going_ails_nobody() {
    let mut pod = waiting("CrashLoopBackOff", "");
    pod["metadata"]["deletionTimestamp"] = json!(MIDNIGHT);
    assert_eq!(found(json!({}), vec![pod], vec![]), "nothing");
}

#[test]
fn what_keeps_pods_from_being_made_is_told_after_a_while() {
    let deployment = |since: &str, status: &str| {
        json!({ "status": { "conditions": [{
            "type": "ReplicaFailure", "status": status, "reason": "FailedCreate", "lastTransitionTime": since,
            "message": "pods \"workers-1\" is forbidden: exceeded quota: team",
        }] } })
    };
    let told = "Pods can't be made: pods \"workers-1\" is forbidden: exceeded quota: team; raise the namespace's quota";
    assert!(found(deployment(MIDNIGHT, "True"), vec![], vec![]).starts_with(told));
    assert_eq!(found(deployment("1970-01-01T00:29:46Z", "True"), vec![], vec![]), "nothing");
    assert_eq!(found(deployment(MIDNIGHT, "False"), vec![], vec![]), "nothing");
}

#[test]
fn events_are_asked_for_once_an_autoscaler_has_had_time() {
    let check = |since: &str, expected: Option<&str>| {
        let pods = [made::<Pod>(unschedulable(since))];
        assert_eq!(wants_events_of(&pods, NOW), expected);
    };
    check(MIDNIGHT, Some("workers-1"));
    check("1970-01-01T00:29:51Z", None);
    assert_eq!(wants_events_of(&[made(waiting("CrashLoopBackOff", ""))], NOW), None);
}
