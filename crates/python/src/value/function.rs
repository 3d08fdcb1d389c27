//! What can be called: functions of Python and of Rust, and methods.

use std::cell::RefCell;
use std::rc::Rc;

use smallvec::SmallVec;

use super::{Attrs, Module, Sym, Value};
use crate::compile::Code;
use crate::vm::{Res, Vm};

/// A variable that a function shares with those in it.
pub type CellRef = Rc<RefCell<Value>>;

/// A function written in Python.
#[derive(Debug)]
pub struct Function {
    /// What it does.
    pub code: Rc<Code>,
    /// Where its global names are.
    pub globals: Rc<Module>,
    /// For its last positional parameters.
    pub defaults: Vec<Value>,
    /// For its keyword parameters, by name.
    pub kw_defaults: Vec<(Sym, Value)>,
    /// The variables of the functions around it.
    pub closure: Vec<CellRef>,
    /// Attributes that were set on it.
    pub attrs: RefCell<Attrs>,
}

/// Arguments of a call.
#[derive(Debug, Default)]
pub struct Args {
    /// By position.
    pub pos: SmallVec<[Value; 4]>,
    /// By name.
    pub kw: Vec<(Sym, Value)>,
}

/// A function written in Rust.
pub type NativeFn = fn(&mut Vm, Args) -> Res<Value>;

/// A function written in Rust, with its name.
#[derive(Debug)]
pub struct Native {
    /// As Python shows it.
    pub name: &'static str,
    /// What it does.
    pub call: NativeFn,
    /// Whether it takes the object it is found on as its first argument.
    pub binds: bool,
}

/// A function with its first argument.
#[derive(Debug)]
pub struct Method {
    /// The first argument.
    pub receiver: Value,
    /// What is called.
    pub function: Value,
}

/// A method of a builtin value, taken from it by name.
#[derive(Debug)]
pub struct BuiltinMethod {
    /// The value.
    pub receiver: Value,
    /// The method's name.
    pub name: Sym,
}

/// `property`, `classmethod` and `staticmethod`.
#[derive(Debug)]
pub enum Descriptor {
    /// `property(get, set, delete)`.
    Property {
        /// Called when it is read.
        get: Value,
        /// Called when it is set.
        set: Value,
    },
    /// The first argument is the class.
    ClassMethod(Value),
    /// No argument is added.
    StaticMethod(Value),
}

impl Args {
    /// Arguments by position.
    pub fn of(values: impl IntoIterator<Item = Value>) -> Self {
        Self { pos: values.into_iter().collect(), kw: Vec::new() }
    }
}
