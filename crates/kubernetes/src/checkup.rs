//! Whether a pool can be had: the cluster, the way in, the rights, and what runs there.

use async_trait::async_trait;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use k8s_openapi::api::core::v1::EnvVar;
use kube::Api;
use kube::api::PostParams;
use swarmgate_service::{Examiner, Finding};

use crate::error::{DENIED_HINT, KubernetesError, chain};
use crate::fleet::Pool;
use crate::trouble::Patience;

/// What must be allowed: verb, API group, resource, subresource.
const RIGHTS: [(&str, &str, &str, &str); 4] = [
    ("get", "apps", "deployments", ""),
    ("patch", "apps", "deployments", "scale"),
    ("list", "", "pods", ""),
    ("list", "", "events", ""),
];

/// Looks at a pool.
#[derive(Clone, Debug)]
pub struct PoolExaminer {
    /// The pool's name.
    pub name: String,
    /// Where it is.
    pub pool: Pool,
    /// What its workers must be set up with.
    pub expected: Vec<Expected>,
}

/// A variable that workers must have with this value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its name.
    pub variable: &'static str,
    /// Its value; of a list by commas, in any order.
    pub value: String,
    /// What sets it, after `--set`.
    pub set: String,
}

#[async_trait]
impl Examiner for PoolExaminer {
    fn what(&self) -> String {
        self.called("cluster")
    }

    async fn examine(&self) -> Vec<Finding> {
        let at = self.pool.to_string();
        let missing = match self.missing_rights().await {
            Ok(missing) => missing,
            Err(error) => {
                let part = if matches!(error, KubernetesError::Unknown) { "access" } else { "cluster" };
                let unknown = Finding::unknown(self.called("workers"), "the cluster can't be asked");
                return vec![Finding::wrong(self.called(part), chain(&error), error.hint()), unknown];
            }
        };
        let cluster = Finding::fine(self.called("cluster"), format!("{} lets us in", self.pool.cluster.name()));
        if !missing.is_empty() {
            let said = format!("in the namespace {} we may not: {}", self.pool.namespace, missing.join(", "));
            let unknown = Finding::unknown(self.called("workers"), "they may not be looked at");
            return vec![cluster, Finding::wrong(self.called("rights"), said, DENIED_HINT), unknown];
        }
        let rights = Finding::fine(self.called("rights"), "the workers may be looked at and scaled");
        let workers = match self.pool.deployment().await {
            Ok(deployment) => self.workers(&deployment).await,
            Err(error) => Finding::wrong(self.called("workers"), format!("{at}: {}", chain(&error)), error.hint()),
        };
        vec![cluster, rights, workers]
    }
}

impl PoolExaminer {
    fn called(&self, part: &str) -> String {
        format!("pool {}: {part}", self.name)
    }

    /// What we may not do, of what we must.
    async fn missing_rights(&self) -> Result<Vec<String>, KubernetesError> {
        let mut missing = Vec::new();
        for (verb, group, resource, subresource) in RIGHTS {
            // The Role names the Deployment; a list is of no name.
            let name = (verb != "list").then(|| self.pool.deployment.clone());
            let attributes = ResourceAttributes {
                namespace: Some(self.pool.namespace.clone()),
                verb: Some(verb.to_owned()),
                group: Some(group.to_owned()),
                resource: Some(resource.to_owned()),
                subresource: Some(subresource.to_owned()),
                name,
                ..ResourceAttributes::default()
            };
            let spec = SelfSubjectAccessReviewSpec {
                resource_attributes: Some(attributes),
                ..SelfSubjectAccessReviewSpec::default()
            };
            let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
            let answer = self.pool.cluster.call(|client| {
                let (reviews, review) = (Api::<SelfSubjectAccessReview>::all(client), &review);
                async move { reviews.create(&PostParams::default(), review).await }
            });
            if !answer.await?.status.is_some_and(|status| status.allowed) {
                let of = if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") };
                missing.push(format!("{verb} {of}"));
            }
        }
        Ok(missing)
    }

    async fn workers(&self, deployment: &Deployment) -> Finding {
        let what = self.called("workers");
        if let Some(different) = different(deployment, &self.expected) {
            let Expected { variable, value, set } = different.expected;
            let said = format!("{}: {variable} is `{}`, here it is `{value}`", self.pool, different.has);
            let remedy = format!(
                "helm upgrade {} infra/helm/workers --namespace {} --reuse-values --set {set}, or change what the functions have",
                self.pool.deployment, self.pool.namespace
            );
            return Finding::wrong(what, said, remedy);
        }
        match self.pool.status(Patience::NONE).await {
            Ok(status) => match status.problem {
                Some(problem) => {
                    let said = format!("{}: {} of {} workers run: {problem}", self.pool, status.running, status.wanted);
                    let remedy = format!("kubectl --namespace {} describe pods", self.pool.namespace);
                    Finding::wrong(what, said, remedy)
                }
                None => {
                    Finding::fine(what, format!("{}: {} of {} workers run", self.pool, status.running, status.wanted))
                }
            },
            Err(error) => Finding::wrong(what, format!("{}: {}", self.pool, chain(&error)), error.hint()),
        }
    }
}

/// A variable that is not as it must be.
struct Different<'e> {
    expected: &'e Expected,
    has: String,
}

/// The first variable that is not as it must be. Of a value that comes from elsewhere (a Secret, a field), nothing is known.
fn different<'e>(deployment: &Deployment, expected: &'e [Expected]) -> Option<Different<'e>> {
    let pod = deployment.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    let variables: &[EnvVar] = pod.and_then(|pod| pod.containers.first()?.env.as_deref()).unwrap_or_default();
    expected.iter().find_map(|expected| {
        let variable = variables.iter().find(|variable| variable.name == expected.variable);
        if variable.is_some_and(|variable| variable.value_from.is_some()) {
            return None;
        }
        let has = variable.and_then(|variable| variable.value.clone()).unwrap_or_default();
        (sorted(&has) != sorted(&expected.value)).then_some(Different { expected, has })
    })
}

/// Names of hosts are the same in upper case.
fn sorted(list: &str) -> Vec<String> {
    let mut parts: Vec<_> = list.split(',').map(|part| part.trim().to_ascii_lowercase()).collect();
    parts.sort_unstable();
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(variables: serde_json::Value, differs: Option<(&str, &str)>) {
        let deployment: Deployment = serde_json::from_value(json!({ "spec": {
            "selector": {},
            "template": { "spec": { "containers": [{ "name": "worker", "env": variables }] } },
        } }))
        .unwrap();
        let of = |variable, value: &str| Expected { variable, value: value.to_owned(), set: String::new() };
        let expected = [of("BUCKET", "results"), of("HOSTS", "a.test,b.test")];
        let found = different(&deployment, &expected);
        assert_eq!(found.as_ref().map(|found| (found.expected.variable, found.has.as_str())), differs);
    }

    #[test]
    fn variables_that_are_not_as_they_must_be_are_found() {
        let bucket = json!({ "name": "BUCKET", "value": "results" });
        check(json!([bucket, { "name": "HOSTS", "value": "b.test, a.test" }]), None);
        check(json!([bucket, { "name": "HOSTS", "value": "a.test" }]), Some(("HOSTS", "a.test")));
        check(json!([bucket]), Some(("HOSTS", "")));
        let elsewhere = json!({ "configMapKeyRef": { "name": "m", "key": "k" } });
        check(
            json!([{ "name": "BUCKET", "valueFrom": elsewhere }, { "name": "HOSTS", "value": "a.test,b.test" }]),
            None,
        );
    }
}
