//! Whether this deployment works.

use http::StatusCode;
use swarmgate_domain::AllowedTargets;
use swarmgate_service::{Finding, examine};

use crate::answer::json;
use crate::api::{Api, ApiResponse};
use crate::policy::Policy;
use crate::views::DoctorView;

pub(super) async fn doctor(api: &Api) -> ApiResponse {
    let mut findings = examine(&api.ports, &api.policy.examiners).await;
    findings.extend([targets(&api.policy), limits(&api.policy)]);
    json(StatusCode::OK, &DoctorView::of(findings))
}

fn targets(policy: &Policy) -> Finding {
    let words = policy.targets.words();
    match &policy.targets {
        AllowedTargets::Any => Finding::note("targets", format!("allowed are {words}")),
        AllowedTargets::Listed(hosts) if hosts.is_empty() => {
            Finding::wrong("targets", format!("allowed are {words}"), "name hosts in SWARMGATE_ALLOWED_TARGETS")
        }
        AllowedTargets::Listed(_) => Finding::fine("targets", format!("allowed are {words}")),
    }
}

fn limits(policy: &Policy) -> Finding {
    let Policy { most_users, most_rate, longest, most_workers, .. } = policy;
    let of_test =
        format!("a test may have {most_users} users, {most_rate}/s, {most_workers} workers, and take {longest}");
    Finding::fine("limits", of_test)
}
