//! Files that are scenarios, and what they say.

use swarmgate_domain::{Micros, Scenario};

use crate::inputs::{Inputs, read};

fn inputs() -> Inputs {
    let mut inputs = Inputs::with_users(3);
    inputs.files.insert("items.json".to_owned(), r#"[{"id": 1, "name": "tea"}, {"id": 2, "name": "cup"}]"#.to_owned());
    inputs.files.insert("stock.tsv".to_owned(), "item\tprice\n1\t2.50\n".to_owned());
    inputs
}

fn scenario(text: &str) -> Scenario {
    let read = read(text, &inputs());
    assert!(read.warnings.is_empty(), "{}", read.warnings);
    read.scenario
}

#[test]
fn one_flow_with_all_that_it_can_say() {
    insta::assert_json_snapshot!(scenario(include_str!("good/one-flow.yaml")));
}

#[test]
fn several_kinds_with_loads_of_their_own() {
    let scenario = scenario(include_str!("good/several-kinds.yaml"));
    assert_eq!(scenario.duration(), Micros::from_secs(30 + 300 + 60 + 20 + 10));
    insta::assert_json_snapshot!((&scenario.loads, &scenario.kinds));
}

#[test]
fn the_smallest_scenario_is_named_after_its_file() {
    let scenario = scenario(include_str!("good/smallest.yaml"));
    assert_eq!((scenario.name.as_str(), scenario.thresholds.len()), ("test", 1));
}

#[test]
fn json_and_anchors_are_yaml() {
    assert_eq!(scenario(include_str!("good/as-json.yaml")).names.len(), 2);
    let anchors = scenario(include_str!("good/anchors.yaml"));
    let [swarmgate_domain::Step::Request(a), swarmgate_domain::Step::Request(b)] = anchors.kinds[0].flow.as_slice()
    else {
        panic!("{anchors:?}")
    };
    assert_eq!((&a.headers, &a.checks), (&b.headers, &b.checks));
}

#[test]
fn data_files_are_read_with_their_rows() {
    let read = read(include_str!("good/one-flow.yaml"), &inputs());
    let tables: Vec<_> =
        read.data.iter().map(|data| (data.name.as_str(), data.columns.join(","), data.rows.len())).collect();
    let wanted = [
        ("user", "name,password".to_owned(), 3),
        ("item", "id,name".to_owned(), 2),
        ("stock", "item,price".to_owned(), 1),
    ];
    assert_eq!(tables, wanted);
    assert_eq!(read.data[1].rows[1], ["2", "cup"]);
}

#[test]
fn set_takes_the_place_of_a_variable() {
    let mut inputs = inputs();
    inputs.set.insert("category".to_owned(), "films".to_owned());
    let text =
        "variables: { category: books }\nname: ${category}\nload: { users: 1, duration: 1s }\nflow: [GET http://a/]\n";
    assert_eq!(read(text, &inputs).scenario.name, "films");
    inputs.set.insert("categry".to_owned(), "films".to_owned());
    insta::assert_snapshot!(crate::inputs::mistakes(text, &inputs));
}

#[test]
fn a_name_from_the_environment() {
    let mut inputs = inputs();
    inputs.environment.insert("STAGE".to_owned(), "staging".to_owned());
    let text = "name: \"on ${env:STAGE}\"\nload: { users: 1, duration: 1s }\nflow: [GET http://a/]\n";
    assert_eq!(read(text, &inputs).scenario.name, "on staging");
}

#[test]
fn numbers_may_be_written_in_any_way_that_yaml_has() {
    for users in ["1000", "1e3", "1000.0", "0x3E8"] {
        let text = format!("load: {{ users: {users}, duration: 1s }}\nflow: [GET http://a/]\n");
        let scenario = read(&text, &inputs()).scenario;
        let swarmgate_domain::LoadModel::Closed(curve) = &scenario.loads[0].model else { panic!("{scenario:?}") };
        assert_eq!(curve.peak(), 1_000, "{users}");
    }
}
