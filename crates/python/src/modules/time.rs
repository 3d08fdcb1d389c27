//! The module `time`, but for what `datetime` does for it.

use crate::builtins::{Given, real};
use crate::value::{Args, Module, Value, intern};
use crate::vm::{HostCall, Res, Vm};

pub fn make(vm: &mut Vm, module: &Module) -> Res<()> {
    super::fill(
        module,
        &[
            ("time", time),
            ("time_ns", time_ns),
            ("monotonic", monotonic),
            ("monotonic_ns", monotonic_ns),
            ("perf_counter", monotonic),
            ("perf_counter_ns", monotonic_ns),
            ("process_time", monotonic),
            ("thread_time", monotonic),
            ("sleep", sleep),
        ],
    );
    // Calendars are `datetime`'s.
    let calendar = vm.import("datetime")?;
    if let Some(calendar) = calendar {
        for name in ["strftime", "gmtime", "localtime", "mktime", "strptime", "ctime", "asctime", "struct_time"] {
            if let Some(function) = calendar.get(intern(&format!("_time_{name}"))) {
                module.set(intern(name), function);
            }
        }
    }
    module.set(intern("timezone"), Value::Int(0));
    module.set(intern("tzname"), Value::tuple(vec![Value::str("UTC"), Value::str("UTC")]));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "Python's floats have the same precision")]
fn seconds(nanos: u64) -> Value {
    Value::Float(nanos as f64 / 1e9)
}

fn whole(nanos: u64) -> Value {
    Value::Int(i64::try_from(nanos).unwrap_or(i64::MAX))
}

fn time(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(seconds(vm.host.wall_nanos()))
}

fn time_ns(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(whole(vm.host.wall_nanos()))
}

fn monotonic(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(seconds(vm.host.monotonic_nanos()))
}

fn monotonic_ns(vm: &mut Vm, _: Args) -> Res<Value> {
    Ok(whole(vm.host.monotonic_nanos()))
}

/// `time.sleep`, which lets the other users go on meanwhile.
pub fn sleep(vm: &mut Vm, args: Args) -> Res<Value> {
    let value = Given::new("sleep", args).next().unwrap_or(Value::Int(0));
    let seconds = real(vm, &value)?;
    if seconds < 0.0 || seconds.is_nan() {
        return Err(vm.value_error("sleep length must be non-negative"));
    }
    Ok(vm.suspend(HostCall::Sleep(seconds.min(1e9))))
}
