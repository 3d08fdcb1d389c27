//! Calls: arguments find their parameters, classes make instances.

use std::cell::RefCell;
use std::rc::Rc;

use smallvec::SmallVec;

use super::{Frame, OnReturn, Res, Vm};
use crate::value::{Args, Builtin, Class, Dict, Function, Generator, GeneratorState, Instance, Key, Sym, Value, known};

impl Vm {
    /// Calls something. `None`: a frame was pushed whose result will be pushed, or the fiber must wait.
    ///
    /// # Errors
    /// What the callee raises at once.
    pub fn call(&mut self, callee: &Value, args: Args) -> Res<Option<Value>> {
        match callee {
            Value::Func(function) => {
                let floor = self.stack.len();
                self.bind(function, args)?;
                self.push_frame(function, floor, floor, OnReturn::Push)
            }
            Value::Method(method) => {
                let mut args = args;
                args.pos.insert(0, method.receiver.clone());
                self.call(&method.function, args)
            }
            Value::Native(native) => {
                let value = (native.call)(self, args)?;
                Ok(self.taken(value))
            }
            Value::BuiltinMethod(method) => {
                let value = crate::builtins::call_method(self, &method.receiver, method.name, args)?;
                Ok(self.taken(value))
            }
            Value::Class(class) => self.construct(class, args),
            Value::Instance(instance) => match instance.class.lookup(known::CALL) {
                Some(function) => {
                    let mut args = args;
                    args.pos.insert(0, callee.clone());
                    self.call(&function, args)
                }
                None => Err(self.not_callable(callee)),
            },
            Value::Object(object) => {
                if !object.methods().contains(&"__call__") {
                    return Err(self.not_callable(callee));
                }
                let value = object.call_method(self, callee, known::CALL, args)?;
                Ok(self.taken(value))
            }
            Value::Descriptor(descriptor) => match &**descriptor {
                crate::value::Descriptor::StaticMethod(function) => self.call(function, args),
                _ => Err(self.not_callable(callee)),
            },
            _ => Err(self.not_callable(callee)),
        }
    }

    /// The value of a function of Rust, unless it asked for something else.
    pub(crate) fn taken(&mut self, value: Value) -> Option<Value> {
        match self.pending {
            None => Some(value),
            Some(super::Pending::Frame) => {
                self.pending = None;
                None
            }
            Some(super::Pending::Suspend(_)) => None,
        }
    }

    fn not_callable(&self, value: &Value) -> super::Raise {
        self.type_error(format!("'{}' object is not callable", self.type_name(value)))
    }

    /// Calls something from Rust and waits for its result.
    ///
    /// # Errors
    /// What it raises; that it waits for the host, which it can't here.
    pub fn call_sync(&mut self, callee: &Value, args: Args) -> Res<Value> {
        let depth = self.frames.len();
        if self.nested > 80 {
            return Err(self.error("RecursionError", "maximum recursion depth exceeded"));
        }
        let resume_at = self.ip;
        if let Some(frame) = self.frames.last_mut() {
            frame.ip = resume_at;
        }
        self.nested += 1;
        let outcome = match self.call(callee, args) {
            Ok(Some(value)) if self.pending.is_none() => Ok(Some(value)),
            Ok(_) if self.pending.is_some() => Ok(None),
            Ok(_) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.on_return = match std::mem::replace(&mut frame.on_return, OnReturn::Exit) {
                        OnReturn::Push => OnReturn::Exit,
                        other => other,
                    };
                }
                self.run(depth)
            }
            Err(raise) => Err(raise),
        };
        self.nested -= 1;
        self.ip = resume_at;
        match outcome {
            Ok(Some(value)) => Ok(value),
            Ok(None) => {
                self.pending = None;
                self.frames.truncate(depth);
                Err(self.unsupported(
                    "a wait or a request within a function that Python's builtins call (such as a sort key)",
                ))
            }
            Err(raise) => Err(raise),
        }
    }

    /// Pushes the frame of a function whose arguments are on the stack from `base` on, in the order of its parameters.
    pub(crate) fn push_frame(
        &mut self,
        function: &Rc<Function>,
        base: usize,
        floor: usize,
        on_return: OnReturn,
    ) -> Res<Option<Value>> {
        let code = &function.code;
        self.stack.resize(base + code.locals, Value::Unbound);
        let mut cells = Vec::new();
        if !code.cell_names.is_empty() {
            cells.reserve_exact(code.cell_names.len());
            for _ in 0..code.own_cells {
                cells.push(Rc::new(RefCell::new(Value::Unbound)));
            }
            for (parameter, cell) in &code.cell_parameters {
                let value = std::mem::replace(&mut self.stack[base + usize::from(*parameter)], Value::Unbound);
                *cells[usize::from(*cell)].borrow_mut() = value;
            }
            cells.extend(function.closure.iter().cloned());
        }
        let frame = Frame {
            code: Rc::clone(code),
            globals: Rc::clone(&function.globals),
            ip: 0,
            base,
            floor,
            cells,
            handlers: Vec::new(),
            on_return,
            names: None,
            generator: None,
        };
        if code.generator {
            let values = self.stack.drain(base..).collect();
            self.stack.truncate(floor);
            let state = GeneratorState::Resting { frame: Box::new(frame), values, started: false };
            let generator = Generator { state: RefCell::new(state), name: code.name.to_string() };
            return Ok(Some(Value::Generator(Rc::new(generator))));
        }
        self.enter_frame(frame)?;
        Ok(None)
    }

    pub(crate) fn enter_frame(&mut self, frame: Frame) -> Res<()> {
        if self.frames.len() >= self.limits.depth {
            self.stack.truncate(frame.floor);
            return Err(self.error("RecursionError", "maximum recursion depth exceeded"));
        }
        let ip = self.ip;
        if let Some(caller) = self.frames.last_mut() {
            caller.ip = ip;
        }
        self.ip = frame.ip;
        self.frames.push(frame);
        Ok(())
    }

    /// Puts arguments on the stack in the order of the function's parameters.
    fn bind(&mut self, function: &Function, args: Args) -> Res<()> {
        let parameters = &function.code.parameters;
        let wanted = parameters.positional.len();
        let base = self.stack.len();
        let simple =
            args.kw.is_empty() && parameters.keyword_only.is_empty() && !parameters.star && !parameters.double_star;
        if simple && args.pos.len() == wanted {
            self.stack.extend(args.pos);
            return Ok(());
        }
        let Args { pos, kw } = args;
        let given = pos.len();
        if given > wanted && !parameters.star {
            return Err(self.too_many(function, given));
        }
        let mut pos = pos.into_iter();
        self.stack.extend(pos.by_ref().take(wanted));
        let rest: Vec<Value> = pos.collect();
        self.stack.resize(base + wanted + parameters.keyword_only.len(), Value::Unbound);
        let mut extra = Dict::default();
        for (name, value) in kw {
            let only_positional = parameters.positional_only;
            let positional = parameters.positional.iter().skip(only_positional).position(|p| *p == name);
            let place = match positional {
                Some(at) => Some(at + only_positional),
                None => parameters.keyword_only.iter().position(|p| *p == name).map(|at| at + wanted),
            };
            match place {
                Some(at) => {
                    if !matches!(self.stack[base + at], Value::Unbound) {
                        self.stack.truncate(base);
                        let message = format!("{}() got multiple values for argument '{name}'", function.code.qualname);
                        return Err(self.type_error(message));
                    }
                    self.stack[base + at] = value;
                }
                None if parameters.double_star => {
                    extra.insert(Key::text(name.text().as_str()), value);
                }
                None => {
                    self.stack.truncate(base);
                    let message = format!("{}() got an unexpected keyword argument '{name}'", function.code.qualname);
                    return Err(self.type_error(message));
                }
            }
        }
        self.fill_defaults(function, base)?;
        if parameters.star {
            self.stack.push(Value::tuple(rest));
        }
        if parameters.double_star {
            self.stack.push(Value::dict(extra));
        }
        Ok(())
    }

    fn fill_defaults(&mut self, function: &Function, base: usize) -> Res<()> {
        let parameters = &function.code.parameters;
        let wanted = parameters.positional.len();
        let first_default = wanted - function.defaults.len().min(wanted);
        let mut missing: SmallVec<[Sym; 4]> = SmallVec::new();
        for at in 0..wanted {
            if matches!(self.stack[base + at], Value::Unbound) {
                match at.checked_sub(first_default).and_then(|at| function.defaults.get(at)) {
                    Some(default) => self.stack[base + at] = default.clone(),
                    None => missing.push(parameters.positional[at]),
                }
            }
        }
        let positional_missing = missing.len();
        for (at, name) in parameters.keyword_only.iter().enumerate() {
            if matches!(self.stack[base + wanted + at], Value::Unbound) {
                match function.kw_defaults.iter().find(|(n, _)| n == name) {
                    Some((_, default)) => self.stack[base + wanted + at] = default.clone(),
                    None => missing.push(*name),
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        self.stack.truncate(base);
        let kind = if positional_missing > 0 { "positional" } else { "keyword-only" };
        if positional_missing > 0 {
            missing.truncate(positional_missing);
        }
        let names: Vec<String> = missing.iter().map(|name| format!("'{name}'")).collect();
        let listed = match names.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, [first])) => format!("{first} and {last}"),
            Some((last, others)) => format!("{}, and {last}", others.join(", ")),
            None => String::new(),
        };
        let plural = if names.len() == 1 { "" } else { "s" };
        let function = &function.code.qualname;
        Err(self.type_error(format!("{function}() missing {} required {kind} argument{plural}: {listed}", names.len())))
    }

    fn too_many(&self, function: &Function, given: usize) -> super::Raise {
        let parameters = &function.code.parameters;
        let wanted = parameters.positional.len();
        let least = wanted - function.defaults.len().min(wanted);
        let count = if least == wanted { wanted.to_string() } else { format!("from {least} to {wanted}") };
        let plural = if wanted == 1 && least == wanted { "" } else { "s" };
        let was = if given == 1 { "was" } else { "were" };
        self.type_error(format!(
            "{}() takes {count} positional argument{plural} but {given} {was} given",
            function.code.qualname
        ))
    }

    /// Makes an instance.
    fn construct(&mut self, class: &Rc<Class>, args: Args) -> Res<Option<Value>> {
        if Rc::ptr_eq(class, &self.types.type_) {
            return crate::builtins::type_call(self, args).map(Some);
        }
        let new = class.lookup(known::NEW);
        let instance = match &new {
            None => Value::Instance(Instance::new(class)),
            Some(Value::Native(native)) => {
                if class.builtin == Builtin::Exception {
                    Value::Instance(Instance::with_payload(class, Value::tuple(args.pos.to_vec())))
                } else {
                    let own_init = matches!(class.lookup(known::INIT), Some(Value::Func(_)));
                    // What may change takes its content from `__init__`.
                    let mutable = own_init && ["list", "dict", "set"].contains(&native.name);
                    let passed =
                        if mutable { Args::default() } else { Args { pos: args.pos.clone(), kw: args.kw.clone() } };
                    let passed = if native.name == "object" { Args::default() } else { passed };
                    let made = (native.call)(self, passed)?;
                    if native.name == "object" {
                        Value::Instance(Instance::new(class))
                    } else if class.module == "builtins" || self.pending.is_some() {
                        return Ok(self.taken(made));
                    } else {
                        Value::Instance(Instance::with_payload(class, made))
                    }
                }
            }
            Some(function) => {
                let mut passed = Args { pos: args.pos.clone(), kw: args.kw.clone() };
                passed.pos.insert(0, Value::Class(Rc::clone(class)));
                let function = match function {
                    Value::Descriptor(d) => match &**d {
                        crate::value::Descriptor::StaticMethod(inner) => inner.clone(),
                        _ => function.clone(),
                    },
                    _ => function.clone(),
                };
                self.call_sync(&function, passed)?
            }
        };
        let is_of_class = matches!(&instance, Value::Instance(made) if made.class.is_subclass(class));
        if !is_of_class {
            return Ok(Some(instance));
        }
        self.initialize(class, instance, args)
    }

    fn initialize(&mut self, class: &Rc<Class>, instance: Value, args: Args) -> Res<Option<Value>> {
        match class.lookup(known::INIT) {
            Some(Value::Func(function)) => {
                let mut args = args;
                args.pos.insert(0, instance.clone());
                let floor = self.stack.len();
                self.bind(&function, args)?;
                self.push_frame(&function, floor, floor, OnReturn::Give(instance))
            }
            Some(Value::Native(native)) if native.name != "__init__" => {
                let mut args = args;
                args.pos.insert(0, instance.clone());
                (native.call)(self, args)?;
                Ok(Some(instance))
            }
            Some(Value::Native(_)) | None => {
                let takes_none = class.builtin == Builtin::Object
                    && class
                        .lookup(known::NEW)
                        .is_none_or(|new| matches!(new, Value::Native(native) if native.name == "object"));
                if takes_none && !(args.pos.is_empty() && args.kw.is_empty()) {
                    return Err(self.type_error(format!("{}() takes no arguments", class.name)));
                }
                Ok(Some(instance))
            }
            Some(other) => {
                let mut args = args;
                args.pos.insert(0, instance.clone());
                self.call_sync(&other, args)?;
                Ok(Some(instance))
            }
        }
    }
}
