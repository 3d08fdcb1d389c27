//! Builtin classes.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::Vm;
use crate::value::{Builtin, Class, Descriptor, Iter, Namespace, Value, ViewOf};

/// The builtin classes.
#[expect(missing_docs, reason = "each field is the class of its name")]
pub struct Types {
    pub object: Rc<Class>,
    pub type_: Rc<Class>,
    pub base_exception: Rc<Class>,
    pub exception: Rc<Class>,
    pub exceptions: FxHashMap<&'static str, Rc<Class>>,
    by_name: FxHashMap<&'static str, Rc<Class>>,
}

/// Exceptions and what they derive from, in an order in which the latter come first.
#[rustfmt::skip]
const EXCEPTIONS: &[(&str, &str)] = &[
    ("SystemExit", "BaseException"), ("KeyboardInterrupt", "BaseException"), ("GeneratorExit", "BaseException"),
    ("Exception", "BaseException"), ("StopIteration", "Exception"), ("StopAsyncIteration", "Exception"),
    ("ArithmeticError", "Exception"), ("FloatingPointError", "ArithmeticError"), ("OverflowError", "ArithmeticError"),
    ("ZeroDivisionError", "ArithmeticError"), ("AssertionError", "Exception"), ("AttributeError", "Exception"),
    ("BufferError", "Exception"), ("EOFError", "Exception"), ("ImportError", "Exception"),
    ("ModuleNotFoundError", "ImportError"), ("LookupError", "Exception"), ("IndexError", "LookupError"),
    ("KeyError", "LookupError"), ("MemoryError", "Exception"), ("NameError", "Exception"),
    ("UnboundLocalError", "NameError"), ("OSError", "Exception"), ("BlockingIOError", "OSError"),
    ("ChildProcessError", "OSError"), ("ConnectionError", "OSError"), ("BrokenPipeError", "ConnectionError"),
    ("ConnectionAbortedError", "ConnectionError"), ("ConnectionRefusedError", "ConnectionError"),
    ("ConnectionResetError", "ConnectionError"), ("FileExistsError", "OSError"), ("FileNotFoundError", "OSError"),
    ("InterruptedError", "OSError"), ("IsADirectoryError", "OSError"), ("NotADirectoryError", "OSError"),
    ("PermissionError", "OSError"), ("ProcessLookupError", "OSError"), ("TimeoutError", "OSError"),
    ("ReferenceError", "Exception"), ("RuntimeError", "Exception"), ("NotImplementedError", "RuntimeError"),
    ("RecursionError", "RuntimeError"), ("SyntaxError", "Exception"), ("IndentationError", "SyntaxError"),
    ("SystemError", "Exception"), ("TypeError", "Exception"), ("ValueError", "Exception"),
    ("UnicodeError", "ValueError"), ("UnicodeDecodeError", "UnicodeError"), ("UnicodeEncodeError", "UnicodeError"),
    ("Warning", "Exception"), ("DeprecationWarning", "Warning"), ("UserWarning", "Warning"), ("FutureWarning", "Warning"),
    ("RuntimeWarning", "Warning"), ("ResourceWarning", "Warning"), ("PendingDeprecationWarning", "Warning"),
    ("SyntaxWarning", "Warning"), ("ImportWarning", "Warning"), ("UnicodeWarning", "Warning"), ("BytesWarning", "Warning"),
];

/// Classes that others may derive from.
const PAYLOADS: &[&str] = &["int", "float", "str", "bytes", "bytearray", "list", "tuple", "dict", "set", "frozenset"];

/// Classes that nothing derives from.
const FINAL: &[&str] = &[
    "NoneType",
    "NotImplementedType",
    "ellipsis",
    "range",
    "slice",
    "function",
    "builtin_function_or_method",
    "method",
    "module",
    "generator",
    "iterator",
    "dict_keys",
    "dict_values",
    "dict_items",
    "property",
    "classmethod",
    "staticmethod",
    "enumerate",
    "zip",
    "map",
    "filter",
    "super",
    "reversed",
];

impl Types {
    /// All of them.
    pub fn new() -> Self {
        let made = |name: &str, bases: Vec<Rc<Class>>, builtin| {
            Class::new(name, "builtins", bases, Namespace::default(), builtin).expect("one base is always in order")
        };
        let object = made("object", Vec::new(), Builtin::Object);
        let type_ = made("type", vec![Rc::clone(&object)], Builtin::Object);
        let base_exception = made("BaseException", vec![Rc::clone(&object)], Builtin::Exception);
        let mut exceptions: FxHashMap<&'static str, Rc<Class>> = FxHashMap::default();
        exceptions.insert("BaseException", Rc::clone(&base_exception));
        for (name, base) in EXCEPTIONS {
            let base = Rc::clone(&exceptions[base]);
            exceptions.insert(name, made(name, vec![base], Builtin::Exception));
        }
        let mut by_name: FxHashMap<&'static str, Rc<Class>> = FxHashMap::default();
        for name in PAYLOADS {
            by_name.insert(name, made(name, vec![Rc::clone(&object)], Builtin::Payload));
        }
        by_name.insert("bool", made("bool", vec![Rc::clone(&by_name["int"])], Builtin::Final));
        for name in FINAL {
            by_name.insert(name, made(name, vec![Rc::clone(&object)], Builtin::Final));
        }
        by_name.insert("object", Rc::clone(&object));
        by_name.insert("type", Rc::clone(&type_));
        let exception = Rc::clone(&exceptions["Exception"]);
        Self { object, type_, base_exception, exception, exceptions, by_name }
    }

    /// A builtin class that is no exception.
    pub fn named(&self, name: &str) -> &Rc<Class> {
        self.by_name.get(name).unwrap_or(&self.object)
    }

    /// All that are no exceptions.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Rc<Class>)> {
        self.by_name.iter().map(|(name, class)| (*name, class))
    }
}

impl Vm {
    /// The class of a value.
    pub fn type_of(&mut self, value: &Value) -> Rc<Class> {
        match value {
            Value::Instance(instance) => Rc::clone(&instance.class),
            Value::Object(object) => self.native_class(object.type_name()),
            other => Rc::clone(self.types.named(builtin_name(other))),
        }
    }

    /// The class of objects of Rust by this name.
    pub fn native_class(&mut self, name: &'static str) -> Rc<Class> {
        if let Some(class) = self.native_classes.get(name) {
            return Rc::clone(class);
        }
        let bases = vec![Rc::clone(&self.types.object)];
        let class =
            Class::new(name, "", bases, Namespace::default(), Builtin::Final).expect("one base is always in order");
        self.native_classes.insert(name, Rc::clone(&class));
        class
    }

    /// The name of a value's class.
    pub fn type_name(&self, value: &Value) -> String {
        match value {
            Value::Instance(instance) => instance.class.name.clone(),
            Value::Object(object) => object.type_name().to_owned(),
            other => builtin_name(other).to_owned(),
        }
    }
}

fn builtin_name(value: &Value) -> &'static str {
    match value {
        Value::Unbound | Value::None => "NoneType",
        Value::NotImplemented => "NotImplementedType",
        Value::Ellipsis => "ellipsis",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Big(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) => "str",
        Value::Bytes(_) => "bytes",
        Value::ByteArray(_) => "bytearray",
        Value::List(_) => "list",
        Value::Tuple(_) => "tuple",
        Value::Dict(_) => "dict",
        Value::Set(_) => "set",
        Value::FrozenSet(_) => "frozenset",
        Value::Range(_) => "range",
        Value::Slice(_) => "slice",
        Value::Func(_) => "function",
        Value::Native(_) | Value::BuiltinMethod(_) => "builtin_function_or_method",
        Value::Method(_) => "method",
        Value::Descriptor(descriptor) => match &**descriptor {
            Descriptor::Property { .. } => "property",
            Descriptor::ClassMethod(_) => "classmethod",
            Descriptor::StaticMethod(_) => "staticmethod",
        },
        Value::Class(_) => "type",
        Value::Module(_) => "module",
        Value::Generator(_) => "generator",
        Value::Iter(iter) => match &*iter.borrow() {
            Iter::View(ViewOf::Keys, _) => "dict_keys",
            Iter::View(ViewOf::Values, _) => "dict_values",
            Iter::View(ViewOf::Items, _) => "dict_items",
            Iter::Enumerate(..) => "enumerate",
            Iter::Zip(..) => "zip",
            Iter::Map(..) => "map",
            Iter::Filter(..) => "filter",
            _ => "iterator",
        },
        Value::Instance(_) | Value::Object(_) => "object",
    }
}
