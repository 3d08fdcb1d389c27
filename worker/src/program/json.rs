//! JSON paths (RFC 9535). Those that name one place, such as `$.items[0].id`, are followed through the text as it is parsed:
//! no tree of it is built. All others go the general way.

use std::fmt::{self, Write as _};

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json_path::JsonPath;

/// A path, ready to be followed.
#[derive(Clone, Debug)]
pub enum Path {
    /// Names and indices from the root on.
    Plain(Vec<Segment>),
    /// Anything else.
    General(JsonPath),
}

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// To a member of an object.
    Name(String),
    /// To an element of an array, from 0.
    Index(usize),
    /// To nothing at all: what is read on such a path is skipped.
    Nowhere,
}

/// What lies at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A value.
    Value,
    /// Nothing.
    Nothing,
    /// The text is no JSON.
    NoJson,
}

impl Path {
    /// Reads a path; the error says what is wrong with it.
    pub fn parse(path: &str) -> Result<Self, String> {
        let general = JsonPath::parse(path).map_err(|error| error.to_string())?;
        Ok(plain(path).map_or(Self::General(general), Self::Plain))
    }

    /// Writes the first value that it selects in `json` in place of what is in `out`: texts as they are, all else as JSON.
    pub fn find(&self, json: &[u8], out: &mut String) -> Found {
        out.clear();
        match self {
            Self::Plain(segments) => {
                let (mut reader, mut found) = (serde_json::Deserializer::from_slice(json), false);
                let read = Follow { rest: segments, out, found: &mut found }.deserialize(&mut reader);
                match read.and_then(|()| reader.end()) {
                    Err(_) => Found::NoJson,
                    Ok(()) if found => Found::Value,
                    Ok(()) => Found::Nothing,
                }
            }
            Self::General(path) => {
                let Ok(tree) = serde_json::from_slice::<Value>(json) else { return Found::NoJson };
                match path.query(&tree).first() {
                    None => Found::Nothing,
                    Some(value) => {
                        write_value(value, out);
                        Found::Value
                    }
                }
            }
        }
    }
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(text),
        other => write!(out, "{other}").expect("writing to a string"),
    }
}

/// The segments of a path that names one place in plain words: `$`, `.name`, `['name']` and `[0]`.
fn plain(path: &str) -> Option<Vec<Segment>> {
    let mut rest = path.strip_prefix('$')?;
    let mut segments = Vec::new();
    while !rest.is_empty() {
        let segment;
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            segment = Segment::Name(name[..end].to_owned());
            let is_word = name[..end].chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if end == 0 || !is_word {
                return None;
            }
            rest = &name[end..];
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            let quoted = inside.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
            segment = match quoted {
                Some(name) if !name.contains(['\\', '\'', '"']) => Segment::Name(name.to_owned()),
                _ => Segment::Index(inside.parse().ok().filter(|_| inside.bytes().all(|b| b.is_ascii_digit()))?),
            };
            rest = after;
        }
        segments.push(segment);
    }
    Some(segments)
}

/// Reads one value: goes down where the path does, and skips the rest.
struct Follow<'a> {
    rest: &'a [Segment],
    out: &'a mut String,
    found: &'a mut bool,
}

impl Follow<'_> {
    fn scalar<E: Error>(self, value: impl fmt::Display) -> Result<(), E> {
        if self.rest.is_empty() {
            write!(self.out, "{value}").map_err(E::custom)?;
            *self.found = true;
        }
        Ok(())
    }

    fn tree<E: Error>(self, tree: Result<Value, E>) -> Result<(), E> {
        write_value(&tree?, self.out);
        *self.found = true;
        Ok(())
    }

    /// The value at `segments`, which is the one that counts even where the same name was there before.
    fn down<'b>(&'b mut self, segments: &'b [Segment]) -> Follow<'b> {
        self.out.clear();
        *self.found = false;
        Follow { rest: segments, out: self.out, found: self.found }
    }

    /// Skips a value. `IgnoredAny` would do, but takes memory where values are nested.
    fn past(&mut self) -> Follow<'_> {
        Follow { rest: &[Segment::Nowhere], out: self.out, found: self.found }
    }
}

impl<'de> DeserializeSeed<'de> for Follow<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Follow<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.scalar(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar("null")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let (wanted, below) = match self.rest.split_first() {
            None => return self.tree(Value::deserialize(SeqAccessDeserializer::new(seq))),
            Some((Segment::Index(index), below)) => (Some(*index), below),
            Some((Segment::Name(_) | Segment::Nowhere, below)) => (None, below),
        };
        for index in 0.. {
            let more = if wanted == Some(index) {
                seq.next_element_seed(self.down(below))?.is_some()
            } else {
                seq.next_element_seed(self.past())?.is_some()
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let (wanted, below) = match self.rest.split_first() {
            None => return self.tree(Value::deserialize(MapAccessDeserializer::new(map))),
            Some((Segment::Name(name), below)) => (Some(name.as_str()), below),
            Some((Segment::Index(_) | Segment::Nowhere, below)) => (None, below),
        };
        while let Some(is_wanted) = map.next_key_seed(IsName(wanted))? {
            if is_wanted {
                map.next_value_seed(self.down(below))?;
            } else {
                map.next_value_seed(self.past())?;
            }
        }
        Ok(())
    }
}

/// Reads a member's name: whether it is this one.
struct IsName<'a>(Option<&'a str>);

impl<'de> DeserializeSeed<'de> for IsName<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsName<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn which_paths_are_plain() {
        let check = |path: &str, expected: bool| {
            assert_eq!(matches!(Path::parse(path).unwrap(), Path::Plain(_)), expected, "{path}");
        };
        check("$",              true);
        check("$.a.b_2",        true);
        check("$['a b'][0].c",  true);
        check("$[-1]",          false);
        check("$..a",           false);
        check("$.a[*]",         false);
        check("$['a\\'b']",     false);
        check("$[0,1]",         false);
        check("$.ü",            false);
        assert!(Path::parse("$.[").is_err());
    }

    #[test]
    fn what_is_no_json_is_told_apart() {
        let find = |json: &str| Path::parse("$.a").unwrap().find(json.as_bytes(), &mut String::new());
        assert_eq!(
            [find("{}"), find("{\"a\":1"), find("{\"a\":1} x"), find("")],
            [Found::Nothing, Found::NoJson, Found::NoJson, Found::NoJson]
        );
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|b| b.to_string()),
            any::<i64>().prop_map(|n| n.to_string()),
            any::<f64>().prop_map(|n| serde_json::to_string(&n).unwrap()),
            "[ -~ü]{0,5}".prop_map(|s| serde_json::to_string(&s).unwrap()),
        ];
        leaf.prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
                // Names may come twice.
                prop::collection::vec(("[ab]", inner), 0..4).prop_map(|members| {
                    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        /// The plain way finds what the general way finds.
        #[test]
        fn both_ways_agree(json in json(), steps in prop::collection::vec(prop_oneof![Just(".a"), Just("['b']"), Just("[0]"), Just("[1]")], 0..4)) {
            let path = format!("${}", steps.concat());
            let (mut plain, mut general) = (String::new(), String::new());
            let by_plain = Path::parse(&path).unwrap().find(json.as_bytes(), &mut plain);
            let by_general = Path::General(JsonPath::parse(&path).unwrap()).find(json.as_bytes(), &mut general);
            prop_assert_eq!(by_plain, by_general, "{} in {}", path, json);
            if by_plain == Found::Value {
                prop_assert_eq!(plain, general, "{} in {}", path, json);
            }
        }
    }
}
