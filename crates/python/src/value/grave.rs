//! Dropping what is nested deeply: one level after the other, not one within the other, which would take the whole stack.

use std::cell::{Cell, RefCell};
use std::ops::{Deref, DerefMut};

use super::{Dict, Value};

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static LATER: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// How many drops may lie in each other.
const DEEPEST: u32 = 64;

/// Drops values now or, deep within other drops, after those.
pub fn bury(values: impl Iterator<Item = Value>) {
    let depth = DEPTH.try_with(Cell::get).unwrap_or(0);
    if depth >= DEEPEST {
        let mut values = Some(values);
        let _ = LATER.try_with(|later| later.borrow_mut().extend(values.take().into_iter().flatten()));
        return;
    }
    let _ = DEPTH.try_with(|now| now.set(depth + 1));
    values.for_each(drop);
    if depth == 0 {
        while let Some(value) = LATER.try_with(|later| later.borrow_mut().pop()).ok().flatten() {
            drop(value);
        }
    }
    let _ = DEPTH.try_with(|now| now.set(depth));
}

/// A list's items.
#[derive(Debug, Default)]
pub struct List(RefCell<Vec<Value>>);

impl List {
    /// With these items.
    pub fn new(items: Vec<Value>) -> Self {
        Self(RefCell::new(items))
    }
}

impl Deref for List {
    type Target = RefCell<Vec<Value>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for List {
    fn drop(&mut self) {
        bury(std::mem::take(self.0.get_mut()).into_iter());
    }
}

/// A tuple's items.
#[derive(Debug, Default)]
pub struct Tuple(Vec<Value>);

impl Tuple {
    /// With these items.
    pub fn new(items: Vec<Value>) -> Self {
        Self(items)
    }
}

impl Deref for Tuple {
    type Target = Vec<Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Tuple {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Drop for Tuple {
    fn drop(&mut self) {
        bury(std::mem::take(&mut self.0).into_iter());
    }
}

/// A dictionary's pairs.
#[derive(Debug, Default)]
pub struct DictCell(RefCell<Dict>);

impl DictCell {
    /// With these pairs.
    pub fn new(pairs: Dict) -> Self {
        Self(RefCell::new(pairs))
    }
}

impl Deref for DictCell {
    type Target = RefCell<Dict>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for DictCell {
    fn drop(&mut self) {
        bury(std::mem::take(self.0.get_mut()).into_iter().flat_map(|(key, value)| [key.0, value]));
    }
}
