//! Names and the variables that they mean.

use super::execute::index;
use super::{Frame, Raise, Res, Vm};
use crate::compile::{Code, Op};
use crate::value::{CellRef, Dict, Key, Value, known};

impl Vm {
    /// The instructions that take, set and delete what names mean, but for the most frequent.
    pub(super) fn name_op(&mut self, op: Op, code: &Code, base: usize) -> Res<()> {
        match op {
            Op::DelLocal(at) => {
                let old = std::mem::replace(&mut self.stack[base + usize::from(at)], Value::Unbound);
                if matches!(old, Value::Unbound) {
                    return Err(self.unbound_local(code, at));
                }
            }
            Op::LoadCell(at) => {
                let value = self.cell(at).borrow().clone();
                if matches!(value, Value::Unbound) {
                    return Err(self.unbound_cell(code, at));
                }
                self.stack.push(value);
            }
            Op::StoreCell(at) => {
                let value = self.pop();
                let old = std::mem::replace(&mut *self.cell(at).borrow_mut(), value);
                drop(old);
            }
            Op::DelCell(at) => drop(std::mem::replace(&mut *self.cell(at).borrow_mut(), Value::Unbound)),
            Op::StoreGlobal(at) => {
                let value = self.pop();
                drop(self.frame().globals.put(index(at), value));
            }
            Op::DelGlobal(at) => {
                let old = self.frame().globals.put(index(at), Value::Unbound);
                if matches!(old, Value::Unbound) {
                    return Err(self.undefined(at));
                }
            }
            Op::LoadName(at) => {
                let frame = self.frame();
                let own = frame.globals.name_of(index(at)).and_then(|name| frame.names.as_ref()?.get(&name).cloned());
                let value = match own {
                    Some(value) => value,
                    None => match self.frame().globals.at(index(at)) {
                        Value::Unbound => self.builtin(at)?,
                        value => value,
                    },
                };
                self.stack.push(value);
            }
            Op::LoadNameOrCell(at, name) => {
                let own = self.frame().names.as_ref().and_then(|names| names.get(&name).cloned());
                let value = own.unwrap_or_else(|| self.cell(at).borrow().clone());
                if matches!(value, Value::Unbound) {
                    return Err(self.unbound_cell(code, at));
                }
                self.stack.push(value);
            }
            Op::StoreName(name) => {
                let value = self.pop();
                if let Some(names) = self.frames.last_mut().and_then(|frame| frame.names.as_mut()) {
                    names.insert(name, value);
                }
            }
            Op::DelName(name) => {
                let removed = self.frames.last_mut().and_then(|frame| frame.names.as_mut()?.shift_remove(&name));
                if removed.is_none() {
                    return Err(self.error("NameError", format!("name '{name}' is not defined")));
                }
            }
            Op::Annotate(name) => {
                let kind = self.pop();
                let names = self.frames.last_mut().and_then(|frame| frame.names.as_mut());
                if let Some(names) = names {
                    let annotations = names.entry(known::ANNOTATIONS).or_insert_with(|| Value::dict(Dict::default()));
                    if let Value::Dict(dict) = annotations {
                        dict.borrow_mut().insert(Key(Value::Str(name.text())), kind);
                    }
                }
            }
            _ => unreachable!("only what names mean is passed"),
        }
        Ok(())
    }

    fn frame(&self) -> &Frame {
        self.frames.last().expect("there is a frame while running")
    }

    fn cell(&self, at: u16) -> &CellRef {
        &self.frame().cells[usize::from(at)]
    }

    pub(super) fn builtin(&self, at: u32) -> Res<Value> {
        let name = self.frame().globals.name_of(index(at));
        name.and_then(|name| self.builtins.get(&name).cloned()).ok_or_else(|| self.undefined(at))
    }

    fn undefined(&self, at: u32) -> Raise {
        let name = self.frame().globals.name_of(index(at)).map(|name| name.to_string()).unwrap_or_default();
        if crate::builtins::python_has_builtin(&name) {
            return self.unsupported(&format!("{name}()"));
        }
        self.error("NameError", format!("name '{name}' is not defined"))
    }

    pub(super) fn unbound_local(&self, code: &Code, at: u16) -> Raise {
        let name = code.local_names[usize::from(at)];
        let message = format!("cannot access local variable '{name}' where it is not associated with a value");
        self.error("UnboundLocalError", message)
    }

    fn unbound_cell(&self, code: &Code, at: u16) -> Raise {
        let name = code.cell_names[usize::from(at)];
        if usize::from(at) < code.own_cells {
            let message = format!("cannot access local variable '{name}' where it is not associated with a value");
            return self.error("UnboundLocalError", message);
        }
        let message =
            format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope");
        self.error("NameError", message)
    }
}
