//! The loop: one instruction after the other.

use std::rc::Rc;

use super::fiber::ClassToBe;
use super::{Frame, OnReturn, Pending, RaiseKind, Res, Vm};
use crate::compile::{BinOp, CmpOp, Code, Conversion, Op};
use crate::value::{Args, Dict, Function, GeneratorState, Key, SetItems, Slice, Value, equal_plain, known};

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

    fn pop(&mut self) -> Value {
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

    /// Calls a method written in Python with its arguments where they are; `false` where it is none.
    fn call_method_fast(&mut self, at: usize, count: u16, name: crate::value::Sym) -> Res<bool> {
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
    pub(crate) fn call_method(
        &mut self,
        receiver: &Value,
        name: crate::value::Sym,
        mut args: Args,
    ) -> Res<Option<Value>> {
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

    fn keyword_args(&mut self, count: usize, names: &[crate::value::Sym]) -> Args {
        let at = self.stack.len() - names.len();
        let kw = names.iter().copied().zip(self.stack.drain(at..)).collect();
        let at = self.stack.len() - (count - names.len());
        Args { pos: self.stack.drain(at..).collect(), kw }
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

    fn begin_class(&mut self, code: &Rc<Code>, at: usize) -> Res<()> {
        let plan = &code.classes[at];
        let from = self.stack.len() - plan.keywords.len();
        let keywords = plan.keywords.iter().copied().zip(self.stack.drain(from..)).collect();
        let from = self.stack.len() - usize::from(plan.bases);
        let bases = self.stack.drain(from..).collect();
        let to_be: ClassToBe = self.class_to_be(&plan.name, bases, keywords)?;
        let function = self.function_of(&plan.body, Vec::new(), Vec::new());
        let floor = self.stack.len();
        self.push_frame(&function, floor, floor, OnReturn::MakeClass(Box::new(to_be)))?;
        if let Some(frame) = self.frames.last_mut() {
            frame.names = Some(Box::default());
        }
        Ok(())
    }

    fn function_of(
        &self,
        plan: &crate::compile::FunctionPlan,
        defaults: Vec<Value>,
        kw_defaults: Vec<(crate::value::Sym, Value)>,
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

    /// The instructions that are not the most frequent.
    fn other(&mut self, op: Op, code: &Rc<Code>, base: usize) -> Res<()> {
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
            Op::BuildSlice => {
                let (step, stop, start) = (self.pop(), self.pop(), self.pop());
                self.stack.push(Value::Slice(Rc::new(Slice { start, stop, step })));
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
            Op::Raise => {
                let value = self.pop();
                return Err(self.exception_from(&value));
            }
            Op::RaiseFrom => {
                let (cause, value) = (self.pop(), self.pop());
                let raise = self.exception_from(&value);
                if let Some(instance) = raise.as_exception() {
                    instance.set(known::CAUSE, cause);
                }
                return Err(raise);
            }
            Op::Reraise(at) => {
                let value = self.stack[base + usize::from(at)].clone();
                return Err(super::Raise(Box::new(RaiseKind::Exception(value))));
            }
            Op::RaiseAgain => {
                return Err(match self.handled.clone() {
                    Some(value) => super::Raise::exception(value),
                    None => self.error("RuntimeError", "No active exception to reraise"),
                });
            }
            Op::AssertFailed(has_message) => {
                let args = if has_message { vec![self.pop()] } else { Vec::new() };
                return Err(self.error_with("AssertionError", args));
            }
            Op::SetupTry(target) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.handlers.push(target);
                }
            }
            Op::PopTry => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.handlers.pop();
                }
            }
            Op::MatchException => {
                let (class, exception) = (self.pop(), self.pop());
                let matches = self.exception_matches(&exception, &class)?;
                self.stack.push(Value::Bool(matches));
            }
            Op::Handling(at) => self.handled = Some(self.stack[base + usize::from(at)].clone()),
            Op::Handled => self.handled = None,
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

    fn exception_matches(&mut self, exception: &Value, class: &Value) -> Res<bool> {
        match class {
            Value::Class(class) => {
                let own = self.type_of(exception);
                Ok(own.is_subclass(class))
            }
            Value::Tuple(classes) => {
                for class in classes.iter() {
                    if self.exception_matches(exception, class)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Err(self.type_error("catching classes that do not inherit from BaseException is not allowed")),
        }
    }

    fn frame(&self) -> &Frame {
        self.frames.last().expect("there is a frame while running")
    }

    fn cell(&self, at: u16) -> &crate::value::CellRef {
        &self.frame().cells[usize::from(at)]
    }

    fn builtin(&self, at: u32) -> Res<Value> {
        let name = self.frame().globals.name_of(index(at));
        name.and_then(|name| self.builtins.get(&name).cloned()).ok_or_else(|| self.undefined(at))
    }

    fn undefined(&self, at: u32) -> super::Raise {
        let name = self.frame().globals.name_of(index(at)).map(|name| name.to_string()).unwrap_or_default();
        if crate::builtins::python_has_builtin(&name) {
            return self.unsupported(&format!("{name}()"));
        }
        self.error("NameError", format!("name '{name}' is not defined"))
    }

    fn unbound_local(&self, code: &Code, at: u16) -> super::Raise {
        let name = code.local_names[usize::from(at)];
        let message = format!("cannot access local variable '{name}' where it is not associated with a value");
        self.error("UnboundLocalError", message)
    }

    fn unbound_cell(&self, code: &Code, at: u16) -> super::Raise {
        let name = code.cell_names[usize::from(at)];
        if usize::from(at) < code.own_cells {
            let message = format!("cannot access local variable '{name}' where it is not associated with a value");
            return self.error("UnboundLocalError", message);
        }
        let message =
            format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope");
        self.error("NameError", message)
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

fn is_simple(function: &Function, count: usize) -> bool {
    let parameters = &function.code.parameters;
    parameters.positional.len() == count
        && parameters.keyword_only.is_empty()
        && !parameters.star
        && !parameters.double_star
        && !function.code.generator
}

fn index(at: u32) -> usize {
    usize::try_from(at).expect("32 bits fit")
}
