//! Bodies of JSON: values as they stand, with `${…}` in their texts.

use super::build::Build;
use super::text::{Escape, Parts};
use crate::scenario::file::{Place, path_part};
use crate::scenario::template::{Part, Template};
use crate::scenario::yaml::{Node, Resolved, Scalar, Value};
use crate::text::{Wrong, shown};

/// All of it becomes part of a JSON string.
const IN_STRING: Escape = Escape { written: escaped, put_in: escaped };
/// It is JSON as it stands.
const AS_JSON: Escape = Escape { written: str::to_owned, put_in: escaped };

impl Build<'_> {
    /// The JSON text of a body.
    pub fn json_body(&mut self, node: &Node, place: &Place) -> Template {
        let mut parts = Parts::default();
        match &node.value {
            Value::Scalar(scalar) if scalar.resolved() == Resolved::Text => return self.written_json(scalar, place),
            _ => self.json(node, place, &mut parts),
        }
        parts.into_template()
    }

    /// A text that is JSON once its values are put in.
    fn written_json(&mut self, scalar: &Scalar, place: &Place) -> Template {
        let mut parts = Parts::default();
        self.add_template(&scalar.text, place, AS_JSON, &mut parts);
        let template = parts.into_template();
        // A 0 fits wherever a value may be put in, in a string or beside it.
        let sample = |part: &Part| if let Part::Text(text) = part { text.clone() } else { "0".to_owned() };
        let tried: String = template.0.iter().map(sample).collect();
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&tried) {
            let wrong = Wrong::new(format!("`{}` is not JSON: {error}", shown(&scalar.text)));
            let help = "a text under `json` is JSON as it stands; use `body` for other texts";
            self.ctx.wrong_at(place, Some(shown(&scalar.text)), wrong.help(help));
        }
        template
    }

    fn json(&mut self, node: &Node, place: &Place, parts: &mut Parts) {
        match &node.value {
            Value::Scalar(scalar) => match scalar.resolved() {
                Resolved::Null => parts.text("null"),
                Resolved::Bool(value) => parts.text(if value { "true" } else { "false" }),
                Resolved::Number(number) => parts.text(&number.to_string()),
                Resolved::Text => self.json_string(&scalar.text, place, parts),
            },
            Value::List(nodes) => {
                parts.text("[");
                for (i, node) in nodes.iter().enumerate() {
                    parts.text(if i > 0 { "," } else { "" });
                    let place = Place { field: format!("{}[{i}]", place.field), span: node.span };
                    self.json(node, &place, parts);
                }
                parts.text("]");
            }
            Value::Map(_) => {
                let entries = self.ctx.inside(place.field.clone(), |ctx| ctx.entries(node, "maps")).unwrap_or_default();
                parts.text("{");
                for (i, entry) in entries.into_iter().enumerate() {
                    parts.text(if i > 0 { "," } else { "" });
                    let field = format!("{}.{}", place.field, path_part(&entry.key));
                    self.json_string(&entry.key, &Place { field: field.clone(), span: entry.key_span }, parts);
                    parts.text(":");
                    self.json(&entry.node, &Place { field, span: entry.node.span }, parts);
                }
                parts.text("}");
            }
        }
    }

    fn json_string(&mut self, text: &str, place: &Place, parts: &mut Parts) {
        parts.text("\"");
        self.add_template(text, place, IN_STRING, parts);
        parts.text("\"");
    }
}

/// `text` as the content of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
