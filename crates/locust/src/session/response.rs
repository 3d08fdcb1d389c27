//! What a `Response` of a plain request looks up when it is asked.

use std::any::Any;
use std::rc::Rc;

use swarmgate_python::{Args, NativeObject, Res, Sym, Value, Vm};

use crate::engine::{Report, header_pairs, shared};
use crate::exchange::{Exchange, Head};

/// The request and the answer's head. Most scripts look at neither.
pub(super) struct Own {
    pub exchange: Rc<Exchange>,
    pub head: Rc<Head>,
    pub name: Rc<str>,
    pub session: Value,
    /// By the machine's clock, in nanoseconds.
    pub begun: u64,
    pub done: u64,
    pub bytes: usize,
}

impl Own {
    /// Counts the request.
    pub(super) fn count(&self, vm: &Vm, failure: Option<String>) {
        let Some(shared) = shared(vm) else { return };
        let (method, name) = (Rc::clone(&self.exchange.method), Rc::clone(&self.name));
        let report = Report { method, name, milliseconds: self.milliseconds(), bytes: self.bytes as u64, failure };
        shared.borrow_mut().count(report, || wall_seconds(vm, self.done));
    }

    #[expect(clippy::cast_precision_loss, reason = "Python's floats have the same precision")]
    fn milliseconds(&self) -> f64 {
        self.done.saturating_sub(self.begun) as f64 / 1e6
    }
}

/// What a time by the machine's clock, in nanoseconds, was in seconds since 1970. Worked out when it is asked for: few scripts do.
#[expect(clippy::cast_precision_loss, reason = "Python's floats have the same precision")]
fn wall_seconds(vm: &Vm, nanos: u64) -> f64 {
    let ago = vm.host.monotonic_nanos().saturating_sub(nanos);
    vm.host.wall_nanos().saturating_sub(ago) as f64 / 1e9
}

impl NativeObject for Own {
    fn type_name(&self) -> &'static str {
        "response_parts"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn methods(&self) -> &'static [&'static str] {
        &["count", "headers", "meta", "reason", "request", "session", "taken"]
    }

    fn call_method(&self, vm: &mut Vm, me: &Value, name: Sym, args: Args) -> Res<Value> {
        Ok(match name.text().as_str() {
            "count" => {
                let failure = match args.pos.first() {
                    None | Some(Value::None) => None,
                    Some(text) => Some(vm.str_of(text)?),
                };
                self.count(vm, failure);
                Value::None
            }
            "headers" => header_pairs(&self.head.headers),
            "reason" => Value::str(self.head.reason.clone()),
            "session" => self.session.clone(),
            "taken" => Value::Float(self.milliseconds() / 1e3),
            "request" => {
                let Exchange { method, url, headers, body, .. } = &*self.exchange;
                let body = body.as_ref().map_or(Value::None, |body| Value::bytes(body.clone()));
                Value::tuple(vec![Value::str(&**method), Value::Str(Rc::clone(url)), header_pairs(headers), body])
            }
            // Method, name, milliseconds, bytes, when it began, URL.
            "meta" => Value::tuple(vec![
                Value::str(&*self.exchange.method),
                Value::str(&*self.name),
                Value::Float(self.milliseconds()),
                Value::count(self.bytes),
                Value::Float(wall_seconds(vm, self.begun)),
                Value::Str(Rc::clone(&self.exchange.url)),
            ]),
            _ => return Err(vm.no_attribute(me, name)),
        })
    }
}
