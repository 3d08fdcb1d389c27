//! What users ask of the engine below them, and what they tell it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use swarmgate_python::{Args, HostCall, Module, Native, NativeFn, PyStr, Res, Value, Vm, intern};

use crate::exchange::{Answer, AnswerError, Exchange, Headers};
use crate::session::{Known, Then};
use crate::stats::{self, Stats};
use crate::waits;

/// An exchange that a user waits for.
#[derive(Debug)]
pub struct Call {
    /// The request.
    pub exchange: Rc<Exchange>,
    /// What becomes of the answer; `None`: Python takes it as it is.
    pub then: Option<Then>,
}

/// One request as Locust counts it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// `GET`, or what a script of its own says.
    pub method: Rc<str>,
    /// What it is counted under.
    pub name: Rc<str>,
    /// Redirects included.
    pub milliseconds: f64,
    /// Of the body.
    pub bytes: u64,
    /// What Locust shows under failures; `None`: it succeeded.
    pub failure: Option<String>,
}

/// What the functions of `_locust` share with the machine's holder.
#[derive(Default)]
pub struct Shared {
    pub reports: VecDeque<Report>,
    pub user_errors: Vec<(String, String)>,
    pub stop: Option<String>,
    pub host: Option<String>,
    pub options: Vec<(String, Value)>,
    pub run_time: f64,
    pub user_count: i64,
    /// Once the classes are loaded.
    pub known: Option<Rc<Known>>,
    /// What `environment.stats` shows, where the locustfile names it.
    pub stats: Option<Stats>,
}

impl Shared {
    /// Counts a request that was answered at what `now` says, in seconds since 1970.
    pub fn count(&mut self, report: Report, now: impl FnOnce() -> f64) {
        if let Some(stats) = &mut self.stats {
            stats.count(&report, now());
        }
        self.reports.push_back(report);
    }
}

pub fn shared(vm: &Vm) -> Option<Rc<RefCell<Shared>>> {
    vm.state.embedding.as_ref()?.downcast_ref::<Rc<RefCell<Shared>>>().cloned()
}

/// Makes the module `_locust`.
pub fn make(_: &mut Vm, module: &Module) -> Res<()> {
    let functions: &[(&'static str, NativeFn)] = &[
        ("exchange", exchange),
        ("report", report),
        ("sleep", sleep),
        ("host", host),
        ("user_error", user_error),
        ("options", options),
        ("stop_test", stop_test),
        ("run_time", run_time),
        ("user_count", user_count),
        ("between", waits::between),
        ("constant", waits::constant),
        ("stats_entry", stats::entry),
        ("stats_names", stats::names),
        ("stats_failures", stats::failures),
        ("stats_clear", stats::clear),
    ];
    for (name, call) in functions {
        module.set(intern(name), Value::Native(Rc::new(Native { name, call: *call, binds: false })));
    }
    Ok(())
}

fn text(vm: &mut Vm, value: Option<&Value>) -> Res<String> {
    value.map_or_else(|| Ok(String::new()), |value| vm.str_of(value))
}

pub fn seconds(vm: &mut Vm, value: Option<&Value>) -> Res<Option<f64>> {
    #[expect(clippy::cast_precision_loss, reason = "seconds are small")]
    match value {
        None | Some(Value::None) => Ok(None),
        Some(Value::Float(x)) => Ok(Some(*x)),
        Some(Value::Int(n)) => Ok(Some(*n as f64)),
        Some(other) => {
            let name = vm.type_name(other);
            Err(vm.value_error(format!("timeout value must be a float, int or None, not {name}")))
        }
    }
}

fn exchange(vm: &mut Vm, args: Args) -> Res<Value> {
    let method = text(vm, args.pos.first())?;
    let url = match args.pos.get(1) {
        Some(Value::Str(url)) => Rc::clone(url),
        other => Rc::new(PyStr::new(text(vm, other)?)),
    };
    let mut headers = Headers::default();
    if let Some(list) = args.pos.get(2) {
        for pair in vm.collect(list)? {
            let pair = vm.collect(&pair)?;
            let name = text(vm, pair.first())?;
            let value = match pair.get(1) {
                Some(Value::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
                value => text(vm, value)?,
            };
            if breaks_line(&name) || breaks_line(&value) {
                return Err(vm.value_error(format!("invalid header {name:?}: it has a line break in it")));
            }
            headers.push(&name, &value);
        }
    }
    let body = match args.pos.get(3) {
        Some(Value::Bytes(bytes)) => Some(bytes.to_vec()),
        _ => None,
    };
    let timeout = seconds(vm, args.pos.get(4))?;
    let connect_timeout = seconds(vm, args.pos.get(5))?;
    let verify = !matches!(args.pos.get(6), Some(Value::Bool(false)));
    let follows = matches!(args.pos.get(7), Some(Value::Bool(true)));
    let exchange = Exchange { method: method.into(), url, headers, body, timeout, connect_timeout, verify, follows };
    Ok(vm.suspend(HostCall::Other(Box::new(Call { exchange: Rc::new(exchange), then: None }))))
}

/// Whether it can't stand in a header.
pub fn breaks_line(text: &str) -> bool {
    text.bytes().any(|byte| byte == b'\r' || byte == b'\n')
}

fn report(vm: &mut Vm, args: Args) -> Res<Value> {
    let method = text(vm, args.pos.first())?.into();
    let name = text(vm, args.pos.get(1))?.into();
    let milliseconds = if let Some(Value::Float(x)) = args.pos.get(2) { *x } else { 0.0 };
    let bytes = if let Some(Value::Int(n)) = args.pos.get(3) { u64::try_from(*n).unwrap_or(0) } else { 0 };
    let failure = match args.pos.get(4) {
        None | Some(Value::None) => None,
        Some(value) => Some(vm.str_of(value)?),
    };
    if let Some(shared) = shared(vm) {
        let report = Report { method, name, milliseconds, bytes, failure };
        shared.borrow_mut().count(report, || stats::seconds(vm));
    }
    Ok(Value::None)
}

fn sleep(vm: &mut Vm, args: Args) -> Res<Value> {
    let asked = seconds(vm, args.pos.first())?.unwrap_or(0.0);
    Ok(vm.suspend(HostCall::Sleep(asked.max(0.0))))
}

fn host(vm: &mut Vm, _: Args) -> Res<Value> {
    let host = shared(vm).and_then(|shared| shared.borrow().host.clone());
    Ok(host.map_or(Value::None, Value::str))
}

fn options(vm: &mut Vm, _: Args) -> Res<Value> {
    let pairs = shared(vm).map(|shared| shared.borrow().options.clone()).unwrap_or_default();
    let pairs = pairs.into_iter().map(|(name, value)| Value::tuple(vec![Value::str(name), value])).collect();
    let dict = vm.builtins.get(&intern("dict")).cloned().unwrap_or(Value::None);
    vm.call_sync(&dict, Args::of([Value::list(pairs)]))
}

fn user_error(vm: &mut Vm, args: Args) -> Res<Value> {
    if let Some(error) = args.pos.first() {
        let line = vm.exception_line(error);
        let trace = vm.traceback_text(error);
        vm.host.log(swarmgate_python::LogLevel::Error, "locust.user.task", &trace);
        if let Some(shared) = shared(vm) {
            shared.borrow_mut().user_errors.push((line, trace));
        }
    }
    Ok(Value::None)
}

fn stop_test(vm: &mut Vm, args: Args) -> Res<Value> {
    let why = text(vm, args.pos.first())?;
    if let Some(shared) = shared(vm) {
        shared.borrow_mut().stop.get_or_insert(why);
    }
    Ok(Value::None)
}

fn run_time(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(Value::Float(shared(vm).map_or(0.0, |shared| shared.borrow().run_time)))
}

fn user_count(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(Value::Int(shared(vm).map_or(0, |shared| shared.borrow().user_count)))
}

/// What a user is resumed with.
pub fn answer_value(answer: Result<Answer, AnswerError>) -> Value {
    match answer {
        Ok(Answer { status, head, body }) => Value::tuple(vec![
            Value::Int(i64::from(status)),
            Value::str(head.reason.clone()),
            header_pairs(&head.headers),
            Value::bytes(body),
        ]),
        Err(error) => {
            let (kind, text) = error.parts();
            Value::tuple(vec![Value::Int(0), Value::str(kind), Value::str(text)])
        }
    }
}

/// As a list of names and values.
pub fn header_pairs(headers: &Headers) -> Value {
    let pair = |(name, value): (&str, &str)| Value::tuple(vec![Value::str(name), Value::str(value)]);
    Value::list(headers.iter().map(pair).collect())
}
