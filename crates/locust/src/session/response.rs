//! What a `Response` of a plain request looks up when it is asked.

use std::any::Any;
use std::rc::Rc;

use swarmgate_python::{Args, NativeObject, Res, Sym, Value, Vm};

use crate::engine::{Report, header_pairs, shared};
use crate::exchange::{Exchange, Headers};

/// The request and the answer's head. Most scripts look at neither.
pub(super) struct Own {
    pub exchange: Rc<Exchange>,
    pub headers: Headers,
    pub reason: String,
    pub name: Rc<str>,
    pub session: Value,
    pub milliseconds: f64,
    pub bytes: usize,
    /// Seconds since 1970.
    pub began: f64,
}

impl Own {
    /// Counts the request.
    pub(super) fn count(&self, vm: &Vm, failure: Option<String>) {
        let Some(shared) = shared(vm) else { return };
        let (method, name) = (Rc::clone(&self.exchange.method), Rc::clone(&self.name));
        let report = Report { method, name, milliseconds: self.milliseconds, bytes: self.bytes as u64, failure };
        shared.borrow_mut().count(report, self.began + self.milliseconds / 1e3);
    }
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
            "headers" => header_pairs(&self.headers),
            "reason" => Value::str(self.reason.clone()),
            "session" => self.session.clone(),
            "taken" => Value::Float(self.milliseconds / 1e3),
            "request" => {
                let Exchange { method, url, headers, body, .. } = &*self.exchange;
                let body = body.as_ref().map_or(Value::None, |body| Value::bytes(body.clone()));
                Value::tuple(vec![Value::str(&**method), Value::str(url.clone()), header_pairs(headers), body])
            }
            // Method, name, milliseconds, bytes, when it began, URL.
            "meta" => Value::tuple(vec![
                Value::str(&*self.exchange.method),
                Value::str(&*self.name),
                Value::Float(self.milliseconds),
                Value::count(self.bytes),
                Value::Float(self.began),
                Value::str(self.exchange.url.clone()),
            ]),
            _ => return Err(vm.no_attribute(me, name)),
        })
    }
}
