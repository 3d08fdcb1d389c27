//! Exceptions, and what ends a user whatever its code says.

use std::cell::RefCell;
use std::rc::Rc;

use super::Vm;
use crate::value::{Args, Instance, NativeObject, Sym, Value, known};

/// The result of whatever may raise.
pub type Res<T> = Result<T, Raise>;

/// What is raised; boxed, so that results stay small.
#[derive(Debug)]
pub struct Raise(pub Box<RaiseKind>);

/// What is raised.
#[derive(Debug)]
pub enum RaiseKind {
    /// An instance of an exception class.
    Exception(Value),
    /// No Python code can catch it.
    Fatal(Fatal),
}

/// Why a fiber was ended.
#[derive(Clone, Debug)]
pub struct Fatal {
    /// What sort of end it is.
    pub kind: Kind,
    /// What happened.
    pub message: String,
    /// Where, the outermost call first.
    pub trace: Vec<TraceEntry>,
}

/// What sort of end it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It needs what is not there: the test can't be run here.
    Unsupported,
    /// It ran too long without waiting.
    Instructions,
    /// It wanted too much memory.
    Memory,
}

/// One call of a traceback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// The file.
    pub file: Rc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The function.
    pub function: String,
}

/// Where an exception came by, the innermost call first.
pub struct Trace(pub RefCell<Vec<TraceEntry>>);

impl NativeObject for Trace {
    fn type_name(&self) -> &'static str {
        "traceback"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn get_attr(&self, _vm: &mut Vm, _me: &Value, name: Sym) -> Res<Option<Value>> {
        let line = self.0.borrow().first().map_or(0, |entry| i64::from(entry.line));
        Ok(match name.text().as_str() {
            "tb_lineno" => Some(Value::Int(line)),
            "tb_next" => Some(Value::None),
            _ => None,
        })
    }

    fn call_method(&self, vm: &mut Vm, me: &Value, name: Sym, _args: Args) -> Res<Value> {
        Err(vm.no_attribute(me, name))
    }
}

impl Raise {
    /// What ends the user whatever its code says.
    pub fn fatal(kind: Kind, message: String) -> Self {
        Self(Box::new(RaiseKind::Fatal(Fatal { kind, message, trace: Vec::new() })))
    }

    /// An instance of an exception class.
    pub fn exception(exception: Value) -> Self {
        Self(Box::new(RaiseKind::Exception(exception)))
    }

    /// The exception, if it is one that code can catch.
    pub fn as_exception(&self) -> Option<&Rc<Instance>> {
        match &*self.0 {
            RaiseKind::Exception(Value::Instance(instance)) => Some(instance),
            _ => None,
        }
    }

    /// Whether it is an exception of this builtin class or one that derives from it.
    pub fn is(&self, class_name: &str) -> bool {
        self.as_exception().is_some_and(|instance| {
            let named = |class: &crate::value::Class| class.name == class_name;
            named(&instance.class) || instance.class.mro().iter().any(|class| named(class))
        })
    }
}

impl Vm {
    /// An exception of a builtin class.
    #[must_use]
    pub fn error(&self, class: &str, message: impl Into<String>) -> Raise {
        self.error_with(class, vec![Value::str(message)])
    }

    /// An exception of a builtin class, with these arguments.
    #[must_use]
    pub fn error_with(&self, class: &str, args: Vec<Value>) -> Raise {
        let class = self.types.exceptions.get(class).unwrap_or(&self.types.exception);
        Raise::exception(Value::Instance(Instance::with_payload(class, Value::tuple(args))))
    }

    /// `TypeError`.
    #[must_use]
    pub fn type_error(&self, message: impl Into<String>) -> Raise {
        self.error("TypeError", message)
    }

    /// `ValueError`.
    #[must_use]
    pub fn value_error(&self, message: impl Into<String>) -> Raise {
        self.error("ValueError", message)
    }

    /// What real Python has and this one has not: the test can't be run here, and must not go on with something else.
    #[must_use]
    pub fn unsupported(&self, what: &str) -> Raise {
        Raise::fatal(Kind::Unsupported, format!("{what} is not supported by the native engine"))
    }

    /// `AttributeError`.
    #[must_use]
    pub fn no_attribute(&self, value: &Value, name: Sym) -> Raise {
        let message = match value {
            Value::Module(module) => format!("module '{}' has no attribute '{name}'", module.name),
            Value::Class(class) => format!("type object '{}' has no attribute '{name}'", class.name),
            other => format!("'{}' object has no attribute '{name}'", self.type_name(other)),
        };
        self.error("AttributeError", message)
    }

    /// Where an exception came by, the outermost call first.
    pub fn trace_of(&self, exception: &Value) -> Vec<TraceEntry> {
        let Value::Instance(instance) = exception else { return Vec::new() };
        let found = instance.get(known::TRACE);
        let trace = found.as_ref().and_then(|value| value.cast::<Trace>());
        trace.map_or_else(Vec::new, |trace| trace.0.borrow().iter().rev().cloned().collect())
    }

    /// The traceback as Python prints it, without source lines.
    pub fn traceback_text(&mut self, exception: &Value) -> String {
        let mut text = String::new();
        let trace = self.trace_of(exception);
        if !trace.is_empty() {
            text.push_str("Traceback (most recent call last):\n");
            for entry in trace {
                text.push_str(&format!("  File \"{}\", line {}, in {}\n", entry.file, entry.line, entry.function));
            }
        }
        text.push_str(&self.exception_line(exception));
        text
    }

    /// `ValueError: what was wrong`.
    pub fn exception_line(&mut self, exception: &Value) -> String {
        let class = self.type_of(exception);
        let said = self.str_of(exception).unwrap_or_default();
        if said.is_empty() { class.full_name() } else { format!("{}: {said}", class.full_name()) }
    }
}
