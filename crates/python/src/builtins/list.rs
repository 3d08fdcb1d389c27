//! Methods of lists.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::{Given, int_of};
use crate::value::{Args, Value};
use crate::vm::{Res, Vm};

pub const METHODS: &[&str] =
    &["append", "extend", "insert", "remove", "pop", "clear", "index", "count", "sort", "reverse", "copy"];

pub fn call(vm: &mut Vm, list: &Rc<RefCell<Vec<Value>>>, name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    match name {
        "append" => {
            let value = given.required(vm)?;
            list.borrow_mut().push(value);
            let len = list.borrow().len();
            if len.is_multiple_of(65_536) {
                vm.check_size(len * 16)?;
            }
            given.done(vm)?;
        }
        "extend" => {
            let more = given.required(vm)?;
            let items = vm.collect(&more)?;
            vm.check_size((list.borrow().len() + items.len()) * 16)?;
            list.borrow_mut().extend(items);
        }
        "insert" => {
            let at = given.int(vm)?;
            let value = given.required(vm)?;
            let len = list.borrow().len();
            let place = if at < 0 { at + i64::try_from(len).unwrap_or(0) } else { at };
            let place = usize::try_from(place.max(0)).unwrap_or(usize::MAX).min(len);
            vm.charge(len / 64)?;
            list.borrow_mut().insert(place, value);
        }
        "remove" => {
            let value = given.required(vm)?;
            let items = list.borrow().clone();
            for (at, item) in items.iter().enumerate() {
                if vm.equal(item, &value)? {
                    drop(list.borrow_mut().remove(at));
                    return Ok(Value::None);
                }
            }
            return Err(vm.value_error("list.remove(x): x not in list"));
        }
        "pop" => {
            let at = match given.next() {
                Some(value) => int_of(vm, &value)?,
                None => -1,
            };
            let len = list.borrow().len();
            if len == 0 {
                return Err(vm.error("IndexError", "pop from empty list"));
            }
            let place = usize::try_from(if at < 0 { at + i64::try_from(len).unwrap_or(0) } else { at })
                .ok()
                .filter(|at| *at < len);
            let Some(place) = place else { return Err(vm.error("IndexError", "pop index out of range")) };
            return Ok(list.borrow_mut().remove(place));
        }
        "clear" => drop(list.take()),
        "index" | "count" => {
            let items = list.borrow().clone();
            let args = Args::of(given.rest());
            return super::collections::sequence(vm, &items, name, args);
        }
        "sort" => {
            let (key, reverse) = (given.keyword("key"), given.keyword("reverse"));
            given.done(vm)?;
            let items = list.take();
            let sorted = super::sorting::sorted(vm, items.clone(), key, reverse);
            match sorted {
                Ok(items) => *list.borrow_mut() = items,
                Err(raise) => {
                    *list.borrow_mut() = items;
                    return Err(raise);
                }
            }
        }
        "reverse" => list.borrow_mut().reverse(),
        _ => return Ok(Value::list(list.borrow().clone())),
    }
    Ok(Value::None)
}
