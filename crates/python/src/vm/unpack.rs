//! Unpacking: into targets, into collections, into arguments.

use super::{Res, Vm};
use crate::compile::Op;
use crate::value::{Args, Dict, Key, Value, intern};

impl Vm {
    pub(crate) fn unpack(&mut self, count: usize) -> Res<()> {
        let value = self.stack.pop().unwrap_or(Value::None);
        if let Value::Tuple(items) = &value
            && items.len() == count
        {
            self.stack.extend(items.iter().rev().cloned());
            return Ok(());
        }
        if !matches!(value, Value::List(_) | Value::Tuple(_) | Value::Str(_)) && self.iter(&value).is_err() {
            return Err(self.type_error(format!("cannot unpack non-iterable {} object", self.type_name(&value))));
        }
        let items = self.collect(&value)?;
        if items.len() < count {
            return Err(
                self.value_error(format!("not enough values to unpack (expected {count}, got {})", items.len()))
            );
        }
        if items.len() > count {
            return Err(self.value_error(format!("too many values to unpack (expected {count})")));
        }
        self.stack.extend(items.into_iter().rev());
        Ok(())
    }

    pub(crate) fn unpack_star(&mut self, before: usize, after: usize) -> Res<()> {
        let value = self.stack.pop().unwrap_or(Value::None);
        let mut items = self.collect(&value)?;
        if items.len() < before + after {
            let least = before + after;
            return Err(self
                .value_error(format!("not enough values to unpack (expected at least {least}, got {})", items.len())));
        }
        let last = items.split_off(items.len() - after);
        let middle = items.split_off(before);
        self.stack.extend(last.into_iter().rev());
        self.stack.push(Value::list(middle));
        self.stack.extend(items.into_iter().rev());
        Ok(())
    }

    pub(crate) fn extend_op(&mut self, op: Op) -> Res<()> {
        let more = self.stack.pop().unwrap_or(Value::None);
        let into = self.stack.last().cloned().unwrap_or(Value::None);
        match (&into, op) {
            (Value::List(list), _) => {
                let items = self.collect(&more)?;
                list.borrow_mut().extend(items);
            }
            (Value::Set(set), _) => {
                for item in self.collect(&more)? {
                    let key = self.key(item)?;
                    set.borrow_mut().insert(key);
                }
            }
            (Value::Dict(dict), op) => {
                let pairs = self.mapping(&more)?;
                for (key, value) in pairs {
                    if op == Op::ExtendKeywords && dict.borrow().contains_key(&key) {
                        let name = self.str_of(key.value())?;
                        return Err(self.type_error(format!("got multiple values for keyword argument '{name}'")));
                    }
                    dict.borrow_mut().insert(key, value);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The pairs of a mapping.
    ///
    /// # Errors
    /// It is none.
    pub fn mapping(&mut self, value: &Value) -> Res<Dict> {
        match value.plain() {
            Value::Dict(dict) => Ok(dict.borrow().clone()),
            Value::Object(object) => {
                if let Some(view) = object.cast::<super::class::AttrsView>() {
                    return Ok(view.to_dict());
                }
                let mut pairs = Dict::default();
                for key in object.items().unwrap_or_default() {
                    if let Some(item) = object.get_item(self, &key)? {
                        let key = self.key(key)?;
                        pairs.insert(key, item);
                    }
                }
                Ok(pairs)
            }
            Value::Instance(_) => {
                let keys = self.attr(value, intern("keys"))?;
                let keys = self.call_sync(&keys, Args::default())?;
                let mut pairs = Dict::default();
                for key in self.collect(&keys)? {
                    let item = self.item(value, &key)?;
                    let key = self.key(key)?;
                    pairs.insert(key, item);
                }
                Ok(pairs)
            }
            other => Err(self.type_error(format!("'{}' object is not a mapping", self.type_name(&other)))),
        }
    }

    pub(crate) fn spread_args(&mut self, list: &Value, named: &Value) -> Res<Args> {
        let pos = self.collect(list)?.into_iter().collect();
        let mut kw = Vec::new();
        if let Value::Dict(dict) = named {
            for (key, value) in dict.borrow().iter() {
                let Key(name) = key;
                let Some(name) = name.as_text() else { return Err(self.type_error("keywords must be strings")) };
                kw.push((intern(name.as_str()), value.clone()));
            }
        }
        Ok(Args { pos, kw })
    }
}
