//! What sequences, generators and iterators have in common.

use std::cell::RefCell;
use std::rc::Rc;

use super::Given;
use super::arguments::int_of;
use crate::value::{Args, Generator, GeneratorState, Iter, Value, ViewOf, known};
use crate::vm::{OnReturn, Raise, Res, Vm};

/// `len(value)`.
pub fn len(vm: &mut Vm, value: &Value) -> Res<usize> {
    Ok(match value {
        Value::Str(text) => text.count(),
        Value::List(list) => list.borrow().len(),
        Value::Tuple(items) => items.len(),
        Value::Dict(dict) => dict.borrow().len(),
        Value::Set(set) => set.borrow().len(),
        Value::FrozenSet(set) => set.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::ByteArray(bytes) => bytes.borrow().len(),
        Value::Range(range) => usize::try_from(range.len()).unwrap_or(0),
        Value::Iter(iter) if let Iter::View(_, dict) = &*iter.borrow() => dict.borrow().len(),
        Value::Object(object) if let Some(len) = object.len() => len,
        Value::Class(class) if let Some(Value::Dict(members)) = class.lookup(known::ENUM_MEMBERS) => {
            members.borrow().len()
        }
        Value::Instance(instance) => {
            if let Some(function) = instance.class.lookup(known::LEN) {
                let len = vm.call_sync(&function, Args::of([value.clone()]))?;
                return usize::try_from(int_of(vm, &len)?).map_err(|_| vm.value_error("__len__() should return >= 0"));
            }
            match instance.payload() {
                Some(payload) if !instance.class.is_subclass(&vm.types.base_exception) => return len(vm, &payload),
                _ => return Err(no_len(vm, value)),
            }
        }
        _ => return Err(no_len(vm, value)),
    })
}

fn no_len(vm: &Vm, value: &Value) -> Raise {
    vm.type_error(format!("object of type '{}' has no len()", vm.type_name(value)))
}

/// `count` and `index`.
pub fn sequence(vm: &mut Vm, items: &[Value], name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    let wanted = given.required(vm)?;
    if name == "count" {
        let mut count = 0;
        for item in items {
            count += i64::from(vm.equal(item, &wanted)?);
        }
        return Ok(Value::Int(count));
    }
    let bound = |vm: &Vm, value: Option<Value>, default: usize| -> Res<usize> {
        let Some(value) = value else { return Ok(default) };
        let at = int_of(vm, &value)?;
        let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
        Ok(usize::try_from(if at < 0 { (at + len).max(0) } else { at }).unwrap_or(0).min(items.len()))
    };
    let from = given.next();
    let from = bound(vm, from, 0)?;
    let to = given.next();
    let to = bound(vm, to, items.len())?;
    for (at, item) in items.iter().enumerate().take(to).skip(from) {
        if vm.equal(item, &wanted)? {
            return Ok(Value::count(at));
        }
    }
    let shown = vm.repr_of(&wanted)?;
    Err(vm.value_error(format!("{shown} is not in list")))
}

/// Methods of generators.
pub fn generator(vm: &mut Vm, generator: &Rc<Generator>, name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    match name {
        "__iter__" => Ok(Value::Generator(Rc::clone(generator))),
        "__next__" => next_frame(vm, generator, Value::None, None),
        "send" => {
            let sent = given.required(vm)?;
            next_frame(vm, generator, sent, None)
        }
        "close" => {
            let started = matches!(&*generator.state.borrow(), GeneratorState::Resting { started: true, .. });
            if !started {
                *generator.state.borrow_mut() = GeneratorState::Done;
                return Ok(Value::None);
            }
            let raise = vm.error_with("GeneratorExit", Vec::new());
            match vm.drive(generator, Value::None, Some(raise)) {
                Ok(None) => Ok(Value::None),
                Ok(Some(_)) => Err(vm.error("RuntimeError", "generator ignored GeneratorExit")),
                Err(raise) if raise.is("GeneratorExit") || raise.is("StopIteration") => Ok(Value::None),
                Err(raise) => Err(raise),
            }
        }
        _ => {
            // `throw(exception)` and the older `throw(class, exception, traceback)`.
            let first = given.required(vm)?;
            let exception = given.next().filter(|value| !value.is_none()).unwrap_or(first);
            let raise = vm.exception_from(&exception);
            match vm.drive(generator, Value::None, Some(raise))? {
                Some(value) => Ok(value),
                None => Err(vm.error_with("StopIteration", Vec::new())),
            }
        }
    }
}

/// Goes on with a generator in a frame of its own, so that it may wait.
pub fn next_frame(vm: &mut Vm, generator: &Rc<Generator>, sent: Value, default: Option<Value>) -> Res<Value> {
    if vm.resume_generator(generator, sent, OnReturn::NextOr(default.clone()))? {
        vm.pending = Some(crate::vm::Pending::Frame);
        return Ok(Value::None);
    }
    default.ok_or_else(|| vm.error_with("StopIteration", Vec::new()))
}

/// Methods of iterators and of views of dictionaries.
pub fn iterator(vm: &mut Vm, me: &Value, iter: &Rc<RefCell<Iter>>, name: &str, args: Args) -> Res<Value> {
    let is_view = matches!(&*iter.borrow(), Iter::View(ViewOf::Keys, _));
    match name {
        "__iter__" => Ok(me.clone()),
        "isdisjoint" if is_view => {
            let other = Given::new(name, args).required(vm)?;
            for item in vm.collect(&other)? {
                if vm.contains(me, &item)? {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        }
        _ => match vm.next(me)? {
            Some(value) => Ok(value),
            None => Err(vm.error_with("StopIteration", Vec::new())),
        },
    }
}
