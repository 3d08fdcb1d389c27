//! An answer becomes a `Response`, and is counted.

use std::rc::Rc;

use swarmgate_python::{Args, Fiber, Instance, Res, Resumed, Step, Value, Vm};

use super::Known;
use super::response::Own;
use crate::engine::{answer_value, header_pairs, shared};
use crate::exchange::{Answer, AnswerError, Exchange};

/// What becomes of the answer to a plain request.
#[derive(Debug)]
pub struct Then {
    pub(super) session: Value,
    /// What it is counted under.
    pub(super) name: Rc<str>,
    /// Whether the script says itself if it failed.
    pub(super) catches: bool,
    /// Whether redirects are followed.
    pub(super) follows: bool,
    /// By the machine's clock, in nanoseconds.
    pub(super) begun: u64,
}

/// Goes on with the user whose request this is.
pub fn answered(
    vm: &mut Vm,
    fiber: &mut Fiber,
    exchange: Rc<Exchange>,
    then: Then,
    answer: Result<Answer, AnswerError>,
) -> Step {
    let Some(known) = shared(vm).and_then(|shared| shared.borrow().known.clone()) else {
        return vm.resume(fiber, Resumed::With(answer_value(answer)));
    };
    match answer {
        Ok(answer) if is_plain(&answer, &then) => match response(vm, &known, exchange, then, answer) {
            Ok(response) => vm.resume(fiber, Resumed::With(response)),
            Err(raise) => vm.resume(fiber, Resumed::Raising(raise)),
        },
        other => finish(vm, fiber, &known, &exchange, then, other),
    }
}

/// Whether it sets no cookies and leads nowhere else.
fn is_plain(answer: &Answer, then: &Then) -> bool {
    let leads = then.follows && (300..400).contains(&answer.status) && answer.head.headers.get("location").is_some();
    !leads && !answer.head.headers.set_cookies()
}

fn response(vm: &mut Vm, known: &Known, exchange: Rc<Exchange>, then: Then, answer: Answer) -> Res<Value> {
    let Answer { status, head, body } = answer;
    let done = vm.host.monotonic_nanos();
    let Then { session, name, catches, begun, .. } = then;
    let bytes = body.len();
    let words = &known.words;
    let url = Value::Str(Rc::clone(&exchange.url));
    let own = Own { exchange, head, name, session, begun, done, bytes };
    if !catches {
        let failure = failure(vm, status, &own)?;
        own.count(vm, failure);
    }
    let attributes = [
        (words.own, Value::object(own)),
        (words.status_code, Value::Int(i64::from(status))),
        (words.content, Value::bytes(body)),
        (words.url, url),
        (words.entered, Value::Bool(catches)),
    ];
    Ok(Value::Instance(Instance::with_attributes(&known.response, attributes.into())))
}

/// What `raise_for_status` says, with the name in place of the URL, as Locust shows it.
fn failure(vm: &mut Vm, status: u16, own: &Own) -> Res<Option<String>> {
    let kind = match status {
        400..500 => "Client",
        500..600 => "Server",
        _ => return Ok(None),
    };
    let text = format!("{status} {kind} Error: {} for url: {}", own.head.reason, own.name);
    Ok(Some(format!("HTTPError({})", vm.repr_of(&Value::str(text))?)))
}

/// Python sees to it: it follows, keeps cookies, and tells of errors.
fn finish(
    vm: &mut Vm,
    fiber: &mut Fiber,
    known: &Known,
    exchange: &Exchange,
    then: Then,
    answer: Result<Answer, AnswerError>,
) -> Step {
    #[expect(clippy::cast_precision_loss, reason = "Python's floats have the same precision")]
    let begun = then.begun as f64 / 1e9;
    let args = [
        then.session,
        Value::str(&*exchange.method),
        Value::Str(Rc::clone(&exchange.url)),
        header_pairs(&exchange.headers),
        exchange.body.as_ref().map_or(Value::None, |body| Value::bytes(body.clone())),
        answer_value(answer),
        exchange.timeout.map_or(Value::None, Value::Float),
        Value::Bool(then.follows),
        Value::Bool(exchange.verify),
        Value::str(&*then.name),
        Value::Bool(then.catches),
        Value::Float(begun),
    ];
    vm.resume_by_call(fiber, &known.finish, Args { pos: args.into_iter().collect(), kw: Vec::new() })
}
