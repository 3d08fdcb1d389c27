//! Classes and their instances.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::{Sym, Value, known};

/// Names and what they mean, in order.
pub type Namespace = IndexMap<Sym, Value, FxBuildHasher>;

/// What a builtin class's instances are, for classes that Python brings along and those that derive from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// Its instances have attributes and nothing else.
    Object,
    /// Exceptions: the payload is the tuple of arguments.
    Exception,
    /// The payload is the builtin value that the instance also is.
    Payload,
    /// It can't be derived from.
    Final,
}

/// How instances of a class are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashBy {
    /// By what they are.
    Identity,
    /// By their payload.
    Payload,
    /// Not at all: the class says what equals and not how to hash.
    Nothing,
    /// By Python code, which keys of dictionaries do not call.
    Custom,
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// As in `class NAME`.
    pub name: String,
    /// The module's name.
    pub module: String,
    /// What it derives from, as written.
    pub bases: Vec<Rc<Class>>,
    /// Where names are looked for: itself first. Set once, right after it is made.
    mro: OnceCell<Vec<Rc<Class>>>,
    /// Its own names.
    pub names: RefCell<Namespace>,
    /// What its instances are.
    pub builtin: Builtin,
    /// Fields that make an instance a key (data classes that are frozen).
    key_fields: RefCell<Option<Rc<Vec<Sym>>>>,
    /// Whether looking up attributes needs Python code: `__getattr__`, `__setattr__`, `__delattr__`.
    pub hooks: Cell<bool>,
    subclasses: RefCell<Vec<std::rc::Weak<Class>>>,
}

impl Class {
    /// A class; `None` when the bases are in no order that keeps the order of each.
    pub fn new(
        name: &str,
        module: &str,
        bases: Vec<Rc<Class>>,
        names: Namespace,
        builtin: Builtin,
    ) -> Option<Rc<Self>> {
        let inherited = bases.iter().flat_map(|base| base.mro()).any(|class| class.hooks.get());
        let own = [known::GETATTR, known::SETATTR, known::DELATTR].iter().any(|hook| names.contains_key(hook));
        let class = Rc::new(Self {
            name: name.to_owned(),
            module: module.to_owned(),
            mro: OnceCell::new(),
            names: RefCell::new(names),
            builtin,
            key_fields: RefCell::new(None),
            hooks: Cell::new(own || inherited),
            subclasses: RefCell::default(),
            bases,
        });
        let tail = linearize(&class.bases)?;
        // The class itself is not in the list it holds: it would never be freed. `mro` callers get it first by `chain`.
        let _ = class.mro.set(tail);
        for base in &class.bases {
            base.subclasses.borrow_mut().push(Rc::downgrade(&class));
        }
        Some(class)
    }

    /// What it derives from, nearest first, without itself.
    pub fn mro(&self) -> &[Rc<Class>] {
        self.mro.get().map_or(&[], Vec::as_slice)
    }

    /// Classes that name this one as a base.
    pub fn subclasses(&self) -> Vec<Rc<Class>> {
        self.subclasses.borrow().iter().filter_map(std::rc::Weak::upgrade).collect()
    }

    /// Looks for a name in the class and in what it derives from.
    pub fn lookup(&self, name: Sym) -> Option<Value> {
        if let Some(found) = self.names.borrow().get(&name) {
            return Some(found.clone());
        }
        self.mro().iter().find_map(|class| class.names.borrow().get(&name).cloned())
    }

    /// The same, among what comes after `after` in the order of `self`.
    pub fn lookup_after(self: &Rc<Self>, after: &Rc<Class>, name: Sym) -> Option<Value> {
        let found = |class: &Rc<Class>| class.names.borrow().get(&name).cloned();
        if Rc::ptr_eq(self, after) {
            return self.mro().iter().find_map(found);
        }
        let at = self.mro().iter().position(|class| Rc::ptr_eq(class, after))?;
        self.mro()[at + 1..].iter().find_map(found)
    }

    /// Whether this is `other` or derives from it.
    pub fn is_subclass(self: &Rc<Self>, other: &Rc<Class>) -> bool {
        Rc::ptr_eq(self, other) || self.mro().iter().any(|class| Rc::ptr_eq(class, other))
    }

    /// The fields by which instances are equal and hashed.
    pub fn key_fields(&self) -> Option<Rc<Vec<Sym>>> {
        self.key_fields.borrow().clone()
    }

    /// Says by which fields instances are equal and hashed.
    pub fn set_key_fields(&self, fields: Vec<Sym>) {
        *self.key_fields.borrow_mut() = Some(Rc::new(fields));
    }

    /// How instances are hashed.
    pub fn hash_by(&self) -> HashBy {
        let eq = |names: &Namespace| names.contains_key(&known::EQ);
        let hash = |names: &Namespace| names.contains_key(&known::HASH);
        let own = std::iter::once(&self.names).chain(self.mro().iter().map(|class| &class.names));
        for names in own {
            let names = names.borrow();
            if hash(&names) {
                return HashBy::Custom;
            }
            if eq(&names) {
                return HashBy::Nothing;
            }
        }
        if self.builtin == Builtin::Payload { HashBy::Payload } else { HashBy::Identity }
    }

    /// The name as error messages show it.
    pub fn full_name(&self) -> String {
        if self.module.is_empty() || self.module == "builtins" {
            self.name.clone()
        } else {
            format!("{}.{}", self.module, self.name)
        }
    }
}

/// The order of what a class with these bases derives from (C3).
fn linearize(bases: &[Rc<Class>]) -> Option<Vec<Rc<Class>>> {
    let chain =
        |base: &Rc<Class>| std::iter::once(Rc::clone(base)).chain(base.mro().iter().cloned()).collect::<Vec<_>>();
    let mut lists: Vec<Vec<Rc<Class>>> = bases.iter().map(chain).collect();
    lists.push(bases.to_vec());
    let mut merged = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Some(merged);
        }
        let in_tail =
            |class: &Rc<Class>| lists.iter().any(|list| list[1..].iter().any(|other| Rc::ptr_eq(class, other)));
        let next = lists.iter().map(|list| &list[0]).find(|head| !in_tail(head)).map(Rc::clone)?;
        for list in &mut lists {
            if Rc::ptr_eq(&list[0], &next) {
                list.remove(0);
            }
        }
        merged.push(next);
    }
}

/// An instance's attributes: few, so that looking through them beats hashing.
#[derive(Debug, Default)]
pub struct Attrs(Vec<(Sym, Value)>);

impl Attrs {
    /// The attribute.
    pub fn get(&self, name: Sym) -> Option<&Value> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// Sets the attribute, and gives what was there.
    pub fn set(&mut self, name: Sym, value: Value) -> Option<Value> {
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some((_, place)) => Some(std::mem::replace(place, value)),
            None => {
                if self.0.capacity() == 0 {
                    self.0.reserve_exact(2);
                }
                self.0.push((name, value));
                None
            }
        }
    }

    /// Takes the attribute away.
    pub fn remove(&mut self, name: Sym) -> Option<Value> {
        let at = self.0.iter().position(|(n, _)| *n == name)?;
        Some(self.0.remove(at).1)
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(Sym, Value)> {
        self.0.iter()
    }
}

/// An instance of a class.
#[derive(Debug)]
pub struct Instance {
    /// Its class.
    pub class: Rc<Class>,
    /// Its attributes.
    pub attrs: RefCell<Attrs>,
    payload: RefCell<Value>,
}

impl Instance {
    /// An instance without attributes.
    pub fn new(class: &Rc<Class>) -> Rc<Self> {
        Self::with_payload(class, Value::Unbound)
    }

    /// An instance with these attributes, whose names differ.
    pub fn with_attributes(class: &Rc<Class>, attributes: Vec<(Sym, Value)>) -> Rc<Self> {
        let attrs = RefCell::new(Attrs(attributes));
        Rc::new(Self { class: Rc::clone(class), attrs, payload: RefCell::new(Value::Unbound) })
    }

    /// An instance that also is a builtin value.
    pub fn with_payload(class: &Rc<Class>, payload: Value) -> Rc<Self> {
        Rc::new(Self { class: Rc::clone(class), attrs: RefCell::default(), payload: RefCell::new(payload) })
    }

    /// The attribute, among its own.
    pub fn get(&self, name: Sym) -> Option<Value> {
        self.attrs.borrow().get(name).cloned()
    }

    /// Sets an attribute.
    pub fn set(&self, name: Sym, value: Value) {
        // The old value is dropped after the borrow: what it holds may be anything.
        let old = self.attrs.borrow_mut().set(name, value);
        drop(old);
    }

    /// The builtin value that it also is.
    pub fn payload(&self) -> Option<Value> {
        match &*self.payload.borrow() {
            Value::Unbound => None,
            payload => Some(payload.clone()),
        }
    }

    /// Sets the builtin value that it also is.
    pub fn set_payload(&self, payload: Value) {
        *self.payload.borrow_mut() = payload;
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let attrs = std::mem::take(self.attrs.get_mut());
        let payload = self.payload.replace(Value::Unbound);
        super::bury(attrs.0.into_iter().map(|(_, value)| value).chain([payload]));
    }
}
