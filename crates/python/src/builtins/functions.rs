//! Builtin functions.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use num_traits::Signed;

use super::arguments::{Given, int_of};
use crate::compile::BinOp;
use crate::value::{Args, Iter, Key, NativeFn, Value, intern, known};
use crate::vm::{LogLevel, Res, Vm};

pub fn install(vm: &mut Vm) {
    let functions: &[(&'static str, NativeFn)] = &[
        ("print", print),
        ("len", len),
        ("isinstance", isinstance),
        ("issubclass", issubclass),
        ("hasattr", hasattr),
        ("getattr", getattr),
        ("setattr", setattr),
        ("delattr", delattr),
        ("callable", callable),
        ("id", id),
        ("hash", hash),
        ("repr", repr),
        ("ascii", ascii),
        ("format", format),
        ("chr", chr),
        ("ord", ord),
        ("hex", hex),
        ("oct", oct),
        ("bin", bin),
        ("abs", abs),
        ("round", round),
        ("pow", pow),
        ("divmod", divmod),
        ("sum", sum),
        ("min", min),
        ("max", max),
        ("any", any),
        ("all", all),
        ("sorted", sorted),
        ("iter", iter),
        ("next", next),
        ("globals", globals),
        ("dir", dir),
        ("exit", exit),
        ("quit", exit),
        ("open", crate::modules::open),
        ("__with_traceback", with_traceback),
        ("vars", vars),
    ];
    for (name, function) in functions {
        vm.builtins.insert(intern(name), Value::native(name, *function));
    }
    for (name, value) in [
        ("None", Value::None),
        ("NotImplemented", Value::NotImplemented),
        ("Ellipsis", Value::Ellipsis),
        ("__debug__", Value::Bool(true)),
    ] {
        vm.builtins.insert(intern(name), value);
    }
}

fn with_traceback(_: &mut Vm, args: Args) -> Res<Value> {
    Ok(args.pos.into_iter().next().unwrap_or(Value::None))
}

fn print(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("print", args);
    let part = |vm: &mut Vm, value: Option<Value>, default: &str| match value {
        Some(value) if !value.is_none() => vm.str_of(&value),
        _ => Ok(default.to_owned()),
    };
    let separator = given.keyword("sep");
    let separator = part(vm, separator, " ")?;
    let end = given.keyword("end");
    let end = part(vm, end, "\n")?;
    let file = given.keyword("file");
    let mut texts = Vec::new();
    for value in given.rest() {
        texts.push(vm.str_of(&value)?);
    }
    let text = format!("{}{end}", texts.join(&separator));
    if let Some(file) = file.filter(|file| !file.is_none()) {
        let write = vm.attr(&file, intern("write"))?;
        return vm.call_sync(&write, Args::of([Value::str(text)])).map(|_| Value::None);
    }
    vm.host.log(LogLevel::Info, "print", text.strip_suffix('\n').unwrap_or(&text));
    Ok(Value::None)
}

fn len(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("len", args).required(vm)?;
    super::collections::len(vm, &value).map(Value::count)
}

fn isinstance(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("isinstance", args);
    let (value, class) = (given.required(vm)?, given.required(vm)?);
    vm.is_instance(&value, &class).map(Value::Bool)
}

fn issubclass(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("issubclass", args);
    let (class, of) = (given.required(vm)?, given.required(vm)?);
    let Value::Class(class) = class else { return Err(vm.type_error("issubclass() arg 1 must be a class")) };
    let all = if let Value::Tuple(all) = &of { all.to_vec() } else { vec![of] };
    let mut found = false;
    for each in all {
        match each {
            Value::Class(each) => found = found || class.is_subclass(&each),
            _ => return Err(vm.type_error("issubclass() arg 2 must be a class or tuple of classes")),
        }
    }
    Ok(Value::Bool(found))
}

fn hasattr(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("hasattr", args);
    let (value, name) = (given.required(vm)?, given.text(vm)?);
    match vm.attr(&value, intern(name.as_str())) {
        Ok(_) => Ok(Value::Bool(true)),
        Err(raise) if raise.is("AttributeError") => Ok(Value::Bool(false)),
        Err(raise) => Err(raise),
    }
}

fn getattr(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("getattr", args);
    let (value, name) = (given.required(vm)?, given.text(vm)?);
    match (vm.attr(&value, intern(name.as_str())), given.next()) {
        (Err(raise), Some(default)) if raise.is("AttributeError") => Ok(default),
        (found, _) => found,
    }
}

fn setattr(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("setattr", args);
    let (target, name, value) = (given.required(vm)?, given.text(vm)?, given.required(vm)?);
    if !vm.store_attr(&target, intern(name.as_str()), value)? && vm.pending.is_none() {
        vm.pending = Some(crate::vm::Pending::Frame);
    }
    Ok(Value::None)
}

fn delattr(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("delattr", args);
    let (target, name) = (given.required(vm)?, given.text(vm)?);
    vm.delete_attr(&target, intern(name.as_str()))?;
    Ok(Value::None)
}

fn callable(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("callable", args).required(vm)?;
    Ok(Value::Bool(match &value {
        Value::Func(_) | Value::Native(_) | Value::Method(_) | Value::BuiltinMethod(_) | Value::Class(_) => true,
        Value::Instance(instance) => instance.class.lookup(known::CALL).is_some(),
        Value::Object(object) => object.methods().contains(&"__call__"),
        _ => false,
    }))
}

fn id(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("id", args).required(vm)?;
    Ok(Value::Int(i64::try_from(vm.id_of(&value)).unwrap_or(0)))
}

fn hash(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("hash", args).required(vm)?;
    hash_of(vm, &value)
}

/// `hash(value)`: integers are their own, all else is as good as any.
pub fn hash_of(vm: &mut Vm, value: &Value) -> Res<Value> {
    if let Value::Instance(instance) = value
        && let Some(function @ Value::Func(_)) = instance.class.lookup(known::HASH)
    {
        return vm.call_sync(&function, Args::of([value.clone()]));
    }
    match value {
        Value::Int(n) => Ok(Value::Int(if *n == -1 { -2 } else { n % ((1 << 61) - 1) })),
        Value::Bool(b) => Ok(Value::Int(i64::from(*b))),
        Value::Float(x) if x.fract() == 0.0 && x.abs() < 1e15 => {
            let n = super::int_of_float(vm, *x)?;
            hash_of(vm, &n)
        }
        _ => {
            let key = vm.key(value.clone())?;
            let mut hasher = rustc_hash::FxHasher::default();
            key.hash(&mut hasher);
            Ok(Value::Int(i64::try_from(hasher.finish() >> 3).unwrap_or(0)))
        }
    }
}

fn repr(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("repr", args).required(vm)?;
    vm.repr_of(&value).map(Value::str)
}

fn ascii(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("ascii", args).required(vm)?;
    let text = vm.repr_of(&value)?;
    Ok(Value::str(crate::vm::ascii(&text)))
}

fn format(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("format", args);
    let value = given.required(vm)?;
    let spec = given.next().and_then(|spec| spec.as_text());
    vm.format(&value, spec.as_ref().map_or("", |spec| spec.as_str())).map(Value::str)
}

fn chr(vm: &mut Vm, args: Args) -> Res<Value> {
    let n = Given::new("chr", args).int(vm)?;
    match u32::try_from(n).ok().and_then(char::from_u32) {
        Some(c) => Ok(Value::str(c.to_string())),
        None => Err(vm.value_error("chr() arg not in range(0x110000)")),
    }
}

fn ord(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("ord", args).required(vm)?;
    match &value {
        Value::Str(text) if text.count() == 1 => {
            Ok(Value::Int(text.as_str().chars().next().map_or(0, |c| i64::from(c as u32))))
        }
        Value::Str(text) => {
            Err(vm.type_error(format!("ord() expected a character, but string of length {} found", text.count())))
        }
        Value::Bytes(bytes) if bytes.len() == 1 => Ok(Value::Int(i64::from(bytes[0]))),
        _ => Err(vm.type_error(format!("ord() expected string of length 1, but {} found", vm.type_name(&value)))),
    }
}

fn based(vm: &mut Vm, name: &str, args: Args, spec: &str) -> Res<Value> {
    let value = Given::new(name, args).required(vm)?;
    match value.plain() {
        plain @ (Value::Int(_) | Value::Big(_)) => crate::vm::format_value(vm, &plain, spec).map(Value::str),
        Value::Bool(b) => crate::vm::format_value(vm, &Value::Int(i64::from(b)), spec).map(Value::str),
        other => Err(vm.type_error(format!("'{}' object cannot be interpreted as an integer", vm.type_name(&other)))),
    }
}

fn hex(vm: &mut Vm, args: Args) -> Res<Value> {
    based(vm, "hex", args, "#x")
}

fn oct(vm: &mut Vm, args: Args) -> Res<Value> {
    based(vm, "oct", args, "#o")
}

fn bin(vm: &mut Vm, args: Args) -> Res<Value> {
    based(vm, "bin", args, "#b")
}

fn abs(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("abs", args).required(vm)?;
    Ok(match value.plain() {
        Value::Int(n) => n.checked_abs().map_or_else(|| Value::integer(num_bigint::BigInt::from(n).abs()), Value::Int),
        Value::Bool(b) => Value::Int(i64::from(b)),
        Value::Float(x) => Value::Float(x.abs()),
        Value::Big(n) => Value::integer(n.abs()),
        Value::Instance(instance) if let Some(function) = instance.class.lookup(known::ABS) => {
            return vm.call_sync(&function, Args::of([value.clone()]));
        }
        other => return Err(vm.type_error(format!("bad operand type for abs(): '{}'", vm.type_name(&other)))),
    })
}

fn round(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("round", args);
    let value = given.needed(vm, "number")?;
    let digits = given.named("ndigits").filter(|digits| !digits.is_none());
    match (value.plain(), digits) {
        (Value::Int(_) | Value::Big(_) | Value::Bool(_), None) => super::number::to_int(vm, &value),
        (Value::Int(n), Some(digits)) => {
            let digits = int_of(vm, &digits)?;
            if digits >= 0 {
                return Ok(Value::Int(n));
            }
            let Some(unit) = u32::try_from(-digits).ok().and_then(|d| 10_i128.checked_pow(d)) else {
                return Ok(Value::Int(0));
            };
            let n = i128::from(n);
            let (quotient, rest) = (n.div_euclid(unit), n.rem_euclid(unit));
            let up = rest * 2 > unit || (rest * 2 == unit && quotient % 2 != 0);
            Ok(Value::Int(i64::try_from((quotient + i128::from(up)) * unit).unwrap_or(0)))
        }
        (Value::Float(x), None) => super::int_of_float(vm, x.round_ties_even()),
        (Value::Float(x), Some(digits)) => {
            let digits = int_of(vm, &digits)?;
            if !x.is_finite() || digits > 300 {
                return Ok(Value::Float(x));
            }
            if digits >= 0 {
                // The decimal text is rounded from the float's exact value, ties to even.
                let digits = usize::try_from(digits).unwrap_or(0);
                return Ok(Value::Float(format!("{x:.digits$}").parse().unwrap_or(x)));
            }
            let unit = 10_f64.powi(i32::try_from(-digits).unwrap_or(308));
            Ok(Value::Float((x / unit).round_ties_even() * unit))
        }
        (Value::Instance(instance), digits) if let Some(function) = instance.class.lookup(known::ROUND) => {
            let args = Args::of(std::iter::once(value.clone()).chain(digits));
            vm.call_sync(&function, args)
        }
        (other, _) => Err(vm.type_error(format!("type {} doesn't define __round__ method", vm.type_name(&other)))),
    }
}

fn pow(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("pow", args);
    let (base, exponent) = (given.required(vm)?, given.required(vm)?);
    let Some(modulus) = given.next().filter(|value| !value.is_none()) else {
        return vm.binary(BinOp::Pow, &base, &exponent);
    };
    let big = |value: &Value| match value {
        Value::Int(n) => Some(num_bigint::BigInt::from(*n)),
        Value::Big(n) => Some((**n).clone()),
        _ => None,
    };
    match (big(&base), big(&exponent), big(&modulus)) {
        (Some(base), Some(exponent), Some(modulus)) if !exponent.is_negative() && modulus.is_positive() => {
            vm.charge(usize::try_from(exponent.bits() * modulus.bits() / 64).unwrap_or(usize::MAX))?;
            Ok(Value::integer(base.modpow(&exponent, &modulus)))
        }
        _ => Err(vm.unsupported("pow() with these arguments")),
    }
}

fn divmod(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("divmod", args);
    let (a, b) = (given.required(vm)?, given.required(vm)?);
    let quotient = vm.binary(BinOp::FloorDiv, &a, &b)?;
    let rest = vm.binary(BinOp::Mod, &a, &b)?;
    Ok(Value::tuple(vec![quotient, rest]))
}

fn sum(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("sum", args);
    let items = given.required(vm)?;
    let mut total = given.named("start").unwrap_or(Value::Int(0));
    let iterator = vm.iter(&items)?;
    while let Some(item) = vm.next(&iterator)? {
        vm.charge(1)?;
        total = vm.binary(BinOp::Add, &total, &item)?;
    }
    Ok(total)
}

fn extreme(vm: &mut Vm, name: &str, args: Args, wants_less: bool) -> Res<Value> {
    let mut given = Given::new(name, args);
    let (key, default) = (given.keyword("key"), given.keyword("default"));
    let items = if given.left() == 1 {
        let items = given.required(vm)?;
        vm.collect(&items)?
    } else {
        given.rest()
    };
    let mut best: Option<(Value, Value)> = None;
    for item in items {
        let by = match &key {
            Some(key) if !key.is_none() => vm.call_sync(key, Args::of([item.clone()]))?,
            _ => item.clone(),
        };
        let better = match &best {
            None => true,
            Some((best, _)) if wants_less => vm.less(&by, best)?,
            Some((best, _)) => vm.less(best, &by)?,
        };
        if better {
            best = Some((by, item));
        }
    }
    match best.map(|(_, item)| item).or(default) {
        Some(value) => Ok(value),
        None => Err(vm.value_error(format!("{name}() arg is an empty sequence"))),
    }
}

fn min(vm: &mut Vm, args: Args) -> Res<Value> {
    extreme(vm, "min", args, true)
}

fn max(vm: &mut Vm, args: Args) -> Res<Value> {
    extreme(vm, "max", args, false)
}

fn any_or_all(vm: &mut Vm, name: &str, args: Args, wanted: bool) -> Res<Value> {
    let items = Given::new(name, args).required(vm)?;
    let iterator = vm.iter(&items)?;
    while let Some(item) = vm.next(&iterator)? {
        vm.charge(1)?;
        if vm.truth(&item)? == wanted {
            return Ok(Value::Bool(wanted));
        }
    }
    Ok(Value::Bool(!wanted))
}

fn any(vm: &mut Vm, args: Args) -> Res<Value> {
    any_or_all(vm, "any", args, true)
}

fn all(vm: &mut Vm, args: Args) -> Res<Value> {
    any_or_all(vm, "all", args, false)
}

fn sorted(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("sorted", args);
    let items = given.required(vm)?;
    let items = vm.collect(&items)?;
    let (key, reverse) = (given.keyword("key"), given.keyword("reverse"));
    super::sorting::sorted(vm, items, key, reverse).map(Value::list)
}

fn iter(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("iter", args);
    let value = given.required(vm)?;
    match given.next() {
        Some(sentinel) => Ok(Value::Iter(Rc::new(RefCell::new(Iter::Callable(value, sentinel))))),
        None => vm.iter(&value),
    }
}

fn next(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("next", args);
    let (iterator, default) = (given.required(vm)?, given.next());
    if let Value::Generator(generator) = &iterator {
        return super::collections::next_frame(vm, generator, Value::None, default);
    }
    match vm.next(&iterator)?.or(default) {
        Some(value) => Ok(value),
        None => Err(vm.error_with("StopIteration", Vec::new())),
    }
}

fn globals(vm: &mut Vm, _: Args) -> Res<Value> {
    let names = vm.frames.last().map(|frame| frame.globals.names()).unwrap_or_default();
    Ok(Value::dict(names.into_iter().map(|(name, value)| (Key(Value::Str(name.text())), value)).collect()))
}

fn vars(vm: &mut Vm, args: Args) -> Res<Value> {
    match Given::new("vars", args).next() {
        Some(value) => vm.attr(&value, known::DICT),
        None => Err(vm.unsupported("vars()")),
    }
}

fn dir(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("dir", args).next();
    let mut names: Vec<String> = Vec::new();
    match &value {
        Some(Value::Module(module)) => names.extend(module.names().iter().map(|(name, _)| name.to_string())),
        Some(Value::Instance(instance)) => {
            names.extend(instance.attrs.borrow().iter().map(|(name, _)| name.to_string()));
            let classes = std::iter::once(&instance.class).chain(instance.class.mro());
            classes.for_each(|class| names.extend(class.names.borrow().keys().map(ToString::to_string)));
        }
        Some(Value::Class(class)) => {
            let classes = std::iter::once(class).chain(class.mro());
            classes.for_each(|class| names.extend(class.names.borrow().keys().map(ToString::to_string)));
        }
        _ => return Err(vm.unsupported("dir() of this")),
    }
    names.sort();
    names.dedup();
    Ok(Value::list(names.into_iter().map(Value::from).collect()))
}

fn exit(vm: &mut Vm, args: Args) -> Res<Value> {
    let code = Given::new("exit", args).next();
    Err(vm.error_with("SystemExit", code.into_iter().collect()))
}
