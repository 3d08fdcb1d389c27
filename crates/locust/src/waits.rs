//! Waits between tasks that need no Python to be known: `between` and `constant`.

use std::any::Any;

use swarmgate_python::{Args, NativeObject, Res, Sym, Value, Vm, intern, known};

/// What `wait_time` of a class may be.
pub struct Wait {
    from: f64,
    to: f64,
}

impl Wait {
    /// In seconds. The draw is of Python's generator, as a script may have seeded it.
    pub fn seconds(&self, vm: &mut Vm) -> Res<f64> {
        #[expect(clippy::float_cmp, reason = "both are the same number where the wait is constant")]
        if self.from == self.to {
            return Ok(self.from);
        }
        let random = vm.import("random")?.and_then(|random| random.get(intern("random")));
        let Some(random) = random else { return Ok(self.from) };
        match vm.call_sync(&random, Args::default())? {
            Value::Float(part) => Ok(self.from + part * (self.to - self.from)),
            _ => Ok(self.from),
        }
    }
}

impl NativeObject for Wait {
    fn type_name(&self) -> &'static str {
        "function"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    // As functions do, it becomes a method of the user whose class it is found on.
    fn methods(&self) -> &'static [&'static str] {
        &["__call__", "__get__"]
    }

    fn call_method(&self, vm: &mut Vm, me: &Value, name: Sym, args: Args) -> Res<Value> {
        match args.pos.first() {
            Some(user) if name == known::GET && !user.is_none() => Ok(Value::method(user.clone(), me.clone())),
            _ if name == known::GET => Ok(me.clone()),
            _ => self.seconds(vm).map(Value::Float),
        }
    }
}

fn number(vm: &mut Vm, value: Option<&Value>) -> Res<f64> {
    match crate::engine::seconds(vm, value)? {
        Some(seconds) => Ok(seconds),
        None => Err(vm.type_error("a wait must be a number of seconds")),
    }
}

/// Of equal chance between two bounds.
pub fn between(vm: &mut Vm, args: Args) -> Res<Value> {
    let of = |at: usize, name: &str| {
        args.pos.get(at).or_else(|| args.kw.iter().find(|(found, _)| *found == intern(name)).map(|(_, value)| value))
    };
    let (from, to) = (of(0, "min_wait").cloned(), of(1, "max_wait").cloned());
    Ok(Value::object(Wait { from: number(vm, from.as_ref())?, to: number(vm, to.as_ref())? }))
}

/// The same always.
pub fn constant(vm: &mut Vm, args: Args) -> Res<Value> {
    let named = args.kw.iter().find(|(found, _)| *found == intern("wait_time")).map(|(_, value)| value);
    let seconds = number(vm, args.pos.first().or(named))?;
    Ok(Value::object(Wait { from: seconds, to: seconds }))
}
