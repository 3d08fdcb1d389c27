//! `flow` and `kinds` as typed: the steps of users.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::context::{At, Context, Place, path_part};
use super::decode::{Decode, ListOf, fields};
use super::http::{METHODS, RequestFile};
use super::scalars::{Count, Text, Weight, Word};
use super::think::ThinkTimeFile;
use crate::scenario::model::ThinkAfter;
use crate::scenario::yaml::{Entry, Node, Value};
use crate::text::{Wrong, nearest, shown};

fields! {
    /// One kind of user.
    pub(crate) struct KindFile {
        /// Its share among the kinds: 3 is three times as many users as 1. Left out: 1.
        optional weight: Weight,
        /// How long its users wait. Left out: as the scenario's `think_time` says.
        optional think_time: ThinkTimeFile,
        /// Where its users wait. Left out: as the scenario's `think_after` says.
        optional think_after: Word<ThinkAfter>,
        /// Steps that a user does once when it starts.
        optional on_start: ListOf<StepFile, 0>,
        /// Steps that a user does again and again.
        required flow: ListOf<StepFile>,
        /// Steps that a user does once when it stops.
        optional on_stop: ListOf<StepFile, 0>,
    }
}

fields! {
    /// Steps that are also counted together, from the first request to the last.
    pub(crate) struct GroupFile {
        /// What they are counted under.
        required name: Text,
        /// The steps.
        required flow: ListOf<StepFile>,
    }
}

fields! {
    /// One of the branches that are drawn from.
    pub(crate) struct BranchFile {
        /// Its share among the branches. Left out: 1.
        optional weight: Weight,
        /// The steps; none: do nothing.
        required flow: ListOf<StepFile, 0>,
    }
}

fields! {
    /// Steps that are done several times.
    pub(crate) struct RepeatFile {
        /// How many times: 1 to 1000000.
        required times: Count<1, 1_000_000>,
        /// The steps.
        required flow: ListOf<StepFile>,
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StepFile {
    Request { method: &'static str, url: At<String>, file: Box<RequestFile> },
    Group(Box<GroupFile>),
    Choose(ListOf<BranchFile>),
    Repeat(Box<RepeatFile>),
    Think(ThinkTimeFile),
}

/// The steps that are no requests.
const WORDS: [&str; 4] = ["group", "choose", "repeat", "think"];
const STEPS: &str = "requests such as `GET /` or `POST /login: {…}`, `group`, `choose`, `repeat`, `think`";

impl Decode for StepFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        match &node.value {
            Value::Scalar(_) => {
                let text = super::scalars::scalar_text(node, ctx, STEPS)?;
                let place = ctx.place(node);
                let (method, url) = request_line(text, false).map_err(|wrong| ctx.wrong(node, wrong)).ok()?;
                Some(Self::Request { method, url: At { value: url.to_owned(), place }, file: Box::default() })
            }
            Value::Map(_) => {
                let entries = ctx.entries(node, STEPS)?;
                match entries.as_slice() {
                    [entry] => ctx.inside(path_part(&entry.key), |ctx| step(entry, ctx)),
                    [] => {
                        ctx.wrong(node, Wrong::new("an empty map is given").allowed(STEPS));
                        None
                    }
                    [first, second, ..] => {
                        let place = Place { field: ctx.place(node).field, span: second.key_span };
                        let problem = format!("a step has one key, and this has `{}` too", shown(&second.key));
                        let help = if RequestFile::FIELDS.contains(&second.key.as_str()) {
                            format!(
                                "indent `{}` further, to make it part of `{}`",
                                shown(&second.key),
                                shown(&first.key)
                            )
                        } else {
                            format!("start `{}` with a `- ` of its own", shown(&second.key))
                        };
                        ctx.wrong_at(&place, None, Wrong::new(problem).help(help));
                        None
                    }
                }
            }
            Value::List(_) => {
                ctx.wrong(node, super::context::wrong_sort(node, STEPS));
                None
            }
        }
    }
}

fn step(entry: &Entry, ctx: &mut Context) -> Option<StepFile> {
    let node = &entry.node;
    match entry.key.as_str() {
        "group" => Decode::decode(node, ctx).map(|group| StepFile::Group(Box::new(group))),
        "choose" => Decode::decode(node, ctx).map(StepFile::Choose),
        "repeat" => Decode::decode(node, ctx).map(|repeat| StepFile::Repeat(Box::new(repeat))),
        "think" => Decode::decode(node, ctx).map(StepFile::Think),
        line => {
            let place = Place { span: entry.key_span, ..ctx.place(node) };
            let read = request_line(line, true).map_err(|wrong| ctx.wrong_at(&place, Some(shown(line)), wrong));
            if read.is_err() && !line.contains(char::is_whitespace) {
                // What is no request has fields of its own, which are not known.
                return None;
            }
            let nothing = matches!(&node.value, Value::Scalar(scalar) if scalar.text.is_empty() && !scalar.is_text);
            // `- GET /:` with nothing under it is a request with nothing to add.
            let file = if nothing { RequestFile::default() } else { RequestFile::decode(node, ctx)? };
            // Even with a wrong method its captures are known.
            let (method, url) = read.unwrap_or((METHODS[0], "/"));
            Some(StepFile::Request { method, url: At { value: url.to_owned(), place }, file: Box::new(file) })
        }
    }
}

/// The method and the URL of `POST /login`.
fn request_line(text: &str, has_map: bool) -> Result<(&'static str, &str), Wrong> {
    let (word, url) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    if let Some(method) = METHODS.iter().find(|method| **method == word) {
        let url = url.trim();
        let wrong = Wrong::new(format!("`{word}` has no URL")).allowed("a method and a URL such as `GET /items`");
        return if url.is_empty() { Err(wrong) } else { Ok((method, url)) };
    }
    let what = if url.is_empty() && has_map { "step" } else { "method" };
    let wrong = Wrong::new(format!("`{}` is no {what}", shown(word)));
    if url.is_empty() && has_map {
        let wrong = wrong.allowed(STEPS);
        return Err(match nearest(word, WORDS) {
            Some(near) => wrong.help(format!("did you mean `{near}`?")),
            None => wrong,
        });
    }
    let wrong = wrong.allowed(METHODS.join(", "));
    Err(match nearest(word, METHODS) {
        _ if word.starts_with('/') || word.starts_with("http") => {
            wrong.help(format!("did you mean `GET {}`?", shown(word)))
        }
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None => wrong,
    })
}

impl JsonSchema for StepFile {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let request = generator.subschema_for::<RequestFile>();
        let group = generator.subschema_for::<GroupFile>();
        let choose = generator.subschema_for::<ListOf<BranchFile>>();
        let repeat = generator.subschema_for::<RepeatFile>();
        let think = generator.subschema_for::<ThinkTimeFile>();
        let line = format!(r"^\s*({})\s+\S[\s\S]*$", METHODS.join("|"));
        let mut choose = choose;
        choose.insert("description".to_owned(), "Do one of these, drawn by weight.".into());
        json_schema!({
            "description": "A step: a request (`GET /`, or `POST /login: {…}`), a `group`, a `choose`, a `repeat` or a `think`.",
            "anyOf": [
                { "type": "string", "pattern": line, "examples": ["GET /"] },
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": { "group": group, "choose": choose, "repeat": repeat, "think": think },
                    "patternProperties": { line.as_str(): { "anyOf": [request, { "type": "null" }] } },
                    "additionalProperties": false,
                    "examples": [{ "POST /login": { "json": { "user": "${user.name}" }, "check": { "status": 200 } } }],
                },
            ],
        })
    }
}
