//! Iteration.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Res, Vm};
use crate::value::{Args, Generator, Iter, Value, ViewOf, known};

impl Vm {
    /// `iter(value)`.
    ///
    /// # Errors
    /// It can't be iterated.
    pub fn iter(&mut self, value: &Value) -> Res<Value> {
        let iter = match value {
            Value::List(list) => Iter::List(Rc::clone(list), 0),
            Value::Tuple(items) => Iter::Tuple(Rc::clone(items), 0),
            Value::Range(range) => Iter::Range(Rc::clone(range), 0),
            Value::Str(text) => Iter::Str(Rc::clone(text), 0),
            Value::Bytes(bytes) => Iter::Bytes(Rc::clone(bytes), 0),
            Value::ByteArray(bytes) => Iter::Bytes(Rc::new(bytes.borrow().clone()), 0),
            Value::Dict(dict) => {
                let len = dict.borrow().len();
                Iter::DictKeys(Rc::clone(dict), 0, len)
            }
            Value::Set(set) => {
                let len = set.borrow().len();
                Iter::Set(Rc::clone(set), 0, len)
            }
            Value::FrozenSet(set) => Iter::Items(set.iter().map(|key| key.0.clone()).collect::<Vec<_>>().into_iter()),
            Value::Iter(iter) => match &*iter.borrow() {
                Iter::View(of, dict) => {
                    let len = dict.borrow().len();
                    match of {
                        ViewOf::Keys => Iter::DictKeys(Rc::clone(dict), 0, len),
                        ViewOf::Values => Iter::DictValues(Rc::clone(dict), 0, len),
                        ViewOf::Items => Iter::DictItems(Rc::clone(dict), 0, len),
                    }
                }
                _ => return Ok(value.clone()),
            },
            Value::Generator(_) => return Ok(value.clone()),
            Value::Instance(instance) => {
                if let Some(function) = instance.class.lookup(known::ITER) {
                    let iterator = self.call_sync(&function, Args::of([value.clone()]))?;
                    return Ok(iterator);
                }
                if instance.class.lookup(known::GETITEM).is_some() && instance.payload().is_none() {
                    Iter::Sequence(value.clone(), 0)
                } else if let Some(payload) = instance.payload() {
                    return self.iter(&payload);
                } else {
                    return Err(self.not_iterable(value));
                }
            }
            Value::Object(object) => match object.items() {
                Some(items) => Iter::Items(items.into_iter()),
                None if object.next_is_there() => return Ok(value.clone()),
                None => return Err(self.not_iterable(value)),
            },
            Value::Class(class) => {
                // Members of an enumeration.
                let Some(members) = class.lookup(known::ENUM_MEMBERS) else { return Err(self.not_iterable(value)) };
                let Value::Dict(members) = members else { return Err(self.not_iterable(value)) };
                let unique: Vec<Value> = members
                    .borrow()
                    .iter()
                    .filter(|(name, member)| {
                        let own =
                            if let Value::Instance(i) = member { i.get(crate::value::intern("_name_")) } else { None };
                        own.is_none_or(|own| crate::value::equal_plain(&own, name.value()))
                    })
                    .map(|(_, member)| member.clone())
                    .collect();
                Iter::Items(unique.into_iter())
            }
            _ => return Err(self.not_iterable(value)),
        };
        Ok(Value::Iter(Rc::new(RefCell::new(iter))))
    }

    fn not_iterable(&self, value: &Value) -> super::Raise {
        self.type_error(format!("'{}' object is not iterable", self.type_name(value)))
    }

    /// The next value of an iterator; `None` at its end.
    ///
    /// # Errors
    /// What going on raises.
    pub fn next(&mut self, iterator: &Value) -> Res<Option<Value>> {
        match iterator {
            Value::Iter(iter) => self.next_of(iter),
            Value::Generator(generator) => self.next_of_generator(generator),
            Value::Instance(instance) => {
                let Some(function) = instance.class.lookup(known::NEXT) else {
                    return Err(self.type_error(format!("'{}' object is not an iterator", instance.class.name)));
                };
                match self.call_sync(&function, Args::of([iterator.clone()])) {
                    Ok(value) => Ok(Some(value)),
                    Err(raise) if raise.is("StopIteration") => Ok(None),
                    Err(raise) => Err(raise),
                }
            }
            Value::Object(object) => match object.next(self) {
                Some(next) => next,
                None => Err(self.type_error(format!("'{}' object is not an iterator", object.type_name()))),
            },
            other => Err(self.type_error(format!("'{}' object is not an iterator", self.type_name(other)))),
        }
    }

    fn next_of_generator(&mut self, generator: &Rc<Generator>) -> Res<Option<Value>> {
        self.generator_next(generator)
    }

    /// All values of an iterable.
    ///
    /// # Errors
    /// What going through it raises.
    pub fn collect(&mut self, value: &Value) -> Res<Vec<Value>> {
        match value {
            Value::List(list) => return Ok(list.borrow().clone()),
            Value::Tuple(items) => return Ok(items.to_vec()),
            _ => {}
        }
        let iterator = self.iter(value)?;
        let mut items = Vec::new();
        while let Some(item) = self.next(&iterator)? {
            items.push(item);
            self.charge(1)?;
            if items.len() % 65_536 == 0 {
                self.check_size(items.len() * 16)?;
            }
        }
        Ok(items)
    }

    fn next_of(&mut self, cell: &Rc<RefCell<Iter>>) -> Res<Option<Value>> {
        // The plain ones need no Python code: they go on in place.
        let done = {
            let mut iter = match cell.try_borrow_mut() {
                Ok(iter) => iter,
                Err(_) => return Err(self.value_error("iterator already executing")),
            };
            match step_plain(&mut iter) {
                Plain::Value(value) => return Ok(Some(value)),
                Plain::Done => true,
                Plain::Changed => return Err(self.error("RuntimeError", "dictionary changed size during iteration")),
                Plain::NotPlain => false,
            }
        };
        if done {
            *cell.borrow_mut() = Iter::Done;
            return Ok(None);
        }
        // The others are taken out while their parts are asked.
        let mut iter = std::mem::replace(&mut *cell.borrow_mut(), Iter::Done);
        let next = self.step_composed(&mut iter);
        if matches!(next, Ok(Some(_))) {
            *cell.borrow_mut() = iter;
        }
        next
    }

    fn step_composed(&mut self, iter: &mut Iter) -> Res<Option<Value>> {
        self.charge(1)?;
        match iter {
            Iter::Enumerate(inner, count) => {
                let Some(value) = self.next(inner)? else { return Ok(None) };
                *count += 1;
                Ok(Some(Value::tuple(vec![Value::Int(*count - 1), value])))
            }
            Iter::Zip(inners, strict) => {
                let mut values = Vec::with_capacity(inners.len());
                for (n, inner) in inners.iter().enumerate() {
                    match self.next(inner)? {
                        Some(value) => values.push(value),
                        None if *strict && n > 0 => {
                            return Err(self.value_error(format!("zip() argument {} is shorter than argument 1", n + 1)));
                        }
                        None => return Ok(None),
                    }
                }
                Ok((!inners.is_empty()).then(|| Value::tuple(values)))
            }
            Iter::Map(function, inners) => {
                let mut args = Args::default();
                for inner in inners.iter() {
                    let Some(value) = self.next(inner)? else { return Ok(None) };
                    args.pos.push(value);
                }
                self.call_sync(function, args).map(Some)
            }
            Iter::Filter(function, inner) => loop {
                let Some(value) = self.next(inner)? else { return Ok(None) };
                let keep = if function.is_none() {
                    value.clone()
                } else {
                    self.call_sync(function, Args::of([value.clone()]))?
                };
                if self.truth(&keep)? {
                    return Ok(Some(value));
                }
            },
            Iter::Callable(function, sentinel) => {
                let value = self.call_sync(function, Args::default())?;
                Ok((!self.equal(&value, sentinel)?).then_some(value))
            }
            Iter::Sequence(sequence, at) => {
                *at += 1;
                match self.item(sequence, &Value::Int(*at - 1)) {
                    Ok(value) => Ok(Some(value)),
                    Err(raise) if raise.is("IndexError") || raise.is("StopIteration") => Ok(None),
                    Err(raise) => Err(raise),
                }
            }
            Iter::Chain(inners, at) => {
                while *at < inners.len() {
                    let iterator = self.iter(&inners[*at])?;
                    inners[*at] = iterator.clone();
                    if let Some(value) = self.next(&iterator)? {
                        return Ok(Some(value));
                    }
                    *at += 1;
                }
                Ok(None)
            }
            Iter::Count(now, step) => {
                let next = self.binary(crate::compile::BinOp::Add, now, step)?;
                Ok(Some(std::mem::replace(now, next)))
            }
            Iter::Cycle(inner, seen, at) => {
                if at.is_none() {
                    if let Some(value) = self.next(inner)? {
                        seen.push(value.clone());
                        return Ok(Some(value));
                    }
                    *at = Some(0);
                }
                let place = at.unwrap_or(0);
                if seen.is_empty() {
                    return Ok(None);
                }
                *at = Some((place + 1) % seen.len());
                Ok(Some(seen[place].clone()))
            }
            Iter::Repeat(value, times) => match times {
                Some(0) => Ok(None),
                Some(left) => {
                    *left -= 1;
                    Ok(Some(value.clone()))
                }
                None => Ok(Some(value.clone())),
            },
            Iter::Slice { inner, at, next, stop, step } => {
                if stop.is_some_and(|stop| *next >= stop) {
                    return Ok(None);
                }
                loop {
                    let Some(value) = self.next(inner)? else { return Ok(None) };
                    *at += 1;
                    if *at > *next {
                        *next += *step;
                        return Ok(Some(value));
                    }
                }
            }
            Iter::TakeWhile(function, inner) => {
                let Some(value) = self.next(inner)? else { return Ok(None) };
                let keep = self.call_sync(function, Args::of([value.clone()]))?;
                Ok(self.truth(&keep)?.then_some(value))
            }
            Iter::DropWhile(function, inner, dropping) => loop {
                let Some(value) = self.next(inner)? else { return Ok(None) };
                if *dropping {
                    let drop = self.call_sync(function, Args::of([value.clone()]))?;
                    if self.truth(&drop)? {
                        continue;
                    }
                    *dropping = false;
                }
                return Ok(Some(value));
            },
            Iter::Accumulate { inner, function, total } => {
                let next = match total.take() {
                    None => self.next(inner)?,
                    Some(sum) => match self.next(inner)? {
                        None => None,
                        Some(value) if function.is_none() => {
                            Some(self.binary(crate::compile::BinOp::Add, &sum, &value)?)
                        }
                        Some(value) => Some(self.call_sync(function, Args::of([sum, value]))?),
                    },
                };
                total.clone_from(&next);
                Ok(next)
            }
            Iter::Starmap(function, inner) => {
                let Some(value) = self.next(inner)? else { return Ok(None) };
                let items = self.collect(&value)?;
                self.call_sync(function, Args::of(items)).map(Some)
            }
            _ => Ok(None),
        }
    }
}

enum Plain {
    Value(Value),
    Done,
    Changed,
    NotPlain,
}

fn step_plain(iter: &mut Iter) -> Plain {
    let found = match iter {
        Iter::List(list, at) => {
            *at += 1;
            list.borrow().get(*at - 1).cloned()
        }
        Iter::Tuple(items, at) => {
            *at += 1;
            items.get(*at - 1).cloned()
        }
        Iter::Items(items) => items.next(),
        Iter::Range(range, at) => {
            *at += 1;
            (*at <= range.len()).then(|| Value::Int(range.at(*at - 1)))
        }
        Iter::Str(text, at) => {
            let next = text.as_str()[*at..].chars().next();
            *at += next.map_or(0, char::len_utf8);
            next.map(|c| Value::str(c.to_string()))
        }
        Iter::Bytes(bytes, at) => {
            *at += 1;
            bytes.get(*at - 1).map(|byte| Value::Int(i64::from(*byte)))
        }
        Iter::DictKeys(dict, at, len) | Iter::DictValues(dict, at, len) | Iter::DictItems(dict, at, len)
            if dict.borrow().len() != *len =>
        {
            *at = usize::MAX;
            return Plain::Changed;
        }
        Iter::DictKeys(dict, at, _) => {
            *at += 1;
            dict.borrow().get_index(*at - 1).map(|(key, _)| key.0.clone())
        }
        Iter::DictValues(dict, at, _) => {
            *at += 1;
            dict.borrow().get_index(*at - 1).map(|(_, value)| value.clone())
        }
        Iter::DictItems(dict, at, _) => {
            *at += 1;
            dict.borrow().get_index(*at - 1).map(|(key, value)| Value::tuple(vec![key.0.clone(), value.clone()]))
        }
        Iter::Set(set, at, len) => {
            if set.borrow().len() != *len {
                return Plain::Changed;
            }
            *at += 1;
            set.borrow().get_index(*at - 1).map(|key| key.0.clone())
        }
        Iter::Done => None,
        _ => return Plain::NotPlain,
    };
    found.map_or(Plain::Done, Plain::Value)
}
