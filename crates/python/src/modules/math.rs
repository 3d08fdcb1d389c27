//! The module `math`.

use num_bigint::BigInt;
use num_integer::{Integer, Roots};

use crate::builtins::{Given, int_of, int_of_float, real};
use crate::value::{Args, Module, Value, equal_plain, intern};
use crate::vm::{Res, Vm};

macro_rules! plain {
    ($($name:literal => $function:expr,)*) => {
        &[$(($name, {
            fn call(vm: &mut Vm, args: Args) -> Res<Value> {
                let value = Given::new($name, args).required(vm)?;
                let x = real(vm, &value)?;
                let function: fn(f64) -> f64 = $function;
                let result = function(x);
                if result.is_nan() && !x.is_nan() {
                    return Err(vm.value_error("math domain error"));
                }
                if result.is_infinite() && x.is_finite() {
                    return Err(if $name == "exp" { vm.error("OverflowError", "math range error") } else { vm.value_error("math domain error") });
                }
                Ok(Value::Float(result))
            }
            call as crate::value::NativeFn
        })),*]
    };
}

pub fn make(_: &mut Vm, module: &Module) -> Res<()> {
    super::fill(
        module,
        plain! {
            "sqrt" => f64::sqrt, "exp" => f64::exp, "sin" => f64::sin, "cos" => f64::cos, "tan" => f64::tan, "asin" => f64::asin,
            "acos" => f64::acos, "atan" => f64::atan, "sinh" => f64::sinh, "cosh" => f64::cosh, "tanh" => f64::tanh,
            "log2" => f64::log2, "log10" => f64::log10, "log1p" => f64::ln_1p, "expm1" => f64::exp_m1, "fabs" => f64::abs,
            "radians" => f64::to_radians, "degrees" => f64::to_degrees, "cbrt" => f64::cbrt,
        },
    );
    super::fill(
        module,
        &[
            ("floor", floor),
            ("ceil", ceil),
            ("trunc", trunc),
            ("log", log),
            ("pow", pow),
            ("isnan", isnan),
            ("isinf", isinf),
            ("isfinite", isfinite),
            ("gcd", gcd),
            ("factorial", factorial),
            ("hypot", hypot),
            ("atan2", atan2),
            ("fmod", fmod),
            ("isclose", isclose),
            ("prod", prod),
            ("isqrt", isqrt),
            ("fsum", fsum),
            ("copysign", copysign),
            ("comb", comb),
            ("dist", dist),
            ("modf", modf),
        ],
    );
    for (name, x) in [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ] {
        module.set(intern(name), Value::Float(x));
    }
    Ok(())
}

fn one(vm: &mut Vm, name: &str, args: Args) -> Res<f64> {
    let value = Given::new(name, args).required(vm)?;
    real(vm, &value)
}

fn two(vm: &mut Vm, name: &str, args: Args) -> Res<(f64, f64)> {
    let mut given = Given::new(name, args);
    let (a, b) = (given.required(vm)?, given.required(vm)?);
    Ok((real(vm, &a)?, real(vm, &b)?))
}

fn to_whole(vm: &mut Vm, name: &str, args: Args, function: fn(f64) -> f64) -> Res<Value> {
    let value = Given::new(name, args).required(vm)?;
    if matches!(value, Value::Int(_) | Value::Big(_)) {
        return Ok(value);
    }
    if let Value::Instance(instance) = &value
        && let Some(function) = instance.class.lookup(intern(&format!("__{name}__")))
    {
        return vm.call_sync(&function, Args::of([value.clone()]));
    }
    let x = real(vm, &value)?;
    int_of_float(vm, function(x))
}

fn floor(vm: &mut Vm, args: Args) -> Res<Value> {
    to_whole(vm, "floor", args, f64::floor)
}

fn ceil(vm: &mut Vm, args: Args) -> Res<Value> {
    to_whole(vm, "ceil", args, f64::ceil)
}

fn trunc(vm: &mut Vm, args: Args) -> Res<Value> {
    to_whole(vm, "trunc", args, f64::trunc)
}

fn log(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("log", args);
    let value = given.required(vm)?;
    let x = real(vm, &value)?;
    if x <= 0.0 {
        return Err(vm.value_error("math domain error"));
    }
    let base = match given.next() {
        Some(base) => real(vm, &base)?,
        None => return Ok(Value::Float(x.ln())),
    };
    if base <= 0.0 {
        return Err(vm.value_error("math domain error"));
    }
    if base.ln() == 0.0 {
        return Err(vm.error("ZeroDivisionError", "float division by zero"));
    }
    Ok(Value::Float(x.ln() / base.ln()))
}

fn pow(vm: &mut Vm, args: Args) -> Res<Value> {
    let (a, b) = two(vm, "pow", args)?;
    let result = a.powf(b);
    if result.is_nan() && !a.is_nan() && !b.is_nan() {
        return Err(vm.value_error("math domain error"));
    }
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(vm.error("OverflowError", "math range error"));
    }
    Ok(Value::Float(result))
}

fn isnan(vm: &mut Vm, args: Args) -> Res<Value> {
    one(vm, "isnan", args).map(|x| Value::Bool(x.is_nan()))
}

fn isinf(vm: &mut Vm, args: Args) -> Res<Value> {
    one(vm, "isinf", args).map(|x| Value::Bool(x.is_infinite()))
}

fn isfinite(vm: &mut Vm, args: Args) -> Res<Value> {
    one(vm, "isfinite", args).map(|x| Value::Bool(x.is_finite()))
}

fn gcd(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut result = 0_i64;
    for value in args.pos {
        result = result.gcd(&int_of(vm, &value)?);
    }
    Ok(Value::Int(result))
}

fn factorial(vm: &mut Vm, args: Args) -> Res<Value> {
    let n = Given::new("factorial", args).int(vm)?;
    if n < 0 {
        return Err(vm.value_error("factorial() not defined for negative values"));
    }
    let mut result = BigInt::from(1);
    for factor in 2..=n {
        vm.charge(usize::try_from(result.bits() / 64 + 1).unwrap_or(usize::MAX))?;
        result *= factor;
    }
    Ok(Value::integer(result))
}

fn comb(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("comb", args);
    let (n, k) = (given.int(vm)?, given.int(vm)?);
    if n < 0 || k < 0 {
        return Err(vm.value_error("n and k must be non-negative integers"));
    }
    if k > n {
        return Ok(Value::Int(0));
    }
    let mut result = BigInt::from(1);
    for at in 0..k.min(n - k) {
        vm.charge(usize::try_from(result.bits() / 64 + 1).unwrap_or(usize::MAX))?;
        result = result * (n - at) / (at + 1);
    }
    Ok(Value::integer(result))
}

fn hypot(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut sum = 0.0;
    for value in args.pos {
        sum += real(vm, &value)?.powi(2);
    }
    Ok(Value::Float(sum.sqrt()))
}

fn dist(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("dist", args);
    let (a, b) = (given.required(vm)?, given.required(vm)?);
    let (a, b) = (vm.collect(&a)?, vm.collect(&b)?);
    let mut sum = 0.0;
    for (a, b) in a.iter().zip(&b) {
        sum += (real(vm, a)? - real(vm, b)?).powi(2);
    }
    Ok(Value::Float(sum.sqrt()))
}

fn modf(vm: &mut Vm, args: Args) -> Res<Value> {
    let x = one(vm, "modf", args)?;
    Ok(Value::tuple(vec![Value::Float(x.fract()), Value::Float(x.trunc())]))
}

fn atan2(vm: &mut Vm, args: Args) -> Res<Value> {
    two(vm, "atan2", args).map(|(a, b)| Value::Float(a.atan2(b)))
}

fn fmod(vm: &mut Vm, args: Args) -> Res<Value> {
    let (a, b) = two(vm, "fmod", args)?;
    if b == 0.0 {
        return Err(vm.value_error("math domain error"));
    }
    Ok(Value::Float(a % b))
}

fn copysign(vm: &mut Vm, args: Args) -> Res<Value> {
    two(vm, "copysign", args).map(|(a, b)| Value::Float(a.copysign(b)))
}

fn isclose(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("isclose", args);
    let (a, b) = (given.required(vm)?, given.required(vm)?);
    let (a, b) = (real(vm, &a)?, real(vm, &b)?);
    let mut keyword = |vm: &mut Vm, name: &str, default: f64| match given.keyword(name) {
        Some(value) => real(vm, &value),
        None => Ok(default),
    };
    let (relative, absolute) = (keyword(vm, "rel_tol", 1e-9)?, keyword(vm, "abs_tol", 0.0)?);
    let close = a.to_bits() == b.to_bits() || (a - b).abs() <= (relative * a.abs().max(b.abs())).max(absolute);
    Ok(Value::Bool(close))
}

fn prod(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("prod", args);
    let items = given.required(vm)?;
    let mut result = given.keyword("start").unwrap_or(Value::Int(1));
    for item in vm.collect(&items)? {
        result = vm.binary(crate::compile::BinOp::Mul, &result, &item)?;
    }
    Ok(result)
}

fn isqrt(vm: &mut Vm, args: Args) -> Res<Value> {
    let n = Given::new("isqrt", args).int(vm)?;
    if n.is_negative() {
        return Err(vm.value_error("isqrt() argument must be nonnegative"));
    }
    Ok(Value::Int(n.sqrt()))
}

fn fsum(vm: &mut Vm, args: Args) -> Res<Value> {
    let items = Given::new("fsum", args).required(vm)?;
    let mut parts: Vec<f64> = Vec::new();
    for item in vm.collect(&items)? {
        let mut x = real(vm, &item)?;
        let mut kept = Vec::new();
        for y in parts {
            let (large, small) = if x.abs() < y.abs() { (y, x) } else { (x, y) };
            let high = large + small;
            let low = small - (high - large);
            if low != 0.0 {
                kept.push(low);
            }
            x = high;
        }
        kept.push(x);
        parts = kept;
    }
    let _ = equal_plain;
    Ok(Value::Float(parts.iter().rev().sum()))
}
