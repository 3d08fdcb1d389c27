//! A valid scenario: what users do, how many there are, and what is asked of the answers.
//!
//! Everything here was checked when it was made; nothing in it refers to what is not there.
//! Indices ([`NameId`], [`SlotId`], `source`, `column`) point into the scenario's own lists.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::script::{Script, ScriptEngine};
use super::template::Template;
use crate::curve::{RateCurve, UserCurve};
use crate::threshold::Threshold;
use crate::time::Micros;

/// What users do, and how many of them, ready to be planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// What the report is headed with.
    pub name: String,
    /// A sentence for the report.
    pub description: Option<String>,
    /// Free labels, kept with the results.
    pub labels: BTreeMap<String, String>,
    /// The base that relative URLs are joined to, such as `http://localhost:8080`. No path ends it unless it was given with one.
    pub target: Option<String>,
    /// At least one; each runs its own users or arrivals.
    pub loads: Vec<Load>,
    /// At least one.
    pub kinds: Vec<UserKind>,
    /// Where users are written in Python: there is one kind then, which has no steps, and neither data, slots nor names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
    /// What each request is, unless it says otherwise.
    pub http: HttpSettings,
    /// Data files, in the order that [`super::template::Part::Column`] counts them.
    pub data: Vec<DataSource>,
    /// How many capture slots a user has.
    pub slots: u16,
    /// The names of the capture slots, for messages.
    pub slot_names: Vec<String>,
    /// Each distinct name that requests and groups are counted under.
    pub names: Vec<EntryName>,
    /// What the results are held against; never empty: `error_rate < 1%` when the scenario names none.
    pub thresholds: Vec<Threshold>,
    /// The slice of time that results are gathered in; `None`: the planner's choice.
    pub interval: Option<Micros>,
    /// How long requests in flight may take to finish when the test ends, before they are cut off.
    pub grace: Micros,
}

impl Scenario {
    /// What users speak, and who speaks it, for the report: `swarmgate http/2, through http://proxy:3128`.
    pub fn engine(&self) -> String {
        if self.script.as_ref().is_some_and(|script| script.engine == ScriptEngine::Locust) {
            return "locust".to_owned();
        }
        let script = if self.script.is_some() { "locustfile, run by " } else { "" };
        let through = self.http.proxy.as_ref().map(|proxy| format!(", through {}", proxy.url)).unwrap_or_default();
        format!("{script}swarmgate {}{through}", self.http.version.label())
    }
}

/// Points into [`Scenario::names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NameId(pub u16);

/// Points to a value that a user captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SlotId(pub u16);

/// What results are counted under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EntryName {
    /// Whether one request is counted, or a group of steps.
    pub kind: EntryKind,
    /// `GET`, `POST`, …; empty for a group.
    pub method: String,
    /// The request's `name`, or its path as written; a group's name.
    pub name: String,
}

impl EntryName {
    /// A request's.
    pub fn request(method: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: EntryKind::Request, method: method.into(), name: name.into() }
    }

    /// A group's.
    pub fn group(name: impl Into<String>) -> Self {
        Self { kind: EntryKind::Group, method: String::new(), name: name.into() }
    }
}

/// What an entry of the results counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// One HTTP request with its answer (each hop of a redirect is part of it).
    Request,
    /// A group of steps from its first request to its last, think time left out. Not part of the totals.
    Group,
}

/// Users or arrivals over time, for one kind of user or for all by weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// `main` when there is only one.
    pub name: String,
    /// Which of [`Scenario::kinds`] it runs; all of them, by weight, when `None`.
    pub kind: Option<u16>,
    /// How much, over time.
    pub model: LoadModel,
}

/// How load is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadModel {
    /// So many users at a time, each waiting for its answers.
    Closed(UserCurve),
    /// So many iterations of the flow started per second, whatever the answers.
    Open {
        /// Starts per second over time.
        rate: RateCurve,
        /// How many iterations may run at once; a start beyond it is dropped and counted.
        max_users: u32,
    },
}

/// One kind of user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserKind {
    /// `user` when there is only one.
    pub name: String,
    /// Its share among the kinds of a load: larger than 0.
    pub weight: f64,
    /// What it waits for after each iteration.
    pub think_time: ThinkTime,
    /// Whether to wait by [`UserKind::think_time`] after each request too (not only after each iteration).
    pub think_after: ThinkAfter,
    /// Done once when the user starts.
    pub on_start: Vec<Step>,
    /// Done again and again.
    pub flow: Vec<Step>,
    /// Done once when the user stops (not when it is cut off).
    pub on_stop: Vec<Step>,
}

/// Where a user thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThinkAfter {
    /// Between two requests and between two iterations.
    Request,
    /// Only between two iterations of the flow.
    Iteration,
}

/// How long a user waits before it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThinkTime {
    /// Not at all.
    None,
    /// Always so long.
    Constant(Micros),
    /// Evenly spread from `low` to `high`.
    Uniform {
        /// The shortest wait.
        low: Micros,
        /// The longest wait.
        high: Micros,
    },
    /// Starts are this far apart (Locust's `constant_pacing` and, as `1 / throughput`, `constant_throughput`).
    /// What took longer goes on at once, and what is due then counts from when it was due.
    Pacing(Micros),
}

/// One step of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Send a request and wait for its answer.
    Request(Box<Request>),
    /// Steps that are also counted together.
    Group {
        /// An entry of kind [`EntryKind::Group`].
        name: NameId,
        /// Never empty.
        steps: Vec<Step>,
    },
    /// Do one branch, drawn by weight.
    Choose(Vec<Branch>),
    /// Do the steps `times` times.
    Repeat {
        /// 1 or more.
        times: u32,
        /// Never empty.
        steps: Vec<Step>,
    },
    /// Wait here.
    Think(ThinkTime),
}

/// One branch of [`Step::Choose`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Larger than 0.
    pub weight: f64,
    /// What is done; may be empty (do nothing).
    pub steps: Vec<Step>,
}

/// One request as it is to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What it is counted under; an entry of kind [`EntryKind::Request`].
    pub name: NameId,
    /// An HTTP token in upper case.
    pub method: String,
    /// A path that starts with `/` (joined to the target), or an absolute `http://` or `https://` URL.
    pub url: Template,
    /// Added to the URL's query, percent-encoded when sent.
    pub query: Vec<(Template, Template)>,
    /// Sent beside [`HttpSettings::headers`], in whose place the same names go.
    pub headers: Vec<(String, Template)>,
    /// What is sent as the body.
    pub body: Body,
    /// `None`: as [`HttpSettings::auth`] says.
    pub auth: Option<Auth>,
    /// What must hold for the answer; without a check on the status, a status of 400 or more is a failure.
    pub checks: Vec<Check>,
    /// What is kept from the answer.
    pub captures: Vec<Capture>,
    /// From sent to last byte.
    pub timeout: Micros,
    /// How many redirects are followed at most; 0: none, the 3xx is the answer.
    pub redirects: u8,
}

/// A request's body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// None is sent.
    Empty,
    /// As it is.
    Raw(Template),
    /// JSON text; values put in are escaped as JSON string content. Sent as `application/json` unless a header says otherwise.
    Json(Template),
    /// `application/x-www-form-urlencoded`, encoded when sent.
    Form(Vec<(Template, Template)>),
}

/// How a request says who it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Nothing, where the settings have something.
    None,
    /// `Authorization: Basic`.
    Basic {
        /// The user's name.
        user: Template,
        /// Its password.
        password: Template,
    },
    /// `Authorization: Bearer`.
    Bearer(Template),
}

/// What must hold for an answer. One that does not makes the request a failure of kind *check failed*.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The status is in one of these ranges, ends included.
    Status(Vec<(u16, u16)>),
    /// A header is there, and equals or contains what is asked.
    Header {
        /// In lower case.
        name: String,
        /// What of it.
        expect: Expect,
    },
    /// Of the body as text.
    Body(Expect),
    /// A JSON path (RFC 9535) selects a value, which is as asked.
    Json {
        /// As written, checked when the scenario was read.
        path: String,
        /// What of it.
        expect: Expect,
    },
    /// The service time is at most this.
    Time(Micros),
}

/// What is expected of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// It is there.
    Present,
    /// It is this, exactly (numbers and booleans of JSON are compared as their JSON text).
    Equals(Template),
    /// This is in it.
    Contains(Template),
    /// This regular expression matches somewhere in it; checked when the scenario was read.
    Matches(String),
}

/// A value that is kept from an answer, for later requests of the same user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// Where it is kept.
    pub slot: SlotId,
    /// Where it is found. One that is not found makes the request a failure of kind *check failed*.
    pub from: CaptureFrom,
}

/// Where a captured value is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureFrom {
    /// The first value that a JSON path selects.
    Json(String),
    /// The first group (or the whole match) of a regular expression in the body.
    Regex(String),
    /// A header, by its name in lower case.
    Header(String),
    /// A cookie that this answer sets.
    Cookie(String),
    /// The status, as digits.
    Status,
}

/// What every request is, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HttpSettings {
    /// Sent with every request.
    pub headers: Vec<(String, Template)>,
    /// Who every request says it is; `Auth::None` for nobody.
    pub auth: Auth,
    /// Whether a user keeps cookies.
    pub cookies: Cookies,
    /// What becomes of a connection after its answer.
    pub connections: ConnectionReuse,
    /// How long connecting (TCP, then TLS) may take.
    pub connect_timeout: Micros,
    /// Whether a server's certificate must be valid.
    pub tls: TlsTrust,
    /// Which HTTP is spoken.
    #[serde(default)]
    pub version: HttpVersion,
    /// What requests go through, where they do not go straight to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
}

/// Which HTTP is spoken. There is no going back to the other one: what was measured would be a mixture of both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpVersion {
    /// HTTP/1.1, a request at a time on a connection.
    #[default]
    Http1,
    /// HTTP/2: by ALPN where TLS is spoken, with prior knowledge where it is not.
    Http2,
}

impl HttpVersion {
    /// As reports name it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Http1 => "http/1.1",
            Self::Http2 => "http/2",
        }
    }
}

/// An HTTP proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proxy {
    /// `http://host:port`, without a path and without a password.
    pub url: String,
    /// What it is told about who asks.
    pub login: Option<ProxyLogin>,
}

/// A name and a password for a proxy. The same for all users: nothing in it varies, but secrets are put in by the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProxyLogin {
    /// The name.
    pub user: Template,
    /// The password.
    pub password: Template,
}

/// Whether a user keeps cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cookies {
    /// Each user has a session of its own.
    Session,
    /// What is set is forgotten.
    Ignore,
}

/// What becomes of a connection after its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionReuse {
    /// Kept for the user's next request.
    KeepAlive,
    /// A new one for each iteration of the flow.
    PerIteration,
    /// A new one for each request.
    PerRequest,
}

/// Whether a server's certificate must be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsTrust {
    /// By the system's roots.
    Verify,
    /// Any certificate will do.
    AcceptAny,
}

/// Rows that users take values from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSource {
    /// How templates name it: `${name.column}`.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<String>,
    /// How a user comes by its row.
    pub pick: Pick,
    /// The key of the rows under the test's `data/`, and how many there are. Rows travel apart from the plan.
    pub rows: u64,
}

/// How a user comes by its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// Each user has a row that no other user of the test has, on whatever worker; it keeps it.
    Unique,
    /// The next row at each iteration, from the first, over all workers by turns; after the last comes the first.
    Sequential,
    /// Any row, at each iteration.
    Random,
}
