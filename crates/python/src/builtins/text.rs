//! Methods of strings.

use std::rc::Rc;

use super::arguments::{Given, int_of};
use crate::value::{Args, PyStr, Slice, Value};
use crate::vm::{Res, Vm};

pub const METHODS: &[&str] = &[
    "format",
    "join",
    "split",
    "strip",
    "startswith",
    "endswith",
    "replace",
    "lower",
    "upper",
    "encode",
    "find",
    "lstrip",
    "rstrip",
    "title",
    "capitalize",
    "count",
    "index",
    "isdigit",
    "isalpha",
    "isalnum",
    "isspace",
    "isupper",
    "islower",
    "zfill",
    "ljust",
    "rjust",
    "center",
    "partition",
    "rpartition",
    "rsplit",
    "splitlines",
    "rfind",
    "rindex",
    "swapcase",
    "casefold",
    "isnumeric",
    "isdecimal",
    "removeprefix",
    "removesuffix",
    "format_map",
    "expandtabs",
    "translate",
    "isidentifier",
    "istitle",
    "isascii",
    "isprintable",
    "maketrans",
];

/// Two positions by name, as in `text[start:end]`.
fn bounds(vm: &mut Vm, given: &mut Given, len: usize) -> Res<(usize, usize)> {
    let start = given.next().unwrap_or(Value::None);
    let stop = given.next().unwrap_or(Value::None);
    let slice = Slice { start, stop, step: Value::None };
    let positions = slice.positions(len).ok_or_else(|| vm.type_error("slice indices must be integers or None"))?;
    Ok(positions.contiguous().unwrap_or((0, 0)))
}

pub fn call(vm: &mut Vm, me: &Rc<PyStr>, name: &str, args: Args) -> Res<Value> {
    let text = me.as_str();
    vm.charge(text.len() / 64)?;
    let mut given = Given::new(name, args);
    let every = |test: fn(char) -> bool| Value::Bool(!text.is_empty() && text.chars().all(test));
    Ok(match name {
        "format" => {
            let (pos, kw) = (given.rest(), given.keywords());
            let kw = Value::dict(
                kw.into_iter().map(|(name, value)| (crate::value::Key(Value::Str(name.text())), value)).collect(),
            );
            Value::str(super::text_format::format(vm, text, &pos, &kw)?)
        }
        "format_map" => {
            let mapping = given.required(vm)?;
            Value::str(super::text_format::format(vm, text, &[], &mapping)?)
        }
        "join" => {
            let items = given.required(vm)?;
            let mut out = String::new();
            for (n, item) in vm.collect(&items)?.iter().enumerate() {
                if n > 0 {
                    out.push_str(text);
                }
                match item.as_text() {
                    Some(part) => out.push_str(part.as_str()),
                    None => {
                        let found = vm.type_name(item);
                        return Err(vm.type_error(format!("sequence item {n}: expected str instance, {found} found")));
                    }
                }
                if out.len() > 1 << 20 {
                    vm.check_size(out.len())?;
                }
            }
            Value::str(out)
        }
        "split" | "rsplit" => split(vm, text, name == "rsplit", &mut given)?,
        "strip" | "lstrip" | "rstrip" => {
            let set = match given.next().filter(|value| !value.is_none()) {
                Some(value) => Some(super::arguments::text_of(vm, name, &value)?),
                None => None,
            };
            let drops = |c: char| set.as_ref().map_or_else(|| is_space(c), |set| set.as_str().contains(c));
            Value::str(match name {
                "strip" => text.trim_matches(drops),
                "lstrip" => text.trim_start_matches(drops),
                _ => text.trim_end_matches(drops),
            })
        }
        "startswith" | "endswith" => {
            let wanted = given.required(vm)?;
            let (from, to) = bounds(vm, &mut given, me.count())?;
            let part = me.between(from, to);
            let all = if let Value::Tuple(all) = &wanted { all.to_vec() } else { vec![wanted] };
            for each in all {
                let Some(each_text) = each.as_text() else {
                    let found = vm.type_name(&each);
                    return Err(vm.type_error(format!("{name} first arg must be str or a tuple of str, not {found}")));
                };
                if if name == "startswith" {
                    part.starts_with(each_text.as_str())
                } else {
                    part.ends_with(each_text.as_str())
                } {
                    return Ok(Value::Bool(true));
                }
            }
            Value::Bool(false)
        }
        "replace" => {
            let (old, new) = (given.text(vm)?, given.text(vm)?);
            let count = match given.named("count") {
                Some(count) => int_of(vm, &count)?,
                None => -1,
            };
            let grown = text.len().saturating_add(if old.as_str().is_empty() {
                (text.len() + 1).saturating_mul(new.as_str().len())
            } else {
                text.matches(old.as_str()).count().saturating_mul(new.as_str().len())
            });
            vm.check_size(grown)?;
            Value::str(match usize::try_from(count) {
                Ok(count) => text.replacen(old.as_str(), new.as_str(), count),
                Err(_) => text.replace(old.as_str(), new.as_str()),
            })
        }
        "lower" => Value::str(text.to_lowercase()),
        "casefold" => Value::str(text.to_lowercase().replace('ß', "ss")),
        "upper" => Value::str(text.to_uppercase()),
        "swapcase" => Value::str(
            text.chars()
                .map(|c| if c.is_uppercase() { c.to_lowercase().to_string() } else { c.to_uppercase().to_string() })
                .collect::<String>(),
        ),
        "title" => {
            let mut in_word = false;
            let mut out = String::new();
            for c in text.chars() {
                if in_word {
                    out.extend(c.to_lowercase())
                } else {
                    out.extend(c.to_uppercase())
                }
                in_word = c.is_alphabetic();
            }
            Value::str(out)
        }
        "capitalize" => {
            let mut chars = text.chars();
            let first: String = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            Value::str(first + &chars.as_str().to_lowercase())
        }
        "encode" => {
            let encoding = given.named("encoding").and_then(|v| v.as_text());
            let errors = given.named("errors").and_then(|v| v.as_text());
            let encoding = encoding.as_ref().map_or("utf-8", |text| text.as_str());
            Value::bytes(super::bytes::encode(
                vm,
                text,
                encoding,
                errors.as_ref().map_or("strict", |text| text.as_str()),
            )?)
        }
        "find" | "rfind" | "index" | "rindex" | "count" => {
            let part = given.text(vm)?;
            let (from, to) = bounds(vm, &mut given, me.count())?;
            let within = me.between(from, to.max(from));
            if name == "count" {
                let count = if part.as_str().is_empty() {
                    within.chars().count() + 1
                } else {
                    within.matches(part.as_str()).count()
                };
                return Ok(Value::count(count));
            }
            let found = if name.starts_with('r') { within.rfind(part.as_str()) } else { within.find(part.as_str()) };
            match found {
                Some(at) => Value::count(from + within[..at].chars().count()),
                None if name.ends_with("index") => return Err(vm.value_error("substring not found")),
                None => Value::Int(-1),
            }
        }
        "isdigit" | "isdecimal" => every(|c| {
            c.is_numeric() && c.to_digit(10).is_some() || c.is_numeric() && !c.is_ascii() && c.is_alphanumeric()
        }),
        "isnumeric" => every(char::is_numeric),
        "isalpha" => every(char::is_alphabetic),
        "isalnum" => every(char::is_alphanumeric),
        "isspace" => every(is_space),
        "isascii" => Value::Bool(me.is_ascii()),
        "isprintable" => Value::Bool(text.chars().all(|c| !c.is_control())),
        "isidentifier" => Value::Bool(
            !text.is_empty()
                && text
                    .chars()
                    .enumerate()
                    .all(|(n, c)| c == '_' || if n == 0 { c.is_alphabetic() } else { c.is_alphanumeric() }),
        ),
        "isupper" => Value::Bool(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)),
        "islower" => Value::Bool(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase)),
        "istitle" => {
            let title = call(vm, me, "title", Args::default())?;
            Value::Bool(
                text.chars().any(char::is_alphabetic) && title.as_text().is_some_and(|title| title.as_str() == text),
            )
        }
        "zfill" => {
            let width = usize::try_from(given.int(vm)?).unwrap_or(0);
            vm.check_size(width)?;
            let (sign, digits) = match text.chars().next() {
                Some(c @ ('+' | '-')) => (c.to_string(), &text[1..]),
                _ => (String::new(), text),
            };
            let missing = width.saturating_sub(me.count());
            Value::str(format!("{sign}{}{digits}", "0".repeat(missing)))
        }
        "ljust" | "rjust" | "center" => {
            let width = usize::try_from(given.int(vm)?).unwrap_or(0);
            vm.check_size(width)?;
            let fill = given.next().and_then(|value| value.as_text());
            let fill = fill.as_ref().map_or(" ", |fill| fill.as_str());
            let missing = width.saturating_sub(me.count());
            let left = match name {
                "ljust" => 0,
                "rjust" => missing,
                _ => missing / 2 + (missing & width & 1),
            };
            Value::str(format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left)))
        }
        "partition" | "rpartition" => {
            let separator = given.text(vm)?;
            let separator = separator.as_str();
            let found = if name == "partition" { text.split_once(separator) } else { text.rsplit_once(separator) };
            let parts = match found {
                Some((before, after)) => [before, separator, after],
                None if name == "partition" => [text, "", ""],
                None => ["", "", text],
            };
            Value::tuple(parts.map(Value::from).to_vec())
        }
        "splitlines" => {
            let keep = given.named("keepends");
            let keep = match keep {
                Some(value) => vm.truth(&value)?,
                None => false,
            };
            let mut lines = Vec::new();
            let mut rest = text;
            while let Some(at) = rest.find(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
                let size = if rest[at..].starts_with("\r\n") {
                    2
                } else {
                    rest[at..].chars().next().map_or(1, char::len_utf8)
                };
                lines.push(Value::from(&rest[..if keep { at + size } else { at }]));
                rest = &rest[at + size..];
            }
            if !rest.is_empty() {
                lines.push(Value::from(rest));
            }
            Value::list(lines)
        }
        "removeprefix" => {
            let part = given.text(vm)?;
            Value::str(text.strip_prefix(part.as_str()).unwrap_or(text))
        }
        "removesuffix" => {
            let part = given.text(vm)?;
            Value::str(text.strip_suffix(part.as_str()).unwrap_or(text))
        }
        "expandtabs" => {
            let size = match given.named("tabsize") {
                Some(value) => usize::try_from(int_of(vm, &value)?).unwrap_or(0),
                None => 8,
            };
            let (mut out, mut column) = (String::new(), 0);
            for c in text.chars() {
                match c {
                    '\t' => {
                        let n = if size == 0 { 0 } else { size - column % size };
                        out.push_str(&" ".repeat(n.min(1000)));
                        column += n;
                    }
                    '\n' | '\r' => {
                        out.push(c);
                        column = 0;
                    }
                    c => {
                        out.push(c);
                        column += 1;
                    }
                }
            }
            Value::str(out)
        }
        "maketrans" => maketrans(vm, &mut given)?,
        "translate" => {
            let table = given.required(vm)?;
            let table = vm.mapping(&table)?;
            let mut out = String::new();
            for c in text.chars() {
                match table.get(&crate::value::Key(Value::Int(i64::from(c as u32)))) {
                    None => out.push(c),
                    Some(Value::None) => {}
                    Some(Value::Int(n)) => out.extend(u32::try_from(*n).ok().and_then(char::from_u32)),
                    Some(other) => out.push_str(&vm.str_of(other)?),
                }
            }
            Value::str(out)
        }
        _ => return Err(vm.no_attribute(&Value::Str(Rc::clone(me)), crate::value::intern(name))),
    })
}

/// `str.maketrans`.
pub fn maketrans(vm: &mut Vm, given: &mut Given) -> Res<Value> {
    let mut table = crate::value::Dict::default();
    let code = |c: char| crate::value::Key(Value::Int(i64::from(c as u32)));
    let first = given.required(vm)?;
    let Some(second) = given.next() else {
        for (key, value) in vm.mapping(&first)? {
            let key = match key.value().as_text() {
                Some(text) => text.as_str().chars().next().map_or(key.clone(), code),
                None => key,
            };
            table.insert(key, value);
        }
        return Ok(Value::dict(table));
    };
    let (from, to) =
        (super::arguments::text_of(vm, "maketrans", &first)?, super::arguments::text_of(vm, "maketrans", &second)?);
    for (a, b) in from.as_str().chars().zip(to.as_str().chars()) {
        table.insert(code(a), Value::Int(i64::from(b as u32)));
    }
    if let Some(gone) = given.next().and_then(|value| value.as_text()) {
        gone.as_str().chars().for_each(|c| drop(table.insert(code(c), Value::None)));
    }
    Ok(Value::dict(table))
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn split(vm: &mut Vm, text: &str, from_right: bool, given: &mut Given) -> Res<Value> {
    let separator = given.named("sep").filter(|value| !value.is_none());
    let most = match given.named("maxsplit") {
        Some(value) => usize::try_from(int_of(vm, &value)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let parts: Vec<String> = match separator {
        Some(separator) => {
            let separator = super::arguments::text_of(vm, "split", &separator)?;
            let separator = separator.as_str();
            if separator.is_empty() {
                return Err(vm.value_error("empty separator"));
            }
            let count = most.saturating_add(1);
            if from_right {
                let mut parts: Vec<String> = text.rsplitn(count, separator).map(str::to_owned).collect();
                parts.reverse();
                parts
            } else {
                text.splitn(count, separator).map(str::to_owned).collect()
            }
        }
        None => {
            let mut parts = Vec::new();
            if from_right {
                let mut rest = text.trim_end_matches(is_space);
                while !rest.is_empty() {
                    if parts.len() == most {
                        parts.push(rest.to_owned());
                        break;
                    }
                    let at =
                        rest.rfind(is_space).map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
                    parts.push(rest[at..].to_owned());
                    rest = rest[..at].trim_end_matches(is_space);
                }
                parts.reverse();
            } else {
                let mut rest = text.trim_start_matches(is_space);
                while !rest.is_empty() {
                    if parts.len() == most {
                        parts.push(rest.to_owned());
                        break;
                    }
                    let at = rest.find(is_space).unwrap_or(rest.len());
                    parts.push(rest[..at].to_owned());
                    rest = rest[at..].trim_start_matches(is_space);
                }
            }
            parts
        }
    };
    Ok(Value::list(parts.into_iter().map(Value::from).collect()))
}
