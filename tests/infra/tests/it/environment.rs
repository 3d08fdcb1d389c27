//! Variables that are set are those that are read: a misspelt one would be silently without effect.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::charts::{CONTROLLER, WORKERS, render};
use crate::reading::{document, parse};
use crate::templates::resources;
use crate::tools::{infra, root, tools};

/// Whether the sources under `folder` name this variable, in quotes.
fn reads(folder: &Path, variable: &str) -> bool {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let quoted = format!("\"{variable}\"");
    entries.into_iter().any(|path| match path.is_dir() {
        true => reads(&path, variable),
        false => std::fs::read_to_string(&path).is_ok_and(|text| text.contains(&quoted)),
    })
}

#[test]
fn functions_read_what_the_template_sets() {
    let template = document(&infra("template.yaml"));
    let variables = template["Globals"]["Function"]["Environment"]["Variables"].as_object().unwrap();
    assert!(variables.len() >= 8);
    let of_one = resources(&template, "AWS::Serverless::Function").into_iter().flat_map(|(_, function)| {
        function["Environment"]["Variables"].as_object().cloned().unwrap_or_default().into_iter().map(|(name, _)| name)
    });
    for name in variables.keys().cloned().chain(of_one) {
        assert!(reads(&root().join("functions/src"), &name), "no function reads {name}");
    }
    let texts = variables["SWARMGATE_POOLS"].as_array().unwrap();
    assert_eq!(texts[0], "HasFurtherPools");
    let further = r#""b": {"queue": "q", "region": "r", "cluster": "c", "weight": 2}"#;
    for (text, names) in [(&texts[1], &["b", "default"][..]), (&texts[2], &["default"])] {
        let pools: Value = serde_json::from_str(&text.as_str().unwrap().replace("${FurtherPools}", further)).unwrap();
        let pools = pools.as_object().unwrap();
        assert_eq!(pools.keys().collect::<Vec<_>>(), names);
        let fields: BTreeSet<_> = pools["default"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, BTreeSet::from(["cluster", "deployment", "namespace", "queue", "weight"]));
    }
}

#[test]
fn workers_read_what_the_chart_sets() {
    let Some(tools) = tools() else { return };
    for more in ["secretName=", "secretName=secrets,locust=/opt/locust"] {
        let manifests = parse(&render(tools, "workers", "main", "load", &[WORKERS, more]).unwrap()).unwrap();
        let deployment = manifests.iter().find(|manifest| manifest["kind"] == "Deployment").unwrap();
        let variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
        let names: Vec<&str> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
        assert!(names.contains(&"SWARMGATE_QUEUE_URL") && names.contains(&"POD_NAME"), "{names:?}");
        for name in names.into_iter().filter(|name| !name.starts_with("AWS_")) {
            assert!(reads(&root().join("worker-pod/src"), name), "no worker reads {name}");
        }
    }
}

#[test]
fn the_controller_reads_what_the_chart_sets() {
    let Some(tools) = tools() else { return };
    let more = "controller.eventsQueueUrl=https://queue/events";
    let manifests = parse(&render(tools, "workers", "main", "load", &[WORKERS, CONTROLLER, more]).unwrap()).unwrap();
    let deployment = manifests
        .iter()
        .find(|manifest| manifest["kind"] == "Deployment" && manifest["metadata"]["name"] == "main-controller")
        .unwrap();
    let variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
    let value = |name: &str| variables.iter().find(|variable| variable["name"] == name).unwrap()["value"].clone();
    let pools: Value = serde_json::from_str(value("SWARMGATE_POOLS").as_str().unwrap()).unwrap();
    assert_eq!(pools["default"]["namespace"], "load");
    assert_eq!(
        (&pools["default"]["deployment"], &pools["default"]["kubernetes"]),
        (&"main".into(), &"surroundings".into())
    );
    for name in variables.iter().filter_map(|variable| variable["name"].as_str()) {
        let is_read = ["functions/src", "controller/src"].iter().any(|folder| reads(&root().join(folder), name));
        assert!(is_read || name.starts_with("AWS_"), "no controller reads {name}");
    }
}

#[test]
fn the_stage_condition_and_the_texts_use_variables_that_the_gate_gives() {
    let pipeline = std::fs::read_to_string(infra("pipeline.yaml")).unwrap();
    let used: BTreeSet<&str> = pipeline.split("#{Gate.").skip(1).filter_map(|text| text.split('}').next()).collect();
    assert!(used.contains("verdict") && used.len() >= 4, "{used:?}");
    for name in used {
        assert!(reads(&root().join("crates/api/src"), name), "the gate gives out no {name}");
    }
}
