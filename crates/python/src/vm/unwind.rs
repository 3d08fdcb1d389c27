//! Where exceptions go.

use std::cell::RefCell;

use super::raise::Trace;
use super::{Raise, RaiseKind, Res, TraceEntry, Vm};
use crate::compile::Op;
use crate::value::{GeneratorState, Value, known};

impl Vm {
    /// Takes an exception to its handler, above `depth` frames.
    ///
    /// # Errors
    /// There is no handler: the frames above `depth` are gone.
    pub(crate) fn unwind(&mut self, mut raise: Raise, depth: usize) -> Res<()> {
        self.pending = None;
        let mut is_first = true;
        while self.frames.len() > depth {
            let at = if is_first { self.ip } else { self.frames.last().map_or(0, |frame| frame.ip) };
            is_first = false;
            self.note_place(&mut raise, at);
            let Some(frame) = self.frames.last_mut() else { break };
            if let RaiseKind::Exception(exception) = &*raise.0
                && let Some(target) = frame.handlers.pop()
            {
                let keep = frame.base + frame.code.locals;
                self.ip = usize::try_from(target).unwrap_or(usize::MAX);
                frame.ip = self.ip;
                self.stack.truncate(keep);
                self.stack.push(exception.clone());
                return Ok(());
            }
            if let Some(frame) = self.frames.pop() {
                self.stack.truncate(frame.floor);
                if let Some(generator) = &frame.generator {
                    *generator.state.borrow_mut() = GeneratorState::Done;
                    // What leaves a generator this way does not end a loop over it (PEP 479).
                    if raise.is("StopIteration") {
                        raise = self.error("RuntimeError", "generator raised StopIteration");
                    }
                }
            }
        }
        self.ip = self.frames.last().map_or(0, |frame| frame.ip);
        Err(raise)
    }

    fn note_place(&mut self, raise: &mut Raise, at: usize) {
        let Some(frame) = self.frames.last() else { return };
        let line = frame.code.line(at.saturating_sub(1));
        let entry =
            TraceEntry { file: frame.code.file.clone(), line, function: frame.code.name.text().as_str().to_owned() };
        match &mut *raise.0 {
            RaiseKind::Fatal(fatal) => fatal.trace.insert(0, entry),
            RaiseKind::Exception(Value::Instance(instance)) => {
                let trace = instance.get(known::TRACE);
                match trace.as_ref().and_then(|trace| trace.cast::<Trace>()) {
                    Some(trace) => {
                        let mut entries = trace.0.borrow_mut();
                        if entries.len() < 100 && entries.last() != Some(&entry) {
                            entries.push(entry);
                        }
                    }
                    None => instance.set(known::TRACE, Value::object(Trace(RefCell::new(vec![entry])))),
                }
            }
            RaiseKind::Exception(_) => {}
        }
    }

    /// Makes what `raise` was given into an exception.
    pub(crate) fn exception_from(&mut self, value: &Value) -> Raise {
        match value {
            Value::Class(class) if class.is_subclass(&self.types.base_exception) => {
                match self.call_sync(value, crate::value::Args::default()) {
                    Ok(exception) => Raise::exception(exception),
                    Err(raise) => raise,
                }
            }
            Value::Instance(instance) if instance.class.is_subclass(&self.types.base_exception) => {
                Raise::exception(value.clone())
            }
            _ => self.type_error("exceptions must derive from BaseException"),
        }
    }

    /// The instructions that raise and handle exceptions.
    pub(super) fn exception_op(&mut self, op: Op, base: usize) -> Res<()> {
        match op {
            Op::Raise => {
                let value = self.pop();
                return Err(self.exception_from(&value));
            }
            Op::RaiseFrom => {
                let (cause, value) = (self.pop(), self.pop());
                let raise = self.exception_from(&value);
                if let Some(instance) = raise.as_exception() {
                    instance.set(known::CAUSE, cause);
                }
                return Err(raise);
            }
            Op::Reraise(at) => {
                let value = self.stack[base + usize::from(at)].clone();
                return Err(Raise(Box::new(RaiseKind::Exception(value))));
            }
            Op::RaiseAgain => {
                return Err(match self.handled.clone() {
                    Some(value) => Raise::exception(value),
                    None => self.error("RuntimeError", "No active exception to reraise"),
                });
            }
            Op::AssertFailed(has_message) => {
                let args = if has_message { vec![self.pop()] } else { Vec::new() };
                return Err(self.error_with("AssertionError", args));
            }
            Op::SetupTry(target) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.handlers.push(target);
                }
            }
            Op::PopTry => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.handlers.pop();
                }
            }
            Op::MatchException => {
                let (class, exception) = (self.pop(), self.pop());
                let matches = self.exception_matches(&exception, &class)?;
                self.stack.push(Value::Bool(matches));
            }
            Op::Handling(at) => self.handled = Some(self.stack[base + usize::from(at)].clone()),
            Op::Handled => self.handled = None,
            _ => unreachable!("only what raises and handles is passed"),
        }
        Ok(())
    }

    fn exception_matches(&mut self, exception: &Value, class: &Value) -> Res<bool> {
        match class {
            Value::Class(class) => {
                let own = self.type_of(exception);
                Ok(own.is_subclass(class))
            }
            Value::Tuple(classes) => {
                for class in classes.iter() {
                    if self.exception_matches(exception, class)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Err(self.type_error("catching classes that do not inherit from BaseException is not allowed")),
        }
    }
}
