//! Numbers: made from text, and their methods.

use num_bigint::{BigInt, Sign};
use num_traits::{FromPrimitive, Num, Signed, ToPrimitive};

use super::arguments::{Given, int_of};
use crate::value::{Args, Value, known};
use crate::vm::{Res, Vm};

pub const INT_METHODS: &[&str] =
    &["bit_length", "to_bytes", "conjugate", "from_bytes", "bit_count", "is_integer", "as_integer_ratio"];
pub const FLOAT_METHODS: &[&str] = &["is_integer", "conjugate"];

fn big(value: &Value) -> BigInt {
    match value {
        Value::Int(n) => BigInt::from(*n),
        Value::Bool(b) => BigInt::from(i64::from(*b)),
        Value::Big(n) => (**n).clone(),
        _ => BigInt::default(),
    }
}

pub fn call(vm: &mut Vm, me: &Value, name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    Ok(match (me, name) {
        (Value::Float(x), "is_integer") => Value::Bool(x.is_finite() && x.fract() == 0.0),
        (_, "is_integer") => Value::Bool(true),
        (_, "conjugate") => me.clone(),
        (_, "bit_length") => Value::Int(i64::try_from(big(me).bits()).unwrap_or(i64::MAX)),
        (_, "bit_count") => Value::Int(i64::try_from(big(me).magnitude().count_ones()).unwrap_or(0)),
        (_, "as_integer_ratio") => Value::tuple(vec![me.clone(), Value::Int(1)]),
        (_, "to_bytes") => {
            let length = match given.named("length") {
                Some(value) => int_of(vm, &value)?,
                None => 1,
            };
            let order = given.named("byteorder");
            let little = order.is_some_and(|order| order.as_text().is_some_and(|text| text.as_str() == "little"));
            let length = usize::try_from(length).map_err(|_| vm.value_error("length argument must be non-negative"))?;
            vm.check_size(length)?;
            let number = big(me);
            let signed = given.keyword("signed").is_some_and(|signed| matches!(signed, Value::Bool(true)));
            if number.is_negative() && !signed {
                return Err(vm.error("OverflowError", "can't convert negative int to unsigned"));
            }
            let mut bytes = if signed { number.to_signed_bytes_le() } else { number.to_bytes_le().1 };
            if bytes == [0] {
                bytes.clear();
            }
            if bytes.len() > length {
                return Err(vm.error("OverflowError", "int too big to convert"));
            }
            bytes.resize(length, if number.is_negative() { 0xff } else { 0 });
            if !little {
                bytes.reverse();
            }
            Value::bytes(bytes)
        }
        (_, "from_bytes") => from_bytes(vm, &mut given)?,
        _ => return Err(vm.no_attribute(me, crate::value::intern(name))),
    })
}

/// `int.from_bytes(bytes, order)`.
pub fn from_bytes(vm: &mut Vm, given: &mut Given) -> Res<Value> {
    let bytes = given.needed(vm, "bytes")?;
    let bytes = super::bytes::bytes_of(vm, &bytes)?;
    let order = given.named("byteorder");
    let signed = given.keyword("signed");
    let signed = match signed {
        Some(value) => vm.truth(&value)?,
        None => false,
    };
    let little = order.is_some_and(|order| order.as_text().is_some_and(|text| text.as_str() == "little"));
    Ok(Value::integer(match (signed, little) {
        (true, true) => BigInt::from_signed_bytes_le(&bytes),
        (true, false) => BigInt::from_signed_bytes_be(&bytes),
        (false, true) => BigInt::from_bytes_le(Sign::Plus, &bytes),
        (false, false) => BigInt::from_bytes_be(Sign::Plus, &bytes),
    }))
}

/// The integer part of a float.
pub fn int_of_float(vm: &Vm, x: f64) -> Res<Value> {
    if x.is_nan() {
        return Err(vm.value_error("cannot convert float NaN to integer"));
    }
    match BigInt::from_f64(x.trunc()) {
        Some(n) => Ok(Value::integer(n)),
        None => Err(vm.error("OverflowError", "cannot convert float infinity to integer")),
    }
}

/// `int(value)`.
pub fn to_int(vm: &mut Vm, value: &Value) -> Res<Value> {
    match value {
        Value::Int(_) | Value::Big(_) => Ok(value.clone()),
        Value::Bool(b) => Ok(Value::Int(i64::from(*b))),
        Value::Float(x) => int_of_float(vm, *x),
        Value::Str(text) => parse_int(vm, text.as_str(), 10),
        Value::Bytes(bytes) => parse_int(vm, &String::from_utf8_lossy(bytes), 10),
        Value::Instance(instance) => {
            for name in [known::INT, known::INDEX] {
                if let Some(function) = instance.class.lookup(name) {
                    return vm.call_sync(&function, Args::of([value.clone()]));
                }
            }
            match instance.payload() {
                Some(payload) if !instance.class.is_subclass(&vm.types.base_exception) => to_int(vm, &payload),
                _ => Err(no_number(vm, "int", value)),
            }
        }
        Value::Object(object) if object.methods().contains(&"__int__") => {
            object.call_method(vm, value, known::INT, Args::default())
        }
        _ => Err(no_number(vm, "int", value)),
    }
}

fn no_number(vm: &Vm, what: &str, value: &Value) -> crate::vm::Raise {
    let found = vm.type_name(value);
    if what == "int" {
        return vm.type_error(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{found}'"
        ));
    }
    vm.type_error(format!("float() argument must be a string or a real number, not '{found}'"))
}

/// `int(text, base)`.
///
/// # Errors
/// It is no number.
pub fn parse_int(vm: &mut Vm, text: &str, base: u32) -> Res<Value> {
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let lower = digits.to_lowercase();
    let prefixed = |base: u32, prefixes: [&str; 2]| {
        prefixes.iter().find_map(|p| lower.strip_prefix(p)).map(|rest| (rest.to_owned(), base))
    };
    let (digits, radix) = match base {
        0 => prefixed(16, ["0x", "0x"])
            .or(prefixed(8, ["0o", "0o"]))
            .or(prefixed(2, ["0b", "0b"]))
            .unwrap_or((lower.clone(), 10)),
        16 => prefixed(16, ["0x", "0x"]).unwrap_or((lower.clone(), 16)),
        8 => prefixed(8, ["0o", "0o"]).unwrap_or((lower.clone(), 8)),
        2 => prefixed(2, ["0b", "0b"]).unwrap_or((lower.clone(), 2)),
        base => (lower.clone(), base),
    };
    let ok = !digits.is_empty()
        && !digits.starts_with('_')
        && !digits.ends_with('_')
        && !digits.contains("__")
        && digits.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    if digits.len() > 4_300 && radix == 10 {
        return Err(vm.value_error("Exceeds the limit (4300 digits) for integer string conversion"));
    }
    let parsed = if ok { BigInt::from_str_radix(&digits, radix).ok() } else { None };
    match parsed {
        Some(n) => Ok(Value::integer(if negative { -n } else { n })),
        None => {
            let shown = vm.repr_of(&Value::str(text))?;
            Err(vm.value_error(format!("invalid literal for int() with base {base}: {shown}")))
        }
    }
}

/// `float(text)`.
///
/// # Errors
/// It is no number.
pub fn parse_float(vm: &mut Vm, text: &str) -> Res<f64> {
    let trimmed = text.trim().replace('_', "");
    let lower = trimmed.to_lowercase();
    let body = lower.trim_start_matches(['+', '-']);
    let parsed = match body {
        "inf" | "infinity" => Some(f64::INFINITY),
        "nan" => Some(f64::NAN),
        _ if body.starts_with(|c: char| c.is_ascii_digit() || c == '.') => body.parse().ok(),
        _ => None,
    };
    let signs = lower.len() - body.len();
    match parsed {
        Some(x) if signs <= 1 => Ok(if lower.starts_with('-') { -x } else { x }),
        _ => {
            let shown = vm.repr_of(&Value::str(text))?;
            Err(vm.value_error(format!("could not convert string to float: {shown}")))
        }
    }
}

/// `float(value)`.
pub fn to_float(vm: &mut Vm, value: &Value) -> Res<f64> {
    match value {
        Value::Float(x) => Ok(*x),
        Value::Bool(b) => Ok(f64::from(u8::from(*b))),
        #[expect(clippy::cast_precision_loss, reason = "Python rounds to the nearest float too")]
        Value::Int(n) => Ok(*n as f64),
        Value::Big(n) => n
            .to_f64()
            .filter(|x| x.is_finite())
            .ok_or_else(|| vm.error("OverflowError", "int too large to convert to float")),
        Value::Str(text) => parse_float(vm, text.as_str()),
        Value::Bytes(bytes) => parse_float(vm, &String::from_utf8_lossy(bytes)),
        Value::Instance(instance) => {
            for name in [known::FLOAT, known::INDEX] {
                if let Some(function) = instance.class.lookup(name) {
                    let made = vm.call_sync(&function, Args::of([value.clone()]))?;
                    return to_float(vm, &made);
                }
            }
            match instance.payload() {
                Some(payload) if !instance.class.is_subclass(&vm.types.base_exception) => to_float(vm, &payload),
                _ => Err(no_number(vm, "float", value)),
            }
        }
        Value::Object(object) if object.methods().contains(&"__float__") => {
            let made = object.call_method(vm, value, known::FLOAT, Args::default())?;
            to_float(vm, &made)
        }
        _ => Err(no_number(vm, "float", value)),
    }
}

/// A number as a float, where a function of `math` and the like wants one.
pub fn real(vm: &mut Vm, value: &Value) -> Res<f64> {
    match value {
        Value::Str(_) | Value::Bytes(_) | Value::None => {
            Err(vm.type_error(format!("must be real number, not {}", vm.type_name(value))))
        }
        _ => to_float(vm, value),
    }
}
