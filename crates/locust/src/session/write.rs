//! The request as it is sent.

use std::rc::Rc;

use swarmgate_python::{Instance, PyStr, Res, Value, Vm, json_text};

use super::asked::Asked;
use super::recent::{Lines, Makings};
use super::{Known, cookies, is_empty, url};
use crate::engine::breaks_line;
use crate::exchange::{Exchange, Headers};

/// Whether nothing of the session goes with each request but headers and cookies.
pub(super) fn is_plain(known: &Known, session: &Instance) -> bool {
    let words = &known.words;
    [words.params, words.auth, words.proxies, words.cert, words.hooks].iter().all(|name| is_empty(session, *name))
}

/// What the request is made of, where that is texts alone and no cookies are there.
pub(super) fn makings(known: &Known, session: &Instance, asked: &Asked, lines: &Lines) -> Option<Makings> {
    if ![&asked.params, &asked.data, &asked.json].iter().all(|value| value.is_none()) {
        return None;
    }
    let (Some(Value::Str(base)), Some(jar)) = (session.get(known.words.base_url), jar(known, session)) else {
        return None;
    };
    if !cookies::are_none(known, &jar) {
        return None;
    }
    Some(Makings {
        method: Rc::clone(&asked.method),
        url: Rc::clone(&asked.url),
        base,
        lines: lines.clone(),
        timeout: asked.timeout,
        verify: verify(known, session, asked)?,
    })
}

/// Writes what is asked for; `None` where Python must see to it.
pub(super) fn write(
    vm: &mut Vm,
    known: &Known,
    session: &Instance,
    asked: &Asked,
    lines: &Lines,
    mut url: String,
) -> Res<Option<Exchange>> {
    if url::push_params(&mut url, &asked.params).is_none() {
        return Ok(None);
    }
    let Some((body, kind)) = body(vm, asked)? else { return Ok(None) };
    let Some(cookies) = jar(known, session).and_then(|jar| cookies::line(known, &jar, &url)) else { return Ok(None) };
    let Some(headers) = headers(lines, kind, &cookies) else { return Ok(None) };
    let Some(verify) = verify(known, session, asked) else { return Ok(None) };
    Ok(Some(Exchange {
        method: asked.method.as_str().into(),
        url: Rc::new(PyStr::new(url)),
        headers,
        body,
        timeout: asked.timeout,
        connect_timeout: asked.timeout,
        verify,
        follows: false,
    }))
}

fn verify(known: &Known, session: &Instance, asked: &Asked) -> Option<bool> {
    match (asked.verify, session.get(known.words.verify)) {
        (Some(verify), _) | (None, Some(Value::Bool(verify))) => Some(verify),
        _ => None,
    }
}

fn jar(known: &Known, session: &Instance) -> Option<Rc<Instance>> {
    match session.get(known.words.cookies) {
        Some(Value::Instance(jar)) if Rc::ptr_eq(&jar.class, &known.cookies) => Some(jar),
        _ => None,
    }
}

type Body = (Option<Vec<u8>>, Option<&'static str>);

/// The body, and its type where that follows from how it was given.
fn body(vm: &mut Vm, asked: &Asked) -> Res<Option<Body>> {
    let has_data = match &asked.data {
        Value::None => false,
        Value::Str(text) => !text.as_str().is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::Dict(dict) => !dict.borrow().is_empty(),
        _ => return Ok(None),
    };
    Ok(match &asked.data {
        _ if !has_data && asked.json.is_none() => Some((None, None)),
        _ if !has_data => Some((Some(json_text(vm, &asked.json)?.into_bytes()), Some("application/json"))),
        Value::Str(text) => Some((Some(text.as_str().as_bytes().to_vec()), None)),
        Value::Bytes(bytes) => Some((Some(bytes.to_vec()), None)),
        Value::Dict(dict) => {
            let dict = dict.borrow();
            let pairs = dict.iter().filter(|(_, value)| !value.is_none()).map(|(key, value)| (key.value(), value));
            let mut text = String::new();
            url::push_pairs(&mut text, pairs)
                .map(|()| (Some(text.into_bytes()), Some("application/x-www-form-urlencoded")))
        }
        _ => None,
    })
}

/// For the names of `Content-Type` and `Cookie`, and the type itself.
const ROOM_FOR_MORE: usize = 64;

/// Headers of the session, then those of the request: one of the same name, whatever its case, takes the place of the former.
/// `None` where Python must see to it.
pub(super) fn lines(known: &Known, session: &Instance, asked: &Value) -> Option<Lines> {
    let Some(Value::Instance(own)) = session.get(known.words.headers_of) else { return None };
    if !Rc::ptr_eq(&own.class, &known.headers) {
        return None;
    }
    let (Some(Value::Dict(values)), Some(Value::Dict(shown))) = (own.payload(), own.get(known.words.shown)) else {
        return None;
    };
    let (values, shown) = (values.borrow(), shown.borrow());
    let mut lines = Lines::new();
    for (name, value) in shown.values().zip(values.values()) {
        let (Value::Str(name), Value::Str(value)) = (name, value) else { return None };
        lines.push((Rc::clone(name), Rc::clone(value)));
    }
    match asked {
        Value::None => {}
        Value::Dict(asked) => {
            for (name, value) in asked.borrow().iter() {
                let Value::Str(name) = name.value() else { return None };
                let at = lines.iter().position(|(own, _)| own.as_str().eq_ignore_ascii_case(name.as_str()));
                match (value, at) {
                    (Value::Str(value), Some(at)) => lines[at] = (Rc::clone(name), Rc::clone(value)),
                    (Value::Str(value), None) => lines.push((Rc::clone(name), Rc::clone(value))),
                    (Value::None, Some(at)) => drop(lines.remove(at)),
                    (Value::None, None) => {}
                    _ => return None,
                }
            }
        }
        _ => return None,
    }
    Some(lines)
}

fn headers(lines: &Lines, kind: Option<&str>, cookies: &str) -> Option<Headers> {
    let length: usize = lines.iter().map(|(name, value)| name.as_str().len() + value.as_str().len() + 4).sum();
    let mut headers = Headers::with_capacity(length + cookies.len() + ROOM_FOR_MORE);
    for (name, value) in lines {
        let (name, value) = (name.as_str(), value.as_str());
        let is_led_by_a_blank = value.starts_with(char::is_whitespace) || name.starts_with(char::is_whitespace);
        if breaks_line(name) || breaks_line(value) || is_led_by_a_blank || !name.is_ascii() || name.contains(':') {
            return None;
        }
        headers.push(name, value);
    }
    let lacks = |wanted: &str| !lines.iter().any(|(name, _)| name.as_str().eq_ignore_ascii_case(wanted));
    if let Some(kind) = kind.filter(|_| lacks("content-type")) {
        headers.push("Content-Type", kind);
    }
    if !cookies.is_empty() && lacks("cookie") {
        headers.push("Cookie", cookies);
    }
    Some(headers)
}
