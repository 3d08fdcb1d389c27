//! What one part of a file says about another: captures, data, loads; and what is only doubtful.

use swarmgate_domain::read_scenario;

use crate::inputs::{Inputs, mistakes, read};

/// A scenario with these steps and fields.
fn with(rest: &str) -> String {
    format!("target: http://a\nload: {{ users: 3, duration: 1m }}\n{rest}\n")
}

fn warnings(rest: &str) -> Vec<String> {
    let read = read(&with(rest), &Inputs::with_users(3));
    read.warnings.iter().map(|warning| format!("{}: {}", warning.at.line, warning.mistake)).collect()
}

#[test]
fn a_capture_that_is_used_too_early_is_doubtful() {
    let early = "flow:\n  - GET /\n  - GET /items/${item}\n  - GET /${item}: { capture: { item: json $.id } }\n";
    assert_eq!(warnings(early), ["5: flow[1]: no step before this one captures `item`: it is empty at first"]);
    let same = "flow:\n  - GET /: { capture: { item: json $.id }, check: { body: \"${item}\" } }\n";
    assert_eq!(warnings(same).len(), 1);
    for fine in [
        "on_start: [{ GET /: { capture: { item: json $.id } } }]\nflow: [\"GET /${item}\"]\n",
        "flow:\n  - group: { name: a, flow: [{ GET /: { capture: { item: status } } }] }\n  - GET /${item}\n",
        "flow:\n  - choose:\n      - flow: []\n      - flow: [{ GET /: { capture: { item: status } } }]\n  - GET /${item}\n",
    ] {
        assert_eq!(warnings(fine), Vec::<String>::new(), "{fine}");
    }
    let branches = "flow:\n  - choose:\n      - flow: [{ GET /: { capture: { item: status } } }]\n      - flow: [\"GET /${item}\"]\n";
    assert_eq!(warnings(branches).len(), 1, "only one branch is done");
    let kinds =
        "kinds:\n  a: { flow: [{ GET /: { capture: { item: status } } }] }\n  b: { flow: [\"GET /${item}\"] }\n";
    assert_eq!(warnings(kinds).len(), 1, "users of one kind do not see what those of another capture");
}

#[test]
fn what_is_never_reached_is_doubtful() {
    let text = "target: http://a\nload: { users: 100, spawn_rate: 1/s, duration: 10s }\nflow: [GET /]\n";
    let read = read(text, &Inputs::default());
    insta::assert_snapshot!(read.warnings.render(false));
    let unused = "flow: [GET /]\ndata: { user: { file: users.csv } }";
    assert_eq!(warnings(unused), ["4: data.user: nothing uses this data"]);
}

#[test]
fn unique_rows_must_be_enough_for_all_users_that_take_them() {
    let loads = |loads: &str| {
        format!(
            "target: http://a\nload: {loads}\nkinds:\n  a: {{ flow: [\"GET /${{user.name}}\"] }}\n  b: {{ flow: [GET /] }}\n\
             data: {{ user: {{ file: users.csv, pick: unique }} }}\n"
        )
    };
    let needed = |load: &str| match read_scenario(&loads(load), "test.yaml", &Inputs::with_users(10)) {
        Ok(_) => String::new(),
        Err(diagnostics) => diagnostics.iter().map(|d| d.mistake.wrong.allowed.clone().unwrap_or_default()).collect(),
    };
    assert_eq!(needed("{ users: 10, duration: 1m }"), "");
    assert_eq!(needed("{ users: 11, duration: 1m }"), "11 rows or more");
    assert_eq!(needed("{ x: { users: 11, duration: 1m, kind: b } }"), "");
    assert_eq!(needed("{ x: { users: 6, duration: 1m, kind: a }, y: { users: 6, duration: 1m } }"), "12 rows or more");
    assert_eq!(needed("{ arrival_rate: 1/s, duration: 1m }"), "100 rows or more");
    assert_eq!(needed("{ arrival_rate: 1/s, duration: 1m, max_users: 10 }"), "");
    assert_eq!(needed("{ stages: [{ users: 20, over: 1m }, { users: 0, over: 1m }] }"), "20 rows or more");
    insta::assert_snapshot!(mistakes(&loads("{ users: 11, duration: 1m }"), &Inputs::with_users(10)));
}

#[test]
fn thresholds_are_on_what_the_scenario_does() {
    let text = with(
        "interval: 1\nflow:\n  - GET /items\n  - group: { name: checkout, flow: [POST /buy] }\nthresholds:\n  - p95{name=/item} < 1s\n  \
         - p95{method=PSOT} < 1s\n  - p95{group=/items} < 1s\n  - { limit: \"p95{name=checkout} < 1s\", abort: true }",
    );
    insta::assert_snapshot!(mistakes(&text, &Inputs::default()));
}

#[test]
fn data_files_that_are_none() {
    let shown: String = [
        ("empty.csv", ""),
        ("header.csv", "name,password\n"),
        ("short.csv", "name,password\nann,a\nbob\n"),
        ("twice.csv", "name,name\na,b\n"),
        ("none.json", "{]"),
        ("object.json", "{\"name\": 1}"),
        ("list.json", "[1]"),
        ("empty.json", "[]"),
        ("missing.json", "[{\"name\": 1, \"id\": 2}, {\"name\": 1}]"),
        ("more.json", "[{\"name\": 1}, {\"name\": 1, \"id\": 2}]"),
    ]
    .map(|(path, content)| {
        let mut inputs = Inputs::default();
        inputs.files.insert(path.to_owned(), content.to_owned());
        let text = with(&format!("flow: [\"GET /${{d.name}}\"]\ndata: {{ d: {{ file: {path} }} }}"));
        let diagnostics = read_scenario(&text, "test.yaml", &inputs).unwrap_err();
        diagnostics.iter().map(|diagnostic| format!("{}\n", diagnostic.mistake)).collect::<String>()
    })
    .concat();
    insta::assert_snapshot!(shown);
}

#[test]
fn loads_whose_fields_do_not_go_together() {
    let shown: String = [
        "{ users: 1 }",
        "{ duration: 1m }",
        "{ users: 1, arrival_rate: 1/s, duration: 1m }",
        "{ users: 1, stages: [{ users: 1, for: 1m }] }",
        "{ stages: [{ users: 1, for: 1m }], duration: 1m }",
        "{ stages: [{ users: 1, for: 1m }], spawn_rate: 1/s }",
        "{ stages: [{ users: 1, for: 1m }], max_users: 5 }",
        "{ users: 1, duration: 1m, max_users: 5 }",
        "{ arrival_rate: 1/s, duration: 1m, spawn_rate: 1/s }",
        "{ stages: [{ users: 0, for: 1m }] }",
        "{ stages: [{ users: 1, for: 1m }, { arrival_rate: 1/s, for: 1m }] }",
        "{ stages: [{ users: 1, for: 20d }, { users: 2, for: 20d }] }",
        "{ users: 1, duration: 5s, start: 30d }",
    ]
    .map(|load| {
        let text = format!("target: http://a\nload: {load}\nflow: [GET /]\n");
        let diagnostics = read_scenario(&text, "test.yaml", &Inputs::default()).unwrap_err();
        diagnostics.iter().map(|diagnostic| format!("{load}\n  {}\n", diagnostic.mistake)).collect::<String>()
    })
    .concat();
    insta::assert_snapshot!(shown);
}
