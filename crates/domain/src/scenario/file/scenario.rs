//! A whole file as typed.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};

use super::context::Context;
use super::decode::{Decode, ListOf, MapOf, fields};
use super::flow::{KindFile, StepFile};
use super::http::{AuthFile, ProxyFile, Redirects, Timeout, TlsFile};
use super::load::LoadsFile;
use super::scalars::{Flag, Text, Time, Word, parsed, words};
use super::think::ThinkTimeFile;
use crate::scenario::model::{ConnectionReuse, Cookies, HttpVersion, Pick, ThinkAfter};
use crate::scenario::yaml::{Node, Value};
use crate::text::{Wrong, shown};
use crate::threshold::Threshold;

fields! {
    /// What users do to a service, how many of them there are, and what is asked of the answers.
    ///
    /// Wherever text goes, `${name}` puts a value in: a variable, a capture, `${user.name}` (a column of `data`), `${env:NAME}` or
    /// `${env:NAME:-default}`, `${secret:name}`, `${user_id}`, `${iteration}`, `${random:1..100}`, `${uuid}`, `${timestamp_ms}`.
    /// `$${` is a `${` as it stands.
    pub(crate) struct ScenarioFile {
        /// What the report is headed with. Left out: the name of the file.
        optional name: Text,
        /// A sentence for the report.
        optional description: Text,
        /// Free labels, kept with the results: `{team: shop}`.
        optional labels: MapOf<Text>,
        /// Where the service is, such as `http://localhost:8080`: the base of all URLs that start with `/`.
        optional target: Text,
        /// How many users or arrivals over time: one load, or several with names (`{browse: {users: 80, duration: 5m}, …}`).
        required load: LoadsFile,
        /// How long users wait between requests: `1s..5s`, `2s`, `none`, `{pacing: 10s}`, `{throughput: 0.5/s}`. Left out: `none`.
        optional think_time: ThinkTimeFile,
        /// Where users wait: after each `request` (and so between any two requests of a user), or only after each `iteration` of the flow.
        /// Left out: `request`. With arrivals, users wait only between the requests of an iteration.
        optional think_after: Word<ThinkAfter>,
        /// Sent with every request.
        optional headers: MapOf<Text>,
        /// Whether each user keeps the cookies it is sent (`session`) or not (`ignore`). Left out: `session`.
        optional cookies: Word<Cookies>,
        /// How many redirects are followed at most: 0 to 50. Left out: 10.
        optional redirects: Redirects,
        /// How long an answer may take, from sent to last byte. Left out: 30s.
        optional timeout: Timeout,
        /// How long connecting may take, TLS with it. Left out: 10s.
        optional connect_timeout: Timeout,
        /// Who every request says it is.
        optional auth: AuthFile,
        /// What becomes of a connection: kept (`keep_alive`), or new for each iteration or each request. Left out: `keep_alive`.
        optional connections: Word<ConnectionReuse>,
        /// How `https` is spoken.
        optional tls: TlsFile,
        /// Which HTTP is spoken: `1.1`, or `2` (over TLS by ALPN, else with prior knowledge). Left out: `1.1`.
        optional http: Word<HttpVersion>,
        /// An HTTP proxy that all requests go through. Left out: none, whatever the environment says.
        optional proxy: ProxyFile,
        /// Names for texts, put in with `${name}`. On the command line `--set name=text` gives another text.
        optional variables: MapOf<Text>,
        /// Files with rows that users take values from, put in with `${name.column}`.
        optional data: MapOf<DataFile>,
        /// Steps that each user does once when it starts.
        optional on_start: ListOf<StepFile, 0>,
        /// Steps that each user does again and again. Either this or `kinds`.
        optional flow: ListOf<StepFile>,
        /// Steps that each user does once when it stops.
        optional on_stop: ListOf<StepFile, 0>,
        /// Several kinds of users by name, each with a flow of its own.
        optional kinds: MapOf<KindFile, 1>,
        /// What the results are held against, such as `p95 < 300ms`, `error_rate < 1%`, `p99{name=/login} < 1s`, `rps > 50`.
        /// Left out: `error_rate < 1%`.
        optional thresholds: ListOf<ThresholdFile>,
        /// The slice of time that results are gathered in. Left out: 5s, or less for a short test.
        optional interval: Time<1_000_000, 60_000_000>,
        /// How long requests in flight may take to finish when the test ends. Left out: 30s.
        optional grace: Time<0, 600_000_000>,
    }
    rules {
        "oneOf": [
            { "required": ["flow"] },
            { "required": ["kinds"], "properties": { "on_start": false, "on_stop": false } },
        ],
    }
}

fields! {
    /// A file with rows: CSV with a line of column names first, or a JSON array of objects (`.json`).
    pub(crate) struct DataFile {
        /// The path of the file, from where the scenario is.
        required file: Text,
        /// How a user comes by its row: `unique` (its own, on whatever worker, kept), `sequential` (the next one at each iteration),
        /// `random` (any, at each iteration). Left out: `sequential`.
        optional pick: Word<Pick>,
        /// What is between the values of a line: one character, or `tab`. Left out: `,`.
        optional delimiter: Delimiter,
    }
}

words!(Pick, "Pick", "unique" => Pick::Unique, "sequential" => Pick::Sequential, "random" => Pick::Random);

/// One ASCII character.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delimiter(pub u8);

impl Decode for Delimiter {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        let allowed = "one character such as `;`, `tab`";
        parsed(node, ctx, allowed, |text| match text.as_bytes() {
            b"tab" => Ok(Self(b'\t')),
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(Self(*byte)),
            _ => Err(Wrong::new(format!("`{}` is no delimiter", shown(text))).allowed(allowed)),
        })
    }
}
super::scalars::scalar_schema!([] Delimiter, "Delimiter",
    json_schema!({ "anyOf": [{ "type": "string", "pattern": "^(.|tab)$" }, { "type": "integer", "minimum": 0, "maximum": 9 }] }));

fields! {
    /// A limit that can end the test.
    pub(crate) struct LimitFile {
        /// The limit, such as `error_rate < 1%`.
        required limit: ThresholdText,
        /// `true`: the test ends when the limit is broken. Left out: it runs on.
        optional abort: Flag,
        /// From which test time on it may end the test. Left out: at once.
        optional after: Time<0, { super::load::MAX_TEST }>,
    }
    rules { "dependentRequired": { "after": ["abort"] } }
}

/// A limit as written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ThresholdText(pub Threshold);

impl Decode for ThresholdText {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        parsed(node, ctx, "limits such as `p95 < 300ms`", Threshold::parse).map(Self)
    }
}
super::scalars::scalar_schema!([] ThresholdText, "ThresholdText", json_schema!({
    "type": "string",
    "pattern": r"^[^<>=]*(\{.*\})?\s*(<=?|>=?|==)\s*[0-9].*$",
    "examples": ["p95 < 300ms", "error_rate < 1%", "p99{name=/login} < 1s", "rps > 50", "service.p99.9 < 2s"],
}));

/// A limit, alone or with what happens when it is broken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ThresholdFile {
    Text(Threshold),
    Limit(Box<LimitFile>),
}

impl Decode for ThresholdFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        match node.value {
            Value::Map(_) => LimitFile::decode(node, ctx).map(|limit| Self::Limit(Box::new(limit))),
            Value::Scalar(_) | Value::List(_) => ThresholdText::decode(node, ctx).map(|text| Self::Text(text.0)),
        }
    }
}

impl JsonSchema for ThresholdFile {
    fn schema_name() -> Cow<'static, str> {
        "Threshold".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<ThresholdText>();
        let limit = generator.subschema_for::<LimitFile>();
        json_schema!({
            "description": "A limit on `p50` to `p100`, `median`, `mean`, `min`, `max` (response time; `service.`, `first_byte.`, `connect.`, `tls.` before it for others), `error_rate`, `errors`, `requests`, `rps`; in braces which requests: `{name=/login}`, `{method=GET}`, `{group=checkout}`.",
            "anyOf": [text, limit],
        })
    }
}

/// The JSON Schema of scenario files, generated from the types that read them.
pub fn scenario_schema() -> serde_json::Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = ScenarioFile::json_schema(&mut generator);
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".to_owned(), "Swarmgate scenario".into());
    schema.insert("$defs".to_owned(), generator.take_definitions(true).into());
    schema.to_value()
}
