//! Python for load tests: source becomes compiled code, and a virtual machine runs it for users who suspend cheaply.
//!
//! Start at [`Vm`]: it holds one copy of all modules, and runs one [`Fiber`] at a time until that ends or calls the host
//! ([`Step`]). `compile` turns ruff's syntax tree into [`Code`]; `value` is the data model; `vm` is the loop and the calls;
//! `builtins` and `modules` are what Python brings along, the latter partly written in Python (`prelude`).
//!
//! Never here: sockets, threads, load tests. Time, chance, files and the log come through [`Host`].

mod builtins;
mod compile;
mod modules;
mod value;
mod vm;

pub use compile::{Code, MAIN_MODULE, Refusal, Use, Uses, compile_module, inspect_module, module_uses};
pub use modules::{ModuleMaker, has_module, json_text, prelude_sources};
pub use value::{
    Args, Attrs, Class, Dict, Function, Instance, Module, Namespace, Native, NativeFn, NativeObject, Object, PyStr,
    Sym, Value, intern, known,
};
pub use vm::{
    Fatal, Fiber, FileChange, FileRefused, Host, HostCall, Kind, LogLevel, Raise, RaiseKind, Res, Resumed, Step,
    TraceEntry, Vm, VmLimits,
};
