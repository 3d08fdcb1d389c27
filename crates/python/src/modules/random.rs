//! The module `random`.

use std::cell::RefCell;
use std::rc::Rc;

use num_bigint::BigInt;
use sha2::{Digest, Sha512};

use super::mersenne::Mersenne;
use crate::builtins::{Given, int_of, real};
use crate::compile::BinOp;
use crate::value::{Args, Module, NativeFn, NativeObject, Sym, Value, intern};
use crate::vm::{Res, Vm};

type State = Rc<RefCell<Mersenne>>;

const NAMES: &[&str] = &[
    "random",
    "randint",
    "choice",
    "uniform",
    "choices",
    "sample",
    "shuffle",
    "randrange",
    "seed",
    "getrandbits",
    "gauss",
    "normalvariate",
    "expovariate",
    "triangular",
    "betavariate",
    "randbytes",
    "lognormvariate",
    "paretovariate",
    "weibullvariate",
    "gammavariate",
    "vonmisesvariate",
    "getstate",
    "setstate",
];

macro_rules! shared {
    ($($name:ident)*) => {
        &[$((stringify!($name), {
            fn call(vm: &mut Vm, args: Args) -> Res<Value> {
                let state = state_of(vm);
                method(vm, &state, stringify!($name), args)
            }
            call as NativeFn
        })),*]
    };
}

pub fn make(vm: &mut Vm, module: &Module) -> Res<()> {
    super::fill(
        module,
        shared!(random randint choice uniform choices sample shuffle randrange seed getrandbits gauss normalvariate expovariate triangular betavariate randbytes lognormvariate paretovariate weibullvariate getstate setstate),
    );
    let class = vm.native_class("Random");
    class.names.borrow_mut().insert(crate::value::known::NEW, Value::native("Random", new_random));
    module.set(intern("Random"), Value::Class(std::rc::Rc::clone(&class)));
    let system = vm.native_class("SystemRandom");
    system.names.borrow_mut().insert(crate::value::known::NEW, Value::native("SystemRandom", new_random));
    module.set(intern("SystemRandom"), Value::Class(system));
    Ok(())
}

fn fresh(vm: &mut Vm) -> Mersenne {
    let seed = vm.host.entropy();
    let low = u32::try_from(seed & 0xffff_ffff).unwrap_or(0);
    let high = u32::try_from(seed >> 32).unwrap_or(0);
    Mersenne::seeded(&[low, high])
}

/// The generator that the module's functions share.
pub fn state_of(vm: &mut Vm) -> State {
    if let Some(state) = &vm.state.random {
        return Rc::clone(state);
    }
    let state = Rc::new(RefCell::new(fresh(vm)));
    vm.state.random = Some(Rc::clone(&state));
    state
}

struct Random(State);

impl NativeObject for Random {
    fn type_name(&self) -> &'static str {
        "Random"
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn methods(&self) -> &'static [&'static str] {
        NAMES
    }

    fn call_method(&self, vm: &mut Vm, _me: &Value, name: Sym, args: Args) -> Res<Value> {
        method(vm, &self.0, name.text().as_str(), args)
    }
}

fn new_random(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut state = fresh(vm);
    if let Some(seed) = Given::new("Random", args).next().filter(|seed| !seed.is_none()) {
        state = seeded(vm, &seed)?;
    }
    Ok(Value::object(Random(Rc::new(RefCell::new(state)))))
}

fn seeded(vm: &mut Vm, seed: &Value) -> Res<Mersenne> {
    let number = match seed.plain() {
        Value::Int(n) => BigInt::from(n.unsigned_abs()),
        Value::Bool(b) => BigInt::from(u8::from(b)),
        Value::Big(n) => BigInt::from(n.magnitude().clone()),
        Value::Str(_) | Value::Bytes(_) => {
            let mut bytes = match seed.plain() {
                Value::Str(text) => text.as_str().as_bytes().to_vec(),
                Value::Bytes(bytes) => bytes.to_vec(),
                _ => Vec::new(),
            };
            let digest = Sha512::digest(&bytes);
            bytes.extend_from_slice(&digest);
            BigInt::from_bytes_be(num_bigint::Sign::Plus, &bytes)
        }
        Value::Float(_) => return Err(vm.unsupported("random.seed() with a float")),
        _ => {
            return Err(vm.type_error("The only supported seed types are: None, int, float, str, bytes, and bytearray."));
        }
    };
    Ok(Mersenne::seeded(&number.magnitude().to_u32_digits()))
}

/// A number from `low` up to, but not, `high`.
fn between(vm: &mut Vm, state: &State, low: i64, high: i64, what: &str) -> Res<i64> {
    let span = i128::from(high) - i128::from(low);
    let Ok(span) = u64::try_from(span) else { return Err(vm.value_error(what)) };
    if span == 0 {
        return Err(vm.value_error(what));
    }
    let drawn = i128::from(low) + i128::from(state.borrow_mut().below(span));
    Ok(i64::try_from(drawn).unwrap_or(low))
}

fn count_of(vm: &Vm, len: usize) -> Res<u64> {
    if len == 0 {
        return Err(vm.error("IndexError", "Cannot choose from an empty sequence"));
    }
    Ok(u64::try_from(len).unwrap_or(u64::MAX))
}

fn place(drawn: u64) -> usize {
    usize::try_from(drawn).unwrap_or(0)
}

fn method(vm: &mut Vm, state: &State, name: &str, args: Args) -> Res<Value> {
    let mut given = Given::new(name, args);
    Ok(match name {
        "random" => Value::Float(state.borrow_mut().unit()),
        "uniform" => {
            let (a, b) = (given.needed(vm, "a")?, given.needed(vm, "b")?);
            let (a, b) = (real(vm, &a)?, real(vm, &b)?);
            Value::Float(a + (b - a) * state.borrow_mut().unit())
        }
        "randint" => {
            let (a, b) = (given.needed(vm, "a")?, given.needed(vm, "b")?);
            if matches!(a, Value::Big(_)) || matches!(b, Value::Big(_)) {
                return big_between(vm, state, &a, &b);
            }
            let (a, b) = (whole(vm, &a)?, whole(vm, &b)?);
            let what = format!(
                "empty range for randrange() ({a}, {}, {})",
                b.saturating_add(1),
                i128::from(b) - i128::from(a) + 1
            );
            Value::Int(between(vm, state, a, b.saturating_add(1), &what)?)
        }
        "randrange" => {
            let start = given.needed(vm, "start")?;
            let start = whole(vm, &start)?;
            let Some(stop) = given.named("stop").filter(|stop| !stop.is_none()) else {
                return between(vm, state, 0, start, "empty range for randrange()").map(Value::Int);
            };
            let stop = whole(vm, &stop)?;
            let step = match given.named("step") {
                Some(step) => whole(vm, &step)?,
                None => 1,
            };
            if step == 1 {
                let what =
                    format!("empty range for randrange() ({start}, {stop}, {})", i128::from(stop) - i128::from(start));
                return between(vm, state, start, stop, &what).map(Value::Int);
            }
            if step == 0 {
                return Err(vm.value_error("zero step for randrange()"));
            }
            let range = crate::value::Range { start, stop, step };
            let at = between(vm, state, 0, range.len(), "empty range for randrange()")?;
            Value::Int(range.at(at))
        }
        "choice" => {
            let items = given.needed(vm, "seq")?;
            let len = match &items {
                Value::List(_)
                | Value::Tuple(_)
                | Value::Str(_)
                | Value::Range(_)
                | Value::Bytes(_)
                | Value::Instance(_)
                | Value::Object(_) => crate::builtins::len_of(vm, &items)?,
                Value::Dict(_) => crate::builtins::len_of(vm, &items)?,
                _ => return Err(vm.type_error(format!("'{}' object is not subscriptable", vm.type_name(&items)))),
            };
            let count = count_of(vm, len)?;
            let at = state.borrow_mut().below(count);
            vm.item(&items, &Value::Int(i64::try_from(at).unwrap_or(0)))?
        }
        "shuffle" => {
            let items = given.needed(vm, "x")?;
            let Value::List(list) = items.plain() else {
                return Err(vm.type_error(format!("'{}' object does not support item assignment", vm.type_name(&items))));
            };
            let len = list.borrow().len();
            vm.charge(len)?;
            for at in (1..len).rev() {
                let other = place(state.borrow_mut().below(u64::try_from(at + 1).unwrap_or(1)));
                list.borrow_mut().swap(at, other);
            }
            Value::None
        }
        "sample" => {
            let items = given.needed(vm, "population")?;
            let k = given.needed(vm, "k")?;
            let k = int_of(vm, &k)?;
            if matches!(items.plain(), Value::Set(_) | Value::FrozenSet(_) | Value::Dict(_)) {
                return Err(vm.type_error("Population must be a sequence.  For dicts or sets, use sorted(d)."));
            }
            let items = vm.collect(&items)?;
            sample(vm, state, items, k)?
        }
        "choices" => choices(vm, state, &mut given)?,
        "seed" => {
            let seed = given.named("a").filter(|seed| !seed.is_none());
            *state.borrow_mut() = match seed {
                Some(seed) => seeded(vm, &seed)?,
                None => fresh(vm),
            };
            Value::None
        }
        "getrandbits" => {
            let count = given.int(vm)?;
            let Some(count) = u32::try_from(count).ok() else {
                return Err(vm.value_error("number of bits must be non-negative"));
            };
            vm.check_size(place(u64::from(count / 8)))?;
            if count == 0 { Value::Int(0) } else { Value::integer(BigInt::from(state.borrow_mut().many_bits(count))) }
        }
        "randbytes" => {
            let count = u32::try_from(given.int(vm)?).map_err(|_| vm.value_error("negative count"))?;
            vm.check_size(place(u64::from(count)))?;
            let mut bytes = state.borrow_mut().many_bits(count * 8).to_bytes_le();
            bytes.resize(place(u64::from(count)), 0);
            Value::bytes(bytes)
        }
        "getstate" | "setstate" => return Err(vm.unsupported(&format!("random.{name}"))),
        _ => Value::Float(distribution(vm, state, name, &mut given)?),
    })
}

fn distribution(vm: &mut Vm, state: &State, name: &str, given: &mut Given) -> Res<f64> {
    let mut number = |vm: &mut Vm, name: &str, default: f64| match given.named(name) {
        Some(value) => real(vm, &value),
        None => Ok(default),
    };
    let unit = || state.borrow_mut().unit();
    Ok(match name {
        "gauss" => {
            let (mu, sigma) = (number(vm, "mu", 0.0)?, number(vm, "sigma", 1.0)?);
            let kept = state.borrow_mut().gauss.take();
            let z = kept.unwrap_or_else(|| {
                let angle = unit() * std::f64::consts::TAU;
                let radius = (-2.0 * (1.0 - unit()).ln()).sqrt();
                state.borrow_mut().gauss = Some(angle.sin() * radius);
                angle.cos() * radius
            });
            mu + z * sigma
        }
        "normalvariate" | "lognormvariate" => {
            let (mu, sigma) = (number(vm, "mu", 0.0)?, number(vm, "sigma", 1.0)?);
            let magic = 4.0 * (-0.5_f64).exp() / 2.0_f64.sqrt();
            let z = loop {
                let (u1, u2) = (unit(), 1.0 - unit());
                let z = magic * (u1 - 0.5) / u2;
                if z * z / 4.0 <= -u2.ln() {
                    break z;
                }
            };
            let normal = mu + z * sigma;
            if name == "lognormvariate" { normal.exp() } else { normal }
        }
        "expovariate" => {
            let lambda = number(vm, "lambd", 1.0)?;
            if lambda == 0.0 {
                return Err(vm.error("ZeroDivisionError", "float division by zero"));
            }
            -(1.0 - unit()).ln() / lambda
        }
        "triangular" => {
            let (mut low, mut high) = (number(vm, "low", 0.0)?, number(vm, "high", 1.0)?);
            let mode = given.named("mode").filter(|mode| !mode.is_none());
            let mut u = unit();
            let mut c = match mode {
                Some(mode) if high != low => (real(vm, &mode)? - low) / (high - low),
                Some(_) => return Ok(low),
                None => 0.5,
            };
            if u > c {
                u = 1.0 - u;
                c = 1.0 - c;
                std::mem::swap(&mut low, &mut high);
            }
            low + (high - low) * (u * c).sqrt()
        }
        "paretovariate" => {
            let alpha = number(vm, "alpha", 1.0)?;
            (1.0 - unit()).powf(-1.0 / alpha)
        }
        "weibullvariate" => {
            let (alpha, beta) = (number(vm, "alpha", 1.0)?, number(vm, "beta", 1.0)?);
            alpha * (-(1.0 - unit()).ln()).powf(1.0 / beta)
        }
        _ => return Err(vm.unsupported(&format!("random.{name}"))),
    })
}

fn whole(vm: &Vm, value: &Value) -> Res<i64> {
    match value.plain() {
        Value::Float(x) => Err(vm.type_error(format!("'float' object cannot be interpreted as an integer: {x}"))),
        _ => int_of(vm, value),
    }
}

fn big_between(vm: &mut Vm, state: &State, low: &Value, high: &Value) -> Res<Value> {
    let span = vm.binary(BinOp::Sub, high, low)?;
    let span = vm.binary(BinOp::Add, &span, &Value::Int(1))?;
    let span = match &span {
        Value::Int(n) if *n > 0 => BigInt::from(*n),
        Value::Big(n) if n.sign() == num_bigint::Sign::Plus => (**n).clone(),
        _ => return Err(vm.value_error("empty range for randrange()")),
    };
    let bits = u32::try_from(span.bits()).unwrap_or(u32::MAX);
    loop {
        let drawn = BigInt::from(state.borrow_mut().many_bits(bits));
        if drawn < span {
            return vm.binary(BinOp::Add, low, &Value::integer(drawn));
        }
        vm.charge(1)?;
    }
}

fn sample(vm: &mut Vm, state: &State, mut items: Vec<Value>, k: i64) -> Res<Value> {
    let n = items.len();
    let k = usize::try_from(k)
        .ok()
        .filter(|k| *k <= n)
        .ok_or_else(|| vm.value_error("Sample larger than population or is negative"))?;
    vm.charge(n)?;
    let mut below = |n: usize| place(state.borrow_mut().below(u64::try_from(n).unwrap_or(1)));
    let mut set_size = 21_usize;
    if k > 5 {
        // The same choice between two ways as Python's, so that a seed gives the same sample.
        let power = ((k * 3) as f64).log(4.0).ceil();
        set_size += 4_usize.saturating_pow(power as u32);
    }
    let mut result = Vec::with_capacity(k);
    if n <= set_size {
        for at in 0..k {
            let drawn = below(n - at);
            result.push(items[drawn].clone());
            items[drawn] = items[n - at - 1].clone();
        }
    } else {
        let mut selected = std::collections::HashSet::new();
        for _ in 0..k {
            let mut drawn = below(n);
            while !selected.insert(drawn) {
                drawn = below(n);
            }
            result.push(items[drawn].clone());
        }
    }
    Ok(Value::list(result))
}

fn choices(vm: &mut Vm, state: &State, given: &mut Given) -> Res<Value> {
    let population = given.needed(vm, "population")?;
    let weights = given.named("weights").filter(|weights| !weights.is_none());
    let cumulative = given.keyword("cum_weights").filter(|weights| !weights.is_none());
    let k = match given.keyword("k") {
        Some(k) => usize::try_from(int_of(vm, &k)?).unwrap_or(0),
        None => 1,
    };
    vm.check_size(k.saturating_mul(16))?;
    let items = vm.collect(&population)?;
    count_of(vm, items.len())?;
    let mut sums = Vec::new();
    for (list, adds) in [(weights, true), (cumulative, false)] {
        let Some(list) = list else { continue };
        let mut sum = 0.0;
        for weight in vm.collect(&list)? {
            let weight = real(vm, &weight)?;
            sum = if adds { sum + weight } else { weight };
            sums.push(sum);
        }
        if sums.len() != items.len() {
            return Err(vm.value_error("The number of weights does not match the population"));
        }
    }
    let total = sums.last().copied();
    if total.is_some_and(|total| total <= 0.0) {
        return Err(vm.value_error("Total of weights must be greater than zero"));
    }
    let mut result = Vec::with_capacity(k);
    for _ in 0..k {
        let unit = state.borrow_mut().unit();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "as Python does it"
        )]
        let at = match total {
            Some(total) => sums.partition_point(|sum| *sum <= unit * total).min(items.len() - 1),
            None => (unit * items.len() as f64).floor() as usize,
        };
        result.push(items[at].clone());
    }
    Ok(Value::list(result))
}
