//! Modules: global names with a fixed place each.

use std::cell::RefCell;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::{Sym, Value};

/// A module's names. Code refers to them by their place, which never changes.
#[derive(Debug)]
pub struct Module {
    /// As imported.
    pub name: String,
    places: RefCell<IndexMap<Sym, Value, FxBuildHasher>>,
}

impl Module {
    /// A module without names.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), places: RefCell::default() }
    }

    /// The place of a name, which is made where there is none.
    pub fn place(&self, name: Sym) -> u32 {
        let mut places = self.places.borrow_mut();
        let entry = places.entry(name);
        let at = entry.index();
        entry.or_insert(Value::Unbound);
        u32::try_from(at).expect("names are bounded by the source's size")
    }

    /// What is at a place.
    pub fn at(&self, place: usize) -> Value {
        self.places.borrow().get_index(place).map_or(Value::Unbound, |(_, value)| value.clone())
    }

    /// The name of a place.
    pub fn name_of(&self, place: usize) -> Option<Sym> {
        self.places.borrow().get_index(place).map(|(name, _)| *name)
    }

    /// Sets what is at a place.
    pub fn put(&self, place: usize, value: Value) -> Value {
        let mut places = self.places.borrow_mut();
        places.get_index_mut(place).map_or(Value::Unbound, |(_, old)| std::mem::replace(old, value))
    }

    /// The value of a name.
    pub fn get(&self, name: Sym) -> Option<Value> {
        self.places.borrow().get(&name).filter(|value| !matches!(value, Value::Unbound)).cloned()
    }

    /// Sets a name.
    pub fn set(&self, name: Sym, value: Value) {
        let old = self.places.borrow_mut().insert(name, value);
        drop(old);
    }

    /// All names that have a value.
    pub fn names(&self) -> Vec<(Sym, Value)> {
        let bound = |(name, value): (&Sym, &Value)| (*name, value.clone());
        self.places.borrow().iter().filter(|(_, value)| !matches!(value, Value::Unbound)).map(bound).collect()
    }
}
