//! Methods of sets.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::Given;
use crate::value::{Args, SetItems, Value};
use crate::vm::{Res, Vm};

pub const METHODS: &[&str] = &[
    "add",
    "remove",
    "discard",
    "pop",
    "clear",
    "update",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "issubset",
    "issuperset",
    "isdisjoint",
    "copy",
    "difference_update",
    "intersection_update",
];

pub const FROZEN: &[&str] =
    &["union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint", "copy"];

/// The items of any iterable, as a set.
pub fn items_of(vm: &mut Vm, value: &Value) -> Res<SetItems> {
    let mut items = SetItems::default();
    for item in vm.collect(value)? {
        items.insert(vm.key(item)?);
    }
    Ok(items)
}

pub fn call(vm: &mut Vm, set: &Rc<RefCell<SetItems>>, name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    match name {
        "add" => {
            let value = given.required(vm)?;
            let key = vm.key(value)?;
            set.borrow_mut().insert(key);
        }
        "remove" | "discard" => {
            let value = given.required(vm)?;
            let removed = {
                let key = vm.key(value.clone())?;
                set.borrow_mut().shift_remove(&key)
            };
            if !removed && name == "remove" {
                return Err(vm.error_with("KeyError", vec![value]));
            }
        }
        "pop" => {
            let first = set.borrow_mut().shift_remove_index(0);
            return match first {
                Some(key) => Ok(key.0),
                None => Err(vm.error("KeyError", "pop from an empty set")),
            };
        }
        "clear" => drop(set.take()),
        "update" => {
            for more in given.rest() {
                let items = items_of(vm, &more)?;
                set.borrow_mut().extend(items);
            }
        }
        "difference_update" | "intersection_update" => {
            for more in given.rest() {
                let items = items_of(vm, &more)?;
                set.borrow_mut().retain(|key| items.contains(key) == (name == "intersection_update"));
            }
        }
        _ => {
            let items = set.borrow().clone();
            return common(vm, &items, name, given, Value::set);
        }
    }
    Ok(Value::None)
}

pub fn call_frozen(vm: &mut Vm, set: &Rc<SetItems>, name: &str, args: Args) -> Res<Value> {
    common(vm, set, name, Given::new(name, args), |items| Value::FrozenSet(Rc::new(items)))
}

fn common(vm: &mut Vm, items: &SetItems, name: &str, mut given: Given, make: impl Fn(SetItems) -> Value) -> Res<Value> {
    let mut result = items.clone();
    match name {
        "copy" => return Ok(make(result)),
        "issubset" | "issuperset" | "isdisjoint" => {
            let other = given.required(vm)?;
            let other = items_of(vm, &other)?;
            return Ok(Value::Bool(match name {
                "issubset" => items.is_subset(&other),
                "issuperset" => items.is_superset(&other),
                _ => items.is_disjoint(&other),
            }));
        }
        _ => {}
    }
    for other in given.rest() {
        let other = items_of(vm, &other)?;
        result = match name {
            "union" => result.union(&other).cloned().collect(),
            "intersection" => result.intersection(&other).cloned().collect(),
            "difference" => result.difference(&other).cloned().collect(),
            _ => result.symmetric_difference(&other).cloned().collect(),
        };
    }
    Ok(make(result))
}
