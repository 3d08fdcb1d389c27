//! `text % values`.

use std::rc::Rc;

use super::{Res, Spec, Vm, format_value};
use crate::value::{Key, PyStr, Value};

impl Vm {
    pub(crate) fn percent(&mut self, text: &Rc<PyStr>, values: &Value) -> Res<Value> {
        percent_format(self, text.as_str(), values).map(Value::str)
    }
}

/// `text % values`.
///
/// # Errors
/// The values don't fit the text.
pub fn percent_format(vm: &mut Vm, text: &str, values: &Value) -> Res<String> {
    let list: Vec<Value> = if let Value::Tuple(items) = values { items.to_vec() } else { vec![values.clone()] };
    let mut next = list.iter();
    let mut used_mapping = false;
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut key = None;
        if chars.next_if_eq(&'(').is_some() {
            let name: String = chars.by_ref().take_while(|c| *c != ')').collect();
            key = Some(name);
        }
        let mut spec = Spec::default();
        let mut zero = false;
        while let Some(flag) = chars.next_if(|c| matches!(c, '-' | '+' | ' ' | '#' | '0')) {
            match flag {
                '-' => spec.align = Some('<'),
                '+' => spec.sign = Some('+'),
                ' ' => spec.sign = spec.sign.or(Some(' ')),
                '#' => spec.alternate = true,
                _ => zero = true,
            }
        }
        let mut number = |vm: &mut Vm, next: &mut std::slice::Iter<'_, Value>| -> Res<Option<usize>> {
            if chars.next_if_eq(&'*').is_some() {
                return match next.next() {
                    Some(Value::Int(n)) => Ok(usize::try_from(*n).ok()),
                    _ => Err(vm.type_error("* wants int")),
                };
            }
            let mut digits = String::new();
            while let Some(c) = chars.next_if(char::is_ascii_digit) {
                digits.push(c);
            }
            Ok(digits.parse().ok())
        };
        spec.width = number(vm, &mut next)?.unwrap_or(0);
        vm.check_size(spec.width)?;
        if chars.next_if_eq(&'.').is_some() {
            let mut digits = String::new();
            while let Some(c) = chars.next_if(char::is_ascii_digit) {
                digits.push(c);
            }
            spec.precision = Some(digits.parse().unwrap_or(0).min(100_000));
        }
        while chars.next_if(|c| matches!(c, 'l' | 'h' | 'L')).is_some() {}
        let Some(kind) = chars.next() else { return Err(vm.value_error("incomplete format")) };
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match &key {
            Some(name) => {
                used_mapping = true;
                let Value::Dict(dict) = values.plain() else { return Err(vm.type_error("format requires a mapping")) };
                let found = dict.borrow().get(&Key::text(name)).cloned();
                found.ok_or_else(|| vm.error("KeyError", name.clone()))?
            }
            None => next.next().cloned().ok_or_else(|| vm.type_error("not enough arguments for format string"))?,
        };
        if zero && spec.align.is_none() {
            spec.fill = Some('0');
            spec.align = Some('=');
        }
        out.push_str(&one(vm, kind, &value, spec)?);
    }
    let leftover = next.next().is_some() && !used_mapping && !matches!(values.plain(), Value::Dict(_));
    if leftover {
        return Err(vm.type_error("not all arguments converted during string formatting"));
    }
    Ok(out)
}

fn one(vm: &mut Vm, kind: char, value: &Value, mut spec: Spec) -> Res<String> {
    match kind {
        's' | 'r' | 'a' => {
            let text = match kind {
                's' => vm.str_of(value)?,
                'r' => vm.repr_of(value)?,
                _ => super::show::ascii(&vm.repr_of(value)?),
            };
            let text: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
            if spec.align == Some('=') {
                spec.align = None;
                spec.fill = None;
            }
            Ok(spec.pad(&text, '>'))
        }
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'c' => {
            let value = value.plain();
            let value = match (&value, kind) {
                (Value::Float(x), 'd' | 'i' | 'u') => crate::builtins::int_of_float(vm, x.trunc())?,
                (Value::Str(text), 'c') if text.count() == 1 => return Ok(spec.pad(text.as_str(), '>')),
                (Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Big(_), _) => value,
                _ if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G') => {
                    return Err(vm.type_error(format!("must be real number, not {}", vm.type_name(&value))));
                }
                _ => {
                    return Err(vm.type_error(format!(
                        "%{kind} format: a real number is required, not {}",
                        vm.type_name(&value)
                    )));
                }
            };
            let kind = if matches!(kind, 'i' | 'u') { 'd' } else { kind };
            let value = if let Value::Bool(b) = value { Value::Int(i64::from(b)) } else { value };
            let is_integer = matches!(kind, 'd' | 'x' | 'X' | 'o' | 'c');
            let precision = if is_integer { spec.precision.take() } else { None };
            let mut text = String::new();
            text.extend(spec.fill);
            text.extend(spec.align);
            text.extend(spec.sign);
            if spec.alternate {
                text.push('#');
            }
            if spec.width > 0 && precision.is_none() {
                text.push_str(&spec.width.to_string());
            }
            if let Some(precision) = spec.precision {
                text.push_str(&format!(".{precision}"));
            }
            text.push(kind);
            if spec.fill.is_some() && spec.align.is_some() && spec.width == 0 {
                text = text.chars().skip(2).collect();
            }
            let mut shown = format_value(vm, &value, &text)?;
            if let Some(precision) = precision {
                let at = shown.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
                while shown.len() - at < precision {
                    shown.insert(at, '0');
                }
                shown = spec.pad(&shown, '>');
            }
            Ok(shown)
        }
        other => Err(vm.value_error(format!("unsupported format character '{other}' (0x{:x})", other as u32))),
    }
}
