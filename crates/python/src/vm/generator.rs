//! Generators: frames that come back.

use std::rc::Rc;

use super::{OnReturn, Raise, Res, Vm};
use crate::value::{Generator, GeneratorState, Value};

impl Vm {
    /// Goes on with a generator: its frame is pushed. `false`: it is over.
    ///
    /// # Errors
    /// It is at work already.
    pub fn resume_generator(&mut self, generator: &Rc<Generator>, sent: Value, on_return: OnReturn) -> Res<bool> {
        let state = std::mem::replace(&mut *generator.state.borrow_mut(), GeneratorState::Running);
        match state {
            GeneratorState::Running => Err(self.value_error("generator already executing")),
            GeneratorState::Done => {
                *generator.state.borrow_mut() = GeneratorState::Done;
                Ok(false)
            }
            GeneratorState::Resting { mut frame, values, started } => {
                frame.floor = self.stack.len();
                frame.base = frame.floor;
                frame.on_return = on_return;
                frame.generator = Some(Rc::clone(generator));
                self.stack.extend(values);
                if started {
                    self.stack.push(sent);
                }
                self.enter_frame(*frame)?;
                Ok(true)
            }
        }
    }

    /// Takes the top frame, a generator's, off, with what it holds. The value goes to who asked for it.
    pub(crate) fn yield_value(&mut self, value: Value) -> Option<OnReturn> {
        let mut frame = self.frames.pop()?;
        frame.ip = self.ip;
        let values: Vec<Value> = self.stack.drain(frame.base..).collect();
        self.stack.truncate(frame.floor);
        let on_return = std::mem::replace(&mut frame.on_return, OnReturn::Push);
        let generator = frame.generator.take()?;
        *generator.state.borrow_mut() = GeneratorState::Resting { frame: Box::new(frame), values, started: true };
        self.ip = self.frames.last().map_or(0, |frame| frame.ip);
        self.stack.push(value);
        Some(on_return)
    }

    /// The next value of a generator, from Rust; `None` at its end.
    ///
    /// # Errors
    /// What the generator raises.
    pub(crate) fn generator_next(&mut self, generator: &Rc<Generator>) -> Res<Option<Value>> {
        self.drive(generator, Value::None, None)
    }

    /// Goes on with a generator from Rust, with an exception where there is one.
    pub fn drive(&mut self, generator: &Rc<Generator>, sent: Value, thrown: Option<Raise>) -> Res<Option<Value>> {
        let depth = self.frames.len();
        let resume_at = self.ip;
        if self.nested > 80 {
            return Err(self.error("RecursionError", "maximum recursion depth exceeded"));
        }
        if !self.resume_generator(generator, sent, OnReturn::Exit)? {
            return thrown.map_or(Ok(None), Err);
        }
        self.nested += 1;
        let outcome = match thrown {
            None => self.run(depth),
            Some(raise) => {
                if matches!(self.stack.last(), Some(Value::None))
                    && self.stack.len() > self.frames.last().map_or(0, |f| f.base + f.code.locals)
                {
                    self.stack.pop();
                }
                self.unwind(raise, depth).and_then(|()| self.run(depth))
            }
        };
        self.nested -= 1;
        self.ip = resume_at;
        let over = matches!(*generator.state.borrow(), GeneratorState::Done);
        match outcome {
            Ok(Some(_)) if over => Ok(None),
            Ok(Some(value)) => Ok(Some(value)),
            Ok(None) => {
                self.pending = None;
                self.frames.truncate(depth);
                Err(self.unsupported("a wait or a request within a generator that Python's builtins go through"))
            }
            Err(raise) => Err(raise),
        }
    }
}
