//! What is said of files that are no scenarios.

use swarmgate_domain::{Severity, read_scenario};

use crate::inputs::{Inputs, mistakes};

fn inputs() -> Inputs {
    let mut inputs = Inputs::with_users(3);
    inputs.files.insert("stock.csv".to_owned(), "id,price\n1,2\n".to_owned());
    inputs.files.insert("items.csv".to_owned(), "id\n1\n".to_owned());
    inputs
}

#[test]
fn all_mistakes_of_a_file_are_shown_at_once() {
    insta::assert_snapshot!(mistakes(include_str!("every-mistake.yaml"), &inputs()));
}

#[test]
fn a_mistake_says_its_field_its_value_what_is_allowed_and_where() {
    let text = "load: { users: 0, duration: 5m }\nflow: [GET /]\n";
    let diagnostics = read_scenario(text, "test.yaml", &inputs()).unwrap_err();
    let [diagnostic] = diagnostics.iter().collect::<Vec<_>>()[..] else { panic!("{diagnostics}") };
    assert_eq!(diagnostic.mistake.to_string(), "load.users: 0 is too few, allowed are 1 to 10000000");
    assert_eq!(diagnostic.severity, Severity::Error);
    assert_eq!((diagnostic.at.line, diagnostic.at.column), (1, 16));
    assert_eq!(diagnostic.mistake.field, "load.users");
    assert_eq!(diagnostic.mistake.value.as_deref(), Some("0"));
    assert_eq!(diagnostic.mistake.wrong.allowed.as_deref(), Some("1 to 10000000"));
}
