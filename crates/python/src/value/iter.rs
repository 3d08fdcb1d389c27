//! Iterators and generators.

use std::cell::RefCell;
use std::rc::Rc;

use super::{PyStr, Range, SetItems, Value};
use crate::vm::Frame;

/// An iterator of a builtin.
#[derive(Debug)]
pub enum Iter {
    List(Rc<super::List>, usize),
    Tuple(Rc<super::Tuple>, usize),
    Items(std::vec::IntoIter<Value>),
    Range(Rc<Range>, i64),
    Str(Rc<PyStr>, usize),
    Bytes(Rc<Vec<u8>>, usize),
    /// Position and the size that it must keep.
    DictKeys(Rc<super::DictCell>, usize, usize),
    DictValues(Rc<super::DictCell>, usize, usize),
    DictItems(Rc<super::DictCell>, usize, usize),
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
    View(ViewOf, Rc<super::DictCell>),
    Done,
}

/// What a view of a dictionary shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Drop for Iter {
    fn drop(&mut self) {
        let take = |value: &mut Value| std::mem::replace(value, Value::Unbound);
        match self {
            Self::Enumerate(inner, _)
            | Self::Slice { inner, .. }
            | Self::Repeat(inner, _)
            | Self::Sequence(inner, _) => {
                super::bury([take(inner)].into_iter());
            }
            Self::Filter(function, inner)
            | Self::Callable(function, inner)
            | Self::TakeWhile(function, inner)
            | Self::DropWhile(function, inner, _)
            | Self::Starmap(function, inner)
            | Self::Accumulate { inner, function, .. } => super::bury([take(function), take(inner)].into_iter()),
            Self::Map(function, inners) => super::bury(std::mem::take(inners).into_iter().chain([take(function)])),
            Self::Zip(inners, _) | Self::Chain(inners, _) => super::bury(std::mem::take(inners).into_iter()),
            Self::Cycle(inner, seen, _) => super::bury(std::mem::take(seen).into_iter().chain([take(inner)])),
            _ => {}
        }
    }
}
