//! `check` and `capture` as typed: what is asked of an answer and kept from it.

use std::borrow::Cow;

use regex::RegexBuilder;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json_path::JsonPath;

use super::context::{At, Context};
use super::decode::{Decode, MapOf, fields};
use super::scalars::{Flag, Text, Time, parsed, scalar_schema};
use crate::scenario::model::CaptureFrom;
use crate::scenario::yaml::{Node, Value};
use crate::text::{Wrong, shown};

fields! {
    /// What must hold for the answer; what does not makes the request a failure. Without `status`, a status of 400 or more is a failure.
    pub(crate) struct CheckFile {
        /// The status: `200`, `2xx`, `200..299`, or a list of these.
        optional status: StatusFile,
        /// Headers by name: a text that the header must equal, or `contains …`, `matches …`, `present`.
        optional header: MapOf<ExpectFile>,
        /// The body: a text that it must equal, or `contains …`, `matches …`, `present`, or {contains: …, matches: …}.
        optional body: ExpectFile,
        /// JSON paths (RFC 9535) and the values they must select: `"$.ok": true`, `"$.name": contains tea`, `"$.id": present`.
        optional json: MapOf<ExpectFile>,
        /// The longest service time (from sent to last byte): `500ms`.
        optional time: Time<1, 3_600_000_000>,
    }
}

/// Ranges of statuses, ends included.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StatusFile(pub Vec<(u16, u16)>);

const STATUSES: &str =
    "statuses from 100 to 599 such as `200`, classes such as `2xx`, ranges such as `200..299`, lists of these";

impl Decode for StatusFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        match &node.value {
            Value::List(nodes) if nodes.is_empty() => {
                ctx.wrong(node, Wrong::new("an empty list is given").allowed(STATUSES));
                None
            }
            Value::List(nodes) => {
                let read = |(i, node): (usize, &Node)| {
                    ctx.inside(format!("[{i}]"), |ctx| parsed(node, ctx, STATUSES, parse_status))
                };
                let ranges: Vec<_> = nodes.iter().enumerate().map(read).collect();
                ranges.into_iter().collect::<Option<_>>().map(Self)
            }
            Value::Scalar(_) | Value::Map(_) => {
                parsed(node, ctx, STATUSES, parse_status).map(|range| Self(vec![range]))
            }
        }
    }
}

fn parse_status(text: &str) -> Result<(u16, u16), Wrong> {
    let bad = || Wrong::new(format!("`{}` is no status", shown(text))).allowed(STATUSES);
    let one = |text: &str| text.trim().parse().ok().filter(|status| (100..=599).contains(status)).ok_or_else(bad);
    if let Some(class) = text.trim().strip_suffix("xx") {
        let class: u16 = class.parse().ok().filter(|class| (1..=5).contains(class)).ok_or_else(bad)?;
        return Ok((class * 100, class * 100 + 99));
    }
    let (low, high) = match text.split_once("..") {
        Some((low, high)) => (one(low)?, one(high)?),
        None => (one(text)?, one(text)?),
    };
    if low > high { Err(bad()) } else { Ok((low, high)) }
}

scalar_schema!([] StatusFile, "Status", {
    let one = json_schema!({ "anyOf": [
        { "type": "integer", "minimum": 100, "maximum": 599 },
        { "type": "string", "pattern": r"^\s*([1-5]xx|[1-5][0-9]{2}(\s*\.\.\s*[1-5][0-9]{2})?)\s*$" },
    ] });
    json_schema!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }], "examples": [200, "2xx", [200, 302], "200..299"] })
});

/// What is expected of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExpectText {
    Present,
    Equals(String),
    Contains(String),
    /// A regular expression that was tried.
    Matches(String),
}

/// All that is expected of one text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExpectFile(pub Vec<At<ExpectText>>);

fields! {
    /// What is expected of a text: all that is given.
    pub(crate) struct ExpectFields {
        /// It is this.
        optional equals: Text,
        /// This is in it.
        optional contains: Text,
        /// This regular expression matches somewhere in it.
        optional matches: Pattern,
        /// `true`: it is there, whatever it is.
        optional present: Flag,
    }
    rules { "minProperties": 1 }
}

impl Decode for ExpectFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        if let Value::Map(_) = node.value {
            return ExpectFields::decode(node, ctx).map(|fields| Self(fields.expectations(node, ctx)));
        }
        let wanted = "a text to equal, `contains …`, `matches …`, `present`, a map of these";
        let place = ctx.place(node);
        parsed(node, ctx, wanted, parse_expect).map(|value| Self(vec![At { value, place }]))
    }
}

impl ExpectFields {
    fn expectations(self, node: &Node, ctx: &mut Context) -> Vec<At<ExpectText>> {
        let mut list = Vec::new();
        list.extend(self.equals.given().map(|at| at.as_ref().map(|text| ExpectText::Equals(text.0.clone()))));
        list.extend(self.contains.given().map(|at| at.as_ref().map(|text| ExpectText::Contains(text.0.clone()))));
        list.extend(self.matches.given().map(|at| at.as_ref().map(|pattern| ExpectText::Matches(pattern.0.clone()))));
        if let Some(present) = self.present.given() {
            if present.value.0 {
                list.push(present.as_ref().map(|_| ExpectText::Present));
            } else {
                ctx.wrong_at(&present.place, None, Wrong::new("`false` cannot be asked for").allowed("true"));
            }
        }
        let none =
            [self.equals.is_absent(), self.contains.is_absent(), self.matches.is_absent(), self.present.is_absent()];
        if none.iter().all(|absent| *absent) {
            ctx.wrong(node, Wrong::new("nothing is asked for").allowed(Self::FIELDS.join(", ")));
        }
        list
    }
}

/// `contains X`, `matches X`, `equals X`, `present`; anything else is a text to equal.
fn parse_expect(text: &str) -> Result<ExpectText, Wrong> {
    match text.split_once(' ') {
        Some(("contains", rest)) => Ok(ExpectText::Contains(rest.to_owned())),
        Some(("equals", rest)) => Ok(ExpectText::Equals(rest.to_owned())),
        Some(("matches", rest)) => parse_regex(rest).map(ExpectText::Matches),
        _ if text == "present" => Ok(ExpectText::Present),
        _ => Ok(ExpectText::Equals(text.to_owned())),
    }
}

impl JsonSchema for ExpectFile {
    fn schema_name() -> Cow<'static, str> {
        "Expect".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<ExpectFields>();
        json_schema!({
            "description": "What is expected: a text to equal, `contains …`, `matches …` (a regular expression), `present`, or a map of these.",
            "anyOf": [{ "type": ["string", "number", "boolean"] }, fields],
            "examples": ["contains json", "matches ^[0-9]+$", "present", true],
        })
    }
}

/// A regular expression that was tried.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern(pub String);

impl Decode for Pattern {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        parsed(node, ctx, "regular expressions", parse_regex).map(Self)
    }
}
scalar_schema!([] Pattern, "Pattern", json_schema!({ "type": ["string", "number", "boolean"] }));

fn parse_regex(text: &str) -> Result<String, Wrong> {
    // A pattern that needs more memory than this takes long to prepare, on each worker.
    match RegexBuilder::new(text).size_limit(1 << 20).build() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => {
            // The crate's message repeats the expression over several lines; its last one says why.
            let message = error.to_string();
            let reason = message.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
            Err(Wrong::new(format!("`{}` is no regular expression: {reason}", shown(text))))
        }
    }
}

/// Whether `text` is a JSON path.
pub(crate) fn parse_json_path(text: &str) -> Result<String, Wrong> {
    match JsonPath::parse(text.trim()) {
        Ok(_) => Ok(text.trim().to_owned()),
        Err(error) => Err(Wrong::new(format!("`{}` is no JSON path: {}", shown(text), shown(error.message())))
            .allowed("JSON paths of RFC 9535 such as `$.token`, `$.items[0].id`")),
    }
}

/// Where a value is found in the answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CaptureFile(pub CaptureFrom);

const CAPTURES: &str = "`json $.path`, `regex pattern`, `header Name`, `cookie name`, `status`";

impl Decode for CaptureFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        parsed(node, ctx, CAPTURES, parse_capture).map(Self)
    }
}

fn parse_capture(text: &str) -> Result<CaptureFrom, Wrong> {
    let (what, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let rest = rest.trim();
    match what {
        "status" if rest.is_empty() => Ok(CaptureFrom::Status),
        "json" | "regex" | "header" | "cookie" if rest.is_empty() => {
            Err(Wrong::new(format!("`{what}` does not say which")).allowed(CAPTURES))
        }
        "json" => parse_json_path(rest).map(CaptureFrom::Json),
        "regex" => parse_regex(rest).map(CaptureFrom::Regex),
        "header" => super::http::header_name(rest).map(|name| CaptureFrom::Header(name.to_ascii_lowercase())),
        "cookie" => super::http::token(rest, "cookie").map(|name| CaptureFrom::Cookie(name.to_owned())),
        _ => {
            let wrong = Wrong::new(format!("`{}` says not where the value is", shown(text))).allowed(CAPTURES);
            Err(match text.trim().starts_with('$') {
                true => wrong.help(format!("write `json {}`", shown(text.trim()))),
                false => wrong,
            })
        }
    }
}

scalar_schema!([] CaptureFile, "Capture", json_schema!({
    "type": "string",
    "pattern": r"^\s*(status|(json|regex|header|cookie)\s+\S[\s\S]*)\s*$",
    "examples": ["json $.token", "regex id=(\\d+)", "header X-Request-Id", "cookie sid", "status"],
}));
