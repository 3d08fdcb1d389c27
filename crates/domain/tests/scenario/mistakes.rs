//! What is said of files that are no scenarios.

use swarmgate_domain::{HttpVersion, Severity, read_scenario};

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

#[test]
fn a_proxy_is_a_place_and_perhaps_a_login() {
    let check = |proxy: &str, expected: &str| {
        let text = format!("target: http://a\nload: {{ users: 1, duration: 1s }}\nflow: [GET /]\nproxy: {proxy}\n");
        let all = read_scenario(&text, "test.yaml", &inputs()).unwrap_err();
        let messages: Vec<_> = all.iter().map(|diagnostic| diagnostic.mistake.to_string()).collect();
        assert_eq!(messages, [expected], "{proxy}");
    };
    let allowed = "allowed are `http://host:port`";
    check("proxy:3128", &format!("proxy: `proxy:3128` is no proxy: it has no scheme, {allowed}"));
    check(
        "https://proxy",
        &format!("proxy: `https://proxy` is no proxy: `https` is not spoken to proxies here, {allowed}"),
    );
    check("http://proxy/a", &format!("proxy: `http://proxy/a` is no proxy: it has a path, {allowed}"));
    // The password is not shown.
    check("http://ann:hunter2@proxy:3128", &format!("proxy: the proxy's URL holds a password, {allowed}"));
    check("{ url: http://p, user: ann }", "proxy: only one of `user` and `password` is given");
    let varies = "proxy.user: `${user_id}` varies while the test runs, allowed are texts, variables, `${env:NAME}`, `${secret:name}`";
    check("{ url: http://p, user: \"${user_id}\", password: a }", varies);
}

#[test]
fn which_http_is_spoken_is_a_word_or_a_number() {
    for (text, version) in [("2", HttpVersion::Http2), ("'2'", HttpVersion::Http2), ("1.1", HttpVersion::Http1)] {
        let text = format!("target: http://a\nload: {{ users: 1, duration: 1s }}\nflow: [GET /]\nhttp: {text}\n");
        assert_eq!(read_scenario(&text, "test.yaml", &inputs()).unwrap().scenario.http.version, version);
    }
}

#[test]
fn headers_that_http_2_has_not_are_refused_with_it() {
    let text = |http: &str| {
        let flow = "flow: [GET /: { headers: { Upgrade: websocket } }]";
        format!(
            "target: http://a\nload: {{ users: 1, duration: 1s }}\nhttp: {http}\nheaders: {{ keep-alive: '5' }}\n{flow}\n"
        )
    };
    assert!(read_scenario(&text("1.1"), "test.yaml", &inputs()).is_ok());
    let all = read_scenario(&text("2"), "test.yaml", &inputs()).unwrap_err();
    let messages: Vec<_> = all.iter().map(|diagnostic| diagnostic.mistake.to_string()).collect();
    let expected = ["headers.keep-alive: HTTP/2 has no header `keep-alive`", "Upgrade: HTTP/2 has no header `Upgrade`"];
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages.iter().zip(expected).all(|(message, expected)| message.ends_with(expected)), "{messages:?}");
}
