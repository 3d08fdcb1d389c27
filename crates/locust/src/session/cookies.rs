//! Cookies that go with a request.

use std::rc::Rc;

use smallvec::SmallVec;
use swarmgate_python::{Instance, PyStr, Value};

use super::Known;
use crate::engine::breaks_line;

/// A cookie that goes there.
struct Fit {
    path_length: usize,
    name: Rc<PyStr>,
    value: Rc<PyStr>,
}

/// Whether there are no cookies.
pub(super) fn are_none(known: &Known, jar: &Instance) -> bool {
    matches!(jar.get(known.words.cookies_of), Some(Value::List(cookies)) if cookies.borrow().is_empty())
}

/// The cookies that go to a URL, those of the longest path first, as `CookieJar._line` has it; `None` where Python must see to it.
pub(super) fn line(known: &Known, jar: &Instance, url: &str) -> Option<String> {
    let Some(Value::List(cookies)) = jar.get(known.words.cookies_of) else { return None };
    let cookies = cookies.borrow();
    if cookies.is_empty() {
        return Some(String::new());
    }
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // In what is sent as it is written there are no users and no addresses in brackets with letters of either case.
    let host = if authority.starts_with('[') { return None } else { authority.split(':').next()?.to_ascii_lowercase() };
    let path = path.split('?').next().filter(|path| !path.is_empty()).unwrap_or("/");
    let mut fits: SmallVec<[Fit; 4]> = SmallVec::new();
    for cookie in cookies.iter() {
        let Value::Instance(cookie) = cookie else { return None };
        let text = |name| match cookie.get(name) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        };
        let words = &known.words;
        let (name, value, domain, of) = (text(words.name)?, text(words.value)?, text(words.domain)?, text(words.path)?);
        let (domain, of) = (domain.as_str(), of.as_str());
        let is_secure = !matches!(cookie.get(words.secure)?, Value::Bool(false));
        let of_host = domain.is_empty()
            || host == domain.trim_start_matches('.')
            || (domain.starts_with('.') && host.ends_with(domain));
        let of_path =
            of == path || path.strip_prefix(of).is_some_and(|rest| of.ends_with('/') || rest.starts_with('/'));
        if of_host && of_path && (!is_secure || scheme.eq_ignore_ascii_case("https")) {
            fits.push(Fit { path_length: of.chars().count(), name, value });
        }
    }
    fits.sort_by_key(|fit| std::cmp::Reverse(fit.path_length));
    let mut line = String::new();
    for Fit { name, value, .. } in &fits {
        if !line.is_empty() {
            line.push_str("; ");
        }
        for part in [name.as_str(), "=", value.as_str()] {
            line.push_str(part);
        }
    }
    if breaks_line(&line) { None } else { Some(line) }
}
