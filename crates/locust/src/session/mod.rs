//! `client.get(…)` and its like, for what most locustfiles ask of them.
//!
//! The session is written in Python (`prelude/core.py`), with all that `requests` can do. A plain request costs some hundred
//! instructions there, more than the rest of what a user does. So the methods of a session are functions of Rust, which do
//! plain requests themselves: they read the arguments ([`asked`]), write the request ([`write`]) and make its answer a
//! `Response` ([`answered`]). All else they leave to the Python that they stand before; so every behaviour has one
//! description, and what is quick here must not differ from it (`tests/it/both_ways.rs`).

mod answered;
mod asked;
mod cookies;
mod recent;
mod response;
mod url;
mod write;

use std::cell::RefCell;
use std::rc::Rc;

use swarmgate_python::{Args, Class, HostCall, Instance, Module, NativeFn, Res, Sym, Value, Vm, intern};

use crate::engine::{Call, Shared, shared};
use asked::{Asked, Words};
use recent::Written;

pub use answered::{Then, answered};

/// What of the classes in Python is looked at here.
pub struct Known {
    words: Words,
    /// The functions that the methods stand before, by the method's name.
    python: Vec<(&'static str, Value)>,
    request: Value,
    response: Rc<Class>,
    headers: Rc<Class>,
    cookies: Rc<Class>,
    /// `events.request`.
    request_event: Value,
    /// Takes an answer that is not plain.
    finish: Value,
    places: url::Places,
    recent: recent::Recent,
}

const METHODS: &[(&str, NativeFn)] = &[
    ("request", request),
    ("get", get),
    ("options", options),
    ("head", head),
    ("post", post),
    ("put", put),
    ("patch", patch),
    ("delete", delete),
];

/// Puts the methods before those that are written in Python.
///
/// # Errors
/// The classes lack something.
pub fn install(vm: &mut Vm, core: &Module, shared: &RefCell<Shared>) -> Res<()> {
    let named = |name: &str| core.get(intern(name)).ok_or_else(|| vm.error("ImportError", format!("no {name}")));
    let class = |value: Value| if let Value::Class(class) = value { Some(class) } else { None };
    let session = class(named("HttpSession")?);
    let parts = (class(named("Response")?), class(named("CaseInsensitiveDict")?), class(named("CookieJar")?));
    let (place, finish, events) = (named("_place")?, named("_finish")?, named("events")?);
    let request_event = vm.attr(&events, intern("request"))?;
    let (Some(session), (Some(response), Some(headers), Some(cookies))) = (session, parts) else {
        return Err(vm.type_error("the session's classes are no classes"));
    };
    let mut python = Vec::new();
    for (name, call) in METHODS {
        let function = session.lookup(intern(name)).unwrap_or(Value::None);
        session.names.borrow_mut().insert(intern(name), Value::native_method(name, *call));
        python.push((*name, function));
    }
    let request = session.lookup(intern("request")).unwrap_or(Value::None);
    let places = url::Places::new(place);
    let known = Known {
        words: Words::new(),
        python,
        request,
        response,
        headers,
        cookies,
        request_event,
        finish,
        places,
        recent: recent::Recent::new(),
    };
    shared.borrow_mut().known = Some(Rc::new(known));
    Ok(())
}

fn request(vm: &mut Vm, args: Args) -> Res<Value> {
    send(vm, args, "request", None)
}

fn get(vm: &mut Vm, args: Args) -> Res<Value> {
    send(vm, args, "get", Some("GET"))
}

fn options(vm: &mut Vm, args: Args) -> Res<Value> {
    send(vm, args, "options", Some("OPTIONS"))
}

fn head(vm: &mut Vm, args: Args) -> Res<Value> {
    send(vm, args, "head", Some("HEAD"))
}

fn post(vm: &mut Vm, args: Args) -> Res<Value> {
    send(vm, args, "post", Some("POST"))
}

fn put(vm: &mut Vm, args: Args) -> Res<Value> {
    send(vm, args, "put", Some("PUT"))
}

fn patch(vm: &mut Vm, args: Args) -> Res<Value> {
    send(vm, args, "patch", Some("PATCH"))
}

fn delete(vm: &mut Vm, args: Args) -> Res<Value> {
    send(vm, args, "delete", Some("DELETE"))
}

/// Asks for the exchange, or leaves all to Python.
fn send(vm: &mut Vm, args: Args, called: &'static str, method: Option<&'static str>) -> Res<Value> {
    let known = shared(vm).and_then(|shared| shared.borrow().known.clone());
    let Some(known) = known else { return Err(vm.type_error("a session before its classes are loaded")) };
    if let Some(call) = plain_call(vm, &known, &args, method)? {
        return Ok(vm.suspend(HostCall::Other(Box::new(call))));
    }
    let python = known.python.iter().find(|(name, _)| *name == called).map(|(_, function)| function.clone());
    vm.tail_call(&python.unwrap_or(Value::None), args)
}

/// The exchange, where it is a plain one.
fn plain_call(vm: &mut Vm, known: &Known, args: &Args, method: Option<&'static str>) -> Res<Option<Call>> {
    let Some(Value::Instance(session)) = args.pos.first() else { return Ok(None) };
    // Listeners are told of the exception and the context too.
    if known.has_listeners() || !known.is_unchanged(session, method.is_some()) {
        return Ok(None);
    }
    let Some(asked) = Asked::read(&known.words, args, method) else { return Ok(None) };
    if !write::is_plain(known, session) {
        return Ok(None);
    }
    let Some(Written { exchange, path }) = written(vm, known, session, &asked)? else { return Ok(None) };
    let name = match asked.name.or_else(|| session.get(known.words.request_name).filter(|name| !name.is_none())) {
        None => path,
        Some(Value::Str(name)) if !name.as_str().is_empty() => name.as_str().into(),
        Some(_) => return Ok(None),
    };
    let then = Then {
        session: Value::Instance(Rc::clone(session)),
        name,
        catches: asked.catches,
        follows: asked.follows,
        begun: vm.host.monotonic_nanos(),
    };
    Ok(Some(Call { exchange, then: Some(then) }))
}

/// The request, as it was written before where that was of the same.
fn written(vm: &mut Vm, known: &Known, session: &Instance, asked: &Asked) -> Res<Option<Written>> {
    let Some(lines) = write::lines(known, session, &asked.headers) else { return Ok(None) };
    let makings = write::makings(known, session, asked, &lines);
    if let Some(written) = makings.as_ref().and_then(|makings| known.recent.find(makings)) {
        return Ok(Some(written));
    }
    let Some(url) = known.places.find(vm, session, asked.url.as_str(), &known.words)? else { return Ok(None) };
    let Some(exchange) = write::write(vm, known, session, asked, &lines, url)? else { return Ok(None) };
    let written = Written::new(exchange);
    if let Some(makings) = makings {
        known.recent.keep(makings, &written);
    }
    Ok(Some(written))
}

impl Known {
    fn has_listeners(&self) -> bool {
        let Value::Instance(event) = &self.request_event else { return true };
        !matches!(event.get(self.words.handlers), Some(Value::List(handlers)) if handlers.borrow().is_empty())
    }

    /// Whether a session is as we know it: a script may put a `request` of its own before ours.
    fn is_unchanged(&self, session: &Instance, calls_request: bool) -> bool {
        if !calls_request {
            return true;
        }
        let request = self.words.request;
        session.attrs.borrow().get(request).is_none()
            && match (session.class.lookup(request), &self.request) {
                (Some(Value::Native(found)), Value::Native(own)) => Rc::ptr_eq(&found, own),
                _ => false,
            }
    }
}

/// Whether an attribute is there and says nothing.
fn is_empty(session: &Instance, name: Sym) -> bool {
    match session.attrs.borrow().get(name) {
        None | Some(Value::None | Value::Bool(false)) => true,
        Some(Value::Dict(dict)) => dict.borrow().is_empty(),
        Some(_) => false,
    }
}
