//! From a scenario's tree of steps to a flat list of operations.

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmgate_domain::{
    Auth, Body, ConnectionReuse, Cookies, EntryName, Part, Pick, Request, Scenario, Step, Template, ThinkAfter,
    ThinkTime, UserKind,
};
use swarmgate_service::ports::{Secrets, ShardSpec};
use url::Url;

use super::answer::{BadRule, CapturePlan, CheckPlan};
use super::request::{AuthPlan, BodyPlan, HeaderPlan, Hop, Message, RequestPlan, Target};
use super::text::{Escape, MissingSecret, Text, Values};
use super::url::{Base, split};
use crate::net::{OriginId, OriginKey};

/// What is sent as `User-Agent` unless the scenario says otherwise.
const USER_AGENT: &str = concat!("swarmgate/", env!("CARGO_PKG_VERSION"));

/// One operation of a flow. Numbers of operations are indices into [`Program::ops`].
#[derive(Clone, Debug)]
pub enum Op {
    /// Send the request of this index, and wait for its answer.
    Request(usize),
    /// From here on requests are counted in the group of this name too.
    GroupStart(usize),
    /// The innermost group ends.
    GroupEnd,
    /// Go on at one of these, drawn by weight: the sums of the weights so far, ascending.
    Choose(Vec<(f64, u32)>),
    /// Go on there.
    Jump(u32),
    /// Set this counter to zero.
    RepeatStart(usize),
    /// Count; go back unless the times are done.
    RepeatNext {
        /// Which counter.
        counter: usize,
        /// How often in all.
        times: u32,
        /// Where to go back to.
        back: u32,
    },
    /// Wait.
    Think(ThinkTime),
    /// What is done once at the start is done.
    StartEnd,
    /// An iteration begins.
    IterationStart,
    /// The flow is at its end.
    IterationEnd,
    /// What is done once at the end is done.
    StopEnd,
}

/// A kind of user.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Of its waits between iterations, and between requests if so asked.
    pub think_time: ThinkTime,
    /// Where it waits.
    pub think_after: ThinkAfter,
    /// Where what is done once at the start begins.
    pub start: u32,
    /// Where the flow begins.
    pub flow: u32,
    /// Where what is done once at the end begins; `None` when there is nothing to do.
    pub stop: Option<u32>,
    /// The sum of the weights up to this kind, from 0 to 1.
    weight_sum: f64,
}

/// A scenario, compiled for one shard.
#[derive(Clone, Debug)]
pub struct Program {
    /// All kinds' operations.
    pub ops: Vec<Op>,
    /// All requests.
    pub requests: Vec<RequestPlan>,
    /// The kinds of users.
    pub kinds: Vec<Kind>,
    /// What requests and groups are counted under.
    pub entries: Vec<EntryName>,
    /// What relative URLs are joined to.
    pub base: Base,
    /// Where requests go, as far as it is known beforehand; [`OriginId`] counts them.
    pub origins: Vec<OriginKey>,
    /// How users come by the rows of each data source, and how many rows it has.
    pub picks: Vec<(Pick, u32)>,
    /// How many captured values a user has room for.
    pub slots: usize,
    /// How many counters the repeats need.
    pub counters: usize,
    /// What becomes of a connection after its answer.
    pub reuse: ConnectionReuse,
    /// What the random numbers follow from.
    pub seed: u64,
}

/// Why a scenario can't be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// What was attempted.
    pub attempted: String,
    /// Why it did not work.
    pub reason: String,
    /// What the user can do.
    pub hint: String,
}

impl Program {
    /// Compiles the scenario of `spec`.
    pub fn compile(spec: &ShardSpec) -> Result<Self, Bad> {
        let scenario = &*spec.scenario;
        let base = Base::parse(&spec.target).map_err(|reason| Bad {
            attempted: format!("reading the target `{}`", spec.target),
            reason,
            hint: "give a URL such as http://localhost:8080".to_owned(),
        })?;
        let picks = scenario.data.iter().enumerate().map(|(index, source)| {
            let rows = spec.data.get(index).map_or(0, Vec::len);
            match u32::try_from(rows) {
                Ok(rows) if rows > 0 => Ok((source.pick, rows)),
                _ => Err(Bad {
                    attempted: format!("taking rows from the data source `{}`", source.name),
                    reason: format!("it has {rows} rows, allowed are 1 to {}", u32::MAX),
                    hint: "check the data file".to_owned(),
                }),
            }
        });
        let picks = picks.collect::<Result<_, _>>()?;
        let program = Self {
            ops: Vec::new(),
            requests: Vec::new(),
            kinds: Vec::new(),
            entries: scenario.names.clone(),
            base,
            origins: Vec::new(),
            picks,
            slots: usize::from(scenario.slots),
            counters: 0,
            reuse: scenario.http.connections,
            seed: spec.seed,
        };
        Compiler { program, scenario, secrets: &spec.secrets, origin_ids: BTreeMap::new() }.compile()
    }

    /// The kind of user `number` of a load that runs all kinds: over any run of numbers each kind has its share,
    /// and no shard need know what the others do.
    #[expect(clippy::cast_precision_loss, reason = "53 bits of a fraction are kept")]
    pub fn kind_of(&self, number: u64) -> usize {
        // Multiples of the golden ratio, modulo 1, in 64 bit fixed point: evenly spread for each prefix of the numbers.
        let place = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11;
        let place = place as f64 / (1_u64 << 53) as f64;
        self.kinds.iter().position(|kind| place < kind.weight_sum).unwrap_or(self.kinds.len() - 1)
    }
}

struct Compiler<'a> {
    program: Program,
    scenario: &'a Scenario,
    secrets: &'a Secrets,
    origin_ids: BTreeMap<OriginKey, OriginId>,
}

impl Compiler<'_> {
    fn compile(mut self) -> Result<Program, Bad> {
        let weights: f64 = self.scenario.kinds.iter().map(|kind| kind.weight).sum();
        let mut weight_sum = 0.0;
        for kind in &self.scenario.kinds {
            weight_sum += kind.weight / weights;
            let kind = self.kind(kind, weight_sum)?;
            self.program.kinds.push(kind);
        }
        Ok(self.program)
    }

    fn kind(&mut self, kind: &UserKind, weight_sum: f64) -> Result<Kind, Bad> {
        let start = self.here();
        self.steps(&kind.on_start, 0)?;
        self.program.ops.push(Op::StartEnd);
        let flow = self.here();
        self.program.ops.push(Op::IterationStart);
        self.steps(&kind.flow, 0)?;
        self.program.ops.push(Op::IterationEnd);
        let stop = self.here();
        self.steps(&kind.on_stop, 0)?;
        self.program.ops.push(Op::StopEnd);
        let stop = (!kind.on_stop.is_empty()).then_some(stop);
        Ok(Kind { think_time: kind.think_time, think_after: kind.think_after, start, flow, stop, weight_sum })
    }

    fn here(&self) -> u32 {
        u32::try_from(self.program.ops.len()).expect("a scenario has fewer than 4 billion steps")
    }

    fn steps(&mut self, steps: &[Step], depth: usize) -> Result<(), Bad> {
        for step in steps {
            match step {
                Step::Request(request) => {
                    let plan = self.request(request)?;
                    self.program.ops.push(Op::Request(self.program.requests.len()));
                    self.program.requests.push(plan);
                }
                Step::Group { name, steps } => {
                    self.program.ops.push(Op::GroupStart(usize::from(name.0)));
                    self.steps(steps, depth)?;
                    self.program.ops.push(Op::GroupEnd);
                }
                Step::Repeat { times, steps } => {
                    self.program.counters = self.program.counters.max(depth + 1);
                    self.program.ops.push(Op::RepeatStart(depth));
                    let back = self.here();
                    self.steps(steps, depth + 1)?;
                    self.program.ops.push(Op::RepeatNext { counter: depth, times: *times, back });
                }
                Step::Think(time) => self.program.ops.push(Op::Think(*time)),
                Step::Choose(branches) => {
                    let choose = self.program.ops.len();
                    self.program.ops.push(Op::Choose(Vec::new()));
                    let (mut sum, mut starts, mut ends) = (0.0, Vec::new(), Vec::new());
                    for branch in branches {
                        sum += branch.weight;
                        starts.push((sum, self.here()));
                        self.steps(&branch.steps, depth)?;
                        ends.push(self.program.ops.len());
                        self.program.ops.push(Op::Jump(0));
                    }
                    let after = self.here();
                    ends.into_iter().for_each(|end| self.program.ops[end] = Op::Jump(after));
                    self.program.ops[choose] = Op::Choose(starts);
                }
            }
        }
        Ok(())
    }

    fn origin(&mut self, key: OriginKey) -> OriginId {
        let next = OriginId(u32::try_from(self.origin_ids.len()).expect("a scenario has few origins"));
        let id = *self.origin_ids.entry(key.clone()).or_insert(next);
        if id == next {
            self.program.origins.push(key);
        }
        id
    }

    fn request(&mut self, request: &Request) -> Result<RequestPlan, Bad> {
        let name = &self.scenario.names[usize::from(request.name.0)];
        let attempted = || format!("preparing the request `{} {}`", request.method, name.name);
        let missing = |MissingSecret(secret)| missing_secret(attempted(), &secret);
        let text = |template: &Template, escape| Text::compile(template, escape, self.secrets).map_err(missing);
        let pairs = |pairs: &[(Template, Template)], escape| {
            pairs.iter().map(|(a, b)| Ok((text(a, escape)?, text(b, escape)?))).collect::<Result<Vec<_>, Bad>>()
        };
        let bad_rule = |error| match error {
            BadRule::Secret(MissingSecret(secret)) => missing_secret(attempted(), &secret),
            BadRule::Syntax(reason) => {
                Bad { attempted: attempted(), reason, hint: "correct the check or the capture".to_owned() }
            }
        };
        let checks: Vec<_> = request
            .checks
            .iter()
            .map(|c| CheckPlan::compile(c, self.secrets))
            .collect::<Result<_, _>>()
            .map_err(bad_rule)?;
        let slot_name = |slot: u16| self.scenario.slot_names.get(usize::from(slot)).map_or("value", String::as_str);
        let captures: Vec<_> = request
            .captures
            .iter()
            .map(|capture| CapturePlan::compile(capture, slot_name(capture.slot.0)))
            .collect::<Result<_, _>>()
            .map_err(bad_rule)?;

        let merged = merged_headers(&self.scenario.http.headers, &request.headers);
        let header = |wanted: &str| merged.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, v)| v);
        let has_type = header("content-type").is_some();
        let media_type = |default| if has_type { None } else { default };
        let body = match &request.body {
            Body::Empty => BodyPlan::Empty,
            Body::Raw(raw) => BodyPlan::Text(text(raw, Escape::Raw)?, None),
            Body::Json(json) => BodyPlan::Text(text(json, Escape::Json)?, media_type(Some("application/json"))),
            Body::Form(form) => {
                BodyPlan::Form(pairs(form, Escape::Form)?, media_type(Some("application/x-www-form-urlencoded")))
            }
        };
        let auth = match (&request.auth, header("authorization"), &self.scenario.http.auth) {
            (Some(auth), _, _) | (None, None, auth) => match auth {
                Auth::None => AuthPlan::None,
                Auth::Basic { user, password } => {
                    AuthPlan::Basic(text(user, Escape::Raw)?, text(password, Escape::Raw)?)
                }
                Auth::Bearer(token) => AuthPlan::Bearer(text(token, Escape::Header)?),
            },
            (None, Some(value), _) => AuthPlan::Header(text(value, Escape::Header)?),
        };
        let host = header("host").map(|host| text(host, Escape::Header)).transpose()?;
        // What frames the message is the engine's own business: a wrong length would break the connection.
        const OWN: [&str; 4] = ["host", "authorization", "content-length", "transfer-encoding"];
        let mut headers = Vec::new();
        for (default, value) in [("User-Agent", USER_AGENT), ("Accept", "*/*")] {
            if header(default).is_none() {
                headers.push(HeaderPlan { name: default.to_owned(), value: Text::fixed(value) });
            }
        }
        for (name, value) in &merged {
            if !OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                headers.push(HeaderPlan { name: name.clone(), value: text(value, Escape::Header)? });
            }
        }
        if self.scenario.http.connections == ConnectionReuse::PerRequest && header("connection").is_none() {
            headers.push(HeaderPlan { name: "Connection".to_owned(), value: Text::fixed("close") });
        }

        let cookies = self.scenario.http.cookies == Cookies::Session && header("cookie").is_none();
        let query = pairs(&request.query, Escape::Query)?;
        let target = self.target(&request.url, &attempted)?;
        let mut plan = RequestPlan {
            entry: usize::from(request.name.0),
            method: request.method.clone(),
            target,
            query,
            headers,
            host,
            auth,
            body,
            fixed: None,
            cookies,
            checks_status: checks.iter().any(CheckPlan::is_on_status),
            reads_body: checks.iter().any(CheckPlan::reads_body) || captures.iter().any(CapturePlan::reads_body),
            checks,
            captures,
            timeout: request.timeout,
            redirects: request.redirects,
        };
        self.render_fixed(&mut plan);
        Ok(plan)
    }

    fn target(&mut self, url: &Template, attempted: &dyn Fn() -> String) -> Result<Target, Bad> {
        let missing = |MissingSecret(secret)| missing_secret(attempted(), &secret);
        let url = without_fragment(url);
        let Some(Part::Text(first)) = url.0.first() else {
            return Ok(Target::Rendered(Text::compile(&url, Escape::Target, self.secrets).map_err(missing)?));
        };
        if first.starts_with('/') {
            let base = &self.program.base;
            let prefix = Part::Text(String::from_utf8_lossy(&base.prefix).into_owned());
            let key = base.origin.clone();
            let path = Template(std::iter::once(prefix).chain(url.0.iter().cloned()).collect());
            let path = Text::compile(&path, Escape::Target, self.secrets).map_err(missing)?;
            return Ok(Target::Fixed(self.origin(key), path));
        }
        // The host is known beforehand when the first text goes beyond it.
        let host_end = first.find("://").and_then(|at| first[at + 3..].find(['/', '?']).map(|end| at + 3 + end));
        let host_end = host_end.or((url.0.len() == 1).then_some(first.len()));
        let Some(host_end) = host_end else {
            return Ok(Target::Rendered(Text::compile(&url, Escape::Target, self.secrets).map_err(missing)?));
        };
        let bad = |reason: String| Bad {
            attempted: attempted(),
            reason: format!("url `{first}`: {reason}"),
            hint: "give a path that starts with `/`, or a URL that starts with http:// or https://".to_owned(),
        };
        let parsed = Url::parse(&first[..host_end]).map_err(|error| bad(error.to_string()))?;
        let origin = self.origin(split(&parsed).map_err(bad)?.origin);
        let slash = if first[host_end..].starts_with('/') { "" } else { "/" };
        let rest = Part::Text(format!("{slash}{}", &first[host_end..]));
        let path = Template(std::iter::once(rest).chain(url.0[1..].iter().cloned()).collect());
        Ok(Target::Fixed(origin, Text::compile(&path, Escape::Target, self.secrets).map_err(missing)?))
    }

    fn render_fixed(&self, plan: &mut RequestPlan) {
        let Target::Fixed(origin, path_text) = &plan.target else { return };
        if !plan.is_fixed() {
            return;
        }
        let mut rng = fastrand::Rng::with_seed(0);
        let mut values =
            Values { captures: &[], rows: &[], data: &[], user: 0, iteration: 0, unix_millis: 0, rng: &mut rng };
        let (mut path, mut message) = (Vec::new(), Message::default());
        plan.render_path(path_text, &mut values, &mut path);
        let host = self.program.origins[origin.index()].host_header();
        let hop = Hop { method: &plan.method, path: &path, host: &host, with_auth: true, with_body: true };
        plan.render(&hop, &mut values, &mut message);
        plan.fixed = Some(Arc::new(message));
    }
}

fn missing_secret(attempted: String, secret: &str) -> Bad {
    Bad {
        attempted,
        reason: format!("the secret `{secret}` is not known to this worker"),
        hint: format!("give the worker the secret `{secret}`"),
    }
}

/// The request's headers in place of those of the same name, then the rest.
fn merged_headers(all: &[(String, Template)], own: &[(String, Template)]) -> Vec<(String, Template)> {
    let replaced = |name: &str| own.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    all.iter().filter(|(name, _)| !replaced(name)).chain(own).cloned().collect()
}

/// A fragment is the client's own: it is not sent.
fn without_fragment(url: &Template) -> Template {
    let mut parts = Vec::new();
    for part in &url.0 {
        if let Part::Text(text) = part
            && let Some(end) = text.find('#')
        {
            parts.push(Part::Text(text[..end].to_owned()));
            break;
        }
        parts.push(part.clone());
    }
    Template(parts)
}
