//! Objects written in Rust: matches of regular expressions, files, answers.

use std::any::Any;

use super::{Args, Sym, Value};
use crate::vm::{Res, Vm};

/// What an object of Rust can do. What it does not say is an error as Python's.
pub trait NativeObject: Any {
    /// The name of its class, as Python shows it.
    fn type_name(&self) -> &'static str;

    /// For casts to what it is.
    fn as_any(&self) -> &dyn Any;

    /// Reads an attribute; `None` where there is none.
    ///
    /// # Errors
    /// What reading it raises.
    fn get_attr(&self, _vm: &mut Vm, _me: &Value, _name: Sym) -> Res<Option<Value>> {
        Ok(None)
    }

    /// Sets an attribute; `false` where it can't be set.
    ///
    /// # Errors
    /// What setting it raises.
    fn set_attr(&self, _vm: &mut Vm, _name: Sym, _value: Value) -> Res<bool> {
        Ok(false)
    }

    /// The names of its methods.
    fn methods(&self) -> &'static [&'static str] {
        &[]
    }

    /// Calls a method that is among [`NativeObject::methods`].
    ///
    /// # Errors
    /// What the method raises.
    fn call_method(&self, vm: &mut Vm, me: &Value, name: Sym, args: Args) -> Res<Value>;

    /// `object[key]`; `None` where it has no items.
    ///
    /// # Errors
    /// Where there is no such item.
    fn get_item(&self, _vm: &mut Vm, _key: &Value) -> Res<Option<Value>> {
        Ok(None)
    }

    /// `object[key] = value`, or its removal; `false` where items can't be set.
    ///
    /// # Errors
    /// Where that item can't be set.
    fn set_item(&self, _vm: &mut Vm, _key: &Value, _value: Option<Value>) -> Res<bool> {
        Ok(false)
    }

    /// All items, for a loop; `None` where there are none.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }

    /// Whether the object itself is an iterator.
    fn next_is_there(&self) -> bool {
        false
    }

    /// The next item, where the object itself is an iterator.
    ///
    /// # Errors
    /// What going on raises.
    fn next(&self, _vm: &mut Vm) -> Option<Res<Option<Value>>> {
        None
    }

    /// `len(object)`.
    fn len(&self) -> Option<usize> {
        None
    }

    /// Whether it holds a value; `None` where that is looked for among its items.
    fn contains(&self, _key: &Value) -> Option<bool> {
        None
    }

    /// Whether it counts as true.
    fn truth(&self) -> bool {
        self.len().is_none_or(|len| len > 0)
    }

    /// `repr(object)`; `None` for `<NAME object>`.
    fn repr(&self) -> Option<String> {
        None
    }

    /// `str(object)`; `None` for `repr`.
    fn text(&self) -> Option<String> {
        None
    }

    /// Whether it can be a key.
    fn is_hashable(&self) -> bool {
        true
    }

    /// The value by which it is compared and hashed; by identity when `None`.
    fn as_key(&self) -> Option<Value> {
        None
    }

    /// Whether it equals something of another type.
    fn equals_plain(&self, _other: &Value) -> bool {
        false
    }

    /// What it says beside a class of that name: classes that it is an instance of.
    fn is_instance_of(&self, class_name: &str) -> bool {
        class_name == self.type_name()
    }
}

/// An object of Rust.
pub struct Object(Box<dyn NativeObject>);

impl Object {
    /// Takes over `object`.
    pub fn new(object: impl NativeObject) -> Self {
        Self(Box::new(object))
    }

    /// As what it is, if it is a `T`.
    pub fn cast<T: 'static>(&self) -> Option<&T> {
        self.0.as_any().downcast_ref()
    }
}

impl std::ops::Deref for Object {
    type Target = dyn NativeObject;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.type_name())
    }
}
