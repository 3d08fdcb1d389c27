//! `str` and `repr`.

use super::{Res, Vm};
use crate::value::{Args, Iter, Value, ViewOf, intern, known};

impl Vm {
    /// `str(value)`.
    ///
    /// # Errors
    /// What its `__str__` raises.
    pub fn str_of(&mut self, value: &Value) -> Res<String> {
        match value {
            Value::Str(text) => Ok(text.as_str().to_owned()),
            Value::Object(object) => match object.text() {
                Some(text) => Ok(text),
                None => self.repr_of(value),
            },
            Value::Instance(instance) => {
                if let Some(function @ Value::Func(_)) = instance.class.lookup(known::STR) {
                    return self.text_from(&function, value, "__str__");
                }
                if instance.class.is_subclass(&self.types.base_exception) {
                    return self.exception_text(value);
                }
                if instance.class.lookup(known::REPR).is_none()
                    && let Some(payload) = instance.payload()
                {
                    return self.str_of(&payload);
                }
                self.repr_of(value)
            }
            _ => self.repr_of(value),
        }
    }

    fn text_from(&mut self, function: &Value, value: &Value, name: &str) -> Res<String> {
        let text = self.call_sync(function, Args::of([value.clone()]))?;
        match text.as_text() {
            Some(text) => Ok(text.as_str().to_owned()),
            None => Err(self.type_error(format!("{name} returned non-string (type {})", self.type_name(&text)))),
        }
    }

    fn exception_text(&mut self, value: &Value) -> Res<String> {
        let Value::Tuple(args) = value.plain() else { return Ok(String::new()) };
        let is = |vm: &Vm, name: &str| matches!(value, Value::Instance(i) if vm.types.exceptions.get(name).is_some_and(|c| i.class.is_subclass(c)));
        match args.as_slice() {
            [] => Ok(String::new()),
            [one] if is(self, "KeyError") => self.repr_of(one),
            [one] => self.str_of(one),
            [code, text] if is(self, "OSError") => Ok(format!("[Errno {}] {}", self.str_of(code)?, self.str_of(text)?)),
            [code, text, file] if is(self, "OSError") => {
                Ok(format!("[Errno {}] {}: {}", self.str_of(code)?, self.str_of(text)?, self.repr_of(file)?))
            }
            _ => self.repr_of(&Value::Tuple(args)),
        }
    }

    /// `repr(value)`.
    ///
    /// # Errors
    /// What its `__repr__` raises.
    pub fn repr_of(&mut self, value: &Value) -> Res<String> {
        self.deeper(|vm| vm.repr_in(value))
    }

    fn repr_in(&mut self, value: &Value) -> Res<String> {
        Ok(match value {
            Value::Unbound | Value::None => "None".to_owned(),
            Value::NotImplemented => "NotImplemented".to_owned(),
            Value::Ellipsis => "Ellipsis".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Int(n) => n.to_string(),
            Value::Big(n) => {
                let bits = usize::try_from(n.bits()).unwrap_or(usize::MAX);
                if bits > 14_300 {
                    return Err(self.value_error("Exceeds the limit (4300 digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"));
                }
                n.to_string()
            }
            Value::Float(x) => float_text(*x),
            Value::Str(text) => quote(text.as_str()),
            Value::Bytes(bytes) => bytes_text(bytes),
            Value::ByteArray(bytes) => format!("bytearray({})", bytes_text(&bytes.borrow())),
            Value::List(list) => {
                let items = list.borrow().clone();
                format!("[{}]", self.joined(&items)?)
            }
            Value::Tuple(items) if items.len() == 1 => format!("({},)", self.repr_of(&items[0])?),
            Value::Tuple(items) => format!("({})", self.joined(items)?),
            Value::Dict(dict) => {
                let pairs: Vec<(Value, Value)> = dict.borrow().iter().map(|(k, v)| (k.0.clone(), v.clone())).collect();
                self.dict_text(&pairs)?
            }
            Value::Set(set) => {
                let items: Vec<Value> = set.borrow().iter().map(|key| key.0.clone()).collect();
                if items.is_empty() { "set()".to_owned() } else { format!("{{{}}}", self.joined(&items)?) }
            }
            Value::FrozenSet(set) => {
                let items: Vec<Value> = set.iter().map(|key| key.0.clone()).collect();
                if items.is_empty() {
                    "frozenset()".to_owned()
                } else {
                    format!("frozenset({{{}}})", self.joined(&items)?)
                }
            }
            Value::Range(range) if range.step == 1 => format!("range({}, {})", range.start, range.stop),
            Value::Range(range) => format!("range({}, {}, {})", range.start, range.stop, range.step),
            Value::Slice(slice) => {
                let parts = [slice.start.clone(), slice.stop.clone(), slice.step.clone()];
                format!("slice({})", self.joined(&parts)?)
            }
            Value::Func(function) => format!("<function {} at 0x7f0000000000>", function.code.qualname),
            Value::Native(native) => format!("<built-in function {}>", native.name),
            Value::BuiltinMethod(method) => {
                format!(
                    "<built-in method {} of {} object at 0x7f0000000000>",
                    method.name,
                    self.type_name(&method.receiver)
                )
            }
            Value::Method(method) => {
                let name = self.attr(&method.function, known::QUALNAME).unwrap_or(Value::None);
                let (name, me) = (self.str_of(&name)?, self.repr_of(&method.receiver)?);
                format!("<bound method {name} of {me}>")
            }
            Value::Descriptor(_) => format!("<{} object at 0x7f0000000000>", self.type_name(value)),
            Value::Class(class) => {
                let name = class.names.borrow().get(&known::QUALNAME).cloned();
                let name = name.and_then(|name| name.as_text().map(|text| text.as_str().to_owned()));
                let name = name.unwrap_or_else(|| class.name.clone());
                let kind = if class.lookup(known::ENUM_MEMBERS).is_some() { "enum" } else { "class" };
                if class.module.is_empty() || class.module == "builtins" {
                    format!("<{kind} '{name}'>")
                } else if kind == "enum" {
                    format!("<enum '{name}'>")
                } else {
                    format!("<class '{}.{name}'>", class.module)
                }
            }
            Value::Module(module) => format!("<module '{}'>", module.name),
            Value::Generator(generator) => format!("<generator object {} at 0x7f0000000000>", generator.name),
            Value::Iter(iter) => {
                let view = match &*iter.borrow() {
                    Iter::View(of, dict) => Some((*of, std::rc::Rc::clone(dict))),
                    _ => None,
                };
                match view {
                    Some((of, dict)) => {
                        let dict = dict.borrow().clone();
                        let items: Vec<Value> = dict
                            .iter()
                            .map(|(key, value)| match of {
                                ViewOf::Keys => key.0.clone(),
                                ViewOf::Values => value.clone(),
                                ViewOf::Items => Value::tuple(vec![key.0.clone(), value.clone()]),
                            })
                            .collect();
                        format!("{}([{}])", self.type_name(value), self.joined(&items)?)
                    }
                    None => format!("<{} object at 0x7f0000000000>", self.type_name(value)),
                }
            }
            Value::Object(object) => match object.repr() {
                Some(text) => text,
                None if object.type_name() == "dict" => {
                    let mapping = self.mapping(value)?;
                    self.repr_of(&Value::dict(mapping))?
                }
                None => format!("<{} object at 0x7f0000000000>", object.type_name()),
            },
            Value::Instance(instance) => {
                if let Some(function @ Value::Func(_)) = instance.class.lookup(known::REPR) {
                    return self.text_from(&function, value, "__repr__");
                }
                if instance.class.is_subclass(&self.types.base_exception) {
                    let Value::Tuple(args) = value.plain() else { return Ok(format!("{}()", instance.class.name)) };
                    return Ok(format!("{}({})", instance.class.name, self.joined(&args)?));
                }
                match instance.payload() {
                    Some(payload) => self.repr_of(&payload)?,
                    None => format!("<{} object at 0x{:012x}>", instance.class.full_name(), self.id_of(value)),
                }
            }
        })
    }

    /// `id(value)`.
    pub fn id_of(&self, value: &Value) -> u64 {
        let address = match value {
            Value::Instance(instance) => std::rc::Rc::as_ptr(instance).addr(),
            Value::List(list) => std::rc::Rc::as_ptr(list).addr(),
            Value::Dict(dict) => std::rc::Rc::as_ptr(dict).addr(),
            Value::Class(class) => std::rc::Rc::as_ptr(class).addr(),
            Value::Func(function) => std::rc::Rc::as_ptr(function).addr(),
            Value::Str(text) => std::rc::Rc::as_ptr(text).addr(),
            Value::Object(object) => std::rc::Rc::as_ptr(object).addr(),
            Value::Tuple(items) => std::rc::Rc::as_ptr(items).addr(),
            Value::Set(set) => std::rc::Rc::as_ptr(set).addr(),
            Value::Int(n) => usize::try_from(n.unsigned_abs()).unwrap_or(0).wrapping_mul(32).wrapping_add(0x1000),
            _ => 0x1000,
        };
        u64::try_from(address).unwrap_or(0) & 0x0000_7fff_ffff_ffff
    }

    fn joined(&mut self, items: &[Value]) -> Res<String> {
        let mut text = String::new();
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                text.push_str(", ");
            }
            text.push_str(&self.repr_of(item)?);
            self.charge(1)?;
        }
        self.check_size(text.len())?;
        Ok(text)
    }

    fn dict_text(&mut self, pairs: &[(Value, Value)]) -> Res<String> {
        let mut text = String::from("{");
        for (n, (key, value)) in pairs.iter().enumerate() {
            if n > 0 {
                text.push_str(", ");
            }
            text.push_str(&self.repr_of(key)?);
            text.push_str(": ");
            text.push_str(&self.repr_of(value)?);
            self.charge(1)?;
        }
        self.check_size(text.len())?;
        text.push('}');
        Ok(text)
    }

    /// `format(value, spec)`.
    ///
    /// # Errors
    /// The spec does not fit the value.
    pub fn format(&mut self, value: &Value, spec: &str) -> Res<String> {
        match value {
            Value::Instance(instance) => {
                if let Some(function @ Value::Func(_)) = instance.class.lookup(known::FORMAT) {
                    let text = self.call_sync(&function, Args::of([value.clone(), Value::str(spec)]))?;
                    return self.str_of(&text);
                }
                if spec.is_empty() {
                    return self.str_of(value);
                }
                match instance.payload() {
                    Some(payload) if !instance.class.is_subclass(&self.types.base_exception) => {
                        self.format(&payload, spec)
                    }
                    _ => Err(self
                        .type_error(format!("unsupported format string passed to {}.__format__", instance.class.name))),
                }
            }
            _ if spec.is_empty() => self.str_of(value),
            Value::Object(object) if object.methods().contains(&"__format__") => {
                let text = object.call_method(self, value, intern("__format__"), Args::of([Value::str(spec)]))?;
                self.str_of(&text)
            }
            _ => super::format_value(self, value, spec),
        }
    }
}

/// A float as Python writes it: the shortest text that reads back as the same.
pub fn float_text(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if x == 0.0 || (1e-4..1e16).contains(&x.abs()) {
        return format!("{x:?}");
    }
    let text = format!("{x:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// A string in quotes.
pub fn quote(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if (0x80..0xa0).contains(&(c as u32)) || c as u32 == 0xad => {
                out.push_str(&format!("\\x{:02x}", c as u32))
            }
            c if is_unprintable(c) => out.push_str(&escaped(c)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn is_unprintable(c: char) -> bool {
    (c.is_whitespace() && c != ' ')
        || matches!(c as u32, 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe000..=0xf8ff | 0xfff0..=0xfffb)
}

fn escaped(c: char) -> String {
    match c as u32 {
        n @ ..=0xff => format!("\\x{n:02x}"),
        n @ ..=0xffff => format!("\\u{n:04x}"),
        n => format!("\\U{n:08x}"),
    }
}

/// `ascii()`, from what `repr()` gives.
pub fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { escaped(c) }).collect()
}

fn bytes_text(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if char::from(*byte) == quote => {
                out.push('\\');
                out.push(quote);
            }
            0x20..=0x7e => out.push(char::from(*byte)),
            byte => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
    out
}
