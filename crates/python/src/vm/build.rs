//! Collections are made and filled.

use std::rc::Rc;

use super::execute::index;
use super::{Res, Vm};
use crate::compile::Op;
use crate::value::{Dict, Key, SetItems, Slice, Value};

impl Vm {
    /// The instructions that make and fill collections.
    pub(super) fn collection_op(&mut self, op: Op, base: usize) -> Res<()> {
        match op {
            Op::BuildSlice => {
                let (step, stop, start) = (self.pop(), self.pop(), self.pop());
                self.stack.push(Value::Slice(Rc::new(Slice { start, stop, step })));
            }
            Op::BuildList(_) | Op::BuildTuple(_) | Op::BuildSet(_) | Op::BuildDict(_) | Op::BuildString(_) => {
                self.build(op)?
            }
            Op::AppendTo(at) => {
                let value = self.pop();
                if let Value::List(list) = &self.stack[base + usize::from(at)] {
                    list.borrow_mut().push(value);
                }
            }
            Op::AddTo(at) => {
                let value = self.pop();
                let key = self.key(value)?;
                if let Value::Set(set) = &self.stack[base + usize::from(at)] {
                    set.borrow_mut().insert(key);
                }
            }
            Op::PutInto(at) => {
                let (value, key) = (self.pop(), self.pop());
                let key = self.key(key)?;
                if let Value::Dict(dict) = &self.stack[base + usize::from(at)] {
                    dict.borrow_mut().insert(key, value);
                }
            }
            Op::Extend | Op::ExtendSet | Op::ExtendDict | Op::ExtendKeywords => self.extend_op(op)?,
            Op::ListToTuple => {
                if let Value::List(list) = self.pop() {
                    self.stack.push(Value::tuple(list.take()));
                }
            }
            _ => unreachable!("only what makes and fills is passed"),
        }
        Ok(())
    }

    fn build(&mut self, op: Op) -> Res<()> {
        let value = match op {
            Op::BuildList(n) => Value::list(self.take(index(n))),
            Op::BuildTuple(n) => Value::tuple(self.take(index(n))),
            Op::BuildSet(n) => {
                let mut items = SetItems::default();
                for value in self.take(index(n)) {
                    items.insert(self.key(value)?);
                }
                Value::set(items)
            }
            Op::BuildDict(n) => {
                let mut dict = Dict::default();
                let mut values = self.take(index(n) * 2).into_iter();
                while let (Some(key), Some(value)) = (values.next(), values.next()) {
                    dict.insert(self.key(key)?, value);
                }
                Value::dict(dict)
            }
            Op::BuildString(n) => {
                let from = self.stack.len() - index(n);
                let size =
                    self.stack[from..].iter().map(|v| if let Value::Str(s) = v { s.as_str().len() } else { 0 }).sum();
                self.check_size(size)?;
                let mut text = String::with_capacity(size);
                for part in self.stack.drain(from..) {
                    if let Value::Str(part) = part {
                        text.push_str(part.as_str());
                    }
                }
                Value::str(text)
            }
            _ => unreachable!("only what builds is passed"),
        };
        self.stack.push(value);
        Ok(())
    }

    fn take(&mut self, count: usize) -> Vec<Value> {
        let from = self.stack.len() - count;
        self.stack.drain(from..).collect()
    }

    /// A value as a key.
    ///
    /// # Errors
    /// It is unhashable.
    pub fn key(&mut self, value: Value) -> Res<Key> {
        if let Value::Instance(instance) = &value
            && instance.class.hash_by() == crate::value::HashBy::Custom
            && instance.class.key_fields().is_none()
            && instance.payload().is_none()
        {
            return Err(self.unsupported("a key with a __hash__ of its own"));
        }
        let name = self.type_name(&value);
        Key::new(value).ok_or_else(|| self.type_error(format!("unhashable type: '{name}'")))
    }
}
