//! Builtin classes: how they make their instances, `super`, properties.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::{Given, int_of};
use crate::value::{
    Args, Builtin, Class, Descriptor, Dict, Iter, Namespace, NativeFn, NativeObject, Range, SetItems, Slice, Sym,
    Value, intern, known,
};
use crate::vm::{Res, Vm};

pub fn install(vm: &mut Vm) {
    let exceptions: Vec<(&'static str, Rc<Class>)> =
        vm.types.exceptions.iter().map(|(name, class)| (*name, Rc::clone(class))).collect();
    for (name, class) in exceptions {
        vm.builtins.insert(intern(name), Value::Class(class));
    }
    vm.builtins.insert(intern("IOError"), Value::Class(Rc::clone(&vm.types.exceptions["OSError"])));
    vm.builtins.insert(intern("EnvironmentError"), Value::Class(Rc::clone(&vm.types.exceptions["OSError"])));
    let makers: &[(&'static str, NativeFn)] = &[
        ("int", int),
        ("float", float),
        ("str", str_),
        ("bytes", bytes),
        ("bytearray", bytearray),
        ("list", list),
        ("tuple", tuple),
        ("dict", dict),
        ("set", set),
        ("frozenset", frozenset),
        ("bool", bool_),
        ("range", range),
        ("slice", slice),
        ("property", property),
        ("classmethod", classmethod),
        ("staticmethod", staticmethod),
        ("enumerate", enumerate),
        ("zip", zip),
        ("map", map),
        ("filter", filter),
        ("reversed", reversed),
        ("object", object),
        ("super", super_call),
    ];
    for (name, make) in makers {
        let class = Rc::clone(vm.types.named(name));
        class.names.borrow_mut().insert(known::NEW, Value::native(name, *make));
        vm.builtins.insert(intern(name), Value::Class(class));
    }
    vm.builtins.insert(intern("type"), Value::Class(Rc::clone(&vm.types.type_)));
    let methods: &[(&str, &str, NativeFn)] = &[
        ("object", "__init__", nothing),
        ("dict", "__init__", dict_init),
        ("list", "__init__", list_init),
        ("set", "__init__", set_init),
        ("object", "__setattr__", object_setattr),
        ("object", "__eq__", object_eq),
        ("object", "__init_subclass__", nothing),
    ];
    for (class, name, function) in methods {
        let name: &'static str = match *name {
            "__init__" if *class == "object" => "__init__",
            "__init__" => "init",
            "__setattr__" => "__setattr__",
            "__eq__" => "__eq__",
            _ => "__init_subclass__",
        };
        if name == "__eq__" {
            continue;
        }
        let attr = if name == "init" { known::INIT } else { intern(name) };
        vm.types.named(class).names.borrow_mut().insert(attr, Value::native_method(name, *function));
    }
    let base = Rc::clone(&vm.types.base_exception);
    base.names.borrow_mut().insert(known::NEW, Value::native("exception", nothing));
    base.names.borrow_mut().insert(known::INIT, Value::native_method("__init__", exception_init));
}

fn nothing(_: &mut Vm, _: Args) -> Res<Value> {
    Ok(Value::None)
}

fn object_eq(_: &mut Vm, _: Args) -> Res<Value> {
    Ok(Value::NotImplemented)
}

fn object(vm: &mut Vm, args: Args) -> Res<Value> {
    let class = match args.pos.first() {
        Some(Value::Class(class)) => Rc::clone(class),
        _ => Rc::clone(&vm.types.object),
    };
    Ok(Value::Instance(crate::value::Instance::new(&class)))
}

fn object_setattr(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("__setattr__", args);
    let (me, name, value) = (given.required(vm)?, given.text(vm)?, given.required(vm)?);
    if let Value::Instance(instance) = &me {
        instance.set(intern(name.as_str()), value);
    }
    Ok(Value::None)
}

fn exception_init(_: &mut Vm, args: Args) -> Res<Value> {
    let mut pos = args.pos.into_iter();
    if let Some(Value::Instance(instance)) = pos.next() {
        instance.set_payload(Value::tuple(pos.collect()));
    }
    Ok(Value::None)
}

fn dict_init(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("dict", args);
    let me = given.required(vm)?;
    if let Value::Dict(dict) = me.plain() {
        super::dict::update(vm, &dict, &mut given)?;
    }
    Ok(Value::None)
}

fn list_init(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("list", args);
    let me = given.required(vm)?;
    if let (Value::List(list), Some(items)) = (me.plain(), given.next()) {
        let items = vm.collect(&items)?;
        *list.borrow_mut() = items;
    }
    Ok(Value::None)
}

fn set_init(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("set", args);
    let me = given.required(vm)?;
    if let (Value::Set(set), Some(items)) = (me.plain(), given.next()) {
        let items = super::sets::items_of(vm, &items)?;
        *set.borrow_mut() = items;
    }
    Ok(Value::None)
}

fn int(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("int", args);
    let Some(value) = given.next() else { return Ok(Value::Int(0)) };
    match given.named("base") {
        None => super::number::to_int(vm, &value),
        Some(base) => {
            let base = u32::try_from(int_of(vm, &base)?).ok().filter(|base| *base == 0 || (2..=36).contains(base));
            let Some(base) = base else { return Err(vm.value_error("int() base must be >= 2 and <= 36, or 0")) };
            match value.as_text() {
                Some(text) => super::parse_int(vm, text.as_str(), base),
                None => Err(vm.type_error("int() can't convert non-string with explicit base")),
            }
        }
    }
}

fn float(vm: &mut Vm, args: Args) -> Res<Value> {
    match Given::new("float", args).next() {
        Some(value) => super::number::to_float(vm, &value).map(Value::Float),
        None => Ok(Value::Float(0.0)),
    }
}

fn bool_(vm: &mut Vm, args: Args) -> Res<Value> {
    match Given::new("bool", args).next() {
        Some(value) => vm.truth(&value).map(Value::Bool),
        None => Ok(Value::Bool(false)),
    }
}

fn str_(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("str", args);
    let Some(value) = given.named("object") else { return Ok(Value::str("")) };
    let encoding = given.named("encoding").and_then(|encoding| encoding.as_text());
    match encoding {
        Some(encoding) => {
            let bytes = super::bytes::bytes_of(vm, &value)?;
            let errors = given.named("errors").and_then(|errors| errors.as_text());
            super::bytes::decode(vm, &bytes, encoding.as_str(), errors.as_ref().map_or("strict", |e| e.as_str()))
                .map(Value::str)
        }
        None if matches!(value, Value::Str(_)) => Ok(value),
        None => vm.str_of(&value).map(Value::str),
    }
}

fn raw_bytes(vm: &mut Vm, args: Args) -> Res<Vec<u8>> {
    let mut given = Given::new("bytes", args);
    let Some(value) = given.next() else { return Ok(Vec::new()) };
    match value.plain() {
        Value::Str(text) => {
            let Some(encoding) = given.named("encoding").and_then(|encoding| encoding.as_text()) else {
                return Err(vm.type_error("string argument without an encoding"));
            };
            super::bytes::encode(vm, text.as_str(), encoding.as_str(), "strict")
        }
        Value::Int(n) => {
            let size = usize::try_from(n).map_err(|_| vm.value_error("negative count"))?;
            vm.check_size(size)?;
            Ok(vec![0; size])
        }
        Value::Instance(instance) if let Some(function) = instance.class.lookup(intern("__bytes__")) => {
            let made = vm.call_sync(&function, Args::of([value.clone()]))?;
            super::bytes::bytes_of(vm, &made)
        }
        plain => super::bytes::bytes_of(vm, &plain),
    }
}

fn bytes(vm: &mut Vm, args: Args) -> Res<Value> {
    raw_bytes(vm, args).map(Value::bytes)
}

fn bytearray(vm: &mut Vm, args: Args) -> Res<Value> {
    Ok(Value::ByteArray(Rc::new(RefCell::new(raw_bytes(vm, args)?))))
}

fn list(vm: &mut Vm, args: Args) -> Res<Value> {
    match Given::new("list", args).next() {
        Some(value) => vm.collect(&value).map(Value::list),
        None => Ok(Value::list(Vec::new())),
    }
}

fn tuple(vm: &mut Vm, args: Args) -> Res<Value> {
    match Given::new("tuple", args).next() {
        Some(value @ Value::Tuple(_)) => Ok(value),
        Some(value) => vm.collect(&value).map(Value::tuple),
        None => Ok(Value::tuple(Vec::new())),
    }
}

fn dict(vm: &mut Vm, args: Args) -> Res<Value> {
    let dict = Rc::new(RefCell::new(Dict::default()));
    super::dict::update(vm, &dict, &mut Given::new("dict", args))?;
    Ok(Value::Dict(dict))
}

fn set(vm: &mut Vm, args: Args) -> Res<Value> {
    let items = match Given::new("set", args).next() {
        Some(value) => super::sets::items_of(vm, &value)?,
        None => SetItems::default(),
    };
    Ok(Value::set(items))
}

fn frozenset(vm: &mut Vm, args: Args) -> Res<Value> {
    let items = match Given::new("frozenset", args).next() {
        Some(value) => super::sets::items_of(vm, &value)?,
        None => SetItems::default(),
    };
    Ok(Value::FrozenSet(Rc::new(items)))
}

fn range(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("range", args);
    let first = given.int(vm)?;
    let (start, stop) = match given.next() {
        Some(stop) => (first, int_of(vm, &stop)?),
        None => (0, first),
    };
    let step = match given.next() {
        Some(step) => int_of(vm, &step)?,
        None => 1,
    };
    if step == 0 {
        return Err(vm.value_error("range() arg 3 must not be zero"));
    }
    Ok(Value::Range(Rc::new(Range { start, stop, step })))
}

fn slice(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("slice", args);
    let first = given.required(vm)?;
    let (start, stop) = match given.next() {
        Some(stop) => (first, stop),
        None => (Value::None, first),
    };
    Ok(Value::Slice(Rc::new(Slice { start, stop, step: given.next().unwrap_or(Value::None) })))
}

fn property(_: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("property", args);
    let get = given.named("fget").unwrap_or(Value::None);
    let set = given.named("fset").unwrap_or(Value::None);
    Ok(Value::Descriptor(Rc::new(Descriptor::Property { get, set })))
}

fn classmethod(vm: &mut Vm, args: Args) -> Res<Value> {
    let function = Given::new("classmethod", args).required(vm)?;
    Ok(Value::Descriptor(Rc::new(Descriptor::ClassMethod(function))))
}

fn staticmethod(vm: &mut Vm, args: Args) -> Res<Value> {
    let function = Given::new("staticmethod", args).required(vm)?;
    Ok(Value::Descriptor(Rc::new(Descriptor::StaticMethod(function))))
}

fn made(iter: Iter) -> Value {
    Value::Iter(Rc::new(RefCell::new(iter)))
}

fn enumerate(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("enumerate", args);
    let items = given.required(vm)?;
    let start = match given.named("start") {
        Some(start) => int_of(vm, &start)?,
        None => 0,
    };
    let inner = vm.iter(&items)?;
    Ok(made(Iter::Enumerate(inner, start)))
}

fn zip(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("zip", args);
    let strict = given.keyword("strict");
    let strict = match strict {
        Some(value) => vm.truth(&value)?,
        None => false,
    };
    let mut inners = Vec::new();
    for items in given.rest() {
        inners.push(vm.iter(&items)?);
    }
    Ok(made(Iter::Zip(inners, strict)))
}

fn map(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("map", args);
    let function = given.required(vm)?;
    let mut inners = Vec::new();
    for items in given.rest() {
        inners.push(vm.iter(&items)?);
    }
    Ok(made(Iter::Map(function, inners)))
}

fn filter(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("filter", args);
    let (function, items) = (given.required(vm)?, given.required(vm)?);
    let inner = vm.iter(&items)?;
    Ok(made(Iter::Filter(function, inner)))
}

fn reversed(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("reversed", args).required(vm)?;
    if let Value::Instance(instance) = &value
        && let Some(function) = instance.class.lookup(known::REVERSED)
    {
        return vm.call_sync(&function, Args::of([value.clone()]));
    }
    if matches!(value.plain(), Value::Set(_) | Value::FrozenSet(_) | Value::Generator(_)) {
        return Err(vm.type_error(format!("'{}' object is not reversible", vm.type_name(&value))));
    }
    let mut items = vm.collect(&value)?;
    items.reverse();
    Ok(made(Iter::Items(items.into_iter())))
}

/// `type(value)`, and `type(name, bases, names)`.
pub fn type_call(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("type", args);
    let first = given.required(vm)?;
    let Some(bases) = given.next() else { return Ok(Value::Class(vm.type_of(&first))) };
    let names = given.required(vm)?;
    let name = super::arguments::text_of(vm, "type", &first)?;
    let bases = vm.collect(&bases)?;
    let to_be = vm.class_to_be(name.as_str(), bases, given.keywords())?;
    let mut namespace = Namespace::default();
    for (key, value) in vm.mapping(&names)? {
        if let Some(text) = key.value().as_text() {
            namespace.insert(intern(text.as_str()), value);
        }
    }
    let module = vm.frames.last().map(|frame| frame.globals.name.clone()).unwrap_or_default();
    vm.make_class(to_be, &module, namespace, None)
}

/// `super()`: what comes after a class in the order of an object's class.
struct Super {
    class: Rc<Class>,
    me: Value,
    of: Rc<Class>,
}

impl NativeObject for Super {
    fn type_name(&self) -> &'static str {
        "super"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn get_attr(&self, vm: &mut Vm, _me: &Value, name: Sym) -> Res<Option<Value>> {
        match self.of.lookup_after(&self.class, name) {
            Some(found) => {
                // `__new__` is a static method, and takes its class as an argument.
                if name == known::NEW {
                    return Ok(Some(match found {
                        Value::Native(native) if native.name != "object" => Value::Native(native),
                        Value::Native(_) => Value::native("object", object),
                        other => other,
                    }));
                }
                match vm.bound(found, &self.me, &self.of)? {
                    crate::vm::Found::Value(value) => Ok(Some(value)),
                    crate::vm::Found::Property(get) => vm.call_sync(&get, Args::of([self.me.clone()])).map(Some),
                }
            }
            None => match self.me.plain() {
                plain @ (Value::Dict(_)
                | Value::List(_)
                | Value::Str(_)
                | Value::Set(_)
                | Value::Int(_)
                | Value::Tuple(_)) => vm.attr(&plain, name).map(Some),
                _ => {
                    let text = name.text();
                    let text = text.as_str();
                    // What `object` and the builtin classes do, where no class says it.
                    let plain: Option<NativeFn> = match text {
                        "__repr__" | "__str__" => Some(plain_repr),
                        "__eq__" => Some(object_eq),
                        "__getattribute__" => Some(plain_getattr),
                        "__hash__" => Some(plain_hash),
                        _ => None,
                    };
                    Ok(plain.map(|function| {
                        let function = Value::native_method("object method", function);
                        Value::Method(Rc::new(crate::value::Method { receiver: self.me.clone(), function }))
                    }))
                }
            },
        }
    }

    fn set_attr(&self, vm: &mut Vm, name: Sym, value: Value) -> Res<bool> {
        vm.store_attr(&self.me, name, value)
    }

    fn call_method(&self, vm: &mut Vm, me: &Value, name: Sym, _args: Args) -> Res<Value> {
        Err(vm.no_attribute(me, name))
    }

    fn get_item(&self, vm: &mut Vm, key: &Value) -> Res<Option<Value>> {
        let plain = self.me.plain();
        vm.item(&plain, key).map(Some)
    }
}

fn plain_repr(vm: &mut Vm, args: Args) -> Res<Value> {
    let me = Given::new("__repr__", args).required(vm)?;
    let plain = match &me {
        Value::Instance(instance) if instance.class.builtin == Builtin::Exception => {
            let Value::Tuple(args) = me.plain() else { return Ok(Value::str("")) };
            return match args.as_slice() {
                [] => Ok(Value::str("")),
                [one] => vm.str_of(one).map(Value::str),
                _ => vm.repr_of(&Value::Tuple(args)).map(Value::str),
            };
        }
        Value::Instance(instance) => format!("<{} object at 0x{:012x}>", instance.class.full_name(), vm.id_of(&me)),
        other => vm.repr_of(other)?,
    };
    Ok(Value::str(plain))
}

fn plain_getattr(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("__getattribute__", args);
    let (me, name) = (given.required(vm)?, given.text(vm)?);
    vm.attr(&me, intern(name.as_str()))
}

fn plain_hash(vm: &mut Vm, args: Args) -> Res<Value> {
    let me = Given::new("__hash__", args).required(vm)?;
    Ok(Value::Int(i64::try_from(vm.id_of(&me) >> 4).unwrap_or(0)))
}

/// What `super()` gives in a method of `class` whose first argument is `me`.
pub fn make_super(vm: &mut Vm, class: &Value, me: &Value) -> Res<Value> {
    let Value::Class(class) = class else { return Err(vm.error("RuntimeError", "super(): empty __class__ cell")) };
    let of = match me {
        Value::Class(of) if of.is_subclass(class) => Rc::clone(of),
        other => vm.type_of(other),
    };
    if !of.is_subclass(class) {
        return Err(vm.type_error("super(type, obj): obj must be an instance or subtype of type"));
    }
    Ok(Value::object(Super { class: Rc::clone(class), me: me.clone(), of }))
}

fn super_call(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("super", args);
    let (class, me) = (given.required(vm)?, given.required(vm)?);
    make_super(vm, &class, &me)
}

/// `property.setter` and the like.
pub fn property_method(vm: &mut Vm, descriptor: &Rc<Descriptor>, name: &str, args: Args) -> Res<Value> {
    let function = Given::new(name, args).required(vm)?;
    let Descriptor::Property { get, set } = &**descriptor else { return Ok(Value::None) };
    Ok(Value::Descriptor(Rc::new(match name {
        "setter" => Descriptor::Property { get: get.clone(), set: function },
        "getter" => Descriptor::Property { get: function, set: set.clone() },
        _ => Descriptor::Property { get: get.clone(), set: set.clone() },
    })))
}

/// Whether `class.name` is a method of a builtin class.
pub fn has_class_method(class: &Rc<Class>, name: &str) -> bool {
    sample(class).is_some_and(|sample| {
        super::has_method(&sample, name)
            || (class.name == "int" && name == "from_bytes")
            || (class.name == "float" && name == "fromhex")
    }) || (name == "__getattribute__"
        || name == "__repr__"
        || name == "__str__"
        || name == "__hash__"
        || name == "__eq__")
        && class.name == "object"
}

/// A value of a builtin class, whose methods it then shows.
fn sample(class: &Rc<Class>) -> Option<Value> {
    let own =
        std::iter::once(class).chain(class.mro()).find(|class| class.module == "builtins" && class.name != "object")?;
    Some(match own.name.as_str() {
        "str" => Value::str(""),
        "int" | "bool" => Value::Int(0),
        "float" => Value::Float(0.0),
        "list" => Value::list(Vec::new()),
        "dict" => Value::dict(Dict::default()),
        "set" => Value::set(SetItems::default()),
        "frozenset" => Value::FrozenSet(Rc::default()),
        "tuple" => Value::tuple(Vec::new()),
        "bytes" => Value::bytes(Vec::new()),
        "bytearray" => Value::ByteArray(Rc::default()),
        _ => return None,
    })
}

/// Calls a method of a builtin class that was taken from the class.
pub fn class_method(vm: &mut Vm, class: &Rc<Class>, name: &str, args: Args) -> Res<Value> {
    match (class.name.as_str(), name) {
        (_, "__subclasses__") => return Ok(Value::list(class.subclasses().into_iter().map(Value::Class).collect())),
        (_, "mro") => return vm.attr(&Value::Class(Rc::clone(class)), known::MRO),
        ("dict", "fromkeys") => {
            let mut given = Given::new(name, args);
            let keys = given.required(vm)?;
            let value = given.next().unwrap_or(Value::None);
            return super::dict::from_keys(vm, &keys, &value);
        }
        ("str", "maketrans") => return super::text::maketrans(vm, &mut Given::new(name, args)),
        ("int", "from_bytes") => return super::number::from_bytes(vm, &mut Given::new(name, args)),
        ("bytes", "fromhex") => {
            let mut given = Given::new(name, args);
            return super::bytes::class_call(vm, name, &mut given).unwrap_or(Ok(Value::None));
        }
        _ => {}
    }
    let mut args = args;
    if args.pos.is_empty() {
        return Err(vm.type_error(format!("unbound method {}.{name}() needs an argument", class.name)));
    }
    let me = args.pos.remove(0);
    if class.name == "object" {
        args.pos.insert(0, me);
        return match name {
            "__repr__" | "__str__" => plain_repr(vm, args),
            "__hash__" => plain_hash(vm, args),
            "__getattribute__" => plain_getattr(vm, args),
            _ => Ok(Value::NotImplemented),
        };
    }
    super::call_method(vm, &me.plain(), intern(name), args)
}
