//! `think_time` as typed.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::context::Context;
use super::decode::{Decode, fields};
use super::scalars::{POSITIVE, Rate, Time, parsed, words};
use crate::scenario::model::{ThinkAfter, ThinkTime};
use crate::scenario::yaml::{Node, Value};
use crate::text::Wrong;
use crate::time::Micros;

/// The longest that a user waits: a day.
const MAX_THINK: u64 = 86_400_000_000;

type Think = Time<0, MAX_THINK>;

fields! {
    /// How far apart the starts of a user's iterations (or requests) are.
    pub(crate) struct SpacingFile {
        /// Starts are this far apart: `10s`. What takes longer goes on at once.
        optional pacing: Time<1, MAX_THINK>,
        /// Starts per second of each user: `0.5/s` is the same as a pacing of 2 s.
        optional throughput: Rate<POSITIVE>,
    }
    rules { "minProperties": 1, "maxProperties": 1 }
}

/// How long a user waits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ThinkTimeFile(pub ThinkTime);

impl Decode for ThinkTimeFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        if let Value::Map(_) = node.value {
            return spacing(node, ctx).map(Self);
        }
        let wanted = "`none`, a time such as `2s`, a range such as `1s..5s`, {pacing: 10s}, {throughput: 0.5/s}";
        parsed(node, ctx, wanted, parse_think_time).map(Self)
    }
}

fn spacing(node: &Node, ctx: &mut Context) -> Option<ThinkTime> {
    let file = SpacingFile::decode(node, ctx)?;
    match (&file.pacing, &file.throughput) {
        (pacing, throughput) if !pacing.is_absent() && !throughput.is_absent() => {
            ctx.wrong(node, Wrong::new("`pacing` and `throughput` say the same").help("remove one of them"));
            None
        }
        (pacing, throughput) if pacing.is_absent() && throughput.is_absent() => {
            ctx.wrong(node, Wrong::new("a spacing is missing").allowed("{pacing: 10s}, {throughput: 0.5/s}"));
            None
        }
        (pacing, throughput) => {
            let of_rate = throughput.value().map(|rate| Micros::from_secs_f64(1.0 / rate.0));
            pacing.value().map(|time| time.0).or(of_rate).map(ThinkTime::Pacing)
        }
    }
}

/// Reads `none`, a time, or a range of times.
pub(crate) fn parse_think_time(text: &str) -> Result<ThinkTime, Wrong> {
    if text.trim() == "none" {
        return Ok(ThinkTime::None);
    }
    let Some((low, high)) = text.split_once("..") else {
        return Think::parse(text).map(|time| ThinkTime::Constant(time.0));
    };
    let (low, high) = (Think::parse(low)?.0, Think::parse(high)?.0);
    if low > high {
        let wrong = Wrong::new(format!("`{text}` runs backwards")).allowed("ranges from the shortest to the longest");
        return Err(wrong.help(format!("write `{high}..{low}`")));
    }
    Ok(ThinkTime::Uniform { low, high })
}

impl JsonSchema for ThinkTimeFile {
    fn schema_name() -> Cow<'static, str> {
        "ThinkTime".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = r"\s*([0-9]+(\.[0-9]+)?\s*(us|µs|ms|s|min|m|h|d)\s*)+";
        let spacing = generator.subschema_for::<SpacingFile>();
        json_schema!({
            "description": "How long a user waits: `none`, always `2s`, evenly spread `1s..5s`, or starts that far apart `{pacing: 10s}`, `{throughput: 0.5/s}`.",
            "anyOf": [{ "type": "string", "pattern": format!(r"^(\s*none\s*|{one}(\.\.{one})?)$") }, spacing],
            "examples": ["1s..5s", "2s", "none", { "pacing": "10s" }, { "throughput": "0.5/s" }],
        })
    }
}

words!(ThinkAfter, "ThinkAfter", "request" => ThinkAfter::Request, "iteration" => ThinkAfter::Iteration);
