//! The module `re`.

use std::rc::Rc;

use fancy_regex::{Captures, Regex};

use crate::builtins::{Given, int_of};
use crate::value::{Args, Dict, Key, Module, NativeObject, PyStr, Sym, Value, intern};
use crate::vm::{Res, Vm};

pub fn make(vm: &mut Vm, module: &Module) -> Res<()> {
    super::fill(
        module,
        &[
            ("compile", compile),
            ("search", search),
            ("match", match_),
            ("fullmatch", fullmatch),
            ("findall", findall),
            ("finditer", finditer),
            ("sub", sub),
            ("subn", subn),
            ("split", split),
            ("escape", escape),
            ("purge", purge),
        ],
    );
    for (name, letter, bits) in [
        ("IGNORECASE", "I", 2),
        ("MULTILINE", "M", 8),
        ("DOTALL", "S", 16),
        ("VERBOSE", "X", 64),
        ("ASCII", "A", 256),
        ("UNICODE", "U", 32),
    ] {
        module.set(intern(name), Value::Int(bits));
        module.set(intern(letter), Value::Int(bits));
    }
    for name in ["Pattern", "Match"] {
        let class = vm.native_class(name);
        module.set(intern(name), Value::Class(class));
    }
    let base = vm.types.exception.clone();
    let error = crate::value::Class::new(
        "error",
        "re",
        vec![base],
        crate::value::Namespace::default(),
        crate::value::Builtin::Exception,
    );
    if let Some(error) = error {
        module.set(intern("error"), Value::Class(error));
    }
    Ok(())
}

/// A compiled pattern.
struct Pattern {
    regex: Rc<Regex>,
    /// Anchored at the start, and at both ends.
    at_start: Rc<Regex>,
    whole: Rc<Regex>,
    text: String,
    flags: i64,
    is_bytes: bool,
}

/// A pattern in the syntax of the crate.
fn translated(text: &str, flags: i64) -> String {
    let mut out = String::new();
    let letters: String = [(2, 'i'), (8, 'm'), (16, 's'), (64, 'x')]
        .iter()
        .filter(|(bit, _)| flags & bit != 0)
        .map(|(_, letter)| letter)
        .collect();
    if !letters.is_empty() {
        out.push_str(&format!("(?{letters})"));
    }
    let mut chars = text.chars().peekable();
    let (mut in_class, mut class_start) = (false, false);
    while let Some(c) = chars.next() {
        let starts = std::mem::take(&mut class_start);
        match c {
            '\\' => match chars.next() {
                Some('Z') => out.push_str("\\z"),
                Some(next) => {
                    out.push('\\');
                    out.push(next);
                }
                None => out.push('\\'),
            },
            '[' if in_class => out.push_str("\\["),
            '[' => {
                in_class = true;
                class_start = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                    class_start = false;
                }
            }
            ']' if in_class && !starts => {
                in_class = false;
                out.push(']');
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '$' if !in_class && flags & 8 == 0 => out.push_str("(?=\\n?\\z)"),
            c => out.push(c),
        }
    }
    out
}

fn new_pattern(vm: &mut Vm, pattern: &Value, flags: i64) -> Res<Value> {
    if pattern.cast::<Pattern>().is_some() {
        return Ok(pattern.clone());
    }
    let (text, is_bytes) = match pattern.plain() {
        Value::Str(text) => (text.as_str().to_owned(), false),
        Value::Bytes(bytes) => (String::from_utf8_lossy(&bytes).into_owned(), true),
        _ => return Err(vm.type_error("first argument must be string or compiled pattern")),
    };
    let inner = translated(&text, flags);
    let built =
        |pattern: String| fancy_regex::RegexBuilder::new(&pattern).backtrack_limit(1_000_000).build().map(Rc::new);
    let all = built(inner.clone())
        .and_then(|regex| Ok((regex, built(format!("\\A(?:{inner})"))?, built(format!("\\A(?:{inner})\\z"))?)));
    match all {
        Ok((regex, at_start, whole)) => Ok(Value::object(Pattern { regex, at_start, whole, text, flags, is_bytes })),
        Err(error) => {
            let class = vm.import("re")?.and_then(|module| module.get(intern("error"))).unwrap_or(Value::None);
            let exception = vm.call_sync(&class, Args::of([Value::str(error.to_string())]))?;
            Err(crate::vm::Raise::exception(exception))
        }
    }
}

fn compile(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("compile", args);
    let pattern = given.needed(vm, "pattern")?;
    let flags = flags(vm, &mut given)?;
    new_pattern(vm, &pattern, flags)
}

fn flags(vm: &mut Vm, given: &mut Given) -> Res<i64> {
    match given.named("flags") {
        Some(value) => int_of(vm, &value),
        None => Ok(0),
    }
}

fn purge(_: &mut Vm, _: Args) -> Res<Value> {
    Ok(Value::None)
}

/// A function of the module: the pattern's method of the same name.
fn by_method(vm: &mut Vm, name: &str, args: Args, own: usize) -> Res<Value> {
    let mut given = Given::new(name, args);
    let pattern = given.needed(vm, "pattern")?;
    let mut rest = given.rest();
    let mut kw = given.keywords();
    let by_name = kw.iter().position(|(n, _)| n.text().as_str() == "flags").map(|at| kw.remove(at).1);
    let by_position = if rest.len() > own { Some(rest.remove(own)) } else { None };
    let flags = match by_name.or(by_position) {
        Some(value) => int_of(vm, &value)?,
        None => 0,
    };
    let pattern = new_pattern(vm, &pattern, flags)?;
    let mut args = Args::of(rest);
    args.kw = kw;
    let Value::Object(object) = &pattern else { return Ok(Value::None) };
    object.call_method(vm, &pattern, intern(name), args)
}

/// Functions of the module that are methods of patterns, with how many arguments those take before the flags.
macro_rules! by_method {
    ($($function:ident = $name:literal, $own:literal;)*) => {
        $(fn $function(vm: &mut Vm, args: Args) -> Res<Value> {
            by_method(vm, $name, args, $own)
        })*
    };
}

by_method! {
    search = "search", 1;
    match_ = "match", 1;
    fullmatch = "fullmatch", 1;
    findall = "findall", 1;
    finditer = "finditer", 1;
    sub = "sub", 3;
    subn = "subn", 3;
    split = "split", 2;
}

fn escape(vm: &mut Vm, args: Args) -> Res<Value> {
    let text = Given::new("escape", args).text(vm)?;
    let special = "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}";
    let escaped = text.as_str().chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c]));
    Ok(Value::str(escaped.collect::<String>()))
}

impl Pattern {
    fn wrap(&self, text: &str) -> Value {
        if self.is_bytes { Value::bytes(text.as_bytes()) } else { Value::str(text) }
    }

    fn subject(&self, vm: &mut Vm, value: &Value) -> Res<Rc<PyStr>> {
        match value.plain() {
            Value::Bytes(bytes) if self.is_bytes => {
                Ok(Rc::new(PyStr::new(String::from_utf8_lossy(&bytes).into_owned())))
            }
            Value::Str(text) if !self.is_bytes => Ok(text),
            Value::Str(_) | Value::Bytes(_) => Err(vm.type_error("cannot use a string pattern on a bytes-like object")),
            other => {
                Err(vm.type_error(format!("expected string or bytes-like object, got '{}'", vm.type_name(&other))))
            }
        }
    }

    fn group(&self, captures: &Captures<'_>, at: usize) -> Value {
        captures.get(at).map_or(Value::None, |found| self.wrap(found.as_str()))
    }

    fn found(&self, me: &Value, captures: &Captures<'_>, text: &Rc<PyStr>) -> Value {
        let groups = (0..captures.len()).map(|at| captures.get(at).map(|found| (found.start(), found.end()))).collect();
        Value::object(Match { pattern: me.clone(), text: Rc::clone(text), groups, is_bytes: self.is_bytes })
    }
}

fn too_slow(vm: &Vm, error: &fancy_regex::Error) -> crate::vm::Raise {
    vm.error("RuntimeError", format!("regular expression: {error}"))
}

impl NativeObject for Pattern {
    fn type_name(&self) -> &'static str {
        "Pattern"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn methods(&self) -> &'static [&'static str] {
        &["search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"]
    }

    fn get_attr(&self, _vm: &mut Vm, _me: &Value, name: Sym) -> Res<Option<Value>> {
        Ok(match name.text().as_str() {
            "pattern" => Some(Value::str(self.text.clone())),
            "flags" => Some(Value::Int(self.flags)),
            "groups" => Some(Value::count(self.regex.captures_len() - 1)),
            _ => None,
        })
    }

    fn repr(&self) -> Option<String> {
        Some(format!("re.compile({:?})", self.text))
    }

    fn call_method(&self, vm: &mut Vm, me: &Value, name: Sym, args: Args) -> Res<Value> {
        let name = name.text();
        let name = name.as_str();
        let mut given = Given::new(name, args);
        match name {
            "search" | "match" | "fullmatch" => {
                let subject = given.needed(vm, "string")?;
                let text = self.subject(vm, &subject)?;
                vm.charge(text.as_str().len() / 8)?;
                let regex = match name {
                    "search" => &self.regex,
                    "match" => &self.at_start,
                    _ => &self.whole,
                };
                let from = match given.named("pos") {
                    Some(pos) => text.byte_of(usize::try_from(int_of(vm, &pos)?).unwrap_or(0).min(text.count())),
                    None => 0,
                };
                if from > 0 && name != "search" {
                    return Err(vm.unsupported("re.Pattern.match with a position"));
                }
                let captures = regex.captures_from_pos(text.as_str(), from).map_err(|error| too_slow(vm, &error))?;
                Ok(captures.map_or(Value::None, |captures| self.found(me, &captures, &text)))
            }
            "findall" | "finditer" => {
                let subject = given.needed(vm, "string")?;
                let text = self.subject(vm, &subject)?;
                vm.charge(text.as_str().len() / 8)?;
                let mut all = Vec::new();
                for captures in self.regex.captures_iter(text.as_str()) {
                    let captures = captures.map_err(|error| too_slow(vm, &error))?;
                    vm.charge(1)?;
                    let text_or_empty = |at| match self.group(&captures, at) {
                        Value::None => self.wrap(""),
                        found => found,
                    };
                    all.push(match (name, captures.len()) {
                        ("finditer", _) => self.found(me, &captures, &text),
                        (_, 1) => self.group(&captures, 0),
                        (_, 2) => text_or_empty(1),
                        (_, count) => Value::tuple((1..count).map(text_or_empty).collect()),
                    });
                }
                let list = Value::list(all);
                if name == "finditer" { vm.iter(&list) } else { Ok(list) }
            }
            "sub" | "subn" => {
                let replacement = given.needed(vm, "repl")?;
                let subject = given.needed(vm, "string")?;
                let most = match given.named("count") {
                    Some(count) => usize::try_from(int_of(vm, &count)?).unwrap_or(0),
                    None => 0,
                };
                let text = self.subject(vm, &subject)?;
                vm.charge(text.as_str().len() / 8)?;
                let template = match &replacement {
                    Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
                    other => other.as_text().map(|text| text.as_str().to_owned()),
                };
                let (mut out, mut last, mut count) = (String::new(), 0, 0);
                for captures in self.regex.captures_iter(text.as_str()) {
                    let captures = captures.map_err(|error| too_slow(vm, &error))?;
                    let Some(whole) = captures.get(0) else { continue };
                    out.push_str(&text.as_str()[last..whole.start()]);
                    match &template {
                        Some(template) => expand(vm, template, &captures, &mut out)?,
                        None => {
                            let found = self.found(me, &captures, &text);
                            let made = vm.call_sync(&replacement, Args::of([found]))?;
                            out.push_str(&vm.str_of(&made)?);
                        }
                    }
                    last = whole.end();
                    count += 1;
                    vm.check_size(out.len())?;
                    if most > 0 && count == most {
                        break;
                    }
                }
                out.push_str(&text.as_str()[last..]);
                let result = self.wrap(&out);
                Ok(if name == "subn" { Value::tuple(vec![result, Value::count(count)]) } else { result })
            }
            _ => {
                let subject = given.needed(vm, "string")?;
                let most = match given.named("maxsplit") {
                    Some(count) => usize::try_from(int_of(vm, &count)?).unwrap_or(0),
                    None => 0,
                };
                let text = self.subject(vm, &subject)?;
                vm.charge(text.as_str().len() / 8)?;
                let (mut parts, mut last, mut count) = (Vec::new(), 0, 0);
                for captures in self.regex.captures_iter(text.as_str()) {
                    let captures = captures.map_err(|error| too_slow(vm, &error))?;
                    let Some(whole) = captures.get(0) else { continue };
                    parts.push(self.wrap(&text.as_str()[last..whole.start()]));
                    parts.extend((1..captures.len()).map(|at| self.group(&captures, at)));
                    last = whole.end();
                    count += 1;
                    if most > 0 && count == most {
                        break;
                    }
                }
                parts.push(self.wrap(&text.as_str()[last..]));
                Ok(Value::list(parts))
            }
        }
    }
}

/// A replacement's text, with `\1` and `\g<name>` filled in.
fn expand(vm: &Vm, template: &str, captures: &Captures<'_>, out: &mut String) -> Res<()> {
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('g') if chars.next_if_eq(&'<').is_some() => {
                let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
                let found = name.parse().map_or_else(|_| captures.name(&name), |at| captures.get(at));
                out.push_str(found.map_or("", |found| found.as_str()));
            }
            Some(digit) if digit.is_ascii_digit() && digit != '0' => {
                let mut number = String::from(digit);
                number.extend(chars.next_if(char::is_ascii_digit));
                let at = number.parse().unwrap_or(0);
                if at >= captures.len() {
                    return Err(vm.error("IndexError", format!("invalid group reference {at}")));
                }
                out.push_str(captures.get(at).map_or("", |found| found.as_str()));
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('\\') => out.push('\\'),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    Ok(())
}

/// What a pattern found.
struct Match {
    pattern: Value,
    text: Rc<PyStr>,
    groups: Vec<Option<(usize, usize)>>,
    is_bytes: bool,
}

impl Match {
    fn names(&self) -> Vec<Option<String>> {
        let pattern = self.pattern.cast::<Pattern>();
        pattern.map_or_else(Vec::new, |pattern| {
            pattern.regex.capture_names().map(|name| name.map(str::to_owned)).collect()
        })
    }

    fn place(&self, vm: &mut Vm, group: &Value) -> Res<usize> {
        let at = match group.as_text() {
            Some(name) => self.names().iter().position(|n| n.as_deref() == Some(name.as_str())),
            None => usize::try_from(int_of(vm, group)?).ok().filter(|at| *at < self.groups.len()),
        };
        at.ok_or_else(|| vm.error("IndexError", "no such group"))
    }

    fn value(&self, at: usize) -> Value {
        match self.groups[at] {
            Some((from, to)) if self.is_bytes => Value::bytes(&self.text.as_str().as_bytes()[from..to]),
            Some((from, to)) => Value::str(&self.text.as_str()[from..to]),
            None => Value::None,
        }
    }
}

impl NativeObject for Match {
    fn type_name(&self) -> &'static str {
        "Match"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn methods(&self) -> &'static [&'static str] {
        &["group", "groups", "groupdict", "start", "end", "span", "expand"]
    }

    fn get_attr(&self, _vm: &mut Vm, _me: &Value, name: Sym) -> Res<Option<Value>> {
        Ok(match name.text().as_str() {
            "string" => Some(Value::Str(Rc::clone(&self.text))),
            "re" => Some(self.pattern.clone()),
            "lastindex" => Some(
                (1..self.groups.len()).rev().find(|at| self.groups[*at].is_some()).map_or(Value::None, Value::count),
            ),
            _ => None,
        })
    }

    fn get_item(&self, vm: &mut Vm, key: &Value) -> Res<Option<Value>> {
        let at = self.place(vm, key)?;
        Ok(Some(self.value(at)))
    }

    fn call_method(&self, vm: &mut Vm, me: &Value, name: Sym, args: Args) -> Res<Value> {
        let name_text = name.text();
        let mut given = Given::new(name_text.as_str(), args);
        let index = |vm: &mut Vm, given: &mut Given| match given.next() {
            Some(group) => self.place(vm, &group),
            None => Ok(0),
        };
        Ok(match name_text.as_str() {
            "group" => {
                if given.left() > 1 {
                    let mut all = Vec::new();
                    for group in given.rest() {
                        let at = self.place(vm, &group)?;
                        all.push(self.value(at));
                    }
                    return Ok(Value::tuple(all));
                }
                let at = index(vm, &mut given)?;
                self.value(at)
            }
            "groups" => {
                let default = given.next().unwrap_or(Value::None);
                let or_default = |value: Value| if value.is_none() { default.clone() } else { value };
                Value::tuple((1..self.groups.len()).map(|at| or_default(self.value(at))).collect())
            }
            "groupdict" => {
                let mut dict = Dict::default();
                for (at, name) in self.names().into_iter().enumerate() {
                    if let Some(name) = name {
                        dict.insert(Key::text(&name), self.value(at));
                    }
                }
                Value::dict(dict)
            }
            "start" | "end" | "span" => {
                let at = index(vm, &mut given)?;
                let (from, to) = match self.groups[at] {
                    Some((from, to)) => {
                        (Value::count(self.text.index_of_byte(from)), Value::count(self.text.index_of_byte(to)))
                    }
                    None => (Value::Int(-1), Value::Int(-1)),
                };
                match name_text.as_str() {
                    "start" => from,
                    "end" => to,
                    _ => Value::tuple(vec![from, to]),
                }
            }
            "expand" => return Err(vm.unsupported("re.Match.expand")),
            _ => return Err(vm.no_attribute(me, name)),
        })
    }

    fn repr(&self) -> Option<String> {
        let (from, to) = self.groups[0]?;
        let (start, end) = (self.text.index_of_byte(from), self.text.index_of_byte(to));
        Some(format!("<re.Match object; span=({start}, {end}), match='{}'>", &self.text.as_str()[from..to]))
    }
}
