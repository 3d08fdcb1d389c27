//! Iterators and generators.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Dict, PyStr, Range, SetItems, Value};
use crate::vm::Frame;

/// An iterator of a builtin.
#[derive(Debug)]
#[expect(missing_docs, reason = "each variant is the iterator of its name; the number is how far it is")]
pub enum Iter {
    List(Rc<RefCell<Vec<Value>>>, usize),
    Tuple(Rc<Vec<Value>>, usize),
    Items(std::vec::IntoIter<Value>),
    Range(Rc<Range>, i64),
    Str(Rc<PyStr>, usize),
    Bytes(Rc<Vec<u8>>, usize),
    /// Position and the size that it must keep.
    DictKeys(Rc<RefCell<Dict>>, usize, usize),
    DictValues(Rc<RefCell<Dict>>, usize, usize),
    DictItems(Rc<RefCell<Dict>>, usize, usize),
    Set(Rc<RefCell<SetItems>>, usize, usize),
    Enumerate(Value, i64),
    Zip(Vec<Value>, bool),
    Map(Value, Vec<Value>),
    Filter(Value, Value),
    /// `iter(callable, sentinel)`.
    Callable(Value, Value),
    /// An object with `__getitem__` only.
    Sequence(Value, i64),
    Chain(Vec<Value>, usize),
    Count(Value, Value),
    Cycle(Value, Vec<Value>, Option<usize>),
    Repeat(Value, Option<i64>),
    Slice {
        inner: Value,
        at: i64,
        next: i64,
        stop: Option<i64>,
        step: i64,
    },
    TakeWhile(Value, Value),
    DropWhile(Value, Value, bool),
    Accumulate {
        inner: Value,
        function: Value,
        total: Option<Value>,
    },
    Starmap(Value, Value),
    /// Views of a dictionary are made again for each loop.
    View(ViewOf, Rc<RefCell<Dict>>),
    Done,
}

/// What a view of a dictionary shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the method of its name")]
pub enum ViewOf {
    Keys,
    Values,
    Items,
}

/// A generator: a frame that rests between two values.
#[derive(Debug)]
pub struct Generator {
    /// Where it is.
    pub state: RefCell<GeneratorState>,
    /// The function's name.
    pub name: String,
}

/// Where a generator is.
#[derive(Debug)]
pub enum GeneratorState {
    /// It waits to be asked for the next value.
    Resting {
        /// Its frame.
        frame: Box<Frame>,
        /// What its frame holds on the stack.
        values: Vec<Value>,
        /// Whether it has run up to a `yield`.
        started: bool,
    },
    /// It is at work.
    Running,
    /// It is over.
    Done,
}
