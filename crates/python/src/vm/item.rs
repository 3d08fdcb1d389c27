//! Items: `value[key]`, set and deleted.

use std::rc::Rc;

use super::{Res, Vm};
use crate::value::{Args, Range, Slice, Value, known};

impl Vm {
    /// `value[key]`.
    ///
    /// # Errors
    /// There is no such item.
    pub fn item(&mut self, value: &Value, key: &Value) -> Res<Value> {
        match (value, key) {
            (Value::List(list), Value::Int(at)) => {
                let list = list.borrow();
                match position(*at, list.len()) {
                    Some(at) => Ok(list[at].clone()),
                    None => Err(self.error("IndexError", "list index out of range")),
                }
            }
            (Value::Dict(dict), _) => {
                let found = {
                    let key = self.key(key.clone())?;
                    dict.borrow().get(&key).cloned()
                };
                found.ok_or_else(|| self.error_with("KeyError", vec![key.clone()]))
            }
            (Value::Tuple(items), Value::Int(at)) => match position(*at, items.len()) {
                Some(at) => Ok(items[at].clone()),
                None => Err(self.error("IndexError", "tuple index out of range")),
            },
            (Value::Str(text), Value::Int(at)) => match position(*at, text.count()) {
                Some(at) => Ok(Value::str(text.at(at))),
                None => Err(self.error("IndexError", "string index out of range")),
            },
            (Value::Bytes(bytes), Value::Int(at)) => match position(*at, bytes.len()) {
                Some(at) => Ok(Value::Int(i64::from(bytes[at]))),
                None => Err(self.error("IndexError", "index out of range")),
            },
            (Value::ByteArray(bytes), Value::Int(at)) => {
                let bytes = bytes.borrow();
                match position(*at, bytes.len()) {
                    Some(at) => Ok(Value::Int(i64::from(bytes[at]))),
                    None => Err(self.error("IndexError", "bytearray index out of range")),
                }
            }
            (Value::Range(range), Value::Int(at)) => {
                let len = range.len();
                let at = if *at < 0 { at + len } else { *at };
                if (0..len).contains(&at) {
                    Ok(Value::Int(range.at(at)))
                } else {
                    Err(self.error("IndexError", "range object index out of range"))
                }
            }
            (_, Value::Slice(slice)) if !matches!(value, Value::Instance(_) | Value::Object(_) | Value::Class(_)) => {
                self.slice(value, slice)
            }
            (Value::Instance(instance), _) => {
                if let Some(function) = instance.class.lookup(known::GETITEM) {
                    return self.call_sync(&function, Args::of([value.clone(), key.clone()]));
                }
                match instance.payload() {
                    Some(payload) if !instance.class.is_subclass(&self.types.base_exception) => {
                        match self.item(&payload, key) {
                            Err(raise) if raise.is("KeyError") && instance.class.lookup(known::MISSING).is_some() => {
                                let missing = instance.class.lookup(known::MISSING).unwrap_or(Value::None);
                                self.call_sync(&missing, Args::of([value.clone(), key.clone()]))
                            }
                            other => other,
                        }
                    }
                    _ => Err(self.not_subscriptable(value)),
                }
            }
            (Value::Object(object), _) => match object.get_item(self, key)? {
                Some(item) => Ok(item),
                None => Err(self.not_subscriptable(value)),
            },
            (Value::Class(class), _) => {
                if let Some(members) = class.lookup(known::ENUM_MEMBERS) {
                    return self.item(&members, key);
                }
                if let Some(function) = class.lookup(known::CLASS_GETITEM) {
                    let function = match &function {
                        Value::Descriptor(d) => match &**d {
                            crate::value::Descriptor::ClassMethod(inner) => inner.clone(),
                            _ => function.clone(),
                        },
                        _ => function,
                    };
                    return self.call_sync(&function, Args::of([value.clone(), key.clone()]));
                }
                // `list[int]`, `dict[str, int]`: types, which nothing looks at.
                if class.module == "builtins" || class.module == "typing" || class.module.starts_with("collections") {
                    Ok(value.clone())
                } else {
                    Err(self.not_subscriptable(value))
                }
            }
            (Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_), Value::Bool(b)) => {
                self.item(value, &Value::Int(i64::from(*b)))
            }
            (Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_), Value::Instance(instance))
                if instance.payload().is_some() =>
            {
                self.item(value, &key.plain())
            }
            (Value::List(_) | Value::Tuple(_), _) => {
                let (name, found) = (self.type_name(value), self.type_name(key));
                Err(self.type_error(format!("{name} indices must be integers or slices, not {found}")))
            }
            (Value::Str(_), _) => {
                let found = self.type_name(key);
                Err(self.type_error(format!("string indices must be integers, not '{found}'")))
            }
            _ => Err(self.not_subscriptable(value)),
        }
    }

    fn not_subscriptable(&self, value: &Value) -> super::Raise {
        if let Value::Class(class) = value {
            return self.type_error(format!("type '{}' is not subscriptable", class.name));
        }
        self.type_error(format!("'{}' object is not subscriptable", self.type_name(value)))
    }

    fn slice(&mut self, value: &Value, slice: &Rc<Slice>) -> Res<Value> {
        let len = match value {
            Value::List(list) => list.borrow().len(),
            Value::Tuple(items) => items.len(),
            Value::Str(text) => text.count(),
            Value::Bytes(bytes) => bytes.len(),
            Value::ByteArray(bytes) => bytes.borrow().len(),
            Value::Range(range) => usize::try_from(range.len()).unwrap_or(usize::MAX),
            _ => return Err(self.not_subscriptable(value)),
        };
        let positions = self.positions(slice, len)?;
        self.charge(len / 16)?;
        Ok(match (value, positions.contiguous()) {
            (Value::Str(text), Some((from, to))) => Value::str(text.between(from, to)),
            (Value::Str(text), None) => {
                let chars: Vec<char> = text.as_str().chars().collect();
                Value::str(positions.iter().map(|at| chars[at]).collect::<String>())
            }
            (Value::List(list), Some((from, to))) => Value::list(list.borrow()[from..to].to_vec()),
            (Value::List(list), None) => {
                let list = list.borrow();
                Value::list(positions.iter().map(|at| list[at].clone()).collect())
            }
            (Value::Tuple(items), _) => Value::tuple(positions.iter().map(|at| items[at].clone()).collect()),
            (Value::Bytes(bytes), _) => Value::bytes(positions.iter().map(|at| bytes[at]).collect::<Vec<_>>()),
            (Value::ByteArray(bytes), _) => {
                Value::bytes(positions.iter().map(|at| bytes.borrow()[at]).collect::<Vec<_>>())
            }
            (Value::Range(range), _) => Value::Range(Rc::new(Range {
                start: range.at(positions.start),
                stop: range.at(positions.stop),
                step: range.step.wrapping_mul(positions.step),
            })),
            _ => Value::None,
        })
    }

    fn positions(&mut self, slice: &Slice, len: usize) -> Res<crate::value::Positions> {
        let plain = Slice { start: slice.start.plain(), stop: slice.stop.plain(), step: slice.step.plain() };
        plain.positions(len).ok_or_else(|| match plain.step {
            Value::Int(0) => self.value_error("slice step cannot be zero"),
            _ => self.type_error("slice indices must be integers or None or have an __index__ method"),
        })
    }

    /// `value[key] = item`.
    ///
    /// # Errors
    /// It can't be set.
    pub fn set_item(&mut self, value: &Value, key: &Value, item: Value) -> Res<()> {
        match (value, key) {
            (Value::Dict(dict), _) => {
                let key = self.key(key.clone())?;
                let old = dict.borrow_mut().insert(key, item);
                drop(old);
                Ok(())
            }
            (Value::List(list), Value::Int(at)) => {
                let len = list.borrow().len();
                match position(*at, len) {
                    Some(at) => {
                        let old = std::mem::replace(&mut list.borrow_mut()[at], item);
                        drop(old);
                        Ok(())
                    }
                    None => Err(self.error("IndexError", "list assignment index out of range")),
                }
            }
            (Value::List(list), Value::Slice(slice)) => {
                let items = self.collect(&item)?;
                let len = list.borrow().len();
                let positions = self.positions(slice, len)?;
                match positions.contiguous() {
                    Some((from, to)) => drop(list.borrow_mut().splice(from..to, items)),
                    None => {
                        let places: Vec<usize> = positions.iter().collect();
                        if places.len() != items.len() {
                            let (n, m) = (items.len(), places.len());
                            return Err(self.value_error(format!(
                                "attempt to assign sequence of size {n} to extended slice of size {m}"
                            )));
                        }
                        places.into_iter().zip(items).for_each(|(at, item)| list.borrow_mut()[at] = item);
                    }
                }
                Ok(())
            }
            (Value::ByteArray(bytes), Value::Int(at)) => {
                let len = bytes.borrow().len();
                let byte = if let Value::Int(n) = item { u8::try_from(n).ok() } else { None };
                match (position(*at, len), byte) {
                    (Some(at), Some(byte)) => {
                        bytes.borrow_mut()[at] = byte;
                        Ok(())
                    }
                    (None, _) => Err(self.error("IndexError", "bytearray index out of range")),
                    _ => Err(self.value_error("byte must be in range(0, 256)")),
                }
            }
            (Value::Instance(instance), _) => {
                if let Some(function @ Value::Func(_)) = instance.class.lookup(known::SETITEM) {
                    return self.call_sync(&function, Args::of([value.clone(), key.clone(), item])).map(drop);
                }
                match instance.payload() {
                    Some(payload) => self.set_item(&payload, key, item),
                    None => Err(self.no_assignment(value)),
                }
            }
            (Value::Object(object), _) => {
                if object.set_item(self, key, Some(item))? {
                    Ok(())
                } else {
                    Err(self.no_assignment(value))
                }
            }
            (Value::List(_), _) => {
                let found = self.type_name(key);
                Err(self.type_error(format!("list indices must be integers or slices, not {found}")))
            }
            _ => Err(self.no_assignment(value)),
        }
    }

    fn no_assignment(&self, value: &Value) -> super::Raise {
        self.type_error(format!("'{}' object does not support item assignment", self.type_name(value)))
    }

    /// `del value[key]`.
    ///
    /// # Errors
    /// There is no such item.
    pub fn delete_item(&mut self, value: &Value, key: &Value) -> Res<()> {
        match (value, key) {
            (Value::Dict(dict), _) => {
                let removed = {
                    let key = self.key(key.clone())?;
                    dict.borrow_mut().shift_remove(&key)
                };
                removed.map(drop).ok_or_else(|| self.error_with("KeyError", vec![key.clone()]))
            }
            (Value::List(list), Value::Int(at)) => {
                let len = list.borrow().len();
                match position(*at, len) {
                    Some(at) => {
                        let old = list.borrow_mut().remove(at);
                        drop(old);
                        Ok(())
                    }
                    None => Err(self.error("IndexError", "list assignment index out of range")),
                }
            }
            (Value::List(list), Value::Slice(slice)) => {
                let len = list.borrow().len();
                let mut places: Vec<usize> = self.positions(slice, len)?.iter().collect();
                places.sort_unstable();
                places.into_iter().rev().for_each(|at| drop(list.borrow_mut().remove(at)));
                Ok(())
            }
            (Value::Instance(instance), _) => {
                if let Some(function) = instance.class.lookup(known::DELITEM) {
                    return self.call_sync(&function, Args::of([value.clone(), key.clone()])).map(drop);
                }
                match instance.payload() {
                    Some(payload) => self.delete_item(&payload, key),
                    None => {
                        Err(self
                            .type_error(format!("'{}' object does not support item deletion", self.type_name(value))))
                    }
                }
            }
            (Value::Object(object), _) if object.set_item(self, key, None)? => Ok(()),
            _ => Err(self.type_error(format!("'{}' object does not support item deletion", self.type_name(value)))),
        }
    }
}

/// A position from the start or, where negative, from the end.
pub fn position(at: i64, len: usize) -> Option<usize> {
    let from_end = i64::try_from(len).ok()?;
    let at = if at < 0 { at + from_end } else { at };
    usize::try_from(at).ok().filter(|at| *at < len)
}
