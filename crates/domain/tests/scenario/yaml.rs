//! What is no YAML, or too much of it; and what is YAML in other clothes.

use swarmgate_domain::read_scenario;

use crate::inputs::{Inputs, mistakes, read};

const GOOD: &str = "target: http://a\nload: { users: 1, duration: 5s }\nflow: [GET /]\n";

#[test]
fn what_is_no_yaml_says_where() {
    let shown: String = [
        "",
        "# only a comment\n",
        "just a text",
        "[GET /]",
        "load: { users: 1\nflow: [GET /]\n",
        "load:\n\tusers: 1\n",
        "name: \"no end\n",
        "name: a: b\n",
        "load: { users: 1 }\n flow: []\n",
        "name: a\n---\nname: b\n",
        "name: !secret x\n",
        "name: *nobody\n",
        "name: &a [*a]\n",
        "? [a, b]\n: c\n",
        "flow: [ POST /: { body: ${x} } ]\n",
        "name: \"\\q\"\n",
        "name: a\0b\n",
    ]
    .map(|text| format!("{text:?}\n{}\n", mistakes(text, &Inputs::default())))
    .concat();
    insta::assert_snapshot!(shown);
}

#[test]
fn too_much_is_refused_before_it_costs_anything() {
    let line = format!("{GOOD}name: {}\n", "x".repeat(10 << 20));
    let deep = format!("name: {}\n", "[".repeat(100_000));
    let deep_block = format!("name:\n{}\n", "- ".repeat(100_000));
    let bomb: String = (1..12).map(|n| format!("  a{n}: &a{n} [{}]\n", format!("*a{}, ", n - 1).repeat(9))).collect();
    let bomb = format!("variables:\n  a0: &a0 [1]\n{bomb}");
    let deeper: String = (1..100).map(|n| format!("  a{n}: &a{n} [[[[[[[[*a{}]]]]]]]]\n", n - 1)).collect();
    let deeper = format!("variables:\n  a0: &a0 [1]\n{deeper}");
    let wide = format!("name: [{}]\n", "1,".repeat(600_000));
    let shown: String =
        [line, deep, deep_block, bomb, deeper, wide].map(|text| mistakes(&text, &Inputs::default())).concat();
    insta::assert_snapshot!(shown);
}

#[test]
fn of_a_long_line_only_what_is_around_the_mistake_is_shown() {
    let filler = "x".repeat(3 << 19);
    let text = format!("labels: {{ a: {filler}, b: [], c: {filler} }}\n{GOOD}nmae: x\n");
    insta::assert_snapshot!(mistakes(&text, &Inputs::default()));
    let text = format!("labels: {{ a: {}, b: [] }}\n{GOOD}", "x".repeat(500));
    insta::assert_snapshot!("a_line_wider_than_the_terminal", mistakes(&text, &Inputs::default()));
}

#[test]
fn of_very_many_mistakes_the_first_are_shown() {
    let steps = "  - GTE /\n".repeat(5_000);
    let text = format!("load: {{ users: 1, duration: 5s }}\nflow:\n{steps}");
    let shown = mistakes(&text, &Inputs::default());
    assert_eq!(shown.matches("is no method").count(), 100);
    assert!(shown.ends_with("test.yaml: 100 mistakes, and 4900 more\n"), "{}", &shown[shown.len() - 100..]);
}

#[test]
fn line_breaks_and_byte_order_marks_of_other_systems_are_fine() {
    let plain = read(GOOD, &Inputs::default()).scenario;
    assert_eq!(read(&GOOD.replace('\n', "\r\n"), &Inputs::default()).scenario, plain);
    assert_eq!(read(&format!("\u{feff}{GOOD}"), &Inputs::default()).scenario, plain);
}

#[test]
fn a_mistake_after_wide_characters_is_where_it_is() {
    for text in [
        "name: \"äöü 日本 🦀\"\nload: { users: 0, duration: 5s }\nflow: [GET /]\n",
        "\u{feff}\r\nload: { users: 0, duration: 5s }\r\nflow: [GET /]\r\n",
    ] {
        let diagnostics = read_scenario(text, "test.yaml", &Inputs::default()).unwrap_err();
        let at = diagnostics.iter().next().map(|diagnostic| diagnostic.at).unwrap();
        assert_eq!((at.line, at.column), (2, 16), "{diagnostics}");
    }
}

#[test]
fn colours_are_only_given_where_they_are_asked_for() {
    let diagnostics = read_scenario("nmae: x\n", "test.yaml", &Inputs::default()).unwrap_err();
    assert!(diagnostics.render(true).contains("\u{1b}["));
    assert!(!diagnostics.render(false).contains('\u{1b}'));
    let escape = read_scenario("\"\\e[31m\": x\nname: \"\\e[31mred\"\n", "test.yaml", &Inputs::default()).unwrap_err();
    assert!(!escape.render(false).contains('\u{1b}'), "a file can't send escapes to the terminal");
}
