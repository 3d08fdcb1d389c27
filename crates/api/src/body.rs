//! From the bytes of a body to a type, with every mistake at once.

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use swarmgate_domain::{Wrong, nearest};

use crate::problem::{Kind, Mistake, Problem, cut};

/// Reads a JSON object. Which fields there are, and what each may hold, is what the type's schema says.
pub(crate) fn read_object<T: DeserializeOwned + JsonSchema>(bytes: &[u8]) -> Result<T, Problem> {
    read_fields(object(bytes)?, &[])
}

/// The fields of a JSON object.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| no_json(bytes, &error))?;
    let Value::Object(fields) = value else {
        let wrong = Wrong::new(format!("it is {}", word(&value))).allowed("JSON objects");
        return Err(Problem::about(Kind::Invalid, "body", None, wrong));
    };
    Ok(fields)
}

/// Reads the fields of a JSON object. `beside` names fields that may be there too, and were taken out of it.
pub(crate) fn read_fields<T: DeserializeOwned + JsonSchema>(
    fields: Map<String, Value>,
    beside: &[&str],
) -> Result<T, Problem> {
    let schema = T::json_schema(&mut SchemaGenerator::default()).to_value();
    let mut mistakes = unknown_and_missing(&fields, &schema, beside);
    for (name, value) in &fields {
        if let Some(property) = schema["properties"].get(name)
            && !fits(value, property)
        {
            let wrong = Wrong::new(misfit(value, property)).allowed(words(property));
            mistakes.push(Mistake::new(name, Some(cut(&value.to_string())), wrong));
        }
    }
    if !mistakes.is_empty() {
        return Err(Problem::of(Kind::Invalid, mistakes));
    }
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| Problem::about(Kind::Invalid, "body", None, Wrong::new(error.to_string())))
}

fn no_json(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let reason = error.to_string();
    // The place is told apart.
    let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason);
    let problem = if bytes.is_empty() { "it is empty" } else { reason };
    let mistake = Mistake::new("body", None, Wrong::new(problem).allowed("JSON objects"));
    let mistake = if bytes.is_empty() { mistake } else { mistake.at(error.line(), error.column()) };
    Problem::of(Kind::BadJson, vec![mistake])
}

fn unknown_and_missing(fields: &Map<String, Value>, schema: &Value, beside: &[&str]) -> Vec<Mistake> {
    let properties = schema["properties"].as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    let known: Vec<&str> = properties.chain(beside.iter().copied()).collect();
    let unknown = fields.keys().filter(|name| !known.contains(&name.as_str())).map(|name| {
        let wrong = Wrong::new("there is no such field").allowed(known.join(", "));
        let wrong = match nearest(name, known.iter().copied()) {
            Some(meant) => wrong.help(format!("did you mean `{meant}`?")),
            None => wrong,
        };
        Mistake::new(&cut(name), None, wrong)
    });
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required
        .filter(|name| fields.get(*name).is_none_or(Value::is_null))
        .map(|name| Mistake::new(name, None, Wrong::new("it is missing").allowed(words(&schema["properties"][name]))));
    unknown.chain(missing).collect()
}

/// The types of JSON that a schema names.
fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(only) => vec![only],
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether `value` is of a type that the schema names, in its range, and so are its parts.
fn fits(value: &Value, schema: &Value) -> bool {
    types(schema).into_iter().any(|kind| match (kind, value) {
        ("null", Value::Null) | ("string", Value::String(_)) => true,
        ("number", Value::Number(number)) => in_range(number.as_f64(), schema),
        ("integer", Value::Number(number)) => number.is_u64() && in_range(number.as_f64(), schema),
        ("array", Value::Array(items)) => items.iter().all(|item| fits(item, &schema["items"])),
        ("object", Value::Object(fields)) => fields.values().all(|value| fits(value, &schema["additionalProperties"])),
        _ => false,
    })
}

fn in_range(number: Option<f64>, schema: &Value) -> bool {
    let bound = |name: &str| schema[name].as_f64();
    number.is_some_and(|number| {
        bound("minimum").is_none_or(|low| number >= low) && bound("maximum").is_none_or(|high| number <= high)
    })
}

/// Why `value`, which does not fit the schema, does not.
fn misfit(value: &Value, schema: &Value) -> String {
    let allowed = types(schema);
    match value {
        Value::Number(number) if number.is_f64() && !allowed.contains(&"number") && allowed.contains(&"integer") => {
            format!("{number} is no whole number")
        }
        Value::Number(number) if allowed.contains(&"integer") => format!("{number} is out of range"),
        Value::Array(_) if allowed.contains(&"array") => "something else is in it".to_owned(),
        Value::Object(_) if allowed.contains(&"object") => "something else is in it".to_owned(),
        _ => format!("it is {}", word(value)),
    }
}

/// What `value` is, to follow "it is".
fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What the schema allows, to follow "allowed are".
fn words(schema: &Value) -> String {
    let of_type = |kind: &str| match kind {
        "string" => Some("texts".to_owned()),
        "number" => Some("numbers".to_owned()),
        "integer" => Some(match (schema["minimum"].as_u64(), schema["maximum"].as_u64()) {
            (Some(low), Some(high)) => format!("whole numbers from {low} to {high}"),
            _ => "whole numbers from 0".to_owned(),
        }),
        "array" => Some(format!("lists of {}", words(&schema["items"]))),
        "object" => Some(format!("objects that hold {}", words(&schema["additionalProperties"]))),
        _ => None,
    };
    let kinds: Vec<_> = types(schema).into_iter().filter_map(of_type).collect();
    let shown = |example: &Value| format!("`{}`", example.as_str().map_or(example.to_string(), str::to_owned));
    let examples: Vec<_> = schema["examples"].as_array().into_iter().flatten().map(shown).collect();
    let such_as = if examples.is_empty() { String::new() } else { format!(" such as {}", examples.join(", ")) };
    format!("{}{such_as}", kinds.join(" and "))
}
