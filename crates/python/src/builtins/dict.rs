//! Methods of dictionaries.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::Given;
use crate::value::{Args, Dict, Iter, Key, Value, ViewOf};
use crate::vm::{Res, Vm};

pub const METHODS: &[&str] =
    &["get", "items", "keys", "values", "update", "pop", "setdefault", "copy", "clear", "popitem", "fromkeys"];

pub fn call(vm: &mut Vm, me: &Value, dict: &Rc<RefCell<Dict>>, name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    let view = |of| Ok(Value::Iter(Rc::new(RefCell::new(Iter::View(of, Rc::clone(dict))))));
    match name {
        "get" => {
            let key = given.required(vm)?;
            let key = vm.key(key)?;
            let default = given.next().unwrap_or(Value::None);
            let found = dict.borrow().get(&key).cloned();
            Ok(found.unwrap_or(default))
        }
        "items" => view(ViewOf::Items),
        "keys" => view(ViewOf::Keys),
        "values" => view(ViewOf::Values),
        "update" => {
            update(vm, dict, &mut given)?;
            Ok(Value::None)
        }
        "pop" => {
            let key = given.required(vm)?;
            let found = {
                let key = vm.key(key.clone())?;
                dict.borrow_mut().shift_remove(&key)
            };
            match found.or_else(|| given.next()) {
                Some(value) => Ok(value),
                None => Err(vm.error_with("KeyError", vec![key])),
            }
        }
        "setdefault" => {
            let key = given.required(vm)?;
            let key = vm.key(key)?;
            let default = given.next().unwrap_or(Value::None);
            Ok(dict.borrow_mut().entry(key).or_insert(default).clone())
        }
        "copy" => Ok(Value::dict(dict.borrow().clone())),
        "clear" => {
            drop(dict.take());
            Ok(Value::None)
        }
        "popitem" => {
            let last = dict.borrow_mut().pop();
            match last {
                Some((key, value)) => Ok(Value::tuple(vec![key.0, value])),
                None => Err(vm.error("KeyError", "popitem(): dictionary is empty")),
            }
        }
        "fromkeys" => {
            let keys = given.required(vm)?;
            let value = given.next().unwrap_or(Value::None);
            from_keys(vm, &keys, &value)
        }
        _ => Err(vm.no_attribute(me, crate::value::intern(name))),
    }
}

/// `dict.fromkeys(keys, value)`.
pub fn from_keys(vm: &mut Vm, keys: &Value, value: &Value) -> Res<Value> {
    let mut dict = Dict::default();
    for key in vm.collect(keys)? {
        dict.insert(vm.key(key)?, value.clone());
    }
    Ok(Value::dict(dict))
}

/// `dict.update(mapping or pairs, **named)`.
pub fn update(vm: &mut Vm, dict: &Rc<RefCell<Dict>>, given: &mut Given) -> Res<()> {
    if let Some(more) = given.next() {
        let pairs = pairs_of(vm, &more)?;
        dict.borrow_mut().extend(pairs);
    }
    for (name, value) in given.keywords() {
        dict.borrow_mut().insert(Key(Value::Str(name.text())), value);
    }
    Ok(())
}

/// The pairs of a mapping, or of an iterable of pairs.
pub fn pairs_of(vm: &mut Vm, value: &Value) -> Res<Dict> {
    let is_mapping = match value.plain() {
        Value::Dict(_) => true,
        Value::Object(object) => object.methods().contains(&"keys") || object.methods().contains(&"items"),
        Value::Instance(instance) => instance.class.lookup(crate::value::intern("keys")).is_some(),
        _ => false,
    };
    if is_mapping {
        return vm.mapping(value);
    }
    let mut dict = Dict::default();
    for (n, pair) in vm.collect(value)?.into_iter().enumerate() {
        let parts = vm.collect(&pair)?;
        let [key, value] = <[Value; 2]>::try_from(parts).map_err(|parts| {
            let found = parts.len();
            vm.value_error(format!("dictionary update sequence element #{n} has length {found}; 2 is required"))
        })?;
        dict.insert(vm.key(key)?, value);
    }
    Ok(dict)
}
