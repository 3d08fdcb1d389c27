//! What roles may do: named actions on named resources.

use std::collections::BTreeSet;

use serde_json::Value;
use swarmgate_domain::{Micros, RunId, StoredName, key};

use crate::reading::{document, texts};
use crate::templates::{TEMPLATES, resources};
use crate::tools::infra;

/// What IAM knows no resource for.
const WITHOUT_RESOURCE: [&str; 3] =
    ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult", "ecr:GetAuthorizationToken"];

/// Every statement that allows something to a role, with the role's or policy's name.
fn allowed(template: &Value) -> Vec<(String, Value)> {
    let roles = resources(template, "AWS::IAM::Role").into_iter().flat_map(|(name, role)| {
        let policies = role["Policies"].as_array().cloned().unwrap_or_default();
        policies.into_iter().map(move |policy| (name.clone(), policy["PolicyDocument"].clone()))
    });
    let managed = resources(template, "AWS::IAM::ManagedPolicy");
    let managed = managed.into_iter().map(|(name, policy)| (name, policy["PolicyDocument"].clone()));
    let statements = roles.chain(managed).flat_map(|(name, policy)| {
        let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
        // One that is there on a condition is the second of three: the condition, the statement, nothing.
        let whole = |statement: Value| statement.as_array().map_or_else(|| statement.clone(), |parts| parts[1].clone());
        statements.into_iter().map(move |statement| (name.clone(), whole(statement)))
    });
    statements.filter(|(_, statement)| statement["Effect"] == "Allow").collect()
}

fn actions_of(template: &Value, name: &str) -> Vec<String> {
    let of_role = allowed(template).into_iter().filter(|(role, _)| role == name);
    let mut actions: Vec<String> =
        of_role.flat_map(|(_, one)| texts(&one["Action"]).into_iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    actions.sort();
    actions.dedup();
    actions
}

#[test]
fn no_role_may_do_all_and_none_on_all() {
    let mut seen = 0;
    for file in TEMPLATES {
        for (role, statement) in allowed(&document(&infra(file))) {
            seen += 1;
            let actions = texts(&statement["Action"]);
            assert!(actions.iter().all(|action| !action.contains('*')), "{file}: {role} may {actions:?}");
            let resources = texts(&statement["Resource"]);
            assert!(!resources.is_empty(), "{file}: {role}");
            let needs_all = actions.iter().all(|action| WITHOUT_RESOURCE.contains(action));
            assert!(needs_all || !resources.contains(&"*"), "{file}: {role} may {actions:?} on everything");
        }
    }
    assert!(seen > 20, "{seen}");
}

/// The list of rights, complete: one more or less is a decision.
#[test]
fn roles_may_do_exactly_this() {
    let template = document(&infra("template.yaml"));
    let check = |role: &str, expected: &[&str]| assert_eq!(actions_of(&template, role), expected, "{role}");
    check(
        "MoveTestsOn",
        &["eks:DescribeCluster", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "sqs:SendMessage"],
    );
    let log = ["logs:CreateLogStream", "logs:PutLogEvents"];
    let looks = ["s3:GetBucketNotification", "sqs:GetQueueAttributes"];
    check("ApiRole", &[&log[..], &looks[..]].concat());
    check("SweepRole", &log);
    let events = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
    check("MergeRole", &[&log[..], &events[..]].concat());
    let jobs = ["codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"];
    check("GateRole", &[&jobs[..], &log[..]].concat());
    check(
        "WorkerRole",
        &[
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
            "secretsmanager:GetSecretValue",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:ReceiveMessage",
        ],
    );
    check("ScheduleRole", &["lambda:InvokeFunction"]);
}

#[test]
fn functions_may_write_wherever_a_key_lies_and_workers_into_tests_alone() {
    let template = document(&infra("template.yaml"));
    let written_by = |name: &str| -> BTreeSet<String> {
        let of_role = allowed(&template)
            .into_iter()
            .filter(|(role, one)| role == name && texts(&one["Action"]).contains(&"s3:PutObject"));
        let folders =
            of_role.flat_map(|(_, one)| texts(&one["Resource"]).into_iter().map(str::to_owned).collect::<Vec<_>>());
        folders.map(|folder| folder.trim_start_matches("${Bucket.Arn}/").trim_end_matches("/*").to_owned()).collect()
    };
    let (run, name) = (RunId::new("20261124-000000-000000").unwrap(), StoredName::new("shop").unwrap());
    let keys = [
        key::active(&run),
        key::plan(&run),
        key::recent(&run, Micros::ZERO),
        key::report(&run, "index.html"),
        key::scenario(&name),
        key::baseline(&name),
        key::mark("swept"),
    ];
    let folder = |key: &swarmgate_domain::Key| key.as_str().split('/').next().unwrap().to_owned();
    assert_eq!(written_by("MoveTestsOn"), keys.iter().map(folder).collect());
    assert_eq!(written_by("WorkerRole"), BTreeSet::from(["tests".to_owned()]));
}

#[test]
fn every_function_has_a_role_and_an_access_entry_of_its_own() {
    let template = document(&infra("template.yaml"));
    let mut roles: Vec<String> = resources(&template, "AWS::Serverless::Function")
        .into_iter()
        .map(|(name, function)| {
            let role = function["Role"].as_str().unwrap().to_owned();
            assert_eq!(role, format!("{}Role.Arn", name.trim_end_matches("Function")));
            role
        })
        .collect();
    let mut entries: Vec<String> = resources(&template, "AWS::EKS::AccessEntry")
        .into_iter()
        .map(|(name, entry)| {
            assert_eq!(entry["KubernetesGroups"], serde_json::json!(["swarmgate:functions"]), "{name}");
            entry["PrincipalArn"].as_str().unwrap().to_owned()
        })
        .collect();
    roles.sort();
    entries.sort();
    assert_eq!(roles, entries);
    let group = document(&infra("helm/workers/values.yaml"))["functionsGroup"].clone();
    assert_eq!(group, "swarmgate:functions", "the chart gives this group its rights");
}
