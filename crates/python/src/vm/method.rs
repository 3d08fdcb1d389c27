//! Calls of methods, without making what is called where that can be.

use super::{OnReturn, Res, Vm};
use crate::value::{Args, Function, Sym, Value};

impl Vm {
    /// Calls a method written in Python with its arguments where they are; `false` where it is none.
    pub(super) fn call_method_fast(&mut self, at: usize, count: u16, name: Sym) -> Res<bool> {
        let Value::Instance(instance) = &self.stack[at] else { return Ok(false) };
        if instance.attrs.borrow().get(name).is_some() {
            return Ok(false);
        }
        let Some(Value::Func(function)) = instance.class.lookup(name) else { return Ok(false) };
        if !is_simple(&function, usize::from(count) + 1) || function.code.generator {
            return Ok(false);
        }
        self.push_frame(&function, at, at, OnReturn::Push)?;
        Ok(true)
    }

    /// Calls a method.
    pub(crate) fn call_method(&mut self, receiver: &Value, name: Sym, mut args: Args) -> Res<Option<Value>> {
        match receiver {
            Value::Instance(instance) => {
                if instance.attrs.borrow().get(name).is_none() {
                    match instance.class.lookup(name) {
                        Some(function @ Value::Func(_)) => {
                            args.pos.insert(0, receiver.clone());
                            return self.call(&function, args);
                        }
                        Some(Value::Native(native)) if native.binds => {
                            args.pos.insert(0, receiver.clone());
                            let value = (native.call)(self, args)?;
                            return Ok(self.taken(value));
                        }
                        _ => {}
                    }
                }
            }
            Value::Object(object) if object.methods().contains(&name.text().as_str()) => {
                let value = object.call_method(self, receiver, name, args)?;
                return Ok(self.taken(value));
            }
            Value::Module(_)
            | Value::Class(_)
            | Value::Object(_)
            | Value::Func(_)
            | Value::Method(_)
            | Value::Native(_) => {}
            _ => {
                if crate::builtins::has_method(receiver, name.text().as_str()) {
                    let value = crate::builtins::call_method(self, receiver, name, args)?;
                    return Ok(self.taken(value));
                }
            }
        }
        let callee = self.attr(receiver, name)?;
        self.call(&callee, args)
    }

    pub(super) fn keyword_args(&mut self, count: usize, names: &[Sym]) -> Args {
        let at = self.stack.len() - names.len();
        let kw = names.iter().copied().zip(self.stack.drain(at..)).collect();
        let at = self.stack.len() - (count - names.len());
        Args { pos: self.stack.drain(at..).collect(), kw }
    }
}

/// Whether a function takes `count` arguments as they lie on the stack.
pub(super) fn is_simple(function: &Function, count: usize) -> bool {
    let parameters = &function.code.parameters;
    parameters.positional.len() == count
        && parameters.keyword_only.is_empty()
        && !parameters.star
        && !parameters.double_star
        && !function.code.generator
}
