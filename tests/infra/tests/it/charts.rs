//! Helm charts: what they render, and which values they refuse.

use std::path::Path;

use serde_json::Value;
use swarmgate_kubernetes::testing::ControlPlane;

use crate::reading::parse;
use crate::tools::{run, said, tools};

/// The version of the control plane in tests/tools: helm is built without one.
pub const KUBERNETES: &str = "1.36.3";

/// What must be set.
pub const WORKERS: &str = "bucket=results,queueUrl=https://sqs.eu-west-1.amazonaws.com/123456789012/shards,region=eu-west-1,\
    allowedTargets={shop.example,*.test},image.repository=registry.example/worker";
const WORKLOAD: &str = "image.repository=registry.example/sample-workload";

/// Every option of the charts, turned on.
const ALL_OF_WORKERS: &str = "overprovisioning.enabled=true,autoscaling.enabled=true,secretName=secrets,imagePullSecrets[0].name=pull,\
    serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn=arn:aws:iam::123456789012:role/workers,podAnnotations.team=shop,\
    env[0].name=SWARMGATE_LOG,env[0].value=debug,controller.eventsQueueUrl=https://queue/events,controller.env[0].name=SWARMGATE_LONGEST_TEST,\
    controller.env[0].value=1h,controller.serviceAccountAnnotations.eks\\.amazonaws\\.com/role-arn=arn:aws:iam::123456789012:role/controller";
/// The controller, turned on.
pub const CONTROLLER: &str =
    "controller.enabled=true,controller.image.repository=registry.example/controller,controller.tokenSecret=api-token";
const ALL_OF_WORKLOAD: &str = "overprovisioning.enabled=true,safeToEvict=true,latency=constant:10ms,ingress.annotations.team=shop,\
    ingress.certificateArn=arn:aws:acm:eu-west-1:123456789012:certificate/1,nodeSelector.team=shop,podAnnotations.team=shop";

/// What a chart renders to.
pub fn render(tools: &Path, chart: &str, release: &str, namespace: &str, values: &[&str]) -> Result<String, String> {
    let chart = format!("helm/{chart}");
    let mut arguments = vec!["template", release, &chart, "--namespace", namespace, "--kube-version", KUBERNETES];
    for values in values {
        arguments.extend(["--set", values]);
    }
    let output = run(tools, "helm", &arguments);
    if output.status.success() { Ok(String::from_utf8(output.stdout).unwrap()) } else { Err(said(&output)) }
}

#[test]
fn charts_have_no_lint() {
    let Some(tools) = tools() else { return };
    for (chart, values) in [("workers", WORKERS), ("sample-workload", WORKLOAD)] {
        let arguments = ["lint", "--strict", &format!("helm/{chart}"), "--kube-version", KUBERNETES, "--set", values];
        let output = run(tools, "helm", &arguments);
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[tokio::test]
async fn an_api_server_takes_every_manifest() {
    let Some(tools) = tools() else { return };
    let Some(plane) = ControlPlane::start() else { return };
    plane.namespace("load").await;
    for (chart, needed, all) in [("workers", WORKERS, ALL_OF_WORKERS), ("sample-workload", WORKLOAD, ALL_OF_WORKLOAD)] {
        let more = if chart == "workers" { CONTROLLER } else { all };
        for values in [&[needed][..], &[needed, all][..], &[needed, all, more][..]] {
            let manifests = render(tools, chart, "main", "load", values).unwrap();
            let kinds = parse(&manifests).unwrap().len();
            assert!(kinds >= 5, "{chart}: {kinds}");
            plane.dry_run("load", &manifests).await.unwrap_or_else(|refusal| panic!("{chart}, {values:?}: {refusal}"));
        }
    }
    // The check itself is as strict as it should be.
    let misspelt = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicaz: 1}}";
    let refusal = plane.dry_run("load", misspelt).await.unwrap_err();
    assert!(refusal.reason.contains("replicaz"), "{refusal}");
}

#[test]
fn values_that_make_no_sense_are_refused_by_name() {
    let Some(tools) = tools() else { return };
    let check = |chart: &str, needed: &str, wrong: &str, told: &str| {
        let error = render(tools, chart, "main", "load", &[needed, wrong]).unwrap_err();
        assert!(error.contains(told), "{wrong}: {error}");
    };
    check("workers", WORKERS, "replicas=5", "additional properties 'replicas' not allowed");
    check("workers", WORKERS, "bucket=", "at '/bucket'");
    check("workers", WORKERS, "queueUrl=shards", "at '/queueUrl'");
    check("workers", WORKERS, "allowedTargets=null", "missing property 'allowedTargets'");
    check("workers", WORKERS, "image.tga=1", "additional properties 'tga' not allowed");
    check("workers", WORKERS, "terminationGracePeriodSeconds=0", "at '/terminationGracePeriodSeconds'");
    check("workers", WORKERS, "disruptionBudget.maxUnavailable=half", "at '/disruptionBudget/maxUnavailable'");
    check("workers", WORKERS, "controller.enabled=true", "at '/controller/image/repository'");
    check("workers", &format!("{WORKERS},{CONTROLLER}"), "controller.tokenSecret=", "at '/controller/tokenSecret'");
    check("workers", WORKERS, "controller.sweepEvery=often", "at '/controller/sweepEvery'");
    check("sample-workload", WORKLOAD, "ingress.scheme=public", "at '/ingress/scheme'");
    check("sample-workload", WORKLOAD, "autoscaling.minReplicas=0", "at '/autoscaling/minReplicas'");
    check("sample-workload", "latency=", "service.port=80", "at '/image/repository'");
}

#[test]
fn pods_are_as_restricted_as_they_can_be() {
    let Some(tools) = tools() else { return };
    let mut pods = 0;
    let of_workers = [WORKERS, ALL_OF_WORKERS, CONTROLLER];
    for (chart, values) in [("workers", &of_workers[..]), ("sample-workload", &[WORKLOAD, ALL_OF_WORKLOAD])] {
        let manifests = parse(&render(tools, chart, "main", "load", values).unwrap()).unwrap();
        for deployment in manifests.iter().filter(|manifest| manifest["kind"] == "Deployment") {
            let pod = &deployment["spec"]["template"]["spec"];
            let expect = |value: &Value, expected: Value, what: &str| {
                assert_eq!(*value, expected, "{}: {what}", deployment["metadata"]["name"]);
            };
            pods += 1;
            expect(&pod["securityContext"]["runAsNonRoot"], true.into(), "runAsNonRoot");
            expect(&pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault".into(), "seccomp");
            for container in pod["containers"].as_array().unwrap() {
                let context = &container["securityContext"];
                expect(&context["allowPrivilegeEscalation"], false.into(), "privileges");
                expect(&context["readOnlyRootFilesystem"], true.into(), "file system");
                expect(&context["capabilities"]["drop"][0], "ALL".into(), "capabilities");
                expect(&container["resources"]["requests"]["memory"].is_string().into(), true.into(), "requests");
            }
        }
    }
    assert_eq!(pods, 5, "two Deployments, their placeholders, and the controller");
}

#[test]
fn the_pool_is_at_nothing_until_a_test_needs_it() {
    let Some(tools) = tools() else { return };
    let deployment = |values: &[&str]| {
        let manifests = parse(&render(tools, "workers", "main", "load", values).unwrap()).unwrap();
        manifests.into_iter().find(|manifest| manifest["kind"] == "Deployment").unwrap()
    };
    assert_eq!(deployment(&[WORKERS])["spec"]["replicas"], 0);
    assert_eq!(deployment(&[WORKERS, "autoscaling.enabled=true"])["spec"].get("replicas"), None);
}
