//! Imports: modules that Python brings along, and files beside the main one.

use std::rc::Rc;

use super::{LogLevel, OnReturn, Res, Vm};
use crate::compile::{Code, ImportPlan, Op, compile_module};
use crate::value::{Function, Module, Value, intern, known};

impl Vm {
    /// `false`: a module's code was pushed, after which the instruction is to be done again.
    pub(crate) fn import_op(&mut self, code: &Rc<Code>, op: Op) -> Res<bool> {
        let (Op::Import(at) | Op::ImportFrom(at) | Op::ImportStar(at)) = op else { return Ok(true) };
        let plan = &code.imports[usize::try_from(at).unwrap_or(0)];
        let name = self.full_name(plan)?;
        let module = match self.import(&name) {
            Ok(Some(module)) => module,
            Ok(None) => return Ok(false),
            Err(raise) if plan.unused && raise.is("ModuleNotFoundError") => {
                let text = format!("`{name}` is not there natively; nothing of it is used, so it is left out");
                self.host.log(LogLevel::Warning, "swarmgate", &text);
                self.stack.extend(plan.names.iter().map(|_| Value::None));
                return Ok(true);
            }
            Err(raise) => return Err(raise),
        };
        match op {
            Op::Import(_) => {
                let top = name.split('.').next().unwrap_or(&name);
                let value = if plan.top { self.modules.get(top).cloned().unwrap_or(module) } else { module };
                self.stack.push(Value::Module(value));
            }
            Op::ImportFrom(_) => {
                let mut values = Vec::with_capacity(plan.names.len());
                for wanted in &plan.names {
                    let value = match module.get(*wanted) {
                        Some(value) => value,
                        None => match self.import(&format!("{name}.{wanted}")) {
                            Ok(Some(module)) => Value::Module(module),
                            Ok(None) => return Ok(false),
                            Err(raise) if raise.is("ModuleNotFoundError") => {
                                if crate::modules::has_module(&name) {
                                    return Err(self.unsupported(&format!("`{wanted}` of the module `{name}`")));
                                }
                                return Err(
                                    self.error("ImportError", format!("cannot import name '{wanted}' from '{name}'"))
                                );
                            }
                            Err(raise) => return Err(raise),
                        },
                    };
                    values.push(value);
                }
                self.stack.extend(values.into_iter().rev());
            }
            _ => {
                let all = module.get(known::ALL);
                let listed = match all {
                    Some(all) => Some(self.collect(&all)?),
                    None => None,
                };
                for (name, value) in module.names() {
                    let text = name.text();
                    let taken = match &listed {
                        Some(listed) => listed.iter().any(|l| l.as_text().is_some_and(|l| l.as_str() == text.as_str())),
                        None => !text.as_str().starts_with('_'),
                    };
                    if taken && let Some(frame) = self.frames.last() {
                        frame.globals.set(name, value);
                    }
                }
            }
        }
        Ok(true)
    }

    fn full_name(&self, plan: &ImportPlan) -> Res<String> {
        if plan.level == 0 {
            return Ok(plan.module.clone());
        }
        let own = self.frames.last().map(|frame| frame.globals.name.clone()).unwrap_or_default();
        let mut parts: Vec<&str> = own.split('.').collect();
        for _ in 0..plan.level {
            parts.pop();
        }
        if !plan.module.is_empty() {
            parts.push(&plan.module);
        }
        if parts.is_empty() {
            return Err(self.error("ImportError", "attempted relative import with no known parent package"));
        }
        Ok(parts.join("."))
    }

    /// The module of this name, loaded where it is not yet. `None`: its code was pushed as a frame.
    ///
    /// # Errors
    /// There is none, or its source can't be run.
    pub fn import(&mut self, name: &str) -> Res<Option<Rc<Module>>> {
        if let Some(module) = self.modules.get(name) {
            return Ok(Some(Rc::clone(module)));
        }
        if let Some((parent, _)) = name.rsplit_once('.')
            && !self.modules.contains_key(parent)
            && self.import(parent)?.is_none()
        {
            return Ok(None);
        }
        if crate::modules::make(self, name)? {
            let module = self.modules.get(name).cloned();
            self.attach(name);
            return Ok(module);
        }
        let Some((file, source)) = self.find_source(name)? else {
            let mut raise = self.error("ModuleNotFoundError", format!("No module named '{name}'"));
            if let super::RaiseKind::Exception(Value::Instance(instance)) = &mut *raise.0 {
                instance.set(intern("name"), Value::str(name));
            }
            return Err(raise);
        };
        let module = Rc::new(Module::new(name));
        self.modules.insert(name.to_owned(), Rc::clone(&module));
        self.attach(name);
        if file.is_empty() {
            // A folder without `__init__.py`.
            return Ok(Some(module));
        }
        let frame = self.load_source(&module, &file, &source)?;
        // The import is done again once the module has run.
        self.ip -= 1;
        let floor = self.stack.len();
        self.push_frame(&frame, floor, floor, OnReturn::Give(Value::Unbound))?;
        Ok(None)
    }

    /// A module is an attribute of the package it is in.
    fn attach(&self, name: &str) {
        if let Some((parent, last)) = name.rsplit_once('.')
            && let (Some(parent), Some(module)) = (self.modules.get(parent), self.modules.get(name))
        {
            parent.set(intern(last), Value::Module(Rc::clone(module)));
        }
    }

    fn find_source(&mut self, name: &str) -> Res<Option<(String, String)>> {
        let path = name.replace('.', "/");
        for file in [format!("{path}/__init__.py"), format!("{path}.py")] {
            if let Ok(bytes) = self.host.read_file(&file) {
                let text =
                    String::from_utf8(bytes).map_err(|_| self.error("SyntaxError", format!("{file} is not UTF-8")))?;
                return Ok(Some((file, text)));
            }
        }
        Ok(self.host.list_folder(&path).is_ok().then(|| (String::new(), String::new())))
    }

    /// The code of a module as a function without parameters.
    ///
    /// # Errors
    /// The source can't be run.
    pub fn load_source(&mut self, module: &Rc<Module>, file: &str, source: &str) -> Res<Rc<Function>> {
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        module.set(known::NAME, Value::str(module.name.clone()));
        module.set(known::FILE, Value::str(file));
        let code = compile_module(file, source, module).map_err(|refusals| {
            let first = refusals.first().map(ToString::to_string).unwrap_or_default();
            self.error("SyntaxError", first)
        })?;
        Ok(Rc::new(Function {
            code: Rc::new(code),
            globals: Rc::clone(module),
            defaults: Vec::new(),
            kw_defaults: Vec::new(),
            closure: Vec::new(),
            attrs: std::cell::RefCell::default(),
        }))
    }

    /// Adds a module that was made elsewhere.
    pub fn add_module(&mut self, module: Rc<Module>) {
        self.modules.insert(module.name.clone(), module);
    }

    /// Says how a module written in Rust is made.
    pub fn add_maker(&mut self, name: &'static str, maker: crate::modules::ModuleMaker) {
        self.makers.insert(name, maker);
    }

    /// Runs a module's source to its end.
    ///
    /// # Errors
    /// What it raises.
    pub fn run_source(&mut self, name: &str, file: &str, source: &str) -> Res<Rc<Module>> {
        let module = Rc::new(Module::new(name));
        self.modules.insert(name.to_owned(), Rc::clone(&module));
        let function = self.load_source(&module, file, source)?;
        self.call_sync(&Value::Func(function), crate::value::Args::default())?;
        Ok(module)
    }
}
