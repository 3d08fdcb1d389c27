//! What every module sees: functions, classes, and the methods of builtin values.

mod arguments;
mod bytes;
mod classes;
mod collections;
mod dict;
mod functions;
mod list;
mod number;
mod sets;
mod sorting;
mod text;
mod text_format;

use std::rc::Rc;

use crate::value::{Args, Class, Descriptor, Instance, Iter, Sym, Value, ViewOf, known};
use crate::vm::{Res, Vm};

pub use arguments::{Given, int_of, text_of};
pub use bytes::{bytes_of, decode, encode};
pub use classes::{make_super, type_call};
pub use collections::len as len_of;
pub use number::{int_of_float, parse_int, real};
pub use sorting::sorted;

/// Puts all of it into a machine.
pub fn install(vm: &mut Vm) {
    functions::install(vm);
    classes::install(vm);
}

/// The methods of a builtin value.
fn methods(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Str(_) => text::METHODS,
        Value::List(_) => list::METHODS,
        Value::Tuple(_) | Value::Range(_) => &["count", "index"],
        Value::Dict(_) => dict::METHODS,
        Value::Set(_) => sets::METHODS,
        Value::FrozenSet(_) => sets::FROZEN,
        Value::Int(_) | Value::Bool(_) | Value::Big(_) => number::INT_METHODS,
        Value::Float(_) => number::FLOAT_METHODS,
        Value::Bytes(_) => bytes::METHODS,
        Value::ByteArray(_) => bytes::ARRAY_METHODS,
        Value::Generator(_) => &["send", "throw", "close", "__next__", "__iter__"],
        Value::Descriptor(descriptor) => match &**descriptor {
            Descriptor::Property { .. } => &["setter", "getter", "deleter"],
            _ => &[],
        },
        Value::Iter(iter) => match &*iter.borrow() {
            Iter::View(ViewOf::Keys, _) => &["isdisjoint"],
            Iter::View(..) => &[],
            _ => &["__next__", "__iter__"],
        },
        _ => &[],
    }
}

/// Operators, as methods of builtin values.
const DUNDERS: &[&str] = &[
    "__len__",
    "__contains__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__str__",
    "__repr__",
    "__eq__",
    "__iter__",
    "__add__",
    "__hash__",
    "__lt__",
    "__format__",
    "__bool__",
    "__int__",
];

/// Whether a builtin value has a method.
pub fn has_method(value: &Value, name: &str) -> bool {
    methods(value).contains(&name) || (name.starts_with("__") && DUNDERS.contains(&name))
}

/// Calls a method of a builtin value.
///
/// # Errors
/// What it raises; that there is none.
pub fn call_method(vm: &mut Vm, receiver: &Value, name: Sym, args: Args) -> Res<Value> {
    let text = name.text();
    let name_text = text.as_str();
    if name_text.starts_with("__")
        && !matches!(receiver, Value::Object(_) | Value::Class(_) | Value::Generator(_))
        && !methods(receiver).contains(&name_text)
    {
        return dunder(vm, receiver, name_text, args);
    }
    match receiver {
        Value::Str(text) => text::call(vm, text, name_text, args),
        Value::List(list) => list::call(vm, list, name_text, args),
        Value::Tuple(items) => collections::sequence(vm, items, name_text, args),
        Value::Range(range) => {
            let items: Vec<Value> = (0..range.len().min(1 << 20)).map(|at| Value::Int(range.at(at))).collect();
            collections::sequence(vm, &items, name_text, args)
        }
        Value::Dict(dict) => dict::call(vm, receiver, dict, name_text, args),
        Value::Set(set) => sets::call(vm, set, name_text, args),
        Value::FrozenSet(set) => sets::call_frozen(vm, set, name_text, args),
        Value::Int(_) | Value::Bool(_) | Value::Big(_) | Value::Float(_) => number::call(vm, receiver, name_text, args),
        Value::Bytes(bytes) => bytes::call(vm, bytes, name_text, args),
        Value::ByteArray(bytes) => bytes::call_array(vm, bytes, name_text, args),
        Value::Generator(generator) => collections::generator(vm, generator, name_text, args),
        Value::Iter(iter) => collections::iterator(vm, receiver, iter, name_text, args),
        Value::Descriptor(descriptor) => classes::property_method(vm, descriptor, name_text, args),
        Value::Class(class) => classes::class_method(vm, class, name_text, args),
        Value::Object(object) => object.call_method(vm, receiver, name, args),
        _ => Err(vm.no_attribute(receiver, name)),
    }
}

fn dunder(vm: &mut Vm, receiver: &Value, name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    Ok(match name {
        "__len__" => Value::count(collections::len(vm, receiver)?),
        "__contains__" => {
            let value = given.required(vm)?;
            Value::Bool(vm.contains(receiver, &value)?)
        }
        "__getitem__" => {
            let key = given.required(vm)?;
            vm.item(receiver, &key)?
        }
        "__setitem__" => {
            let (key, value) = (given.required(vm)?, given.required(vm)?);
            vm.set_item(receiver, &key, value)?;
            Value::None
        }
        "__delitem__" => {
            let key = given.required(vm)?;
            vm.delete_item(receiver, &key)?;
            Value::None
        }
        "__str__" => Value::str(vm.str_of(receiver)?),
        "__repr__" => Value::str(vm.repr_of(receiver)?),
        "__format__" => {
            let spec = given.text(vm)?;
            Value::str(vm.format(receiver, spec.as_str())?)
        }
        "__eq__" => {
            let other = given.required(vm)?;
            Value::Bool(vm.equal(receiver, &other)?)
        }
        "__lt__" => {
            let other = given.required(vm)?;
            Value::Bool(vm.less(receiver, &other)?)
        }
        "__iter__" => vm.iter(receiver)?,
        "__bool__" => Value::Bool(vm.truth(receiver)?),
        "__int__" => number::to_int(vm, receiver)?,
        "__hash__" => functions::hash_of(vm, receiver)?,
        "__add__" => {
            let other = given.required(vm)?;
            vm.binary(crate::compile::BinOp::Add, receiver, &other)?
        }
        _ => return Err(vm.unsupported(&format!("{}.{name}", vm.type_name(receiver)))),
    })
}

/// Plain attributes of builtin values.
pub fn plain_attr(value: &Value, name: Sym) -> Option<Value> {
    let text = name.text();
    match (value, text.as_str()) {
        (Value::Int(_) | Value::Bool(_) | Value::Big(_) | Value::Float(_), "real") => Some(value.clone()),
        (Value::Int(_) | Value::Bool(_) | Value::Big(_), "imag") => Some(Value::Int(0)),
        (Value::Int(_) | Value::Bool(_) | Value::Big(_), "numerator") => Some(value.clone()),
        (Value::Int(_) | Value::Bool(_) | Value::Big(_), "denominator") => Some(Value::Int(1)),
        (Value::Range(range), "start") => Some(Value::Int(range.start)),
        (Value::Range(range), "stop") => Some(Value::Int(range.stop)),
        (Value::Range(range), "step") => Some(Value::Int(range.step)),
        (Value::Slice(slice), "start") => Some(slice.start.clone()),
        (Value::Slice(slice), "stop") => Some(slice.stop.clone()),
        (Value::Slice(slice), "step") => Some(slice.step.clone()),
        _ => None,
    }
}

/// Attributes of exceptions that follow from their arguments.
pub fn exception_attr(vm: &Vm, instance: &Rc<Instance>, name: Sym) -> Option<Value> {
    if !instance.class.is_subclass(&vm.types.base_exception) {
        return None;
    }
    let Some(Value::Tuple(args)) = instance.payload() else { return None };
    let is = |class: &str| vm.types.exceptions.get(class).is_some_and(|class| instance.class.is_subclass(class));
    let text = name.text();
    match text.as_str() {
        "value" if is("StopIteration") => Some(args.first().cloned().unwrap_or(Value::None)),
        "code" if is("SystemExit") => Some(args.first().cloned().unwrap_or(Value::None)),
        "errno" if is("OSError") => Some(if args.len() > 1 { args[0].clone() } else { Value::None }),
        "strerror" if is("OSError") => Some(args.get(1).cloned().unwrap_or(Value::None)),
        "filename" if is("OSError") => Some(args.get(2).cloned().unwrap_or(Value::None)),
        "msg" if is("ImportError") || is("SyntaxError") => Some(args.first().cloned().unwrap_or(Value::None)),
        "name" if is("ImportError") || is("NameError") || is("AttributeError") => Some(Value::None),
        "with_traceback" => {
            let receiver = Value::Instance(Rc::clone(instance));
            Some(Value::Method(Rc::new(crate::value::Method {
                receiver,
                function: vm.builtins.get(&crate::value::intern("__with_traceback"))?.clone(),
            })))
        }
        _ => None,
    }
}

/// Whether a class has a method that is called on the class or, with an instance as the first argument, on its instances.
pub fn class_has_method(class: &Rc<Class>, name: &str) -> bool {
    classes::has_class_method(class, name)
}

/// Names of builtin functions that real Python has and this one has not.
pub fn python_has_builtin(name: &str) -> bool {
    [
        "compile",
        "eval",
        "exec",
        "memoryview",
        "complex",
        "breakpoint",
        "help",
        "locals",
        "vars",
        "input",
        "aiter",
        "anext",
        "__import__",
        "__build_class__",
        "copyright",
        "credits",
        "license",
        "delattr_",
    ]
    .contains(&name)
}

/// Methods of builtin values that real Python has and this one has not.
pub fn python_has(value: &Value, name: &str) -> bool {
    let names: &[&str] = match value {
        Value::Str(_) => {
            &["__mod__", "__mul__", "__ne__", "__ge__", "__gt__", "__le__", "__getnewargs__", "__sizeof__", "__dir__"]
        }
        Value::List(_) => &["__iadd__", "__imul__", "__mul__", "__reversed__", "__sizeof__"],
        Value::Dict(_) => &["__reversed__", "__or__", "__ior__", "__sizeof__"],
        Value::Set(_) | Value::FrozenSet(_) => &["__and__", "__or__", "__sub__", "__xor__"],
        Value::Bytes(_) | Value::ByteArray(_) => &[
            "center",
            "capitalize",
            "expandtabs",
            "isalnum",
            "isalpha",
            "isascii",
            "isdigit",
            "islower",
            "isspace",
            "istitle",
            "isupper",
            "ljust",
            "maketrans",
            "partition",
            "removeprefix",
            "removesuffix",
            "rindex",
            "rjust",
            "rpartition",
            "rsplit",
            "swapcase",
            "title",
            "translate",
            "zfill",
        ],
        Value::Int(_) | Value::Bool(_) | Value::Big(_) => {
            &["__abs__", "__add__", "__sub__", "__mul__", "__float__", "__index__", "__neg__"]
        }
        Value::Float(_) => &["fromhex", "hex", "as_integer_ratio", "__round__"],
        Value::Generator(_) => &["gi_frame", "gi_running", "gi_code"],
        Value::Func(_) => {
            &["__code__", "__annotations__", "__closure__", "__globals__", "__kwdefaults__", "__get__", "__call__"]
        }
        _ => &[],
    };
    let _ = known::CODE;
    names.contains(&name)
}
