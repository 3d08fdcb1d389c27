//! Methods of `bytes` and `bytearray`, and text encodings.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::{Given, int_of};
use crate::value::{Args, Value};
use crate::vm::{Res, Vm};

pub const METHODS: &[&str] = &[
    "decode",
    "hex",
    "startswith",
    "endswith",
    "find",
    "split",
    "strip",
    "lstrip",
    "rstrip",
    "join",
    "replace",
    "count",
    "index",
    "lower",
    "upper",
    "fromhex",
    "splitlines",
    "rfind",
];
pub const ARRAY_METHODS: &[&str] =
    &["decode", "hex", "append", "extend", "startswith", "endswith", "find", "count", "index", "clear", "copy", "pop"];

/// The bytes of a bytes-like value.
pub fn bytes_of(vm: &mut Vm, value: &Value) -> Res<Vec<u8>> {
    match value.plain() {
        Value::Bytes(bytes) => Ok(bytes.to_vec()),
        Value::ByteArray(bytes) => Ok(bytes.borrow().clone()),
        Value::List(_) | Value::Tuple(_) | Value::Range(_) | Value::Generator(_) | Value::Iter(_) => {
            let mut bytes = Vec::new();
            for item in vm.collect(value)? {
                let n = int_of(vm, &item)?;
                bytes.push(u8::try_from(n).map_err(|_| vm.value_error("bytes must be in range(0, 256)"))?);
            }
            Ok(bytes)
        }
        other => Err(vm.type_error(format!("a bytes-like object is required, not '{}'", vm.type_name(&other)))),
    }
}

/// Text as bytes.
pub fn encode(vm: &Vm, text: &str, encoding: &str, errors: &str) -> Res<Vec<u8>> {
    let name = encoding.to_lowercase().replace('_', "-");
    let narrow = |limit: u32| -> Res<Vec<u8>> {
        let mut out = Vec::new();
        for c in text.chars() {
            match u8::try_from(c as u32).ok().filter(|_| (c as u32) < limit) {
                Some(byte) => out.push(byte),
                None if errors == "ignore" => {}
                None if errors == "replace" => out.push(b'?'),
                None => {
                    let message = format!(
                        "'{name}' codec can't encode character '\\u{:04x}': ordinal not in range({limit})",
                        c as u32
                    );
                    return Err(vm.error("UnicodeEncodeError", message));
                }
            }
        }
        Ok(out)
    };
    match name.as_str() {
        "utf-8" | "utf8" => Ok(text.as_bytes().to_vec()),
        "utf-8-sig" => Ok([b"\xef\xbb\xbf", text.as_bytes()].concat()),
        "ascii" | "us-ascii" => narrow(128),
        "latin-1" | "latin1" | "iso-8859-1" => narrow(256),
        "utf-16-le" | "utf-16le" => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "utf-16" => Ok([0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()),
        _ => Err(vm.unsupported(&format!("the encoding {encoding}"))),
    }
}

/// Bytes as text.
pub fn decode(vm: &Vm, bytes: &[u8], encoding: &str, errors: &str) -> Res<String> {
    let name = encoding.to_lowercase().replace('_', "-");
    match name.as_str() {
        "utf-8" | "utf8" | "utf-8-sig" | "ascii" | "us-ascii" => {
            let bytes = if name == "utf-8-sig" { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
            match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.to_owned()),
                Err(_) if errors == "replace" => Ok(String::from_utf8_lossy(bytes).into_owned()),
                Err(_) if errors == "ignore" => Ok(String::from_utf8_lossy(bytes).replace('\u{fffd}', "")),
                Err(error) => {
                    let at = error.valid_up_to();
                    let byte = bytes.get(at).copied().unwrap_or(0);
                    Err(vm.error(
                        "UnicodeDecodeError",
                        format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: invalid start byte"),
                    ))
                }
            }
        }
        "latin-1" | "latin1" | "iso-8859-1" => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        _ => Err(vm.unsupported(&format!("the encoding {encoding}"))),
    }
}

fn from_hex(vm: &Vm, text: &str) -> Res<Vec<u8>> {
    let digits: Vec<u32> = text.chars().filter(|c| !c.is_whitespace()).filter_map(|c| c.to_digit(16)).collect();
    let wanted = text.chars().filter(|c| !c.is_whitespace()).count();
    if digits.len() != wanted || !wanted.is_multiple_of(2) {
        return Err(vm.value_error("non-hexadecimal number found in fromhex() arg"));
    }
    Ok(digits.chunks(2).filter_map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect())
}

pub fn class_call(vm: &mut Vm, name: &str, given: &mut Given) -> Option<Res<Value>> {
    (name == "fromhex").then(|| {
        let text = given.text(vm)?;
        from_hex(vm, text.as_str()).map(Value::bytes)
    })
}

pub fn call(vm: &mut Vm, bytes: &Rc<Vec<u8>>, name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    Ok(match name {
        "decode" => {
            let encoding = given.named("encoding").and_then(|v| v.as_text());
            let errors = given.named("errors").and_then(|v| v.as_text());
            let encoding = encoding.as_ref().map_or("utf-8", |text| text.as_str());
            Value::str(decode(vm, bytes, encoding, errors.as_ref().map_or("strict", |text| text.as_str()))?)
        }
        "hex" => Value::str(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        "lower" => Value::bytes(bytes.to_ascii_lowercase()),
        "upper" => Value::bytes(bytes.to_ascii_uppercase()),
        "startswith" | "endswith" => {
            let wanted = given.required(vm)?;
            let all = if let Value::Tuple(all) = &wanted { all.to_vec() } else { vec![wanted] };
            for each in all {
                let part = bytes_of(vm, &each)?;
                if if name == "startswith" { bytes.starts_with(&part) } else { bytes.ends_with(&part) } {
                    return Ok(Value::Bool(true));
                }
            }
            Value::Bool(false)
        }
        "find" | "index" | "rfind" | "count" => {
            let part = given.required(vm)?;
            let part = if let Value::Int(n) = part { vec![u8::try_from(n).unwrap_or(0)] } else { bytes_of(vm, &part)? };
            let mut places =
                bytes.windows(part.len().max(1)).enumerate().filter(|(_, w)| *w == part.as_slice()).map(|(at, _)| at);
            match name {
                "count" => Value::count(places.count()),
                _ => match if name == "rfind" { places.last() } else { places.next() } {
                    Some(at) => Value::count(at),
                    None if name == "index" => return Err(vm.value_error("subsection not found")),
                    None => Value::Int(-1),
                },
            }
        }
        "strip" | "lstrip" | "rstrip" => {
            let set = match given.next().filter(|value| !value.is_none()) {
                Some(value) => Some(bytes_of(vm, &value)?),
                None => None,
            };
            let drops = |byte: &u8| set.as_ref().map_or_else(|| is_space(byte), |set| set.contains(byte));
            let from = if name == "rstrip" { 0 } else { bytes.iter().take_while(|b| drops(b)).count() };
            let to = if name == "lstrip" {
                bytes.len()
            } else {
                bytes.len() - bytes[from..].iter().rev().take_while(|b| drops(b)).count()
            };
            Value::bytes(&bytes[from..to.max(from)])
        }
        "split" => {
            let separator = given.next().filter(|value| !value.is_none());
            match separator {
                None => Value::list(bytes.split(is_space).filter(|part| !part.is_empty()).map(Value::bytes).collect()),
                Some(separator) => {
                    let separator = bytes_of(vm, &separator)?;
                    if separator.is_empty() {
                        return Err(vm.value_error("empty separator"));
                    }
                    let (mut parts, mut rest) = (Vec::new(), bytes.as_slice());
                    while let Some(at) = rest.windows(separator.len()).position(|w| w == separator.as_slice()) {
                        parts.push(Value::bytes(&rest[..at]));
                        rest = &rest[at + separator.len()..];
                    }
                    parts.push(Value::bytes(rest));
                    Value::list(parts)
                }
            }
        }
        "splitlines" => {
            Value::list(String::from_utf8_lossy(bytes).lines().map(|line| Value::bytes(line.as_bytes())).collect())
        }
        "join" => {
            let parts = given.required(vm)?;
            let mut all = Vec::new();
            for part in vm.collect(&parts)? {
                all.push(bytes_of(vm, &part)?);
            }
            Value::bytes(all.join(bytes.as_slice()))
        }
        "replace" => {
            let (old, new) = (given.required(vm)?, given.required(vm)?);
            let (old, new) = (bytes_of(vm, &old)?, bytes_of(vm, &new)?);
            let (mut out, mut rest) = (Vec::new(), bytes.as_slice());
            while let Some(at) = rest.windows(old.len().max(1)).position(|w| w == old.as_slice()) {
                out.extend_from_slice(&rest[..at]);
                out.extend_from_slice(&new);
                rest = &rest[at + old.len()..];
            }
            out.extend_from_slice(rest);
            Value::bytes(out)
        }
        _ => return Err(vm.no_attribute(&Value::Bytes(Rc::clone(bytes)), crate::value::intern(name))),
    })
}

pub fn call_array(vm: &mut Vm, bytes: &Rc<RefCell<Vec<u8>>>, name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    match name {
        "append" => {
            let n = given.int(vm)?;
            bytes.borrow_mut().push(u8::try_from(n).map_err(|_| vm.value_error("byte must be in range(0, 256)"))?);
        }
        "extend" => {
            let more = given.required(vm)?;
            let more = bytes_of(vm, &more)?;
            vm.check_size(bytes.borrow().len() + more.len())?;
            bytes.borrow_mut().extend(more);
        }
        "clear" => bytes.borrow_mut().clear(),
        "copy" => return Ok(Value::ByteArray(Rc::new(RefCell::new(bytes.borrow().clone())))),
        "pop" => {
            return bytes
                .borrow_mut()
                .pop()
                .map(|b| Value::Int(i64::from(b)))
                .ok_or_else(|| vm.error("IndexError", "pop from empty bytearray"));
        }
        _ => {
            let copy = Rc::new(bytes.borrow().clone());
            return call(vm, &copy, name, Args::of(given.rest()));
        }
    }
    Ok(Value::None)
}
