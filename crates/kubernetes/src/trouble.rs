//! Why workers do not come: what a Deployment and its Pods say, in words. Pure.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Event, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use swarmgate_domain::Micros;

use crate::own_pod::TROUBLE;

/// How long something may be wrong before it is a problem: most of it mends itself while nodes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For Pods that no node has room for. A new node takes one to three minutes.
    pub no_room: Micros,
    /// For Pods that no node has room for, where the autoscaler says that it will not make one.
    pub no_node_comes: Micros,
    /// For Pods that can't even be made: quotas, admission.
    pub not_made: Micros,
}

impl Default for Patience {
    fn default() -> Self {
        Self { no_room: Micros::from_secs(300), no_node_comes: Micros::from_secs(30), not_made: Micros::from_secs(15) }
    }
}

impl Patience {
    /// None at all.
    pub const NONE: Self = Self { no_room: Micros::ZERO, no_node_comes: Micros::ZERO, not_made: Micros::ZERO };
}

/// What the autoscalers say when they will not make a node for a Pod.
const NO_NODE_COMES: [&str; 2] = ["NotTriggerScaleUp", "FailedScheduling"];
/// The scheduler says `FailedScheduling` too, and knows nothing of nodes to come.
const AUTOSCALERS: [&str; 2] = ["cluster-autoscaler", "karpenter"];

/// What ails one Pod, the worst last: the worst of all Pods is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ailment {
    NoRoom(String),
    NoContainer(String),
    NoImage(String),
    Helpless(String),
    Crash(String),
}

/// The Pod whose events would tell more, if one does: it has no node, and waits for long enough that an autoscaler has seen it.
pub(crate) fn wants_events_of(pods: &[Pod], now: Micros) -> Option<&str> {
    let soon = Patience { no_room: Micros::from_secs(10), ..Patience::default() };
    let waits = pods.iter().find(|pod| matches!(ailment(pod, &[], soon, now), Some(Ailment::NoRoom(_))))?;
    waits.metadata.name.as_deref()
}

/// Why workers do not come, where that is known and will not mend itself. `events` are of the Pod that [`wants_events_of`] named.
pub(crate) fn find(
    deployment: &Deployment,
    pods: &[Pod],
    events: &[Event],
    patience: Patience,
    now: Micros,
) -> Option<String> {
    if let Some(reason) = not_made(deployment, patience, now) {
        return Some(reason);
    }
    let ailing: Vec<Ailment> = pods.iter().filter_map(|pod| ailment(pod, events, patience, now)).collect();
    let worst = ailing.iter().max()?;
    let alike = ailing.iter().filter(|other| std::mem::discriminant(*other) == std::mem::discriminant(worst)).count();
    let pods = if alike == 1 { "a Pod".to_owned() } else { format!("{alike} Pods") };
    Some(match worst {
        Ailment::NoRoom(said) => format!(
            "{pods} can't be scheduled: {said}; let the node group grow further, or ask for less in the chart's `resources`"
        ),
        Ailment::NoContainer(said) => format!("{pods} can't be started: {said}; mend the chart's values"),
        Ailment::NoImage(said) => format!(
            "{pods} can't get the image: {said}; see that the chart's `image` exists for this architecture and that nodes may pull it"
        ),
        Ailment::Helpless(said) => format!("{pods} can't work: {said}"),
        Ailment::Crash(said) => format!("{pods} can't keep running: {said}; see `kubectl logs --previous`"),
    })
}

/// A quota or an admission rule lets no more Pods be made: the Deployment says so, with the API server's words.
fn not_made(deployment: &Deployment, patience: Patience, now: Micros) -> Option<String> {
    let conditions = deployment.status.as_ref()?.conditions.as_ref()?;
    let failure =
        conditions.iter().find(|condition| condition.type_ == "ReplicaFailure" && condition.status == "True")?;
    if age(failure.last_transition_time.as_ref(), now) < patience.not_made {
        return None;
    }
    let said = failure.message.as_deref().or(failure.reason.as_deref()).unwrap_or("no reason is given");
    Some(format!("Pods can't be made: {said}; raise the namespace's quota, or mend what forbids them"))
}

fn ailment(pod: &Pod, events: &[Event], patience: Patience, now: Micros) -> Option<Ailment> {
    if pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let status = pod.status.as_ref()?;
    let containers = status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten());
    if let Some(worst) = containers.filter_map(container_ailment).max() {
        return Some(worst);
    }
    if let Some(said) = pod.metadata.annotations.as_ref().and_then(|annotations| annotations.get(TROUBLE)) {
        return Some(Ailment::Helpless(said.clone()));
    }
    let condition = status.conditions.iter().flatten().find(|condition| {
        condition.type_ == "PodScheduled"
            && condition.status == "False"
            && condition.reason.as_deref() == Some("Unschedulable")
    })?;
    let waits = age(condition.last_transition_time.as_ref(), now);
    let scheduler = condition.message.as_deref().unwrap_or("the scheduler gives no reason").trim_end_matches(". ");
    match autoscaler_says(events) {
        Some(said) if waits >= patience.no_node_comes => Some(Ailment::NoRoom(format!("{scheduler}; {said}"))),
        _ if waits >= patience.no_room => Some(Ailment::NoRoom(scheduler.to_owned())),
        _ => None,
    }
}

fn container_ailment(container: &ContainerStatus) -> Option<Ailment> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting.reason.as_deref()?;
    let said = |more: &str| match waiting.message.as_deref() {
        Some(message) if !message.is_empty() => format!("{more} ({reason}: {message})"),
        _ => format!("{more} ({reason})"),
    };
    match reason {
        // `ErrImagePull` is the first try; these come after it, or mean that there will be no second.
        "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" | "ImageInspectError" => {
            Some(Ailment::NoImage(said(&format!("`{}`", container.image))))
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            Some(Ailment::NoContainer(said(&format!("container `{}`", container.name))))
        }
        "CrashLoopBackOff" => {
            let last = container.last_state.as_ref().and_then(|state| state.terminated.as_ref());
            let restarts = container.restart_count;
            Some(Ailment::Crash(match last {
                Some(last) => format!("{} after {restarts} restarts", end_of(last)),
                None => said(&format!("{restarts} restarts")),
            }))
        }
        _ => None,
    }
}

/// How a container ended, with the last it said.
fn end_of(last: &ContainerStateTerminated) -> String {
    let reason = last.reason.as_deref().filter(|reason| *reason != "Error");
    let how = match (reason, last.signal) {
        (Some(reason), _) => format!("{reason}, exit code {}", last.exit_code),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => format!("exit code {}", last.exit_code),
    };
    match last.message.as_deref().map(str::trim) {
        Some(message) if !message.is_empty() => format!("{how} (\"{message}\")"),
        _ => how,
    }
}

/// The newest word of an autoscaler, if it is that no node will come.
fn autoscaler_says(events: &[Event]) -> Option<String> {
    let by = |event: &Event| {
        let component = event.source.as_ref().and_then(|source| source.component.clone());
        component.or_else(|| event.reporting_component.clone()).unwrap_or_default()
    };
    let seen =
        |event: &Event| event.last_timestamp.as_ref().or(event.metadata.creation_timestamp.as_ref()).map(|time| time.0);
    let spoke = events.iter().filter(|event| AUTOSCALERS.contains(&by(event).as_str()));
    let newest = spoke.max_by_key(|event| seen(event))?;
    let no_node = newest.reason.as_deref().is_some_and(|reason| NO_NODE_COMES.contains(&reason));
    no_node.then(|| format!("{} says: {}", by(newest), newest.message.as_deref().unwrap_or("no node will come").trim()))
}

fn age(since: Option<&Time>, now: Micros) -> Micros {
    let since = since.and_then(|time| u64::try_from(time.0.as_microsecond()).ok());
    since.map_or(Micros::ZERO, |since| now.saturating_since(Micros(since)))
}

#[cfg(test)]
mod tests;
