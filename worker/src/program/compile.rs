//! From a scenario's tree of steps to a flat list of operations.

use std::collections::BTreeMap;

use swarmgate_domain::{
    ConnectionReuse, EntryName, HttpVersion, Pick, Scenario, Step, ThinkAfter, ThinkTime, UserKind,
};
use swarmgate_service::ports::{Secrets, ShardSpec};

use super::proxy::ProxyPlan;
use super::request::RequestPlan;
use super::url::Base;
use crate::net::{OriginId, OriginKey};

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
    /// Which HTTP is spoken.
    pub version: HttpVersion,
    /// What all requests go through, if through something.
    pub proxy: Option<ProxyPlan>,
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
            version: scenario.http.version,
            proxy: None,
            seed: spec.seed,
        };
        Compiler { program, scenario, secrets: &spec.secrets, origin_ids: BTreeMap::new() }.compile()
    }

    /// The proxy, where it is asked for requests to `key` itself; it is not where it only leads there (by `CONNECT`).
    pub fn asked_proxy(&self, key: &OriginKey) -> Option<&ProxyPlan> {
        self.proxy.as_ref().filter(|_| !key.https && self.version == HttpVersion::Http1)
    }

    /// The kind of user `number` of a load that runs all kinds: over any run of numbers each kind has its share,
    /// and no shard need know what the others do.
    pub fn kind_of(&self, number: u64) -> usize {
        let place = spread(number);
        self.kinds.iter().position(|kind| place < kind.weight_sum).unwrap_or(self.kinds.len() - 1)
    }
}

/// A place from 0 to 1 for each number, evenly spread for any run of numbers: multiples of the golden ratio, modulo 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits of a fraction are kept")]
pub fn spread(number: u64) -> f64 {
    // In 64 bit fixed point.
    let place = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11;
    place as f64 / (1_u64 << 53) as f64
}

pub(super) struct Compiler<'a> {
    pub(super) program: Program,
    pub(super) scenario: &'a Scenario,
    pub(super) secrets: &'a Secrets,
    pub(super) origin_ids: BTreeMap<OriginKey, OriginId>,
}

impl Compiler<'_> {
    fn compile(mut self) -> Result<Program, Bad> {
        if let Some(proxy) = &self.scenario.http.proxy {
            let secrets = self.secrets;
            self.program.proxy = Some(ProxyPlan::compile(proxy, secrets, |key| self.origin(key))?);
        }
        let weights: f64 = self.scenario.kinds.iter().map(|kind| kind.weight).sum();
        let mut weight_sum = 0.0;
        for kind in &self.scenario.kinds {
            weight_sum += kind.weight / weights;
            let kind = self.kind(kind, weight_sum)?;
            self.program.kinds.push(kind);
        }
        if self.scenario.script.is_some() {
            // Where most requests go, if not all: what is wrong with it is found before the test.
            self.program.origins.push(self.program.base.origin.clone());
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
}
