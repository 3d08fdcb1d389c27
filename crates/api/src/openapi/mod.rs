//! The description of the API (OpenAPI 3.1), made of the table of routes and of the types that bodies are read into and answers made of.

mod describe;

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::answer::PROBLEM;
use crate::problem::ProblemDocument;
use crate::routes::{Endpoint, ROUTES};
use describe::{Answer, Content, Description, Parameter, describe};

/// Problems that any request may meet.
const COMMON_PROBLEMS: [u16; 7] = [401, 403, 408, 413, 500, 503, 507];

/// The whole description of an API that lies below `base` on its host.
pub(crate) fn document(base: &str) -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for (method, path, endpoint) in &ROUTES {
        let operation = operation(describe(*endpoint, &mut schemas), path, *endpoint, &mut schemas);
        let item = paths.entry((*path).to_owned()).or_insert_with(|| json!({}));
        item[method.as_str().to_ascii_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Swarmgate",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Load tests: start them, watch them, read their reports. What goes wrong is answered by a problem document (RFC 9457).",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": if base.is_empty() { "/" } else { base } }],
        "paths": paths,
        "components": { "schemas": schemas.definitions() },
    })
}

/// Makes schemas of types, those with a name once.
pub(crate) struct Schemas {
    read: SchemaGenerator,
    sent: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = |contract: Contract| {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.contract = contract;
                settings.meta_schema = None;
            })
        };
        Self {
            read: settings(Contract::Deserialize).into_generator(),
            sent: settings(Contract::Serialize).into_generator(),
        }
    }

    /// Of a type that bodies are read into.
    pub fn of_body<T: JsonSchema>(&mut self) -> Value {
        let mut schema = self.read.subschema_for::<T>().to_value();
        // What a body may not hold is refused by name.
        if let Some(definition) = self.read.definitions_mut().get_mut(T::schema_name().as_ref()) {
            definition["additionalProperties"] = false.into();
        } else {
            schema["additionalProperties"] = false.into();
        }
        schema
    }

    /// Of a type that answers are made of.
    pub fn of_answer<T: JsonSchema>(&mut self) -> Value {
        self.sent.subschema_for::<T>().to_value()
    }

    fn definitions(mut self) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        all.extend(self.sent.take_definitions(true));
        all
    }
}

fn operation(description: Description, path: &str, endpoint: Endpoint, schemas: &mut Schemas) -> Value {
    let Description { summary, parameters, body, answers, problems } = description;
    let mut responses: Map<String, Value> =
        answers.into_iter().map(|answer| (answer.status.to_string(), response(answer))).collect();
    for status in COMMON_PROBLEMS.iter().chain(problems) {
        let answer = Answer::new(*status, "A problem", Content::Is(PROBLEM, schemas.of_answer::<ProblemDocument>()));
        responses.insert(status.to_string(), response(answer));
    }
    let parameters: Vec<_> = path_parameters(path).chain(parameters.iter().map(Parameter::value)).collect();
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": summary,
        "parameters": parameters,
        "responses": responses,
    });
    if !body.is_empty() {
        let content: Map<_, _> =
            body.into_iter().map(|(kind, schema)| (kind.to_owned(), json!({ "schema": schema }))).collect();
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

/// `StartTest` becomes `startTest`.
fn operation_id(endpoint: Endpoint) -> String {
    let name = format!("{endpoint:?}");
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_ascii_lowercase())
}

fn response(answer: Answer) -> Value {
    let mut response = json!({ "description": answer.what });
    if let Content::Is(kind, schema) = answer.content {
        response["content"] = json!({ kind: { "schema": schema } });
    }
    if !answer.headers.is_empty() {
        let header = |(name, what): &(&str, &str)| {
            ((*name).to_owned(), json!({ "description": what, "schema": { "type": "string" } }))
        };
        response["headers"] = answer.headers.iter().map(header).collect::<Map<_, _>>().into();
    }
    response
}

/// What stands in braces in a path.
fn path_parameters(path: &str) -> impl Iterator<Item = Value> + '_ {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| {
        let pattern = if name == "file" { "^[a-z0-9._-]+$" } else { "^[a-z0-9][a-z0-9-]{0,63}$" };
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "pattern": pattern } })
    })
}
