//! The loop: one instruction after the other.

use std::rc::Rc;

use super::method::is_simple;
use super::{OnReturn, Pending, Res, Vm};
use crate::compile::{BinOp, CmpOp, Code, Op};
use crate::value::{Args, GeneratorState, Value, equal_plain, known};

impl Vm {
    /// Runs until no more than `depth` frames are left, and gives the result of the last; `None`: it waits for the host.
    pub(crate) fn run(&mut self, depth: usize) -> Res<Option<Value>> {
        loop {
            match self.execute(depth) {
                Ok(value) => return Ok(value),
                Err(raise) => self.unwind(raise, depth)?,
            }
        }
    }

    fn top(&self) -> (Rc<Code>, usize) {
        let frame = self.frames.last().expect("there is a frame while running");
        (Rc::clone(&frame.code), frame.base)
    }

    pub(super) fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::None)
    }

    fn execute(&mut self, depth: usize) -> Res<Option<Value>> {
        let (mut code, mut base) = self.top();
        // What was called may have pushed a frame, or wait for the host.
        macro_rules! entered {
            () => {{
                if self.pending.is_some() {
                    return self.suspended();
                }
                (code, base) = self.top();
            }};
        }
        macro_rules! give {
            ($value:expr) => {
                match $value {
                    Some(value) => self.stack.push(value),
                    None => entered!(),
                }
            };
        }
        loop {
            self.fuel -= 1;
            if self.fuel == 0 {
                self.look(0)?;
            }
            let op = code.ops[self.ip];
            self.ip += 1;
            match op {
                Op::Const(at) => self.stack.push(code.consts[index(at)].clone()),
                Op::LoadLocal(at) => {
                    let value = self.stack[base + usize::from(at)].clone();
                    if matches!(value, Value::Unbound) {
                        return Err(self.unbound_local(&code, at));
                    }
                    self.stack.push(value);
                }
                Op::StoreLocal(at) => {
                    let value = self.pop();
                    self.stack[base + usize::from(at)] = value;
                }
                Op::LoadGlobal(at) => {
                    let frame = self.frames.last().expect("there is a frame while running");
                    let mut value = frame.globals.at(index(at));
                    if matches!(value, Value::Unbound) {
                        value = self.builtin(at)?;
                    }
                    self.stack.push(value);
                }
                Op::LoadAttr(name) => {
                    let value = self.pop();
                    give!(self.load_attr(&value, name)?);
                }
                Op::CallMethod(count, name) => {
                    let at = self.stack.len() - usize::from(count) - 1;
                    if self.call_method_fast(at, count, name)? {
                        (code, base) = self.top();
                        continue;
                    }
                    let args = Args { pos: self.stack.drain(at + 1..).collect(), kw: Vec::new() };
                    let receiver = self.pop();
                    give!(self.call_method(&receiver, name, args)?);
                }
                Op::Call(count) => {
                    let at = self.stack.len() - usize::from(count) - 1;
                    if let Value::Func(function) = &self.stack[at]
                        && is_simple(function, usize::from(count))
                    {
                        let function = Rc::clone(function);
                        // A generator is made at once, all else is a frame.
                        if let Some(made) = self.push_frame(&function, at + 1, at, OnReturn::Push)? {
                            self.stack.push(made);
                        }
                        (code, base) = self.top();
                        continue;
                    }
                    let args = Args { pos: self.stack.drain(at + 1..).collect(), kw: Vec::new() };
                    let callee = self.pop();
                    give!(self.call(&callee, args)?);
                }
                Op::Return => {
                    let value = self.pop();
                    if let Some(value) = self.returned(value, depth)? {
                        return Ok(Some(value));
                    }
                    (code, base) = self.top();
                }
                Op::Jump(to) => self.ip = index(to),
                Op::JumpIfFalse(to) => {
                    let value = self.pop();
                    if !self.truth(&value)? {
                        self.ip = index(to);
                    }
                }
                Op::JumpIfTrue(to) => {
                    let value = self.pop();
                    if self.truth(&value)? {
                        self.ip = index(to);
                    }
                }
                Op::Binary(op) => {
                    let right = self.pop();
                    let left = self.pop();
                    let value = match (op, &left, &right) {
                        (BinOp::Add, Value::Int(a), Value::Int(b)) if let Some(sum) = a.checked_add(*b) => {
                            Value::Int(sum)
                        }
                        (BinOp::Sub, Value::Int(a), Value::Int(b)) if let Some(difference) = a.checked_sub(*b) => {
                            Value::Int(difference)
                        }
                        _ => self.binary(op, &left, &right)?,
                    };
                    self.stack.push(value);
                }
                Op::InPlace(op) => {
                    let right = self.pop();
                    let left = self.pop();
                    let value = self.in_place(op, left, &right)?;
                    self.stack.push(value);
                }
                Op::Compare(op) => {
                    let right = self.pop();
                    let left = self.pop();
                    let value = match (op, &left, &right) {
                        (CmpOp::Eq, Value::Str(_), Value::Str(_)) | (CmpOp::Eq, Value::Int(_), Value::Int(_)) => {
                            Value::Bool(equal_plain(&left, &right))
                        }
                        (CmpOp::Lt, Value::Int(a), Value::Int(b)) => Value::Bool(a < b),
                        _ => self.compare(op, &left, &right)?,
                    };
                    self.stack.push(value);
                }
                Op::ForIter(slot, end) => {
                    let at = base + usize::from(slot);
                    let iterator = self.stack[at].clone();
                    if let Value::Generator(generator) = &iterator {
                        if self.resume_generator(generator, Value::None, OnReturn::LoopOver(end, slot))? {
                            (code, base) = self.top();
                        } else {
                            self.stack[at] = Value::None;
                            self.ip = index(end);
                        }
                        continue;
                    }
                    match self.next(&iterator)? {
                        Some(value) => self.stack.push(value),
                        None => {
                            self.stack[at] = Value::None;
                            self.ip = index(end);
                        }
                    }
                }
                Op::Yield => {
                    let value = self.pop();
                    match self.yield_value(value) {
                        Some(OnReturn::Exit) => return Ok(Some(self.pop())),
                        _ if self.frames.is_empty() => return Ok(Some(self.pop())),
                        _ => {}
                    }
                    (code, base) = self.top();
                }
                Op::CallKeywords(at) => {
                    let site = &code.calls[index(at)];
                    let args = self.keyword_args(usize::from(site.count), &site.names);
                    let callee = self.pop();
                    give!(self.call(&callee, args)?);
                }
                Op::CallMethodKeywords(at) => {
                    let site = &code.calls[index(at)];
                    let args = self.keyword_args(usize::from(site.count), &site.names);
                    let receiver = self.pop();
                    give!(self.call_method(&receiver, site.method.unwrap_or(known::CALL), args)?);
                }
                Op::CallSpread => {
                    let (named, list, callee) = (self.pop(), self.pop(), self.pop());
                    let args = self.spread_args(&list, &named)?;
                    give!(self.call(&callee, args)?);
                }
                Op::StoreAttr(name) => {
                    let (target, value) = (self.pop(), self.pop());
                    if !self.store_attr(&target, name, value)? {
                        entered!();
                    }
                }
                Op::LoadItem => {
                    let (key, value) = (self.pop(), self.pop());
                    let item = self.item(&value, &key)?;
                    self.stack.push(item);
                }
                Op::MakeClass(at) => {
                    self.begin_class(&code, index(at))?;
                    (code, base) = self.top();
                }
                Op::Import(_) | Op::ImportFrom(_) | Op::ImportStar(_) => {
                    if !self.import_op(&code, op)? {
                        entered!();
                    }
                }
                op => self.other(op, &code, base)?,
            }
        }
    }

    fn suspended(&mut self) -> Res<Option<Value>> {
        if let Some(Pending::Frame) = self.pending {
            self.pending = None;
        }
        Ok(None)
    }

    /// A frame is over. `Some`: so is the loop.
    fn returned(&mut self, value: Value, depth: usize) -> Res<Option<Value>> {
        let Some(frame) = self.frames.pop() else { return Ok(Some(value)) };
        self.stack.truncate(frame.floor);
        self.ip = self.frames.last().map_or(0, |frame| frame.ip);
        if let Some(generator) = &frame.generator {
            *generator.state.borrow_mut() = GeneratorState::Done;
        }
        let value = match frame.on_return {
            OnReturn::Push => value,
            OnReturn::Give(given) => {
                if !value.is_none() && matches!(given, Value::Instance(_)) && frame.code.name == known::INIT {
                    let found = self.type_name(&value);
                    return Err(self.type_error(format!("__init__() should return None, not '{found}'")));
                }
                given
            }
            OnReturn::MakeClass(to_be) => {
                let names = frame.names.map(|names| *names).unwrap_or_default();
                let cell = (frame.code.own_cells > 0).then(|| frame.cells.first()).flatten();
                self.make_class(*to_be, &frame.globals.name, names, cell)?
            }
            OnReturn::LoopOver(end, slot) => {
                self.ip = index(end);
                if let Some(caller) = self.frames.last() {
                    let at = caller.base + usize::from(slot);
                    self.stack[at] = value;
                }
                return Ok(None);
            }
            OnReturn::NextOr(Some(default)) => default,
            OnReturn::NextOr(None) => {
                let args = if value.is_none() { Vec::new() } else { vec![value] };
                return Err(self.error_with("StopIteration", args));
            }
            OnReturn::Exit => return Ok(Some(value)),
        };
        if self.frames.len() == depth {
            return Ok(Some(value));
        }
        if !matches!(value, Value::Unbound) {
            self.stack.push(value);
        }
        Ok(None)
    }
}

pub(super) fn index(at: u32) -> usize {
    usize::try_from(at).expect("32 bits fit")
}
