//! The module `json`.

use crate::builtins::{Given, bytes_of, decode, int_of};
use crate::value::{Args, Builtin, Class, Dict, Key, Module, Namespace, Value, intern};
use crate::vm::{Res, Vm, float_text};

pub fn make(vm: &mut Vm, module: &Module) -> Res<()> {
    super::fill(module, &[("loads", loads), ("dumps", dumps), ("load", load), ("dump", dump)]);
    let base = vm.types.exceptions["ValueError"].clone();
    let error = Class::new("JSONDecodeError", "json.decoder", vec![base], Namespace::default(), Builtin::Exception);
    if let Some(error) = error {
        module.set(intern("JSONDecodeError"), Value::Class(error));
    }
    let object = vm.types.object.clone();
    let mut names = Namespace::default();
    names.insert(intern("default"), Value::native_method("default", encoder_default));
    if let Some(encoder) = Class::new("JSONEncoder", "json", vec![object], names, Builtin::Object) {
        module.set(intern("JSONEncoder"), Value::Class(encoder));
    }
    Ok(())
}

fn encoder_default(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("default", args);
    let _ = given.required(vm)?;
    let value = given.required(vm)?;
    Err(not_serializable(vm, &value))
}

fn not_serializable(vm: &Vm, value: &Value) -> crate::vm::Raise {
    vm.type_error(format!("Object of type {} is not JSON serializable", vm.type_name(value)))
}

fn loads(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("loads", args);
    let text = given.needed(vm, "s")?;
    if let Some((name, _)) = given.keywords().first() {
        return Err(vm.unsupported(&format!("json.loads({name}=…)")));
    }
    let owned;
    let text = match text.as_text() {
        Some(text) => {
            owned = text;
            owned.as_str().to_owned()
        }
        None => {
            if !matches!(text.plain(), Value::Bytes(_) | Value::ByteArray(_)) {
                let found = vm.type_name(&text);
                return Err(vm.type_error(format!("the JSON object must be str, bytes or bytearray, not {found}")));
            }
            let bytes = bytes_of(vm, &text)?;
            decode(vm, &bytes, "utf-8", "strict")?
        }
    };
    parse_json(vm, &text)
}

fn load(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("load", args);
    let file = given.required(vm)?;
    let read = vm.attr(&file, intern("read"))?;
    let text = vm.call_sync(&read, Args::default())?;
    loads(vm, Args::of([text]))
}

/// JSON text as Python values.
///
/// # Errors
/// `JSONDecodeError`.
pub fn parse_json(vm: &mut Vm, text: &str) -> Res<Value> {
    vm.charge(text.len() / 16)?;
    let mut reader = Reader { text, at: 0 };
    reader.space();
    let parsed = reader.value(0).and_then(|value| {
        reader.space();
        if reader.at < text.len() { Err((reader.at, "Extra data")) } else { Ok(value) }
    });
    parsed.map_err(|(at, what)| {
        let before = &text[..at.min(text.len())];
        let (line, column) =
            (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
        let position = before.chars().count();
        let message = format!("{what}: line {line} column {column} (char {position})");
        let class = vm.import("json").ok().flatten().and_then(|module| module.get(intern("JSONDecodeError")));
        match class {
            Some(Value::Class(class)) => {
                let instance = crate::value::Instance::with_payload(&class, Value::tuple(vec![Value::str(message)]));
                instance.set(intern("msg"), Value::str(what));
                instance.set(intern("doc"), Value::str(text));
                instance.set(intern("pos"), Value::count(position));
                instance.set(intern("lineno"), Value::count(line));
                instance.set(intern("colno"), Value::count(column));
                crate::vm::Raise::exception(Value::Instance(instance))
            }
            _ => vm.value_error(message),
        }
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

type Parsed<T> = Result<T, (usize, &'static str)>;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Parsed<Value> {
        if depth > 400 {
            return Err((self.at, "Nested too deeply"));
        }
        let words = [
            ("null", Value::None),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ];
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.string().map(Value::str)
            }
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') if !self.text[self.at..].starts_with("-Infinity") => self.number(),
            _ => match words.into_iter().find(|(word, _)| self.text[self.at..].starts_with(word)) {
                Some((word, value)) => {
                    self.at += word.len();
                    Ok(value)
                }
                None => Err((self.at, "Expecting value")),
            },
        }
    }

    fn number(&mut self) -> Parsed<Value> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let digits =
            |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += usize::from(self.peek() == Some(b'-'));
        let whole = digits(self.at);
        if whole == 0 {
            return Err((start, "Expecting value"));
        }
        self.at += if self.peek() == Some(b'0') { 1 } else { whole };
        let mut is_float = false;
        if self.peek() == Some(b'.') && digits(self.at + 1) > 0 {
            is_float = true;
            self.at += 1 + digits(self.at + 1);
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(self.at + 1), Some(b'+' | b'-')));
            let power = digits(self.at + 1 + sign);
            if power > 0 {
                is_float = true;
                self.at += 1 + sign + power;
            }
        }
        let text = &self.text[start..self.at];
        if is_float {
            return Ok(Value::Float(text.parse().unwrap_or(f64::NAN)));
        }
        Ok(text.parse().map_or_else(|_| Value::integer(text.parse().unwrap_or_default()), Value::Int))
    }

    fn string(&mut self) -> Parsed<String> {
        let start = self.at;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(stop) = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20) else {
                return Err((start.saturating_sub(1), "Unterminated string starting at"));
            };
            out.push_str(&rest[..stop]);
            self.at += stop + 1;
            match rest.as_bytes()[stop] {
                b'"' => return Ok(out),
                b'\\' => {
                    let escape = self.peek().ok_or((start.saturating_sub(1), "Unterminated string starting at"))?;
                    self.at += 1;
                    match escape {
                        b'n' => out.push('\n'),
                        b't' => out.push('\t'),
                        b'r' => out.push('\r'),
                        b'b' => out.push('\u{8}'),
                        b'f' => out.push('\u{c}'),
                        b'"' | b'\\' | b'/' => out.push(char::from(escape)),
                        b'u' => {
                            let mut code = self.hex()?;
                            if (0xd800..0xdc00).contains(&code) && self.text[self.at..].starts_with("\\u") {
                                self.at += 2;
                                let low = self.hex()?;
                                if (0xdc00..0xe000).contains(&low) {
                                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                                }
                            }
                            out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                        }
                        _ => return Err((self.at - 2, "Invalid \\escape")),
                    }
                }
                _ => return Err((self.at - 1, "Invalid control character at")),
            }
        }
    }

    fn hex(&mut self) -> Parsed<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or((self.at, "Invalid \\uXXXX escape"))?;
        self.at += 4;
        Ok(code)
    }

    fn array(&mut self, depth: usize) -> Parsed<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::list(items));
                }
                _ => return Err((self.at, "Expecting ',' delimiter")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Parsed<Value> {
        self.at += 1;
        let mut dict = Dict::default();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::dict(dict));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err((self.at, "Expecting property name enclosed in double quotes"));
            }
            self.at += 1;
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err((self.at, "Expecting ':' delimiter"));
            }
            self.at += 1;
            self.space();
            dict.insert(Key(Value::str(key)), self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::dict(dict));
                }
                _ => return Err((self.at, "Expecting ',' delimiter")),
            }
        }
    }
}

/// How JSON is written.
#[derive(Clone, Debug)]
pub struct Style {
    indent: Option<String>,
    item: String,
    key: String,
    sort: bool,
    ascii: bool,
    skip: bool,
    default: Option<Value>,
}

impl Style {
    /// As `json.dumps` writes it where nothing else is said.
    pub fn plain() -> Self {
        Self {
            indent: None,
            item: ", ".to_owned(),
            key: ": ".to_owned(),
            sort: false,
            ascii: true,
            skip: false,
            default: None,
        }
    }
}

/// A value as JSON, as `json.dumps` writes it where nothing else is said.
///
/// # Errors
/// `TypeError` for what has no form in JSON.
pub fn json_text(vm: &mut Vm, value: &Value) -> Res<String> {
    dump_json(vm, value, &Style::plain())
}

fn dumps(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("dumps", args);
    let value = given.needed(vm, "obj")?;
    let style = style(vm, &mut given)?;
    dump_json(vm, &value, &style).map(Value::str)
}

fn dump(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("dump", args);
    let (value, file) = (given.required(vm)?, given.required(vm)?);
    let style = style(vm, &mut given)?;
    let text = dump_json(vm, &value, &style)?;
    let write = vm.attr(&file, intern("write"))?;
    vm.call_sync(&write, Args::of([Value::str(text)]))?;
    Ok(Value::None)
}

fn style(vm: &mut Vm, given: &mut Given) -> Res<Style> {
    let mut style = Style::plain();
    for (name, value) in given.keywords() {
        match name.text().as_str() {
            "indent" => {
                style.indent = match &value {
                    Value::None => None,
                    Value::Str(text) => Some(text.as_str().to_owned()),
                    other => Some(" ".repeat(usize::try_from(int_of(vm, other)?).unwrap_or(0).min(64))),
                };
                if style.indent.is_some() && style.item == ", " {
                    style.item = ",".to_owned();
                }
            }
            "separators" => {
                if !value.is_none() {
                    let parts = vm.collect(&value)?;
                    if let [item, key] = parts.as_slice() {
                        style.item = vm.str_of(item)?;
                        style.key = vm.str_of(key)?;
                    }
                }
            }
            "sort_keys" => style.sort = vm.truth(&value)?,
            "ensure_ascii" => style.ascii = vm.truth(&value)?,
            "skipkeys" => style.skip = vm.truth(&value)?,
            "default" => style.default = Some(value).filter(|value| !value.is_none()),
            "cls" => {
                if !value.is_none() {
                    let encoder = vm.call_sync(&value, Args::default())?;
                    style.default = Some(vm.attr(&encoder, intern("default"))?);
                }
            }
            "allow_nan" | "check_circular" => {}
            other => {
                return Err(
                    vm.type_error(format!("JSONEncoder.__init__() got an unexpected keyword argument '{other}'"))
                );
            }
        }
    }
    Ok(style)
}

/// A value as JSON text.
///
/// # Errors
/// `TypeError` for what has no form in JSON.
pub fn dump_json(vm: &mut Vm, value: &Value, style: &Style) -> Res<String> {
    let mut out = String::new();
    write(vm, value, style, 0, &mut out)?;
    Ok(out)
}

fn write(vm: &mut Vm, value: &Value, style: &Style, depth: usize, out: &mut String) -> Res<()> {
    vm.charge(1)?;
    if out.len() > 1 << 20 {
        vm.check_size(out.len())?;
    }
    match value {
        Value::None => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(n) => out.push_str(&n.to_string()),
        Value::Big(n) => out.push_str(&n.to_string()),
        Value::Float(x) => out.push_str(&number_text(*x)),
        Value::Str(text) => quote(text.as_str(), style.ascii, out),
        Value::List(list) => {
            let items = list.borrow().clone();
            return vm.deeper(|vm| write_list(vm, &items, style, depth, out));
        }
        Value::Tuple(items) => return vm.deeper(|vm| write_list(vm, items, style, depth, out)),
        Value::Dict(dict) => {
            let pairs: Vec<(Value, Value)> =
                dict.borrow().iter().map(|(key, value)| (key.value().clone(), value.clone())).collect();
            return vm.deeper(|vm| write_dict(vm, pairs, style, depth, out));
        }
        Value::Instance(instance)
            if instance.payload().is_some() && !instance.class.is_subclass(&vm.types.base_exception) =>
        {
            let plain = value.plain();
            return write(vm, &plain, style, depth, out);
        }
        other => {
            if let Value::Object(object) = other
                && object.type_name().ends_with("dict")
            {
                let pairs = vm.mapping(other)?.into_iter().map(|(key, value)| (key.0, value)).collect();
                return vm.deeper(|vm| write_dict(vm, pairs, style, depth, out));
            }
            let Some(default) = &style.default else { return Err(not_serializable(vm, other)) };
            let replaced = vm.call_sync(default, Args::of([other.clone()]))?;
            return vm.deeper(|vm| write(vm, &replaced, style, depth, out));
        }
    }
    Ok(())
}

fn number_text(x: f64) -> String {
    if x.is_nan() {
        "NaN".to_owned()
    } else if x.is_infinite() {
        if x > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        float_text(x)
    }
}

fn line(style: &Style, depth: usize, out: &mut String) {
    if let Some(indent) = &style.indent {
        out.push('\n');
        (0..depth).for_each(|_| out.push_str(indent));
    }
}

fn write_list(vm: &mut Vm, items: &[Value], style: &Style, depth: usize, out: &mut String) -> Res<()> {
    if items.is_empty() {
        out.push_str("[]");
        return Ok(());
    }
    out.push('[');
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push_str(&style.item);
        }
        line(style, depth + 1, out);
        write(vm, item, style, depth + 1, out)?;
    }
    line(style, depth, out);
    out.push(']');
    Ok(())
}

fn write_dict(vm: &mut Vm, mut pairs: Vec<(Value, Value)>, style: &Style, depth: usize, out: &mut String) -> Res<()> {
    if style.sort {
        let keys: Vec<Value> =
            pairs.iter().map(|(key, value)| Value::tuple(vec![key.clone(), value.clone()])).collect();
        let by = Value::native("key", |_, args| {
            Ok(if let Some(Value::Tuple(pair)) = args.pos.first() { pair[0].clone() } else { Value::None })
        });
        let sorted = crate::builtins::sorted(vm, keys, Some(by), None)?;
        pairs = sorted
            .into_iter()
            .filter_map(
                |pair| if let Value::Tuple(pair) = pair { Some((pair[0].clone(), pair[1].clone())) } else { None },
            )
            .collect();
    }
    if pairs.is_empty() {
        out.push_str("{}");
        return Ok(());
    }
    out.push('{');
    let mut first = true;
    for (key, value) in &pairs {
        let key = match key.plain() {
            Value::Str(text) => text.as_str().to_owned(),
            Value::Int(n) => n.to_string(),
            Value::Big(n) => n.to_string(),
            Value::Float(x) => number_text(x),
            Value::Bool(b) => b.to_string(),
            Value::None => "null".to_owned(),
            _ if style.skip => continue,
            other => {
                let found = vm.type_name(&other);
                return Err(vm.type_error(format!("keys must be str, int, float, bool or None, not {found}")));
            }
        };
        if !first {
            out.push_str(&style.item);
        }
        first = false;
        line(style, depth + 1, out);
        quote(&key, style.ascii, out);
        out.push_str(&style.key);
        write(vm, value, style, depth + 1, out)?;
    }
    line(style, depth, out);
    out.push('}');
    Ok(())
}

fn quote(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 || (ascii && !c.is_ascii()) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
