//! Classes are made here.

use std::rc::Rc;

use super::fiber::ClassToBe;
use super::{OnReturn, Res, Vm};
use crate::compile::Code;
use crate::value::{
    Args, Builtin, CellRef, Class, Dict, Instance, Key, Namespace, NativeObject, Sym, Value, intern, known,
};

/// `instance.__dict__`: what is changed in it changes the instance.
pub struct AttrsView(pub Rc<Instance>);

impl AttrsView {
    /// A copy.
    pub fn to_dict(&self) -> Dict {
        let attrs = self.0.attrs.borrow();
        let shown = attrs.iter().filter(|(name, _)| *name != known::TRACE);
        shown.map(|(name, value)| (Key(Value::Str(name.text())), value.clone())).collect()
    }
}

impl NativeObject for AttrsView {
    fn type_name(&self) -> &'static str {
        "dict"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn methods(&self) -> &'static [&'static str] {
        &["get", "items", "keys", "values", "update", "copy", "pop", "setdefault"]
    }

    fn call_method(&self, vm: &mut Vm, _me: &Value, name: Sym, args: Args) -> Res<Value> {
        let dict = Value::dict(self.to_dict());
        let result = crate::builtins::call_method(vm, &dict, name, args)?;
        if let Value::Dict(dict) = &dict {
            for (key, value) in dict.borrow().iter() {
                if let Some(text) = key.value().as_text() {
                    self.0.set(intern(text.as_str()), value.clone());
                }
            }
            let dict = dict.borrow();
            let gone: Vec<Sym> = self
                .0
                .attrs
                .borrow()
                .iter()
                .map(|(n, _)| *n)
                .filter(|n| !dict.contains_key(&Key(Value::Str(n.text()))))
                .collect();
            gone.into_iter().for_each(|name| drop(self.0.attrs.borrow_mut().remove(name)));
        }
        Ok(result)
    }

    fn get_item(&self, vm: &mut Vm, key: &Value) -> Res<Option<Value>> {
        let found = key.as_text().and_then(|text| self.0.get(intern(text.as_str())));
        found.map(Some).ok_or_else(|| vm.error_with("KeyError", vec![key.clone()]))
    }

    fn set_item(&self, _vm: &mut Vm, key: &Value, value: Option<Value>) -> Res<bool> {
        let Some(text) = key.as_text() else { return Ok(false) };
        match value {
            Some(value) => self.0.set(intern(text.as_str()), value),
            None => drop(self.0.attrs.borrow_mut().remove(intern(text.as_str()))),
        }
        Ok(true)
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.to_dict().into_keys().map(|key| key.0).collect())
    }

    fn len(&self) -> Option<usize> {
        Some(self.to_dict().len())
    }

    fn repr(&self) -> Option<String> {
        None
    }
}

impl Vm {
    /// The body of a class begins, whose bases and keywords are on the stack.
    pub(super) fn begin_class(&mut self, code: &Rc<Code>, at: usize) -> Res<()> {
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

    /// A class's bases, from the values in its parentheses.
    pub(crate) fn class_to_be(&mut self, name: &str, bases: Vec<Value>, keywords: Vec<(Sym, Value)>) -> Res<ClassToBe> {
        let mut classes = Vec::new();
        for base in bases {
            match &base {
                Value::Class(class) if class.builtin == Builtin::Final => {
                    return Err(self.type_error(format!("type '{}' is not an acceptable base type", class.name)));
                }
                Value::Class(class) if Rc::ptr_eq(class, &self.types.type_) => {
                    return Err(self.unsupported("a metaclass"));
                }
                Value::Class(class) => classes.push(Rc::clone(class)),
                // `Generic[T]`, `NamedTuple` and the like stand for a class or for nothing.
                Value::Object(object) if object.methods().contains(&"__mro_entries__") => {
                    let entries = object.call_method(self, &base, intern("__mro_entries__"), Args::default())?;
                    if let Value::Class(class) = entries {
                        classes.push(class);
                    }
                }
                other => {
                    return Err(self.type_error(format!("bases must be types, not '{}'", self.type_name(other))));
                }
            }
        }
        if classes.is_empty() {
            classes.push(Rc::clone(&self.types.object));
        }
        if classes.len() > 1 {
            classes.retain(|class| !Rc::ptr_eq(class, &self.types.object));
        }
        Ok(ClassToBe { name: name.to_owned(), bases: classes, keywords })
    }

    /// The class, once its body has run.
    pub(crate) fn make_class(
        &mut self,
        to_be: ClassToBe,
        module: &str,
        mut names: Namespace,
        cell: Option<&CellRef>,
    ) -> Res<Value> {
        let builtin = |base: &Rc<Class>| base.builtin;
        let kind = to_be.bases.iter().map(builtin).find(|kind| *kind != Builtin::Object).unwrap_or(Builtin::Object);
        names.entry(known::MODULE).or_insert_with(|| Value::str(module));
        let ClassToBe { name, bases, keywords } = to_be;
        let class = Class::new(&name, module, bases, names, kind)
            .ok_or_else(|| self.type_error("Cannot create a consistent method resolution order (MRO) for bases"))?;
        if let Some(cell) = cell {
            *cell.borrow_mut() = Value::Class(Rc::clone(&class));
        }
        let value = Value::Class(Rc::clone(&class));
        let own: Vec<(Sym, Value)> = class.names.borrow().iter().map(|(name, value)| (*name, value.clone())).collect();
        for (name, found) in own {
            if let Value::Instance(instance) = &found
                && let Some(set_name) = instance.class.lookup(known::SET_NAME)
            {
                self.call_sync(&set_name, Args::of([found.clone(), value.clone(), Value::Str(name.text())]))?;
            }
        }
        let metaclass =
            keywords.iter().find(|(name, _)| name.text().as_str() == "metaclass").map(|(_, value)| value.clone());
        if let Some(metaclass) = &metaclass {
            let is_abc = matches!(metaclass, Value::Class(class) if class.name == "ABCMeta" || class.name == "type" || class.name == "EnumMeta");
            if !is_abc {
                return Err(self.unsupported("a metaclass"));
            }
        }
        let hook = class.mro().iter().find_map(|base| base.names.borrow().get(&known::INIT_SUBCLASS).cloned());
        if let Some(hook) = hook {
            let function = match &hook {
                Value::Descriptor(descriptor) => match &**descriptor {
                    crate::value::Descriptor::ClassMethod(inner) => inner.clone(),
                    _ => hook.clone(),
                },
                _ => hook.clone(),
            };
            let kw = keywords.into_iter().filter(|(name, _)| name.text().as_str() != "metaclass").collect();
            let args = Args { pos: [value.clone()].into_iter().collect(), kw };
            let replaced = self.call_sync(&function, args)?;
            // What `typing.NamedTuple` makes takes the class's place.
            if matches!(&replaced, Value::Class(_)) {
                return Ok(replaced);
            }
        }
        Ok(value)
    }

    /// Whether a value is an instance of a class, or of one of a tuple of classes.
    ///
    /// # Errors
    /// `class` is no class.
    pub fn is_instance(&mut self, value: &Value, class: &Value) -> Res<bool> {
        match class {
            Value::Class(class) => {
                if Rc::ptr_eq(class, &self.types.object) {
                    return Ok(true);
                }
                if let Value::Object(object) = value
                    && object.is_instance_of(&class.name)
                    && (class.module.is_empty() || class.module == "builtins")
                {
                    return Ok(true);
                }
                let own = self.type_of(value);
                if own.is_subclass(class) {
                    return Ok(true);
                }
                self.is_virtual(value, &own, class)
            }
            Value::Tuple(classes) => {
                for class in classes.iter() {
                    if self.is_instance(value, class)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::Native(native) => Ok(self.type_name(value) == native.name),
            other if self.type_name(other) == "UnionType" => Err(self.unsupported("isinstance with a union of types")),
            _ => Err(self.type_error("isinstance() arg 2 must be a type, a tuple of types, or a union")),
        }
    }

    /// Classes of `collections.abc` and `numbers` that builtin ones belong to.
    fn is_virtual(&mut self, value: &Value, own: &Rc<Class>, class: &Rc<Class>) -> Res<bool> {
        if class.module != "collections.abc" && class.module != "numbers" {
            return Ok(false);
        }
        let plain = value.plain();
        let has = |name: Sym| own.lookup(name).is_some();
        Ok(match class.name.as_str() {
            "Mapping" | "MutableMapping" => matches!(plain, Value::Dict(_)),
            "Sequence" => {
                matches!(plain, Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_) | Value::Range(_))
            }
            "MutableSequence" => matches!(plain, Value::List(_)),
            "Set" => matches!(plain, Value::Set(_) | Value::FrozenSet(_)),
            "Iterable" | "Collection" | "Container" | "Sized" => has(known::ITER) || self.iter(value).is_ok(),
            "Iterator" => has(known::NEXT) || matches!(plain, Value::Generator(_) | Value::Iter(_)),
            "Generator" => matches!(plain, Value::Generator(_)),
            "Callable" => {
                has(known::CALL)
                    || matches!(
                        plain,
                        Value::Func(_)
                            | Value::Native(_)
                            | Value::Method(_)
                            | Value::BuiltinMethod(_)
                            | Value::Class(_)
                    )
            }
            "Hashable" => Key::new(value.clone()).is_some(),
            "Number" | "Complex" | "Real" => {
                matches!(plain, Value::Int(_) | Value::Float(_) | Value::Big(_) | Value::Bool(_))
            }
            "Integral" | "Rational" => matches!(plain, Value::Int(_) | Value::Big(_) | Value::Bool(_)),
            _ => false,
        })
    }
}
