//! URLs as they are sent.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use swarmgate_python::{Args, Instance, PyStr, Res, Value, Vm};

use super::asked::Words;

/// More are forgotten, all at once: no locustfile asks that many servers.
const MOST: usize = 100;

/// What goes before the paths, and whether it is sent as it is written.
pub(super) struct Places {
    /// `_place` of Python.
    place: Value,
    known: RefCell<HashMap<String, bool>>,
}

impl Places {
    pub(super) fn new(place: Value) -> Self {
        Self { place, known: RefCell::default() }
    }

    /// The whole URL that `asked` means for a session, as it is sent; `None` where Python must see to it.
    pub(super) fn find(&self, vm: &mut Vm, session: &Instance, asked: &str, words: &Words) -> Res<Option<String>> {
        let base: Rc<PyStr>;
        let (before, path) = if is_absolute(asked) {
            let authority = asked.find("://").map_or(0, |at| at + 3);
            let at = asked[authority..].find('/').map_or(asked.len(), |at| authority + at);
            asked.split_at(at)
        } else {
            let Some(Value::Str(found)) = session.get(words.base_url) else { return Ok(None) };
            base = found;
            (base.as_str(), asked)
        };
        if !is_plain(path) {
            return Ok(None);
        }
        let known = self.known.borrow().get(before).copied();
        let is_sent_as_written = match known {
            Some(known) => known,
            None => self.look(vm, before)?,
        };
        if !is_sent_as_written {
            return Ok(None);
        }
        let mut url = String::with_capacity(before.len() + path.len());
        url.push_str(before);
        url.push_str(path);
        Ok(Some(url))
    }

    /// Asks Python what becomes of it.
    fn look(&self, vm: &mut Vm, before: &str) -> Res<bool> {
        let whole = format!("{before}/");
        let sent = match vm.call_sync(&self.place, Args::of([Value::str(whole.clone())])) {
            Ok(Value::Tuple(parts)) => match (parts.first(), parts.get(2)) {
                (Some(Value::Str(sent)), Some(Value::None)) => sent.as_str() == whole,
                _ => false,
            },
            // It is raised again where the request is made.
            Ok(_) | Err(_) => false,
        };
        let mut known = self.known.borrow_mut();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(before.to_owned(), sent);
        Ok(sent)
    }
}

fn is_absolute(url: &str) -> bool {
    let starts = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://")
}

/// Whether a path and its query are sent as they are written.
fn is_plain(path: &str) -> bool {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~?=&%+,:;@!$*()".contains(&byte);
    path.starts_with('/') && path.bytes().all(stays) && !path.ends_with('?')
}

/// Appends parameters as `urlencode` writes them; `None` where Python must see to it.
pub(super) fn push_params(url: &mut String, params: &Value) -> Option<()> {
    let params = match params {
        Value::None => return Some(()),
        Value::Dict(params) => params.borrow(),
        _ => return None,
    };
    let mut pairs = params.iter().filter(|(_, value)| !value.is_none()).peekable();
    if pairs.peek().is_some() {
        url.push(if url.contains('?') { '&' } else { '?' });
    }
    push_pairs(url, pairs.map(|(key, value)| (key.value(), value)))
}

/// Appends pairs as `urlencode` writes them.
pub(super) fn push_pairs<'a>(out: &mut String, pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<()> {
    for (at, (name, value)) in pairs.enumerate() {
        if at > 0 {
            out.push('&');
        }
        push_quoted(out, name)?;
        out.push('=');
        push_quoted(out, value)?;
    }
    Some(())
}

fn push_quoted(out: &mut String, value: &Value) -> Option<()> {
    use std::fmt::Write;
    match value {
        Value::Int(number) => write!(out, "{number}").ok(),
        Value::Bool(flag) => {
            out.push_str(if *flag { "True" } else { "False" });
            Some(())
        }
        Value::Str(text) => {
            for byte in text.as_str().bytes() {
                match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(char::from(byte)),
                    b' ' => out.push('+'),
                    other => write!(out, "%{other:02X}").ok()?,
                }
            }
            Some(())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_need_no_quoting() {
        assert!(["/", "/a/b.html?c=d&e=%20f", "/~user/x;y"].iter().all(|path| is_plain(path)));
        let others = ["", "a", "/sp ace", "/ü", "/a#b", "/a?", "/\"", "/a'b", "/[1]", "/a\\b"];
        assert!(!others.iter().any(|path| is_plain(path)), "{others:?}");
    }
}
