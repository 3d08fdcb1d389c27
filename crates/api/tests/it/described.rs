//! The API's description of itself, and whether answers are as it says.

use std::collections::BTreeMap;

use http::Method;
use jsonschema::Validator;
use serde_json::Value;

use crate::world::{Answer, World};

/// What the description says about answers.
pub struct Description {
    /// By method, path with braces, and status: the types of content, each with what its JSON must be.
    answers: BTreeMap<(String, String, String), BTreeMap<String, Validator>>,
}

impl Description {
    pub fn new(document: &Value) -> Self {
        let mut answers = BTreeMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let content = response.get("content").and_then(Value::as_object).into_iter().flatten();
                    let validators = content.map(|(kind, media)| (kind.clone(), validator(document, &media["schema"])));
                    answers.insert((method.to_uppercase(), path.clone(), status.clone()), validators.collect());
                }
            }
        }
        Self { answers }
    }

    /// Checks that the answer's status, type of content and body are as described. What is no path or method of ours is not described.
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let head = method == Method::HEAD;
        let method = if head { "GET" } else { method.as_str() };
        let Some(template) = self.template(method, path) else {
            assert!(matches!(answer.status.as_u16(), 403..=405), "{method} {path}: {}", answer.shown());
            return;
        };
        let key = (method.to_owned(), template, answer.status.as_str().to_owned());
        let Some(content) = self.answers.get(&key) else { panic!("{key:?} is not described: {}", answer.shown()) };
        if content.is_empty() || head {
            assert!(answer.body.is_empty(), "{key:?} has a body that is not described: {}", answer.shown());
            return;
        }
        let given = answer.header("content-type").unwrap_or_default();
        if content.contains_key("*/*") {
            return;
        }
        let validator = content.get(given).unwrap_or_else(|| panic!("{key:?}: `{given}` is not described"));
        if given.ends_with("json") {
            let wrong: Vec<_> = validator.iter_errors(&answer.json()).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{key:?}: {wrong:?}: {}", answer.shown());
        }
    }

    fn template(&self, method: &str, path: &str) -> Option<String> {
        let path = if path == "/" { path } else { path.strip_suffix('/').unwrap_or(path) };
        let fits = |template: &str| {
            let (parts, segments): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            parts.len() == segments.len()
                && parts
                    .iter()
                    .zip(&segments)
                    .all(|(part, segment)| part == segment || part.starts_with('{') && !segment.is_empty())
        };
        self.answers
            .keys()
            .find(|(of, template, _)| of == method && fits(template))
            .map(|(_, template, _)| template.clone())
    }
}

/// A validator of one schema among those of the document.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut whole = schema.clone();
    if let Some(object) = whole.as_object_mut() {
        object.insert("components".to_owned(), document["components"].clone());
    }
    jsonschema::validator_for(&whole).unwrap_or_else(|error| panic!("{schema}: {error}"))
}

#[tokio::test]
async fn the_description_is_of_openapi_and_whole() {
    let world = World::new().await;
    let document = world.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let operations: Vec<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
        .collect();
    insta::assert_snapshot!(operations.join("\n"));
    let all = document.to_string();
    for reference in all.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(reference).is_some(), "{reference} leads nowhere");
    }
    insta::assert_json_snapshot!(
        "schemas_of_bodies",
        ["NewTest", "NewUsers", "NewBaseline", "Problem", "Mistake"].map(|name| {
            let schema = &document["components"]["schemas"][name];
            assert!(schema.is_object(), "there is no schema {name}");
            schema
        })
    );
}
