//! Python's data model: what a value is.

mod class;
mod dict;
mod function;
mod grave;
mod intern;
mod iter;
mod module;
mod object;
mod range;
mod text;

use std::cell::RefCell;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

pub use class::{Attrs, Builtin, Class, HashBy, Instance, Namespace};
pub use dict::{Dict, Key, SetItems, equal_plain};
pub use function::{Args, BuiltinMethod, CellRef, Descriptor, Function, Method, Native, NativeFn};
pub use grave::{DictCell, List, Tuple, bury};
pub use intern::{Sym, intern, known};
pub use iter::{Generator, GeneratorState, Iter, ViewOf};
pub use module::Module;
pub use object::{NativeObject, Object};
pub use range::{Positions, Range, Slice};
pub use text::PyStr;

/// A Python value: 16 bytes, cheap to copy.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each variant is the Python type of its name")]
pub enum Value {
    /// A variable that has no value; never seen by Python code.
    Unbound,
    None,
    NotImplemented,
    Ellipsis,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// An integer that is too large for [`Value::Int`].
    Big(Rc<BigInt>),
    Str(Rc<PyStr>),
    Bytes(Rc<Vec<u8>>),
    ByteArray(Rc<RefCell<Vec<u8>>>),
    List(Rc<List>),
    Tuple(Rc<Tuple>),
    Dict(Rc<DictCell>),
    Set(Rc<RefCell<SetItems>>),
    FrozenSet(Rc<SetItems>),
    Range(Rc<Range>),
    Slice(Rc<Slice>),
    Func(Rc<Function>),
    Native(Rc<Native>),
    Method(Rc<Method>),
    BuiltinMethod(Rc<BuiltinMethod>),
    Descriptor(Rc<Descriptor>),
    Class(Rc<Class>),
    Instance(Rc<Instance>),
    Module(Rc<Module>),
    Iter(Rc<RefCell<Iter>>),
    Generator(Rc<Generator>),
    Object(Rc<Object>),
}

impl Value {
    /// A string.
    pub fn str(text: impl Into<String>) -> Self {
        Self::Str(Rc::new(PyStr::new(text.into())))
    }

    /// Bytes.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(Rc::new(bytes.into()))
    }

    /// A list.
    pub fn list(items: Vec<Value>) -> Self {
        Self::List(Rc::new(List::new(items)))
    }

    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Self {
        Self::Tuple(Rc::new(Tuple::new(items)))
    }

    /// A dictionary.
    pub fn dict(items: Dict) -> Self {
        Self::Dict(Rc::new(DictCell::new(items)))
    }

    /// A set.
    pub fn set(items: SetItems) -> Self {
        Self::Set(Rc::new(RefCell::new(items)))
    }

    /// An integer of any size, in its one form.
    pub fn integer(n: BigInt) -> Self {
        n.to_i64().map_or_else(|| Self::Big(Rc::new(n)), Self::Int)
    }

    /// A count or a size.
    pub fn count(n: usize) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// An object of Rust.
    pub fn object(object: impl NativeObject) -> Self {
        Self::Object(Rc::new(Object::new(object)))
    }

    /// A function of Rust.
    pub fn native(name: &'static str, call: NativeFn) -> Self {
        Self::Native(Rc::new(Native { name, call, binds: false }))
    }

    /// A function of Rust that is a method where it is found on a class.
    pub fn native_method(name: &'static str, call: NativeFn) -> Self {
        Self::Native(Rc::new(Native { name, call, binds: true }))
    }

    /// A function with its first argument.
    pub fn method(receiver: Value, function: Value) -> Self {
        Self::Method(Rc::new(Method { receiver, function }))
    }

    /// The text of a string, also where it is an instance of a class that derives from `str`.
    pub fn as_text(&self) -> Option<Rc<PyStr>> {
        match self {
            Self::Str(text) => Some(Rc::clone(text)),
            Self::Instance(instance) => instance.payload().and_then(|payload| match payload {
                Self::Str(text) => Some(text),
                _ => None,
            }),
            _ => None,
        }
    }

    /// As an object of Rust that is a `T`.
    pub fn cast<T: 'static>(&self) -> Option<&T> {
        match self {
            Self::Object(object) => object.cast(),
            _ => None,
        }
    }

    /// The builtin value that it is, where it is an instance of a class that derives from a builtin one.
    pub fn plain(&self) -> Value {
        match self {
            Self::Instance(instance) => instance.payload().unwrap_or_else(|| self.clone()),
            _ => self.clone(),
        }
    }

    /// Whether it is `None`.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::str(text)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

/// Python's `is`.
pub fn same_object(a: &Value, b: &Value) -> bool {
    use Value::*;
    match (a, b) {
        (Unbound, Unbound) | (None, None) | (NotImplemented, NotImplemented) | (Ellipsis, Ellipsis) => true,
        (Bool(a), Bool(b)) => a == b,
        (Int(a), Int(b)) => a == b,
        (Float(a), Float(b)) => a.to_bits() == b.to_bits() && !a.is_nan(),
        (Str(a), Str(b)) => Rc::ptr_eq(a, b) || (a.as_str().len() <= 20 && a.as_str() == b.as_str()),
        (Big(a), Big(b)) => Rc::ptr_eq(a, b),
        (Bytes(a), Bytes(b)) => Rc::ptr_eq(a, b),
        (ByteArray(a), ByteArray(b)) => Rc::ptr_eq(a, b),
        (List(a), List(b)) => Rc::ptr_eq(a, b),
        (Tuple(a), Tuple(b)) => Rc::ptr_eq(a, b) || (a.is_empty() && b.is_empty()),
        (Dict(a), Dict(b)) => Rc::ptr_eq(a, b),
        (Set(a), Set(b)) => Rc::ptr_eq(a, b),
        (FrozenSet(a), FrozenSet(b)) => Rc::ptr_eq(a, b),
        (Range(a), Range(b)) => Rc::ptr_eq(a, b),
        (Slice(a), Slice(b)) => Rc::ptr_eq(a, b),
        (Func(a), Func(b)) => Rc::ptr_eq(a, b),
        (Native(a), Native(b)) => Rc::ptr_eq(a, b),
        (Method(a), Method(b)) => Rc::ptr_eq(a, b),
        (BuiltinMethod(a), BuiltinMethod(b)) => Rc::ptr_eq(a, b),
        (Descriptor(a), Descriptor(b)) => Rc::ptr_eq(a, b),
        (Class(a), Class(b)) => Rc::ptr_eq(a, b),
        (Instance(a), Instance(b)) => Rc::ptr_eq(a, b),
        (Module(a), Module(b)) => Rc::ptr_eq(a, b),
        (Iter(a), Iter(b)) => Rc::ptr_eq(a, b),
        (Generator(a), Generator(b)) => Rc::ptr_eq(a, b),
        (Object(a), Object(b)) => Rc::ptr_eq(a, b),
        _ => false,
    }
}
