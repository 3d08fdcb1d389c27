//! YAML files as values.

use std::path::Path;

use serde_json::Value;

/// The documents of a YAML file. What CloudFormation writes with a tag (`!Ref Bucket`) is its content (`"Bucket"`).
pub fn documents(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The only document of a YAML file.
pub fn document(path: &Path) -> Value {
    let mut documents = documents(path);
    assert_eq!(documents.len(), 1, "{}", path.display());
    documents.remove(0)
}

/// The documents of a YAML text; empty ones are left out.
pub fn parse(text: &str) -> Result<Vec<Value>, String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| error.to_string())?;
    Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
}

/// Every text in a value, however deep.
pub fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
