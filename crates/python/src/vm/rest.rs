//! The instructions that are not the most frequent.

use std::rc::Rc;

use super::execute::index;
use super::{Res, Vm};
use crate::compile::{Code, Conversion, FunctionPlan, Op};
use crate::value::{Function, Sym, Value};

impl Vm {
    /// One that [`execute`](super::execute) leaves to others.
    pub(super) fn other(&mut self, op: Op, code: &Code, base: usize) -> Res<()> {
        match op {
            Op::DelLocal(_)
            | Op::LoadCell(_)
            | Op::StoreCell(_)
            | Op::DelCell(_)
            | Op::StoreGlobal(_)
            | Op::DelGlobal(_)
            | Op::LoadName(_)
            | Op::LoadNameOrCell(..)
            | Op::StoreName(_)
            | Op::DelName(_)
            | Op::Annotate(_) => self.name_op(op, code, base)?,
            Op::BuildList(_)
            | Op::BuildTuple(_)
            | Op::BuildSet(_)
            | Op::BuildDict(_)
            | Op::BuildString(_)
            | Op::BuildSlice
            | Op::AppendTo(_)
            | Op::AddTo(_)
            | Op::PutInto(_)
            | Op::Extend
            | Op::ExtendSet
            | Op::ExtendDict
            | Op::ExtendKeywords
            | Op::ListToTuple => self.collection_op(op, base)?,
            Op::Raise
            | Op::RaiseFrom
            | Op::Reraise(_)
            | Op::RaiseAgain
            | Op::AssertFailed(_)
            | Op::SetupTry(_)
            | Op::PopTry
            | Op::MatchException
            | Op::Handling(_)
            | Op::Handled => self.exception_op(op, base)?,
            Op::DelAttr(name) => {
                let target = self.pop();
                self.delete_attr(&target, name)?;
            }
            Op::StoreItem => {
                let (key, target, value) = (self.pop(), self.pop(), self.pop());
                self.set_item(&target, &key, value)?;
            }
            Op::DelItem => {
                let (key, target) = (self.pop(), self.pop());
                self.delete_item(&target, &key)?;
            }
            Op::Not => {
                let value = self.pop();
                let truth = self.truth(&value)?;
                self.stack.push(Value::Bool(!truth));
            }
            Op::Neg | Op::Pos | Op::Invert => {
                let value = self.pop();
                let result = self.unary(op, &value)?;
                self.stack.push(result);
            }
            Op::JumpIfFalseOrPop(to) | Op::JumpIfTrueOrPop(to) => {
                let value = self.stack.last().cloned().unwrap_or(Value::None);
                if self.truth(&value)? == matches!(op, Op::JumpIfTrueOrPop(_)) {
                    self.ip = index(to);
                } else {
                    self.stack.pop();
                }
            }
            Op::Pop => drop(self.stack.pop()),
            Op::Dup => self.stack.push(self.stack[self.stack.len() - 1].clone()),
            Op::DupTwo => {
                let at = self.stack.len() - 2;
                self.stack.push(self.stack[at].clone());
                self.stack.push(self.stack[at + 1].clone());
            }
            Op::RotTwo => {
                let at = self.stack.len() - 2;
                self.stack.swap(at, at + 1);
            }
            // The top goes below the two under it.
            Op::RotThree => {
                let at = self.stack.len() - 3;
                self.stack[at..].rotate_right(1);
            }
            Op::Format(conversion, has_spec) => {
                let spec = if has_spec { self.pop() } else { Value::None };
                let value = self.pop();
                let value = match conversion {
                    Conversion::None => value,
                    Conversion::Str => Value::str(self.str_of(&value)?),
                    Conversion::Repr => Value::str(self.repr_of(&value)?),
                    Conversion::Ascii => Value::str(super::show::ascii(&self.repr_of(&value)?)),
                };
                let spec = spec.as_text();
                let text = match spec {
                    None => match &value {
                        Value::Str(_) => {
                            self.stack.push(value);
                            return Ok(());
                        }
                        other => self.format(other, "")?,
                    },
                    Some(spec) => self.format(&value, spec.as_str())?,
                };
                self.stack.push(Value::str(text));
            }
            Op::GetIter => {
                let value = self.pop();
                let iterator = self.iter(&value)?;
                self.stack.push(iterator);
            }
            Op::MakeFunction(at) => {
                let plan = &code.functions[index(at)];
                let from = self.stack.len() - plan.kw_defaults.len();
                let kw_defaults = plan.kw_defaults.iter().copied().zip(self.stack.drain(from..)).collect();
                let from = self.stack.len() - usize::from(plan.defaults);
                let defaults = self.stack.drain(from..).collect();
                let function = self.function_of(plan, defaults, kw_defaults);
                self.stack.push(Value::Func(function));
            }
            Op::Super => {
                let (me, class) = (self.pop(), self.pop());
                let found = crate::builtins::make_super(self, &class, &me)?;
                self.stack.push(found);
            }
            Op::Unpack(count) => self.unpack(usize::from(count))?,
            Op::UnpackStar(before, after) => self.unpack_star(usize::from(before), usize::from(after))?,
            Op::MatchSequence(count, or_more) => self.match_sequence(usize::from(count), or_more)?,
            Op::MatchMapping(count, keeps_rest) => self.match_mapping(usize::from(count), keeps_rest)?,
            Op::MatchClass(at) => self.match_class(&code.calls[index(at)])?,
            Op::Nop => {}
            _ => unreachable!("`execute` does all others"),
        }
        Ok(())
    }

    pub(super) fn function_of(
        &self,
        plan: &FunctionPlan,
        defaults: Vec<Value>,
        kw_defaults: Vec<(Sym, Value)>,
    ) -> Rc<Function> {
        let frame = self.frames.last().expect("there is a frame while running");
        Rc::new(Function {
            code: Rc::clone(&plan.code),
            globals: Rc::clone(&frame.globals),
            defaults,
            kw_defaults,
            closure: plan.captures.iter().map(|at| Rc::clone(&frame.cells[usize::from(*at)])).collect(),
            attrs: std::cell::RefCell::default(),
        })
    }
}
