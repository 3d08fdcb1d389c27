//! `_swarmgate`: what the modules written in Python need of the world outside.

use percent_encoding::percent_decode_str;

use crate::builtins::{Given, bytes_of, decode, text_of};
use crate::value::{Args, Dict, Key, Module, Sym, Value, intern};
use crate::vm::{LogLevel, Res, Vm};

pub fn make(_: &mut Vm, module: &Module) -> Res<()> {
    super::fill(
        module,
        &[
            ("log", log),
            ("environment", environment),
            ("arguments", arguments),
            ("wall_nanos", wall_nanos),
            ("entropy", entropy),
            ("list_folder", list_folder),
            ("is_file", is_file),
            ("file_bytes", super::written::file_bytes),
            ("remove_file", super::written::remove_file),
            ("make_folder", super::written::make_folder),
            ("remove_folder", super::written::remove_folder),
            ("main_file", main_file),
            ("caught", caught),
            ("traceback", traceback),
            ("quote", quote),
            ("unquote", unquote),
            ("unsupported", unsupported),
            ("set_key_fields", set_key_fields),
            ("payload", payload),
            ("with_payload", with_payload),
            ("sleep", super::time::sleep),
            ("spawn", spawn),
            ("kill", kill),
            ("class_names", class_names),
            ("parameters", parameters),
            ("method_names", method_names),
            ("type_name", type_name),
        ],
    );
    Ok(())
}

/// `log(level, logger, text)`.
fn log(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("log", args);
    let (level, logger, text) = (given.int(vm)?, given.text(vm)?, given.text(vm)?);
    let level = match level {
        ..20 => LogLevel::Debug,
        20..30 => LogLevel::Info,
        30..40 => LogLevel::Warning,
        40..50 => LogLevel::Error,
        _ => LogLevel::Critical,
    };
    vm.host.log(level, logger.as_str(), text.as_str());
    Ok(Value::None)
}

fn environment(vm: &mut Vm, _: Args) -> Res<Value> {
    let pairs = vm.host.environment().into_iter().map(|(name, value)| (Key::text(&name), Value::str(value)));
    Ok(Value::dict(pairs.collect::<Dict>()))
}

fn arguments(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(Value::list(vm.host.arguments().into_iter().map(Value::from).collect()))
}

fn wall_nanos(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(Value::Int(i64::try_from(vm.host.wall_nanos()).unwrap_or(i64::MAX)))
}

fn entropy(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(Value::Int(i64::try_from(vm.host.entropy() >> 1).unwrap_or(0)))
}

fn list_folder(vm: &mut Vm, args: Args) -> Res<Value> {
    let path = Given::new("listdir", args).text(vm)?;
    match vm.host.list_folder(path.as_str()) {
        Ok(names) => Ok(Value::list(names.into_iter().map(Value::from).collect())),
        Err(refused) => Err(super::files::refusal(vm, path.as_str(), &refused)),
    }
}

fn is_file(vm: &mut Vm, args: Args) -> Res<Value> {
    let path = Given::new("is_file", args).text(vm)?;
    Ok(Value::Bool(vm.host.file_bytes(path.as_str()).is_ok()))
}

fn main_file(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(Value::str(vm.main_file().to_owned()))
}

/// The exception that is being handled.
fn caught(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(vm.handled.clone().unwrap_or(Value::None))
}

fn traceback(vm: &mut Vm, args: Args) -> Res<Value> {
    let exception = Given::new("traceback", args).required(vm)?;
    Ok(Value::str(vm.traceback_text(&exception)))
}

/// `quote(text, safe, space)`.
fn quote(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("quote", args);
    let value = given.required(vm)?;
    let bytes = match value.as_text() {
        Some(text) => text.as_str().as_bytes().to_vec(),
        None => bytes_of(vm, &value)?,
    };
    let safe = given.next().and_then(|safe| safe.as_text());
    let safe = safe.as_ref().map_or("/", |safe| safe.as_str());
    let mut out = String::new();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) || safe.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(Value::str(out))
}

fn unquote(vm: &mut Vm, args: Args) -> Res<Value> {
    let text = Given::new("unquote", args).text(vm)?;
    let bytes: Vec<u8> = percent_decode_str(text.as_str()).collect();
    decode(vm, &bytes, "utf-8", "replace").map(Value::str)
}

/// `spawn(callable)`: its number. It runs once whoever asks waits for something.
fn spawn(vm: &mut Vm, args: Args) -> Res<Value> {
    let callable = Given::new("spawn", args).required(vm)?;
    vm.state.spawns += 1;
    let number = vm.state.spawns;
    vm.state.spawned.push_back((number, callable));
    Ok(Value::Int(i64::try_from(number).unwrap_or(i64::MAX)))
}

/// `kill(number)`: it gets an exception at its next wait.
fn kill(vm: &mut Vm, args: Args) -> Res<Value> {
    let number = Given::new("kill", args).int(vm)?;
    vm.state.killed.extend(u64::try_from(number));
    Ok(Value::None)
}

fn unsupported(vm: &mut Vm, args: Args) -> Res<Value> {
    let what = Given::new("unsupported", args).text(vm)?;
    Err(vm.unsupported(what.as_str()))
}

/// `set_key_fields(class, names)`: instances are equal and hashed by these attributes.
fn set_key_fields(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("set_key_fields", args);
    let (class, names) = (given.required(vm)?, given.required(vm)?);
    let mut fields: Vec<Sym> = Vec::new();
    for name in vm.collect(&names)? {
        fields.push(intern(text_of(vm, "set_key_fields", &name)?.as_str()));
    }
    if let Value::Class(class) = class {
        class.set_key_fields(fields);
    }
    Ok(Value::None)
}

fn payload(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("payload", args).required(vm)?;
    Ok(value.plain())
}

/// `with_payload(class, value)`: an instance that also is a builtin value.
fn with_payload(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("with_payload", args);
    let (class, value) = (given.required(vm)?, given.required(vm)?);
    let Value::Class(class) = class else { return Err(vm.type_error("a class is wanted")) };
    Ok(Value::Instance(crate::value::Instance::with_payload(&class, value)))
}

/// `class_names(class)`: its own names, in order, as pairs.
fn class_names(vm: &mut Vm, args: Args) -> Res<Value> {
    let class = Given::new("class_names", args).required(vm)?;
    let Value::Class(class) = class else { return Ok(Value::list(Vec::new())) };
    let names = class.names.borrow();
    Ok(Value::list(
        names.iter().map(|(name, value)| Value::tuple(vec![Value::Str(name.text()), value.clone()])).collect(),
    ))
}

/// `parameters(function)`: the names of its parameters by position.
fn parameters(vm: &mut Vm, args: Args) -> Res<Value> {
    let function = Given::new("parameters", args).required(vm)?;
    let function = match &function {
        Value::Method(method) => method.function.clone(),
        other => other.clone(),
    };
    let Value::Func(function) = function else { return Ok(Value::list(Vec::new())) };
    let parameters = &function.code.parameters;
    Ok(Value::list(
        parameters.positional.iter().chain(&parameters.keyword_only).map(|name| Value::Str(name.text())).collect(),
    ))
}

fn method_names(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("method_names", args).required(vm)?;
    let names = if let Value::Object(object) = &value { object.methods() } else { &[] };
    Ok(Value::list(names.iter().map(|name| Value::str(*name)).collect()))
}

fn type_name(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("type_name", args).required(vm)?;
    Ok(Value::str(vm.type_name(&value)))
}
