//! The machine: one copy of all modules, and the fiber that runs.

mod attribute;
mod build;
mod call;
mod class;
mod compare;
mod execute;
mod fiber;
mod format;
mod generator;
mod host;
mod import;
mod item;
mod iterate;
mod method;
mod names;
mod operator;
mod pattern;
mod percent;
mod raise;
mod rest;
mod show;
mod types;
mod unpack;
mod unwind;

use std::collections::HashMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;

pub use attribute::Found;
pub use fiber::{Fiber, Frame, HostCall, OnReturn, Resumed, Step};
pub use format::{Spec, format_value};
pub use host::{FileChange, FileRefused, Host, LogLevel};
pub use raise::{Fatal, Kind, Raise, RaiseKind, Res, TraceEntry};
pub use show::{ascii, float_text};
pub use types::Types;

use crate::modules::ModuleMaker;
use crate::value::{Module, Sym, Value};

/// How much a fiber may do before it must wait for something, and how much the whole machine may hold.
#[derive(Clone, Copy, Debug)]
pub struct VmLimits {
    /// Instructions from one wait to the next.
    pub instructions: u64,
    /// Bytes that one value may have.
    pub value_bytes: usize,
    /// Bytes that the process may hold, as the system counts them.
    pub process_bytes: u64,
    /// Calls in each other.
    pub depth: usize,
}

impl Default for VmLimits {
    fn default() -> Self {
        Self { instructions: 50_000_000, value_bytes: 64 << 20, process_bytes: 4 << 30, depth: 900 }
    }
}

/// Python, ready to run fibers one at a time. Everything in it belongs to one thread.
pub struct Vm {
    /// Builtin classes.
    pub types: Types,
    /// Names that every module sees.
    pub builtins: FxHashMap<Sym, Value>,
    /// The world outside.
    pub host: Box<dyn Host>,
    /// Data of the modules written in Rust, by module.
    pub state: crate::modules::State,
    pub(crate) limits: VmLimits,
    pub(crate) modules: HashMap<String, Rc<Module>>,
    pub(crate) makers: HashMap<&'static str, ModuleMaker>,
    pub(crate) native_classes: HashMap<&'static str, Rc<crate::value::Class>>,
    pub(crate) stack: Vec<Value>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) ip: usize,
    pub(crate) pending: Option<Pending>,
    pub(crate) handled: Option<Value>,
    pub(crate) fuel: u32,
    pub(crate) spent: u64,
    pub(crate) nested: usize,
    /// Class bodies' names for the warning about what a method lacks.
    pub(crate) main_file: String,
}

/// What a function of Rust asked of the loop that called it.
pub enum Pending {
    /// The fiber must wait for the host.
    Suspend(HostCall),
    /// A frame was pushed; its result is the function's.
    Frame,
}

/// Instructions between two looks at the limits.
const LOOK_EVERY: u32 = 1 << 16;

impl Vm {
    /// A machine with nothing loaded but the builtins.
    pub fn new(host: Box<dyn Host>, limits: VmLimits) -> Self {
        let types = Types::new();
        let mut vm = Self {
            types,
            builtins: FxHashMap::default(),
            host,
            state: crate::modules::State::default(),
            limits,
            modules: HashMap::new(),
            makers: HashMap::new(),
            native_classes: HashMap::new(),
            stack: Vec::new(),
            frames: Vec::new(),
            ip: 0,
            pending: None,
            handled: None,
            fuel: LOOK_EVERY,
            spent: 0,
            nested: 0,
            main_file: String::new(),
        };
        crate::builtins::install(&mut vm);
        vm
    }

    /// The name of the file that the test is.
    pub fn set_main_file(&mut self, name: &str) {
        self.main_file = name.to_owned();
    }

    /// The name of the file that the test is.
    pub fn main_file(&self) -> &str {
        &self.main_file
    }

    /// What the fiber that ran last took since its last wait, of what [`VmLimits::instructions`] lets it: to the nearest 65,536.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// What it may do and hold.
    pub fn limits(&self) -> VmLimits {
        self.limits
    }

    /// A fiber must wait for the host: to be called last by a function of Rust, whose result then comes from the host.
    pub fn suspend(&mut self, call: HostCall) -> Value {
        self.pending = Some(Pending::Suspend(call));
        Value::None
    }

    /// Calls `callee` in place of the function of Rust that asks for it: its result is that function's. To be called last.
    ///
    /// # Errors
    /// What `callee` raises at once.
    pub fn tail_call(&mut self, callee: &Value, args: crate::value::Args) -> Res<Value> {
        match self.call(callee, args)? {
            Some(value) => Ok(value),
            None => {
                if self.pending.is_none() {
                    self.pending = Some(Pending::Frame);
                }
                Ok(Value::None)
            }
        }
    }

    /// Counts work that one instruction does for many values or bytes.
    ///
    /// # Errors
    /// The limits are reached.
    pub fn charge(&mut self, amount: usize) -> Res<()> {
        let amount = u32::try_from(amount).unwrap_or(u32::MAX);
        match self.fuel.checked_sub(amount) {
            Some(left) if left > 0 => {
                self.fuel = left;
                Ok(())
            }
            _ => self.look(u64::from(amount.saturating_sub(self.fuel))),
        }
    }

    /// Refuses values of more than the limit.
    ///
    /// # Errors
    /// `MemoryError`, which ends the user.
    pub fn check_size(&mut self, bytes: usize) -> Res<()> {
        if bytes > self.limits.value_bytes {
            let most = self.limits.value_bytes >> 20;
            return Err(Raise::fatal(
                Kind::Memory,
                format!("a value of {} MiB: at most {most} MiB are allowed", bytes >> 20),
            ));
        }
        self.charge(bytes / 16)
    }

    #[cold]
    pub(crate) fn look(&mut self, beyond: u64) -> Res<()> {
        self.spent += u64::from(LOOK_EVERY) + beyond;
        self.fuel = LOOK_EVERY;
        if self.spent > self.limits.instructions {
            let most = self.limits.instructions;
            let message = format!("more than {most} instructions without a wait or a request: is this loop endless?");
            return Err(Raise::fatal(Kind::Instructions, message));
        }
        if self.host.process_bytes() > self.limits.process_bytes {
            let most = self.limits.process_bytes >> 20;
            return Err(Raise::fatal(Kind::Memory, format!("the process holds more than {most} MiB")));
        }
        Ok(())
    }
}
