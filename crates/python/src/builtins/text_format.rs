//! `str.format`.

use crate::value::{Value, intern};
use crate::vm::{Res, Vm};

/// `text.format(*values, **named)`.
pub fn format(vm: &mut Vm, text: &str, values: &[Value], named: &Value) -> Res<String> {
    let mut auto = 0;
    format_in(vm, text, values, named, &mut auto, 2)
}

fn format_in(vm: &mut Vm, text: &str, values: &[Value], named: &Value, auto: &mut usize, depth: usize) -> Res<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if rest.starts_with(brace) {
            out.push_str(brace);
            rest = &rest[1..];
            continue;
        }
        if brace == "}" {
            return Err(vm.value_error("Single '}' encountered in format string"));
        }
        let Some(end) = closing(rest) else { return Err(vm.value_error("Single '{' encountered in format string")) };
        let field = &rest[..end];
        rest = &rest[end + 1..];
        let (name, spec) = split_field(field);
        let (name, conversion) = match name.rsplit_once('!') {
            Some((name, conversion)) => (name, Some(conversion)),
            None => (name, None),
        };
        let value = field_value(vm, name, values, named, auto)?;
        let spec = if spec.contains('{') {
            if depth == 0 {
                return Err(vm.value_error("Max string recursion exceeded"));
            }
            format_in(vm, spec, values, named, auto, depth - 1)?
        } else {
            spec.to_owned()
        };
        let value = match conversion {
            Some("r") => Value::str(vm.repr_of(&value)?),
            Some("s") => Value::str(vm.str_of(&value)?),
            _ => value,
        };
        out.push_str(&vm.format(&value, &spec)?);
        vm.check_size(out.len())?;
    }
    out.push_str(rest);
    Ok(out)
}

fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// The name and the specification, which come apart at the first colon outside of brackets.
fn split_field(field: &str) -> (&str, &str) {
    let mut in_brackets = false;
    for (at, byte) in field.bytes().enumerate() {
        match byte {
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            b':' if !in_brackets => return (&field[..at], &field[at + 1..]),
            _ => {}
        }
    }
    (field, "")
}

fn field_value(vm: &mut Vm, name: &str, values: &[Value], named: &Value, auto: &mut usize) -> Res<Value> {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (first, mut path) = name.split_at(end);
    let positional = |vm: &Vm, at: usize| {
        values.get(at).cloned().ok_or_else(|| {
            vm.error("IndexError", format!("Replacement index {at} out of range for positional args tuple"))
        })
    };
    let mut value = if first.is_empty() {
        *auto += 1;
        positional(vm, *auto - 1)?
    } else if let Ok(at) = first.parse::<usize>() {
        positional(vm, at)?
    } else {
        vm.item(named, &Value::str(first))?
    };
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            value = vm.attr(&value, intern(&rest[..end]))?;
            path = &rest[end..];
        } else if let Some((key, rest)) = path[1..].split_once(']') {
            let key = key.parse::<i64>().map_or_else(|_| Value::str(key), Value::Int);
            value = vm.item(&value, &key)?;
            path = rest;
        } else {
            return Err(vm.value_error("Missing ']' in format string"));
        }
    }
    Ok(value)
}
