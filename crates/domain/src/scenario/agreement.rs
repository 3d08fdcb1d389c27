//! The reader and the JSON Schema say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::file::{Context, Decode, ScenarioFile, scenario_schema};
use super::read::{ScenarioInputs, read_scenario};
use super::yaml::{self, Node, Resolved, Value};

/// Files that are scenarios; together they have each field of the format.
const GOOD: [&str; 5] = [
    include_str!("../../tests/scenario/good/one-flow.yaml"),
    include_str!("../../tests/scenario/good/several-kinds.yaml"),
    include_str!("../../tests/scenario/good/smallest.yaml"),
    include_str!("../../tests/scenario/good/as-json.yaml"),
    include_str!("../../tests/scenario/good/anchors.yaml"),
];

static SCHEMA: LazyLock<Json> = LazyLock::new(scenario_schema);
static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&SCHEMA).expect("the schema is one"));

/// With any data file, and an empty environment.
struct Inputs(BTreeMap<String, String>);

impl ScenarioInputs for Inputs {
    fn data_file(&self, path: &str) -> Result<Vec<u8>, String> {
        let text = match path.rsplit('.').next() {
            Some("json") => "[{\"id\": 1}]",
            Some("tsv") => "price\tid\n1\t2\n",
            _ => "name,password\na,b\nc,d\ne,f\n",
        };
        Ok(text.as_bytes().to_vec())
    }
    fn environment(&self, _: &str) -> Option<String> {
        None
    }
    fn set(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

fn is_read(text: &str) -> bool {
    read_scenario(text, "test.yaml", &Inputs(BTreeMap::new())).is_ok()
}

/// A document as a JSON value, as editors validate it.
fn as_json(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(scalar) => match scalar.resolved() {
            Resolved::Null => Json::Null,
            Resolved::Bool(value) => value.into(),
            Resolved::Number(number) => number.into(),
            Resolved::Text => scalar.text.as_str().into(),
        },
        Value::List(nodes) => nodes.iter().map(as_json).collect(),
        Value::Map(entries) => Json::Object(entries.iter().map(|e| (e.key.clone(), as_json(&e.node))).collect()),
    }
}

fn fits_schema(text: &str) -> bool {
    VALIDATOR.is_valid(&as_json(&yaml::parse(text).expect("the text is YAML")))
}

#[test]
fn what_is_read_fits_the_schema() {
    for text in GOOD {
        assert!(is_read(text), "{}", read_scenario(text, "test.yaml", &Inputs(BTreeMap::new())).unwrap_err());
        let json = as_json(&yaml::parse(text).unwrap());
        let errors: Vec<_> = VALIDATOR.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

/// A good scenario with `more` in it; what `more` has comes in the place of what is there.
fn with(more: Json) -> Json {
    let mut scenario = json!({ "target": "http://a", "load": { "users": 1, "duration": "1s" }, "flow": ["GET /"] });
    let fields = more.as_object().expect("a map of fields").clone();
    scenario.as_object_mut().expect("it is a map").extend(fields);
    scenario
}

#[test]
fn what_the_schema_refuses_is_refused_and_the_other_way_round() {
    let request = |request: Json| json!({ "flow": [{ "POST /": request }] });
    let load = |load: Json| json!({ "load": load });
    let stages = |stages: Json| json!({ "load": { "stages": stages } });
    for more in [
        json!({ "nmae": "x" }),
        json!({ "name": null }),
        json!({ "name": ["x"] }),
        json!({ "labels": "x" }),
        json!({ "load": [] }),
        json!({ "load": {} }),
        load(json!({ "users": 0, "duration": "1s" })),
        load(json!({ "users": 10_000_001, "duration": "1s" })),
        load(json!({ "users": "many", "duration": "1s" })),
        load(json!({ "users": 1.5, "duration": "1s" })),
        load(json!({ "users": 1 })),
        load(json!({ "duration": "1s" })),
        load(json!({ "users": 1, "duration": 5 })),
        load(json!({ "users": 1, "duration": "5 parsecs" })),
        load(json!({ "users": 1, "duration": "5s", "arrival_rate": "5/s" })),
        load(json!({ "users": 1, "duration": "5s", "max_users": 5 })),
        load(json!({ "users": 1, "duration": "5s", "spawn_rate": "5/x" })),
        load(json!({ "arrival_rate": "5/s" })),
        load(json!({ "arrival_rate": "5/s", "duration": "5s", "spawn_rate": "5/s" })),
        load(json!({ "arrival_rate": -5, "duration": "5s" })),
        load(json!({ "a": { "users": 1, "duration": "5s" }, "b": { "users": 1 } })),
        stages(json!([])),
        stages(json!([{ "users": 1 }])),
        stages(json!([{ "over": "1s" }])),
        stages(json!([{ "users": 1, "arrival_rate": 1, "over": "1s" }])),
        json!({ "load": { "stages": [{ "users": 1, "for": "1s" }], "duration": "1s" } }),
        json!({ "think_time": 5 }),
        json!({ "think_time": "1s.." }),
        json!({ "think_time": { "pacing": "1s", "throughput": "1/s" } }),
        json!({ "think_time": {} }),
        json!({ "think_after": "requests" }),
        json!({ "headers": [] }),
        json!({ "cookies": "sesion" }),
        json!({ "redirects": 51 }),
        json!({ "redirects": -1 }),
        json!({ "timeout": "fast" }),
        json!({ "auth": "nobody" }),
        json!({ "auth": {} }),
        json!({ "auth": { "basic": { "user": "a" } } }),
        json!({ "auth": { "basic": { "user": "a", "password": "b" }, "bearer": "c" } }),
        json!({ "connections": "keep" }),
        json!({ "tls": { "verify": "no" } }),
        json!({ "http": 3 }),
        json!({ "http": "two" }),
        json!({ "proxy": 3128 }),
        json!({ "proxy": ["http://proxy:3128"] }),
        json!({ "proxy": {} }),
        json!({ "proxy": { "url": "http://proxy:3128", "user": "ann" } }),
        json!({ "variables": { "a": {} } }),
        json!({ "data": { "a": {} } }),
        json!({ "data": { "a": { "file": "a.csv", "pick": "all" } } }),
        json!({ "data": { "a": { "file": "a.csv", "delimiter": ";;" } } }),
        json!({ "kinds": { "a": { "flow": ["GET /"] } } }),
        json!({ "flow": [] }),
        json!({ "flow": "GET /" }),
        json!({ "flow": ["GTE /"] }),
        json!({ "flow": ["GET"] }),
        json!({ "flow": [{}] }),
        json!({ "flow": [{ "GET /": {}, "GET /b": {} }] }),
        json!({ "flow": [{ "grup": { "name": "a", "flow": ["GET /"] } }] }),
        json!({ "flow": [{ "group": { "name": "a" } }] }),
        json!({ "flow": [{ "group": { "name": "a", "flow": [] } }] }),
        json!({ "flow": [{ "choose": [] }] }),
        json!({ "flow": [{ "choose": [{ "weight": 1 }] }] }),
        json!({ "flow": [{ "choose": [{ "weight": 0, "flow": [] }] }] }),
        json!({ "flow": [{ "repeat": { "times": 0, "flow": ["GET /"] } }] }),
        json!({ "flow": [{ "think": "soon" }] }),
        json!({ "flow": [["GET /"]] }),
        json!({ "on_start": "GET /" }),
        request(json!([])),
        request(json!({ "jsno": {} })),
        request(json!({ "json": {}, "form": {} })),
        request(json!({ "json": {}, "body": "" })),
        request(json!({ "query": { "a": {} } })),
        request(json!({ "check": { "status": 99 } })),
        request(json!({ "check": { "status": "6xx" } })),
        request(json!({ "check": { "status": [] } })),
        request(json!({ "check": { "body": {} } })),
        request(json!({ "check": { "body": ["a"] } })),
        request(json!({ "check": { "time": 5 } })),
        request(json!({ "capture": { "a": "token" } })),
        request(json!({ "capture": { "a": "json" } })),
        json!({ "thresholds": [] }),
        json!({ "thresholds": ["p95"] }),
        json!({ "thresholds": [{ "abort": true }] }),
        json!({ "thresholds": [{ "limit": "p95 < 1s", "after": "1s" }] }),
        json!({ "interval": 5 }),
        json!({ "grace": "-5s" }),
    ] {
        let json = with(more.clone());
        assert!(!VALIDATOR.is_valid(&json), "the schema takes {more}");
        assert!(!is_read(&json.to_string()), "the reader takes {more}");
    }
    for without in ["load", "flow"] {
        let mut json = with(json!({}));
        json.as_object_mut().unwrap().remove(without);
        assert!(!VALIDATOR.is_valid(&json) && !is_read(&json.to_string()), "{without} may be left out");
    }
    assert!(VALIDATOR.is_valid(&with(json!({}))) && is_read(&with(json!({})).to_string()));
}

/// All names of fields in the schema.
fn properties(schema: &Json, names: &mut BTreeSet<String>) {
    if let Some(map) = schema.get("properties").and_then(Json::as_object) {
        // `false` says that a field does not go with others.
        names.extend(map.iter().filter(|(_, schema)| schema.is_object()).map(|(name, _)| name.clone()));
    }
    match schema {
        Json::Object(map) => map.values().for_each(|schema| properties(schema, names)),
        Json::Array(list) => list.iter().for_each(|schema| properties(schema, names)),
        _ => {}
    }
}

fn keys(json: &Json, names: &mut BTreeSet<String>) {
    match json {
        Json::Object(map) => map.iter().for_each(|(key, value)| {
            names.insert(key.clone());
            keys(value, names);
        }),
        Json::Array(list) => list.iter().for_each(|value| keys(value, names)),
        _ => {}
    }
}

#[test]
fn each_field_of_the_schema_is_in_a_file_that_is_read() {
    let (mut in_schema, mut in_files) = (BTreeSet::new(), BTreeSet::new());
    properties(&SCHEMA, &mut in_schema);
    GOOD.iter().for_each(|text| keys(&as_json(&yaml::parse(text).unwrap()), &mut in_files));
    assert_eq!(in_schema.difference(&in_files).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// What is put in the place of a value.
fn other_value() -> impl Strategy<Value = String> {
    let values = [
        "0",
        "-1",
        "1.5",
        "1e3",
        "true",
        "null",
        "''",
        "x",
        "[]",
        "{}",
        "[x]",
        "{x: y}",
        "5s",
        "1s..2s",
        "5/s",
        "none",
        "GET /",
        "200",
        "2xx",
        "session",
        "p95 < 1s",
        "\"${user.name}\"",
        "\"${x\"",
        "users.csv",
        "json $.a",
        "request",
        "${uuid}",
    ];
    proptest::sample::select(values.to_vec()).prop_map(str::to_owned)
}

/// A good file with one line changed: its value, its key, or all of it.
fn mutated() -> impl Strategy<Value = String> {
    (0..GOOD.len(), any::<prop::sample::Index>(), 0..5_u8, other_value()).prop_map(|(file, at, how, value)| {
        let mut lines: Vec<String> = GOOD[file].lines().map(str::to_owned).collect();
        let at = at.index(lines.len());
        let line = lines[at].clone();
        match (how, line.split_once(": ")) {
            (0, _) => drop(lines.remove(at)),
            (1, _) => lines.insert(at, line),
            (2, Some((key, _))) => lines[at] = format!("{key}: {value}"),
            (3, Some((_, old))) => {
                lines[at] = format!("{}{value}: {old}", " ".repeat(line.len() - line.trim_start().len()))
            }
            _ => lines[at] = format!("{}{value}", " ".repeat(line.len() - line.trim_start().len())),
        }
        lines.join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_file_is_read_that_the_schema_refuses(text in mutated()) {
        if is_read(&text) {
            prop_assert!(fits_schema(&text), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(?s).{0,200}", yaml in "[a-z :{}\\[\\]\"'#&*!|>%@`\n,\\-?${}0-9./<=]{0,200}") {
        for text in [text, yaml] {
            if let Err(diagnostics) = read_scenario(&text, "test.yaml", &Inputs(BTreeMap::new())) {
                prop_assert!(!diagnostics.is_empty());
                prop_assert!(diagnostics.render(false).ends_with('\n'));
                prop_assert!(!diagnostics.render(true).is_empty());
            }
        }
    }

    #[test]
    fn no_broken_file_makes_the_reader_panic(file in 0..GOOD.len(), from in any::<prop::sample::Index>(), length in 0..40_usize, put in "\\PC{0,5}") {
        let mut text = GOOD[file].to_owned();
        let boundary = |text: &str, mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let from = boundary(&text, from.index(text.len()));
        let to = boundary(&text, (from + length).min(text.len()));
        text.replace_range(from..to, &put);
        if let Err(diagnostics) = read_scenario(&text, "test.yaml", &Inputs(BTreeMap::new())) {
            prop_assert!(diagnostics.render(false).ends_with('\n'));
        }
    }
}

#[test]
fn a_field_is_decoded_where_the_schema_has_it() {
    let mut names = BTreeSet::new();
    let top = SCHEMA["properties"].as_object().unwrap();
    names.extend(top.keys().map(String::as_str));
    assert_eq!(names, ScenarioFile::FIELDS.iter().copied().collect());
    let mut ctx = Context::default();
    for field in ScenarioFile::FIELDS {
        // No value is a list of maps of nothing, so each known field reports it, and none as unknown.
        let node = yaml::parse(&format!("{field}: [{{}}]")).unwrap();
        ScenarioFile::decode(&node, &mut ctx);
    }
    assert!(ctx.found.iter().all(|found| found.mistake.wrong.problem != "unknown field"));
}
