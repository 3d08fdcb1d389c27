//! What one user is doing: its frames, and its values on the stack.

use std::rc::Rc;

use super::{Fatal, Raise, Vm};
use crate::compile::Code;
use crate::value::{CellRef, Class, Generator, Module, Namespace, Sym, Value};

/// A call at work.
#[derive(Debug)]
pub struct Frame {
    pub(crate) code: Rc<Code>,
    pub(crate) globals: Rc<Module>,
    pub(crate) ip: usize,
    /// Where its variables start on the stack.
    pub(crate) base: usize,
    /// What the stack is cut to at its end.
    pub(crate) floor: usize,
    pub(crate) cells: Vec<CellRef>,
    /// Where exceptions go, the innermost last.
    pub(crate) handlers: Vec<u32>,
    pub(crate) on_return: OnReturn,
    /// A class's names.
    pub(crate) names: Option<Box<Namespace>>,
    pub(crate) generator: Option<Rc<Generator>>,
}

/// What becomes of a frame's result.
#[derive(Debug)]
pub enum OnReturn {
    /// It is pushed.
    Push,
    /// This is pushed in its place.
    Give(Value),
    /// The frame's names become a class.
    MakeClass(Box<ClassToBe>),
    /// A generator in a loop: at its end the loop's frame goes on there, with its result in the variable.
    LoopOver(u32, u16),
    /// A generator that was asked for one value: what is given at its end, or `StopIteration`.
    NextOr(Option<Value>),
    /// The function of Rust that runs the loop gets it.
    Exit,
}

/// A class whose body is at work.
#[derive(Debug)]
pub struct ClassToBe {
    pub(crate) name: String,
    pub(crate) bases: Vec<Rc<Class>>,
    pub(crate) keywords: Vec<(Sym, Value)>,
}

/// What one user is doing. A fiber that waits holds only what its calls hold.
#[derive(Debug, Default)]
pub struct Fiber {
    stack: Vec<Value>,
    frames: Vec<Frame>,
    handled: Option<Value>,
    waits: bool,
}

/// What a fiber asks of the host.
pub enum HostCall {
    /// Nothing for so many seconds.
    Sleep(f64),
    /// What the embedding crate understands.
    Other(Box<dyn std::any::Any>),
}

impl std::fmt::Debug for HostCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sleep(seconds) => write!(f, "Sleep({seconds})"),
            Self::Other(_) => f.write_str("Other"),
        }
    }
}

/// How a fiber goes on.
#[derive(Debug)]
pub enum Resumed {
    /// With the value of what it waited for.
    With(Value),
    /// With an exception.
    Raising(Raise),
}

/// What a fiber came to.
#[derive(Debug)]
pub enum Step {
    /// It waits for the host.
    Waits(HostCall),
    /// It returned.
    Returned(Value),
    /// An exception that nobody caught.
    Raised(Value),
    /// It was ended.
    Ended(Fatal),
}

impl Vm {
    /// Starts a fiber with a call.
    pub fn start(&mut self, fiber: &mut Fiber, callee: &Value, args: crate::value::Args) -> Step {
        self.enter(fiber);
        let outcome = match self.call(callee, args) {
            Ok(Some(value)) if self.pending.is_none() => Ok(Some(value)),
            Ok(_) if self.pending.is_some() => Ok(None),
            Ok(_) => self.run(0),
            Err(raise) => Err(raise),
        };
        self.leave(fiber, outcome)
    }

    /// Goes on with a fiber that waits.
    pub fn resume(&mut self, fiber: &mut Fiber, with: Resumed) -> Step {
        if !fiber.waits {
            return Step::Returned(Value::None);
        }
        self.enter(fiber);
        let outcome = match with {
            // A function of Rust that the fiber was started with has no frame to go on with.
            Resumed::With(value) if self.frames.is_empty() => Ok(Some(value)),
            Resumed::With(value) => {
                self.stack.push(value);
                self.run(0)
            }
            Resumed::Raising(raise) => match self.unwind(raise, 0) {
                Ok(()) => self.run(0),
                Err(raise) => Err(raise),
            },
        };
        self.leave(fiber, outcome)
    }

    /// Goes on with a fiber that waits by calling something whose result is what it waited for.
    pub fn resume_by_call(&mut self, fiber: &mut Fiber, callee: &Value, args: crate::value::Args) -> Step {
        self.enter(fiber);
        let is_all = self.frames.is_empty();
        let outcome = match self.call(callee, args) {
            Ok(Some(value)) if self.pending.is_none() && is_all => Ok(Some(value)),
            Ok(Some(value)) if self.pending.is_none() => {
                self.stack.push(value);
                self.run(0)
            }
            Ok(_) if self.pending.is_some() => Ok(None),
            Ok(_) => self.run(0),
            Err(raise) => match self.unwind(raise, 0) {
                Ok(()) => self.run(0),
                Err(raise) => Err(raise),
            },
        };
        self.leave(fiber, outcome)
    }

    fn enter(&mut self, fiber: &mut Fiber) {
        std::mem::swap(&mut self.stack, &mut fiber.stack);
        std::mem::swap(&mut self.frames, &mut fiber.frames);
        std::mem::swap(&mut self.handled, &mut fiber.handled);
        fiber.waits = false;
        self.ip = self.frames.last().map_or(0, |frame| frame.ip);
        self.spent = 0;
        self.nested = 0;
    }

    fn leave(&mut self, fiber: &mut Fiber, outcome: Result<Option<Value>, Raise>) -> Step {
        let pending = self.pending.take();
        let step = match (outcome, pending) {
            (Ok(None), Some(super::Pending::Suspend(call))) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.ip = self.ip;
                }
                fiber.waits = true;
                Step::Waits(call)
            }
            (Ok(value), _) => Step::Returned(value.unwrap_or(Value::None)),
            (Err(raise), _) => match *raise.0 {
                super::RaiseKind::Exception(exception) => Step::Raised(exception),
                super::RaiseKind::Fatal(fatal) => Step::Ended(fatal),
            },
        };
        if !fiber.waits {
            self.frames.clear();
            self.stack.clear();
            self.handled = None;
        }
        std::mem::swap(&mut self.stack, &mut fiber.stack);
        std::mem::swap(&mut self.frames, &mut fiber.frames);
        std::mem::swap(&mut self.handled, &mut fiber.handled);
        step
    }
}
