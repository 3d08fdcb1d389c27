//! What users ask of the engine below them, and what they tell it.

use std::cell::RefCell;
use std::rc::Rc;

use swarmgate_python::{Args, HostCall, Module, Native, NativeFn, Res, Value, Vm, intern};

/// One request as it goes over the wire, and nothing of redirects or cookies: those are the user's.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// In upper case.
    pub method: String,
    /// Absolute; its path and query are percent-encoded.
    pub url: String,
    /// In order, without `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// `None`: no body is sent.
    pub body: Option<Vec<u8>>,
    /// From sent to last byte, in seconds; `None` for the engine's own limit.
    pub timeout: Option<f64>,
    /// For connecting, in seconds.
    pub connect_timeout: Option<f64>,
    /// Whether the server's certificate must be valid.
    pub verify: bool,
    /// Whether it is where the answer before redirects to: part of the same request, as it is counted.
    pub follows: bool,
}

/// An answer, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// 100 to 599.
    pub status: u16,
    /// What stands beside it.
    pub reason: String,
    /// In order, names as sent.
    pub headers: Vec<(String, String)>,
    /// Without chunking.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// It took too long.
    Timeout(String),
    /// Connecting took too long.
    ConnectTimeout(String),
    /// TLS failed.
    Tls(String),
    /// Nobody listens there.
    Refused(String),
    /// The connection failed.
    Connection(String),
}

/// One request as Locust counts it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// `GET`, or what a script of its own says.
    pub method: String,
    /// What it is counted under.
    pub name: String,
    /// Redirects included.
    pub milliseconds: f64,
    /// Of the body.
    pub bytes: u64,
    /// What Locust shows under failures; `None`: it succeeded.
    pub failure: Option<String>,
}

/// What the functions of `_locust` share with the machine's holder.
#[derive(Debug, Default)]
pub struct Shared {
    pub reports: Vec<Report>,
    pub user_errors: Vec<(String, String)>,
    pub stop: Option<String>,
    pub host: Option<String>,
    pub options: Vec<(String, Value)>,
    pub run_time: f64,
    pub user_count: i64,
}

fn shared(vm: &Vm) -> Option<Rc<RefCell<Shared>>> {
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
    ];
    for (name, call) in functions {
        module.set(intern(name), Value::Native(Rc::new(Native { name, call: *call, binds: false })));
    }
    Ok(())
}

fn text(vm: &mut Vm, value: Option<&Value>) -> Res<String> {
    value.map_or_else(|| Ok(String::new()), |value| vm.str_of(value))
}

fn seconds(vm: &mut Vm, value: Option<&Value>) -> Res<Option<f64>> {
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
    let url = text(vm, args.pos.get(1))?;
    let mut headers = Vec::new();
    if let Some(list) = args.pos.get(2) {
        for pair in vm.collect(list)? {
            let pair = vm.collect(&pair)?;
            let value = match pair.get(1) {
                Some(Value::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
                value => text(vm, value)?,
            };
            headers.push((text(vm, pair.first())?, value));
        }
    }
    if let Some((name, _)) =
        headers.iter().find(|(name, value)| name.contains(['\r', '\n']) || value.contains(['\r', '\n']))
    {
        return Err(vm.value_error(format!("invalid header {name:?}: it has a line break in it")));
    }
    let body = match args.pos.get(3) {
        Some(Value::Bytes(bytes)) => Some(bytes.to_vec()),
        _ => None,
    };
    let timeout = seconds(vm, args.pos.get(4))?;
    let connect_timeout = seconds(vm, args.pos.get(5))?;
    let verify = !matches!(args.pos.get(6), Some(Value::Bool(false)));
    let follows = matches!(args.pos.get(7), Some(Value::Bool(true)));
    let exchange = Exchange { method, url, headers, body, timeout, connect_timeout, verify, follows };
    Ok(vm.suspend(HostCall::Other(Box::new(exchange))))
}

fn report(vm: &mut Vm, args: Args) -> Res<Value> {
    let method = text(vm, args.pos.first())?;
    let name = text(vm, args.pos.get(1))?;
    let milliseconds = if let Some(Value::Float(x)) = args.pos.get(2) { *x } else { 0.0 };
    let bytes = if let Some(Value::Int(n)) = args.pos.get(3) { u64::try_from(*n).unwrap_or(0) } else { 0 };
    let failure = match args.pos.get(4) {
        None | Some(Value::None) => None,
        Some(value) => Some(vm.str_of(value)?),
    };
    if let Some(shared) = shared(vm) {
        shared.borrow_mut().reports.push(Report { method, name, milliseconds, bytes, failure });
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
    let pair = |(name, value): (String, String)| Value::tuple(vec![Value::str(name), Value::str(value)]);
    match answer {
        Ok(Answer { status, reason, headers, body }) => Value::tuple(vec![
            Value::Int(i64::from(status)),
            Value::str(reason),
            Value::list(headers.into_iter().map(pair).collect()),
            Value::bytes(body),
        ]),
        Err(error) => {
            let (kind, text) = match error {
                AnswerError::Timeout(text) => ("timeout", text),
                AnswerError::ConnectTimeout(text) => ("connect_timeout", text),
                AnswerError::Tls(text) => ("tls", text),
                AnswerError::Refused(text) => ("refused", text),
                AnswerError::Connection(text) => ("connection", text),
            };
            Value::tuple(vec![Value::Int(0), Value::str(kind), Value::str(text)])
        }
    }
}
