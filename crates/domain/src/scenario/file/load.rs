//! `load` as typed: users or arrivals over time.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::context::Context;
use super::decode::{Decode, ListOf, MapOf, fields};
use super::scalars::{Count, POSITIVE, Rate, Text, Time, ZERO_TOO};
use crate::scenario::yaml::{Node, Value};

/// The most users of one load.
pub(crate) const MAX_USERS: u64 = 10_000_000;
/// The longest test, and the longest part of one, in microseconds: 30 days.
pub(crate) const MAX_TEST: u64 = 30 * 86_400_000_000;

/// How long a load or a part of it takes.
pub(crate) type Length = Time<100_000, MAX_TEST>;

fields! {
    /// Users or arrivals over time. Give `users` with `duration` (the closed model: each user waits for its answers),
    /// or `arrival_rate` with `duration` (the open model: so many iterations start, whatever the answers), or `stages` of one of them.
    pub(crate) struct LoadFile {
        /// How many users there are: 1 to 10000000.
        optional users: Count<1, MAX_USERS>,
        /// How many users start per second until all are there, such as `10/s`. Left out: all within the first second.
        optional spawn_rate: Rate<POSITIVE>,
        /// How many iterations of the flow start per second, whatever the answers, such as `500/s`.
        optional arrival_rate: Rate<POSITIVE>,
        /// How many iterations may run at once; a start beyond it is dropped and counted. With arrivals only.
        /// Left out: as many as start in 30 s at the highest rate, 100 at least.
        optional max_users: Count<1, MAX_USERS>,
        /// How long the load lasts, from its start: `5m`.
        optional duration: Length,
        /// Load that changes over time, instead of `duration`: each stage leads from the one before it.
        optional stages: ListOf<StageFile>,
        /// Which of `kinds` runs. Left out: all of them, by weight.
        optional kind: Text,
        /// When the load starts, from the start of the test. Left out: at once.
        optional start: Time<0, MAX_TEST>,
    }
    rules {
        "oneOf": [
            {
                "required": ["users", "duration"],
                "properties": { "arrival_rate": false, "stages": false, "max_users": false },
            },
            {
                "required": ["arrival_rate", "duration"],
                "properties": { "users": false, "stages": false, "spawn_rate": false },
            },
            {
                "required": ["stages"],
                "properties": { "users": false, "arrival_rate": false, "duration": false, "spawn_rate": false },
            },
        ],
    }
}

fields! {
    /// A part of the load: `{users: 100, over: 30s}` leads to 100 users in a straight line, `{users: 100, for: 5m}` has 100 at once
    /// and holds them; with both, the line comes first.
    pub(crate) struct StageFile {
        /// How many users there are at the end of the stage.
        optional users: Count<0, MAX_USERS>,
        /// How many iterations start per second at the end of the stage.
        optional arrival_rate: Rate<ZERO_TOO>,
        /// How long the straight line from the stage before takes.
        optional over: Length,
        /// How long it is held.
        optional hold as "for": Length,
    }
    rules {
        "anyOf": [{ "required": ["over"] }, { "required": ["for"] }],
        "oneOf": [{ "required": ["users"] }, { "required": ["arrival_rate"] }],
    }
}

/// One load, or several with names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LoadsFile {
    One(Box<LoadFile>),
    Named(MapOf<LoadFile, 1>),
}

impl Decode for LoadsFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        // No field of a load takes a map, so a map of maps is several loads.
        let named = match &node.value {
            Value::Map(entries) => {
                !entries.is_empty() && entries.iter().all(|entry| matches!(entry.node.value, Value::Map(_)))
            }
            Value::Scalar(_) | Value::List(_) => false,
        };
        if named {
            MapOf::decode(node, ctx).map(Self::Named)
        } else {
            LoadFile::decode(node, ctx).map(|load| Self::One(Box::new(load)))
        }
    }
}

impl JsonSchema for LoadsFile {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Loads".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<LoadFile>();
        json_schema!({
            "anyOf": [one, { "type": "object", "minProperties": 1, "additionalProperties": one }],
            "examples": [
                { "users": 100, "spawn_rate": "1/s", "duration": "5m" },
                { "arrival_rate": "500/s", "duration": "5m", "max_users": 5000 },
                { "stages": [{ "users": 100, "over": "30s" }, { "users": 100, "for": "5m" }, { "users": 0, "over": "10s" }] },
            ],
        })
    }
}
