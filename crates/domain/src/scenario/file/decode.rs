//! The two sides of a type of the file: how it is read from the tree, and what its JSON Schema is.

use schemars::{JsonSchema, SchemaGenerator};

use super::context::{At, Context, Place, path_part, wrong_sort};
use crate::scenario::yaml::{Entry, Node, Value};
use crate::text::Wrong;

/// A type of the file. Reading and schema lie side by side, so that they say the same.
pub(crate) trait Decode: Sized + JsonSchema {
    /// The value of `node`; `None` when it is none, which was reported then.
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self>;
}

/// A field that need not be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Field<T> {
    /// It is not there.
    #[default]
    Absent,
    /// It is there, or should be, and was reported.
    Wrong,
    /// It is there.
    Given(At<T>),
}

impl<T> Field<T> {
    /// The value, if there is a good one.
    pub fn given(&self) -> Option<&At<T>> {
        match self {
            Self::Given(at) => Some(at),
            Self::Absent | Self::Wrong => None,
        }
    }

    /// The value alone, if there is a good one.
    pub fn value(&self) -> Option<&T> {
        self.given().map(|at| &at.value)
    }

    /// Whether it is not there at all.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether it is there, or should be, and was reported.
    pub fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong)
    }

    /// Where the value is, if there is a good one.
    pub fn place(&self) -> Option<&Place> {
        self.given().map(|at| &at.place)
    }
}

impl<T, const LEAST: u8> Field<ListOf<T, LEAST>> {
    /// The items of the list, if there is a good one.
    pub fn list(&self) -> Option<&[At<T>]> {
        self.value().map(|list| list.0.as_slice())
    }
}

/// Reads `node` as a field's value.
pub(crate) fn decode_at<T: Decode>(node: &Node, ctx: &mut Context) -> Option<At<T>> {
    let place = ctx.place(node);
    T::decode(node, ctx).map(|value| At { value, place })
}

/// A list of `LEAST` or more.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListOf<T, const LEAST: u8 = 1>(pub Vec<At<T>>);

impl<T: Decode, const LEAST: u8> Decode for ListOf<T, LEAST> {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        let Value::List(nodes) = &node.value else {
            ctx.wrong(node, wrong_sort(node, "lists"));
            return None;
        };
        if nodes.len() < usize::from(LEAST) {
            ctx.wrong(node, Wrong::new("an empty list is given").allowed("lists of one or more"));
        }
        let items = nodes.iter().enumerate();
        Some(Self(items.filter_map(|(i, node)| ctx.inside(format!("[{i}]"), |ctx| decode_at(node, ctx))).collect()))
    }
}

impl<T: JsonSchema, const LEAST: u8> JsonSchema for ListOf<T, LEAST> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{LEAST}OrMore{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "array", "items": generator.subschema_for::<T>(), "minItems": LEAST })
    }
}

/// A map with any keys, `LEAST` or more.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MapOf<T, const LEAST: u8 = 0> {
    /// Keys and values, in the order of the file.
    pub entries: Vec<(At<String>, At<T>)>,
    /// The keys whose values are wrong, which was reported.
    pub wrong: Vec<String>,
}

impl<T: Decode, const LEAST: u8> Decode for MapOf<T, LEAST> {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        let entries = ctx.entries(node, "maps")?;
        if entries.len() < usize::from(LEAST) {
            ctx.wrong(node, Wrong::new("an empty map is given").allowed("maps of one or more"));
        }
        let mut map = Self { entries: Vec::with_capacity(entries.len()), wrong: Vec::new() };
        for entry in entries {
            let read = ctx.inside(path_part(&entry.key), |ctx| {
                let mut place = ctx.place(&entry.node);
                place.span = entry.key_span;
                decode_at(&entry.node, ctx).map(|value| (At { value: entry.key.clone(), place }, value))
            });
            match read {
                Some(read) => map.entries.push(read),
                None => map.wrong.push(entry.key.clone()),
            }
        }
        Some(map)
    }
}

impl<T: JsonSchema, const LEAST: u8> JsonSchema for MapOf<T, LEAST> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("MapOf{LEAST}{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<T>(),
            "minProperties": LEAST,
        })
    }
}

/// What a struct of the file tells about one of its fields.
pub(crate) struct FieldSchema {
    pub name: &'static str,
    pub description: &'static str,
    pub required: bool,
    pub schema: schemars::Schema,
}

/// The schema of a map with these fields and no others, and with `rules` on how they go together.
pub(crate) fn object_schema(description: &str, fields: Vec<FieldSchema>, rules: serde_json::Value) -> schemars::Schema {
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut properties = serde_json::Map::new();
    for mut field in fields {
        field.schema.insert("description".to_owned(), unwrapped(field.description).into());
        properties.insert(field.name.to_owned(), field.schema.to_value());
    }
    let mut schema = schemars::json_schema!({
        "type": "object",
        "description": unwrapped(description),
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    if let serde_json::Value::Object(rules) = rules {
        rules.into_iter().for_each(|(key, rule)| drop(schema.insert(key, rule)));
    }
    schema
}

/// A doc comment as one line a paragraph: editors wrap it themselves.
fn unwrapped(doc: &str) -> String {
    let paragraphs = doc.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.collect::<Vec<_>>().join("\n\n").trim().to_owned()
}

/// A struct of the file: one list of fields makes the type, its reader and its schema.
///
/// Each field is `optional` or `required`, and `as "key"` names it in the file where Rust cannot. `rules` are a part of the schema that
/// says how the fields go together, as the reader does elsewhere.
macro_rules! fields {
    (
        $(#[doc = $doc:literal])*
        pub(crate) struct $name:ident {
            $( $(#[doc = $field_doc:literal])* $need:ident $field:ident $(as $key:literal)? : $type:ty ),* $(,)?
        }
        $( rules $rules:tt )?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(crate) struct $name {
            $( $(#[doc = $field_doc])* pub $field: $crate::scenario::file::decode::Field<$type>, )*
        }

        impl $name {
            /// The names of the fields in the file.
            pub const FIELDS: &'static [&'static str] = &[$( fields!(@key $field $($key)?) ),*];
        }

        impl $crate::scenario::file::decode::Decode for $name {
            fn decode(
                node: &$crate::scenario::yaml::Node,
                ctx: &mut $crate::scenario::file::context::Context,
            ) -> Option<Self> {
                let mut reader = $crate::scenario::file::decode::StructReader::new(node, Self::FIELDS, ctx)?;
                Some(Self {
                    $( $field: reader.$need(fields!(@key $field $($key)?), ctx), )*
                })
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).trim_end_matches("File").into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let fields = vec![$(
                    $crate::scenario::file::decode::FieldSchema {
                        name: fields!(@key $field $($key)?),
                        description: concat!($($field_doc, "\n"),*),
                        required: fields!(@required $need),
                        schema: generator.subschema_for::<$type>(),
                    },
                )*];
                let rules = fields!(@rules $($rules)?);
                $crate::scenario::file::decode::object_schema(concat!($($doc, "\n"),*), fields, rules)
            }
        }
    };
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
    (@rules) => { serde_json::json!({}) };
    (@rules $rules:tt) => { serde_json::json!($rules) };
    (@required required) => { true };
    (@required optional) => { false };
}
pub(crate) use fields;

/// Reads the fields of one map.
pub(crate) struct StructReader<'n> {
    node: &'n Node,
    entries: Vec<&'n Entry>,
    /// Known fields that are probably meant by unknown ones, and so are not said to be missing.
    meant: Vec<String>,
}

impl<'n> StructReader<'n> {
    /// Takes the map that `node` is, and reports fields that are none of `known`. `None` for what is no map.
    pub fn new(node: &'n Node, known: &[&str], ctx: &mut Context) -> Option<Self> {
        let entries = ctx.entries(node, &format!("maps with the fields {}", known.join(", ")))?;
        let unknown = entries.iter().filter(|entry| !known.contains(&entry.key.as_str()));
        let meant = unknown.filter_map(|entry| ctx.unknown_field(entry, known)).collect();
        Some(Self { node, entries, meant })
    }

    /// A field that may be left out.
    pub fn optional<T: Decode>(&mut self, name: &str, ctx: &mut Context) -> Field<T> {
        match self.entries.iter().find(|entry| entry.key == name) {
            Some(entry) => {
                ctx.inside(name.to_owned(), |ctx| decode_at(&entry.node, ctx)).map_or(Field::Wrong, Field::Given)
            }
            None if self.meant.iter().any(|meant| meant == name) => Field::Wrong,
            None => Field::Absent,
        }
    }

    /// A field that must be there.
    pub fn required<T: Decode>(&mut self, name: &str, ctx: &mut Context) -> Field<T> {
        let field = self.optional(name, ctx);
        if field.is_absent() {
            ctx.inside(name.to_owned(), |ctx| ctx.wrong(self.node, Wrong::new("missing")));
            return Field::Wrong;
        }
        field
    }
}
