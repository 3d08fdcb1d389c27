//! Cluster configurations, held against eksctl's published schema and against what the charts expect.

use serde_json::Value;

use crate::reading::{document, documents};
use crate::tools::{infra, root};

fn schema() -> jsonschema::Validator {
    let path = root().join("tests/infra/data/eksctl-clusterconfig.schema.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    name_as_in_urls(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

/// The schema names some definitions `github.com|aws|...`, and no reference may hold a `|`.
fn name_as_in_urls(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, mut value) in std::mem::take(fields) {
                match &mut value {
                    Value::String(reference) if name == "$ref" => *reference = reference.replace('|', "."),
                    value => name_as_in_urls(value),
                }
                fields.insert(name.replace('|', "."), value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(name_as_in_urls),
        _ => {}
    }
}

fn cluster(name: &str) -> Value {
    document(&infra(&format!("eksctl/{name}.yaml")))
}

const CLUSTERS: [&str; 3] = ["load-cluster", "load-cluster-karpenter", "workload-cluster"];

#[test]
fn eksctl_knows_every_field() {
    let schema = schema();
    for name in CLUSTERS {
        let mistakes: Vec<String> = schema
            .iter_errors(&cluster(name))
            .map(|mistake| format!("{}: {mistake}", mistake.instance_path()))
            .collect();
        assert!(mistakes.is_empty(), "{name}: {mistakes:#?}");
    }
    let mut misspelt = cluster("load-cluster");
    misspelt["managedNodeGroups"][1]["minsize"] = 0.into();
    assert!(!schema.is_valid(&misspelt));
}

#[test]
fn the_walkthroughs_parts_are_in_both_clusters() {
    for name in CLUSTERS {
        let cluster = cluster(name);
        let addons: Vec<&str> =
            cluster["addons"].as_array().unwrap().iter().filter_map(|addon| addon["name"].as_str()).collect();
        for addon in ["metrics-server", "amazon-cloudwatch-observability", "eks-pod-identity-agent"] {
            assert!(addons.contains(&addon), "{name} has no {addon}");
        }
        assert_eq!(cluster["accessConfig"]["authenticationMode"], "API", "{name}: access entries need it");
    }
    for name in ["load-cluster", "workload-cluster"] {
        let accounts = &cluster(name)["iam"]["podIdentityAssociations"];
        let names: Vec<&str> =
            accounts.as_array().unwrap().iter().filter_map(|one| one["serviceAccountName"].as_str()).collect();
        assert_eq!(names, ["cluster-autoscaler", "aws-load-balancer-controller"], "{name}");
    }
}

/// Whether Pods of the chart's defaults are scheduled on nodes with these labels and taints.
fn takes_workers(labels: &Value, taints: &Value) -> bool {
    let values = document(&infra("helm/workers/values.yaml"));
    let selector = values["nodeSelector"].as_object().unwrap();
    let tolerated = |taint: &Value| {
        values["tolerations"].as_array().unwrap().iter().any(|toleration| {
            toleration["key"] == taint["key"]
                && toleration["effect"] == taint["effect"]
                && toleration["operator"] == "Exists"
        })
    };
    selector.iter().all(|(label, value)| labels.get(label) == Some(value))
        && taints.as_array().unwrap().iter().all(tolerated)
}

#[test]
fn nodes_of_workers_come_from_nothing_and_take_the_charts_pods() {
    let load = cluster("load-cluster");
    let group = |name: &str| {
        let groups = load["managedNodeGroups"].as_array().unwrap();
        groups.iter().find(|group| group["name"] == name).cloned().unwrap()
    };
    for name in ["workers", "workers-spot"] {
        let group = group(name);
        assert_eq!((&group["minSize"], &group["desiredCapacity"]), (&0.into(), &0.into()), "{name}");
        assert_eq!(group["propagateASGTags"], true, "{name}: scaling from nothing needs it");
        assert_eq!(group["spot"] == true, name == "workers-spot");
    }
    assert!(takes_workers(&group("workers")["labels"], &group("workers")["taints"]));
    assert!(!takes_workers(&group("system")["labels"], &serde_json::json!([])));

    let karpenter = documents(&infra("eksctl/karpenter-nodes.yaml"));
    let pool = karpenter.iter().find(|object| object["kind"] == "NodePool").unwrap();
    let template = &pool["spec"]["template"];
    assert!(takes_workers(&template["metadata"]["labels"], &template["spec"]["taints"]));
    let class = karpenter.iter().find(|object| object["kind"] == "EC2NodeClass").unwrap();
    assert_eq!(template["spec"]["nodeClassRef"]["name"], class["metadata"]["name"]);
}
