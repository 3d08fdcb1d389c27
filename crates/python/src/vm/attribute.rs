//! Attributes: where they are found, and what becomes of functions and properties that are found on a class.

use std::rc::Rc;

use super::{OnReturn, Res, Vm};
use crate::value::{Args, BuiltinMethod, Class, Descriptor, Dict, Instance, Key, Sym, Value, known};

/// What an attribute turned out to be.
pub enum Found {
    /// This.
    Value(Value),
    /// What a property's function gives.
    Property(Value),
}

impl Vm {
    /// Reads an attribute. `None`: a frame was pushed whose result it will be.
    ///
    /// # Errors
    /// `AttributeError`.
    pub fn load_attr(&mut self, value: &Value, name: Sym) -> Res<Option<Value>> {
        match self.find_attr(value, name)? {
            Some(Found::Value(found)) => Ok(Some(found)),
            Some(Found::Property(get)) => self.call(&get, Args::of([value.clone()])),
            None => {
                if let Value::Instance(instance) = value
                    && instance.class.hooks.get()
                    && let Some(hook) = instance.class.lookup(known::GETATTR)
                {
                    return self.call(&hook, Args::of([value.clone(), Value::Str(name.text())]));
                }
                Err(self.lacks(value, name))
            }
        }
    }

    fn lacks(&self, value: &Value, name: Sym) -> super::Raise {
        let plain = value.plain();
        if crate::builtins::python_has(&plain, name.text().as_str()) {
            return self.unsupported(&format!("{}.{name}", self.type_name(&plain)));
        }
        self.no_attribute(value, name)
    }

    /// The same, with properties computed at once.
    ///
    /// # Errors
    /// `AttributeError`, and what a property raises.
    pub fn attr(&mut self, value: &Value, name: Sym) -> Res<Value> {
        match self.find_attr(value, name)? {
            Some(Found::Value(found)) => Ok(found),
            Some(Found::Property(get)) => self.call_sync(&get, Args::of([value.clone()])),
            None => {
                if let Value::Instance(instance) = value
                    && let Some(hook) = instance.class.lookup(known::GETATTR)
                {
                    return self.call_sync(&hook, Args::of([value.clone(), Value::Str(name.text())]));
                }
                Err(self.lacks(value, name))
            }
        }
    }

    fn find_attr(&mut self, value: &Value, name: Sym) -> Res<Option<Found>> {
        match value {
            Value::Instance(instance) => self.instance_attr(value, instance, name),
            Value::Class(class) => Ok(self.class_attr(class, name)),
            Value::Module(module) => Ok(module.get(name).map(Found::Value)),
            Value::Object(object) => {
                if let Some(found) = object.get_attr(self, value, name)? {
                    return Ok(Some(Found::Value(found)));
                }
                if object.methods().contains(&name.text().as_str()) {
                    return Ok(Some(self.builtin_method(value, name)));
                }
                let class = self.type_of(value);
                Ok((name == known::CLASS).then_some(Found::Value(Value::Class(class))))
            }
            Value::Func(function) => {
                if let Some(found) = function.attrs.borrow().get(name) {
                    return Ok(Some(Found::Value(found.clone())));
                }
                Ok(Some(Found::Value(match name {
                    known::NAME => Value::Str(function.code.name.text()),
                    known::QUALNAME => Value::str(function.code.qualname.clone()),
                    known::DOC => function.code.doc.clone().unwrap_or(Value::None),
                    known::MODULE => Value::str(function.globals.name.clone()),
                    known::DICT => {
                        let pairs = function
                            .attrs
                            .borrow()
                            .iter()
                            .map(|(n, v)| (Key(Value::Str(n.text())), v.clone()))
                            .collect();
                        Value::dict(pairs)
                    }
                    known::DEFAULTS => Value::tuple(function.defaults.clone()),
                    known::CLASS => Value::Class(self.type_of(value)),
                    _ => return Ok(None),
                })))
            }
            Value::Method(method) => match name {
                known::FUNC => Ok(Some(Found::Value(method.function.clone()))),
                known::SELF => Ok(Some(Found::Value(method.receiver.clone()))),
                known::CLASS => Ok(Some(Found::Value(Value::Class(self.type_of(value))))),
                _ => self.find_attr(&method.function, name),
            },
            Value::Native(native) => Ok(match name {
                known::NAME | known::QUALNAME => Some(Found::Value(Value::str(native.name))),
                known::DOC => Some(Found::Value(Value::None)),
                known::CLASS => Some(Found::Value(Value::Class(self.type_of(value)))),
                _ => None,
            }),
            Value::Descriptor(descriptor) => Ok(match (&**descriptor, name.text().as_str()) {
                (Descriptor::Property { get, .. }, "fget") => Some(Found::Value(get.clone())),
                (Descriptor::Property { set, .. }, "fset") => Some(Found::Value(set.clone())),
                (Descriptor::Property { .. }, "setter" | "getter" | "deleter") => {
                    Some(self.builtin_method(value, name))
                }
                (Descriptor::ClassMethod(inner) | Descriptor::StaticMethod(inner), "__func__") => {
                    Some(Found::Value(inner.clone()))
                }
                (Descriptor::ClassMethod(inner) | Descriptor::StaticMethod(inner), _) => {
                    return self.find_attr(&inner.clone(), name);
                }
                _ => None,
            }),
            Value::Generator(generator) if name == known::NAME => {
                Ok(Some(Found::Value(Value::str(generator.name.clone()))))
            }
            _ => {
                if name == known::CLASS {
                    return Ok(Some(Found::Value(Value::Class(self.type_of(value)))));
                }
                if name == known::DOC {
                    return Ok(Some(Found::Value(Value::None)));
                }
                if let Some(found) = crate::builtins::plain_attr(value, name) {
                    return Ok(Some(Found::Value(found)));
                }
                let has = crate::builtins::has_method(value, name.text().as_str());
                Ok(has.then(|| self.builtin_method(value, name)))
            }
        }
    }

    fn builtin_method(&self, receiver: &Value, name: Sym) -> Found {
        Found::Value(Value::BuiltinMethod(Rc::new(BuiltinMethod { receiver: receiver.clone(), name })))
    }

    fn instance_attr(&mut self, value: &Value, instance: &Rc<Instance>, name: Sym) -> Res<Option<Found>> {
        let on_class = instance.class.lookup(name);
        // Properties go before the instance's own attributes, all else after.
        if let Some(Value::Descriptor(descriptor)) = &on_class
            && let Descriptor::Property { get, .. } = &**descriptor
        {
            return Ok(Some(Found::Property(get.clone())));
        }
        if let Some(found) = instance.get(name) {
            return Ok(Some(Found::Value(found)));
        }
        if let Some(found) = on_class {
            return Ok(Some(self.bound(found, value, &instance.class)?));
        }
        Ok(match name {
            known::CLASS => Some(Found::Value(Value::Class(Rc::clone(&instance.class)))),
            known::DICT => Some(Found::Value(Value::object(super::class::AttrsView(Rc::clone(instance))))),
            known::DOC => Some(Found::Value(Value::None)),
            known::MODULE => Some(Found::Value(Value::str(instance.class.module.clone()))),
            known::ARGS if instance.class.is_subclass(&self.types.base_exception) => {
                Some(Found::Value(instance.payload().unwrap_or_else(|| Value::tuple(Vec::new()))))
            }
            known::CAUSE | known::CONTEXT => Some(Found::Value(Value::None)),
            known::TRACEBACK => Some(Found::Value(instance.get(known::TRACE).unwrap_or(Value::None))),
            _ => {
                if let Some(found) = crate::builtins::exception_attr(self, instance, name) {
                    return Ok(Some(Found::Value(found)));
                }
                match instance.payload() {
                    Some(payload) if !instance.class.is_subclass(&self.types.base_exception) => {
                        return self.find_attr(&payload, name);
                    }
                    _ => None,
                }
            }
        })
    }

    /// What is found on a class, for one of its instances.
    pub(crate) fn bound(&mut self, found: Value, value: &Value, class: &Rc<Class>) -> Res<Found> {
        Ok(match &found {
            Value::Func(_) => method(value.clone(), found),
            Value::Native(native) if native.binds => method(value.clone(), found),
            Value::Descriptor(descriptor) => match &**descriptor {
                Descriptor::Property { get, .. } => Found::Property(get.clone()),
                Descriptor::ClassMethod(inner) => method(Value::Class(Rc::clone(class)), inner.clone()),
                Descriptor::StaticMethod(inner) => Found::Value(inner.clone()),
            },
            Value::Object(object) if object.methods().contains(&"__get__") => {
                let args = Args::of([value.clone(), Value::Class(Rc::clone(class))]);
                Found::Value(object.call_method(self, &found, known::GET, args)?)
            }
            Value::Instance(descriptor) if descriptor.class.lookup(known::GET).is_some() => {
                let get = descriptor.class.lookup(known::GET).unwrap_or(Value::None);
                let args = Args::of([found.clone(), value.clone(), Value::Class(Rc::clone(class))]);
                Found::Value(self.call_sync(&get, args)?)
            }
            _ => Found::Value(found),
        })
    }

    fn class_attr(&mut self, class: &Rc<Class>, name: Sym) -> Option<Found> {
        if let Some(found) = class.lookup(name) {
            return Some(match &found {
                Value::Descriptor(descriptor) => match &**descriptor {
                    Descriptor::ClassMethod(inner) => method(Value::Class(Rc::clone(class)), inner.clone()),
                    Descriptor::StaticMethod(inner) => Found::Value(inner.clone()),
                    Descriptor::Property { .. } => Found::Value(found),
                },
                _ => Found::Value(found),
            });
        }
        let value = match name {
            known::NAME | known::QUALNAME => Value::str(class.name.clone()),
            known::MODULE => Value::str(class.module.clone()),
            known::DOC => Value::None,
            known::CLASS => Value::Class(Rc::clone(&self.types.type_)),
            known::BASES => Value::tuple(class.bases.iter().map(|base| Value::Class(Rc::clone(base))).collect()),
            known::MRO => {
                let rest = class.mro().iter().cloned();
                Value::tuple(std::iter::once(Rc::clone(class)).chain(rest).map(Value::Class).collect())
            }
            known::DICT => {
                let pairs: Dict = class
                    .names
                    .borrow()
                    .iter()
                    .map(|(name, value)| (Key(Value::Str(name.text())), value.clone()))
                    .collect();
                Value::dict(pairs)
            }
            known::ANNOTATIONS => Value::dict(Dict::default()),
            known::SUBCLASSES => return Some(self.builtin_method(&Value::Class(Rc::clone(class)), name)),
            _ => {
                let text = name.text();
                if text.as_str() == "mro" || crate::builtins::class_has_method(class, text.as_str()) {
                    return Some(self.builtin_method(&Value::Class(Rc::clone(class)), name));
                }
                return None;
            }
        };
        Some(Found::Value(value))
    }

    /// Sets an attribute. `false`: a frame was pushed that does it.
    ///
    /// # Errors
    /// Where it can't be set.
    pub fn store_attr(&mut self, target: &Value, name: Sym, value: Value) -> Res<bool> {
        match target {
            Value::Instance(instance) => {
                if let Some(Value::Descriptor(descriptor)) = instance.class.lookup(name)
                    && let Descriptor::Property { set, .. } = &*descriptor
                {
                    if set.is_none() {
                        let class = &instance.class.name;
                        return Err(self
                            .error("AttributeError", format!("property '{name}' of '{class}' object has no setter")));
                    }
                    return self.call_for_nothing(set, Args::of([target.clone(), value]));
                }
                if instance.class.hooks.get()
                    && let Some(hook) = instance.class.lookup(known::SETATTR)
                    && !matches!(hook, Value::Native(_))
                {
                    return self.call_for_nothing(&hook, Args::of([target.clone(), Value::Str(name.text()), value]));
                }
                if name == known::CLASS || name == known::DICT {
                    return Err(self.unsupported(&format!("setting {name}")));
                }
                if name == known::ARGS && instance.class.is_subclass(&self.types.base_exception) {
                    instance.set_payload(value);
                    return Ok(true);
                }
                instance.set(name, value);
                Ok(true)
            }
            Value::Class(class) => {
                if class.module == "builtins" {
                    let class = &class.name;
                    return Err(self.type_error(format!("cannot set '{name}' attribute of immutable type '{class}'")));
                }
                if [known::GETATTR, known::SETATTR, known::DELATTR].contains(&name) {
                    class.hooks.set(true);
                }
                let old = class.names.borrow_mut().insert(name, value);
                drop(old);
                Ok(true)
            }
            Value::Module(module) => {
                module.set(name, value);
                Ok(true)
            }
            Value::Func(function) => {
                let old = function.attrs.borrow_mut().set(name, value);
                drop(old);
                Ok(true)
            }
            Value::Object(object) => {
                if object.set_attr(self, name, value)? {
                    return Ok(true);
                }
                Err(self.no_attribute(target, name))
            }
            other => Err(self.no_attribute(other, name)),
        }
    }

    fn call_for_nothing(&mut self, callee: &Value, args: Args) -> Res<bool> {
        // What a setter returns would be pushed: the marker takes its place and is popped by the instruction after it.
        match self.call(callee, args)? {
            Some(_) => Ok(true),
            None => {
                if self.pending.is_none()
                    && let Some(frame) = self.frames.last_mut()
                {
                    frame.on_return = OnReturn::Give(Value::Unbound);
                }
                Ok(false)
            }
        }
    }

    /// Removes an attribute.
    ///
    /// # Errors
    /// Where there is none.
    pub fn delete_attr(&mut self, target: &Value, name: Sym) -> Res<()> {
        let removed = match target {
            Value::Instance(instance) => instance.attrs.borrow_mut().remove(name),
            Value::Class(class) => class.names.borrow_mut().shift_remove(&name),
            Value::Func(function) => function.attrs.borrow_mut().remove(name),
            Value::Module(module) => {
                let old = module.get(name);
                module.set(name, Value::Unbound);
                old
            }
            _ => None,
        };
        removed.map(drop).ok_or_else(|| self.no_attribute(target, name))
    }
}

fn method(receiver: Value, function: Value) -> Found {
    Found::Value(Value::method(receiver, function))
}
