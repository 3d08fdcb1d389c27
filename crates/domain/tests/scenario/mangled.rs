//! Scenarios with mistakes that nobody would think of: whatever stands in the file, the reader says what is wrong, and where.
//!
//! `PROPTEST_CASES=1000000 cargo test --release -p swarmgate-domain mangled` does it for longer.

use proptest::prelude::*;
use swarmgate_domain::read_scenario;

use crate::inputs::Inputs;

const GOOD: [&str; 4] = [
    include_str!("../../../../scenarios/login-browse-buy.yaml"),
    include_str!("../../../../scenarios/walkthrough-case-3.yaml"),
    "target: http://h\nloads:\n  a: { arrival_rate: 5/s, duration: 1m, max_users: 9 }\n  b: { stages: [{ duration: 5s, users: 9 }] }\nflow: [GET /]\n",
    "target: http://h\nload: { users: 1, duration: 5s }\nflow:\n  - group: g\n    steps: [ { repeat: 3, steps: [ GET / ] } ]\n  - POST /: { json: { a: \"${uuid}\" }, check: { json: { \"$.a[0]\": present } } }\nthresholds: [ \"p95{name=/} < 1s\" ]\n",
];

const ODD: [&str; 24] = [
    "-1",
    "1e400",
    "99999999999999999999",
    "0s",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "${",
    "${x",
    "${random:5..1}",
    "~",
    "!!binary x",
    "&a",
    "*a",
    "|",
    "\u{feff}",
    "\u{0}",
    "é",
    "- -",
    "? ",
    "json $[",
];

/// One change of a text.
#[derive(Clone, Debug)]
enum Change {
    DropLine(prop::sample::Index),
    RepeatLine(prop::sample::Index),
    SwapLines(prop::sample::Index, prop::sample::Index),
    Indent(prop::sample::Index),
    PutIn(prop::sample::Index, &'static str),
    CutOff(prop::sample::Index),
    Replace(prop::sample::Index, char),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        place().prop_map(Change::DropLine),
        place().prop_map(Change::RepeatLine),
        (place(), place()).prop_map(|(a, b)| Change::SwapLines(a, b)),
        place().prop_map(Change::Indent),
        (place(), prop::sample::select(&ODD[..])).prop_map(|(at, text)| Change::PutIn(at, text)),
        place().prop_map(Change::CutOff),
        (place(), any::<char>()).prop_map(|(at, c)| Change::Replace(at, c)),
    ]
}

fn apply(text: &str, change: &Change) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut chars: Vec<char> = text.chars().collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    let count = lines.len();
    let indented;
    match change {
        Change::DropLine(at) => {
            lines.remove(at.index(count));
        }
        Change::RepeatLine(at) => lines.insert(at.index(count), lines[at.index(count)]),
        Change::SwapLines(a, b) => lines.swap(a.index(count), b.index(count)),
        Change::Indent(at) => {
            let at = at.index(count);
            indented = format!("  {}", lines[at]);
            lines[at] = &indented;
        }
        Change::PutIn(at, odd) => {
            let at = at.index(chars.len());
            chars.splice(at..at, odd.chars());
            return chars.into_iter().collect();
        }
        Change::CutOff(at) => return chars[..at.index(chars.len())].iter().collect(),
        Change::Replace(at, c) => {
            let at = at.index(chars.len());
            chars[at] = *c;
            return chars.into_iter().collect();
        }
    }
    lines.join("\n") + "\n"
}

proptest! {
    #[test]
    fn mangled_scenarios_are_read_or_refused(good in prop::sample::select(&GOOD[..]), changes in prop::collection::vec(change(), 1..6)) {
        let text = changes.iter().fold(good.to_owned(), |text, change| apply(&text, change));
        match read_scenario(&text, "mangled.yaml", &Inputs::default()) {
            // What was read can be stored and read again.
            Ok(read) => {
                let json = serde_json::to_string(&read.scenario).unwrap();
                prop_assert!(serde_json::from_str::<swarmgate_domain::Scenario>(&json).is_ok());
            }
            Err(mistakes) => prop_assert!(mistakes.has_errors() && !mistakes.render(false).is_empty()),
        }
    }
}
