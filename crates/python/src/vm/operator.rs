//! Operators.

use std::rc::Rc;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Pow, Signed, ToPrimitive, Zero};

use super::{Raise, Res, Vm};
use crate::compile::{BinOp, Op};
use crate::value::{Args, Dict, SetItems, Sym, Value, known};

impl Vm {
    /// `a OP b`.
    ///
    /// # Errors
    /// The types don't fit, or what a method of theirs raises.
    pub fn binary(&mut self, op: BinOp, a: &Value, b: &Value) -> Res<Value> {
        if matches!(a, Value::Instance(_)) || matches!(b, Value::Instance(_)) {
            if let Some(result) = self.by_methods(names(op), a, b)? {
                return Ok(result);
            }
            let (x, y) = (a.plain(), b.plain());
            if matches!(x, Value::Instance(_)) || matches!(y, Value::Instance(_)) {
                return Err(self.no_operator(op, a, b));
            }
            return self.binary(op, &x, &y);
        }
        if op == BinOp::MatMul {
            return Err(self.no_operator(op, a, b));
        }
        let found = match (a, b) {
            (Value::Int(_) | Value::Bool(_), Value::Int(_) | Value::Bool(_)) => {
                self.integers(op, int(a), int(b), a, b)?
            }
            (Value::Float(_), Value::Float(_) | Value::Int(_) | Value::Bool(_) | Value::Big(_))
            | (Value::Int(_) | Value::Bool(_) | Value::Big(_), Value::Float(_)) => {
                self.floats(op, float(a), float(b))?
            }
            (Value::Big(_), Value::Big(_) | Value::Int(_) | Value::Bool(_))
            | (Value::Int(_) | Value::Bool(_), Value::Big(_)) => Some(self.bigs(op, &big(a), &big(b))?),
            (Value::Str(text), _) if op == BinOp::Mod => return self.percent(text, b),
            (Value::Bytes(_), _) if op == BinOp::Mod => return Err(self.unsupported("% on bytes")),
            _ => match op {
                BinOp::Add => self.concatenated(a, b)?,
                BinOp::Mul => self.repeated(a, b)?,
                BinOp::Or if matches!((a, b), (Value::Dict(_), Value::Dict(_))) => {
                    let mut merged: Dict = self.mapping(a)?;
                    merged.extend(self.mapping(b)?);
                    Some(Value::dict(merged))
                }
                // A union of types in an annotation that is evaluated: nothing looks at it.
                BinOp::Or
                    if matches!(a, Value::Class(_) | Value::None) && matches!(b, Value::Class(_) | Value::None) =>
                {
                    Some(Value::tuple(vec![a.clone(), b.clone()]))
                }
                BinOp::Sub | BinOp::And | BinOp::Or | BinOp::Xor => self.sets(op, a, b)?,
                _ => None,
            },
        };
        found.map_or_else(|| Err(self.no_operator(op, a, b)), Ok)
    }

    /// What the methods of `a` and, mirrored, of `b` say where they have any that know an answer.
    pub(super) fn by_methods(&mut self, (name, mirrored): (Sym, Sym), a: &Value, b: &Value) -> Res<Option<Value>> {
        for (me, other, name) in [(a, b, name), (b, a, mirrored)] {
            if let Value::Instance(instance) = me
                && let Some(function @ Value::Func(_)) = instance.class.lookup(name)
            {
                let result = self.call_sync(&function, Args::of([me.clone(), other.clone()]))?;
                if !matches!(result, Value::NotImplemented) {
                    return Ok(Some(result));
                }
            }
        }
        Ok(None)
    }

    fn no_operator(&self, op: BinOp, a: &Value, b: &Value) -> Raise {
        let (x, y) = (self.type_name(a), self.type_name(b));
        if op == BinOp::Add && matches!(a, Value::Str(_)) {
            return self.type_error(format!("can only concatenate str (not \"{y}\") to str"));
        }
        if op == BinOp::Add && matches!(a, Value::List(_)) {
            return self.type_error(format!("can only concatenate list (not \"{y}\") to list"));
        }
        if op == BinOp::Mul
            && (matches!(a, Value::Str(_) | Value::List(_)) || matches!(b, Value::Str(_) | Value::List(_)))
        {
            let by = if matches!(a, Value::Str(_) | Value::List(_)) { y } else { x };
            return self.type_error(format!("can't multiply sequence by non-int of type '{by}'"));
        }
        let sign = sign(op);
        self.type_error(format!("unsupported operand type(s) for {sign}: '{x}' and '{y}'"))
    }

    pub(crate) fn in_place(&mut self, op: BinOp, a: Value, b: &Value) -> Res<Value> {
        match (&a, op) {
            (Value::List(list), BinOp::Add) => {
                let items = self.collect(b)?;
                self.check_size((list.borrow().len() + items.len()) * 16)?;
                list.borrow_mut().extend(items);
                return Ok(a);
            }
            (Value::Dict(dict), BinOp::Or) => {
                let more = self.mapping(b)?;
                dict.borrow_mut().extend(more);
                return Ok(a);
            }
            (Value::Set(set), BinOp::Or | BinOp::Sub | BinOp::And | BinOp::Xor) => {
                let result = self.sets(op, &a, b)?;
                if let Some(Value::Set(result)) = result {
                    *set.borrow_mut() = result.take();
                    return Ok(a);
                }
            }
            (Value::Instance(instance), _) => {
                let name = match op {
                    BinOp::Add => Some(known::IADD),
                    BinOp::Sub => Some(known::ISUB),
                    BinOp::Mul => Some(known::IMUL),
                    _ => None,
                };
                if let Some(function) = name.and_then(|name| instance.class.lookup(name)) {
                    return self.call_sync(&function, Args::of([a.clone(), b.clone()]));
                }
                if let (Some(payload @ (Value::List(_) | Value::Dict(_) | Value::Set(_))), BinOp::Add | BinOp::Or) =
                    (instance.payload(), op)
                {
                    self.in_place(op, payload, b)?;
                    return Ok(a);
                }
            }
            (Value::Int(x), BinOp::Add) => {
                if let Value::Int(y) = b
                    && let Some(sum) = x.checked_add(*y)
                {
                    return Ok(Value::Int(sum));
                }
            }
            (Value::Str(_), BinOp::Add) if let Value::Str(more) = b => {
                let Value::Str(mut text) = a else { return Ok(a) };
                self.check_size(text.as_str().len() + more.as_str().len())?;
                if let Some(alone) = Rc::get_mut(&mut text) {
                    alone.push_str(more.as_str());
                    return Ok(Value::Str(text));
                }
                return Ok(Value::str(format!("{}{}", text.as_str(), more.as_str())));
            }
            _ => {}
        }
        self.binary(op, &a, b)
    }

    fn integers(&mut self, op: BinOp, a: i64, b: i64, left: &Value, right: &Value) -> Res<Option<Value>> {
        let zero = |vm: &Vm, what: &str| Err(vm.error("ZeroDivisionError", what));
        let fits = match op {
            BinOp::Add => a.checked_add(b),
            BinOp::Sub => a.checked_sub(b),
            BinOp::Mul => a.checked_mul(b),
            BinOp::Div => {
                return if b == 0 { zero(self, "division by zero") } else { Ok(Some(Value::Float(divide(a, b)))) };
            }
            BinOp::FloorDiv if b == 0 => return zero(self, "integer division or modulo by zero"),
            BinOp::Mod if b == 0 => return zero(self, "integer modulo by zero"),
            BinOp::FloorDiv if b != -1 => Some(Integer::div_floor(&a, &b)),
            BinOp::Mod if b != -1 => Some(Integer::mod_floor(&a, &b)),
            BinOp::Pow if b >= 0 => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
            BinOp::Pow => {
                return if a == 0 {
                    zero(self, "0.0 cannot be raised to a negative power")
                } else {
                    self.floats(op, to_float(a), to_float(b))
                };
            }
            BinOp::LShift if b < 0 => return Err(self.value_error("negative shift count")),
            BinOp::RShift if b < 0 => return Err(self.value_error("negative shift count")),
            BinOp::LShift => u32::try_from(b).ok().filter(|b| *b < 63).and_then(|b| a.checked_mul(1_i64 << b)),
            BinOp::RShift => Some(a >> b.min(63)),
            BinOp::And | BinOp::Or | BinOp::Xor => {
                let bits = match op {
                    BinOp::And => a & b,
                    BinOp::Or => a | b,
                    _ => a ^ b,
                };
                let both = matches!((left, right), (Value::Bool(_), Value::Bool(_)));
                return Ok(Some(if both { Value::Bool(bits != 0) } else { Value::Int(bits) }));
            }
            _ => None,
        };
        match fits {
            Some(n) => Ok(Some(Value::Int(n))),
            None => self.bigs(op, &BigInt::from(a), &BigInt::from(b)).map(Some),
        }
    }

    fn bigs(&mut self, op: BinOp, a: &BigInt, b: &BigInt) -> Res<Value> {
        let bits = |n: &BigInt| usize::try_from(n.bits()).unwrap_or(usize::MAX);
        let too_large = |vm: &mut Vm, bits: usize| vm.check_size(bits / 8);
        if matches!(op, BinOp::FloorDiv | BinOp::Mod | BinOp::Div) && b.is_zero() {
            return Err(self.error("ZeroDivisionError", "division by zero"));
        }
        self.charge(bits(a).saturating_add(bits(b)) / 64)?;
        Ok(Value::integer(match op {
            BinOp::Add => a + b,
            BinOp::Sub => a - b,
            BinOp::Mul => {
                too_large(self, bits(a).saturating_add(bits(b)))?;
                self.charge((bits(a) / 64).saturating_mul(bits(b) / 64))?;
                a * b
            }
            BinOp::FloorDiv => a.div_floor(b),
            BinOp::Mod => a.mod_floor(b),
            BinOp::Div => {
                let quotient = a.to_f64().unwrap_or(f64::NAN) / b.to_f64().unwrap_or(f64::NAN);
                if !quotient.is_finite() {
                    return Err(self.error("OverflowError", "integer division result too large for a float"));
                }
                return Ok(Value::Float(quotient));
            }
            BinOp::Pow => {
                if b.is_negative() {
                    return self
                        .floats(op, a.to_f64().unwrap_or(f64::NAN), b.to_f64().unwrap_or(f64::NAN))
                        .map(|v| v.unwrap_or(Value::None));
                }
                let exponent = b.to_u32().unwrap_or(u32::MAX);
                let size = bits(a).saturating_mul(usize::try_from(exponent).unwrap_or(usize::MAX));
                if bits(a) > 1 {
                    too_large(self, size)?;
                    self.charge((size / 64).saturating_mul(size / 64) / 8)?;
                }
                Pow::pow(a, exponent)
            }
            BinOp::LShift => {
                let by = b.to_usize().unwrap_or(usize::MAX);
                too_large(self, bits(a).saturating_add(by))?;
                a << by
            }
            BinOp::RShift => a >> b.to_usize().unwrap_or(usize::MAX >> 8),
            BinOp::And => a & b,
            BinOp::Or => a | b,
            BinOp::Xor => a ^ b,
            BinOp::MatMul => return Err(self.no_operator(op, &Value::Int(0), &Value::Int(0))),
        }))
    }

    fn floats(&mut self, op: BinOp, a: f64, b: f64) -> Res<Option<Value>> {
        let zero = |vm: &Vm, what: &str| Err(vm.error("ZeroDivisionError", what));
        Ok(Some(Value::Float(match op {
            BinOp::Add => a + b,
            BinOp::Sub => a - b,
            BinOp::Mul => a * b,
            BinOp::Div if b == 0.0 => return zero(self, "float division by zero"),
            BinOp::Div => a / b,
            BinOp::FloorDiv if b == 0.0 => return zero(self, "float floor division by zero"),
            BinOp::FloorDiv => (a - modulo(a, b)) / b,
            BinOp::Mod if b == 0.0 => return zero(self, "float modulo"),
            BinOp::Mod => modulo(a, b),
            BinOp::Pow if a == 0.0 && b < 0.0 => return zero(self, "0.0 cannot be raised to a negative power"),
            BinOp::Pow if a < 0.0 && b.fract() != 0.0 => return Err(self.unsupported("a complex number")),
            BinOp::Pow => {
                let result = a.powf(b);
                if result.is_infinite() && a.is_finite() && b.is_finite() {
                    return Err(self.error_with(
                        "OverflowError",
                        vec![Value::Int(34), Value::str("Numerical result out of range")],
                    ));
                }
                result
            }
            _ => return Ok(None),
        })))
    }

    fn concatenated(&mut self, a: &Value, b: &Value) -> Res<Option<Value>> {
        Ok(Some(match (a, b) {
            (Value::Str(x), Value::Str(y)) => {
                self.check_size(x.as_str().len() + y.as_str().len())?;
                let mut text = String::with_capacity(x.as_str().len() + y.as_str().len());
                text.push_str(x.as_str());
                text.push_str(y.as_str());
                Value::str(text)
            }
            (Value::List(x), Value::List(y)) => {
                let mut items = x.borrow().clone();
                items.extend(y.borrow().iter().cloned());
                self.check_size(items.len() * 16)?;
                Value::list(items)
            }
            (Value::Tuple(x), Value::Tuple(y)) => {
                let items: Vec<Value> = x.iter().chain(y.iter()).cloned().collect();
                self.check_size(items.len() * 16)?;
                Value::tuple(items)
            }
            (Value::Bytes(x), Value::Bytes(y)) => {
                self.check_size(x.len() + y.len())?;
                Value::bytes([x.as_slice(), y.as_slice()].concat())
            }
            (Value::Bytes(x), Value::ByteArray(y)) => Value::bytes([x.as_slice(), y.borrow().as_slice()].concat()),
            (Value::ByteArray(x), Value::Bytes(y)) => {
                Value::ByteArray(Rc::new(std::cell::RefCell::new([x.borrow().as_slice(), y.as_slice()].concat())))
            }
            _ => return Ok(None),
        }))
    }

    fn repeated(&mut self, a: &Value, b: &Value) -> Res<Option<Value>> {
        let (sequence, times) = match (a, b) {
            (_, Value::Int(_) | Value::Bool(_)) => (a, int(b)),
            (Value::Int(_) | Value::Bool(_), _) => (b, int(a)),
            _ => return Ok(None),
        };
        let times = usize::try_from(times).unwrap_or(0);
        let size = |len: usize, each: usize| len.saturating_mul(times).saturating_mul(each);
        Ok(Some(match sequence {
            Value::Str(text) => {
                self.check_size(size(text.as_str().len(), 1))?;
                Value::str(text.as_str().repeat(times))
            }
            Value::Bytes(bytes) => {
                self.check_size(size(bytes.len(), 1))?;
                Value::bytes(bytes.repeat(times))
            }
            Value::List(list) => {
                let items = list.borrow().clone();
                self.check_size(size(items.len(), 16))?;
                Value::list((0..times).flat_map(|_| items.iter().cloned()).collect())
            }
            Value::Tuple(items) => {
                self.check_size(size(items.len(), 16))?;
                Value::tuple((0..times).flat_map(|_| items.iter().cloned()).collect())
            }
            _ => return Ok(None),
        }))
    }

    fn sets(&mut self, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
        let (Some(x), Some(y)) = (self.set_of(a)?, self.set_of(b)?) else { return Ok(None) };
        self.charge(x.len() + y.len())?;
        let items: SetItems = match op {
            BinOp::Sub => x.difference(&y).cloned().collect(),
            BinOp::And => x.intersection(&y).cloned().collect(),
            BinOp::Or => x.union(&y).cloned().collect(),
            _ => x.symmetric_difference(&y).cloned().collect(),
        };
        Ok(Some(if matches!(a, Value::FrozenSet(_)) { Value::FrozenSet(Rc::new(items)) } else { Value::set(items) }))
    }

    pub(crate) fn unary(&mut self, op: Op, value: &Value) -> Res<Value> {
        let (name, sign) = match op {
            Op::Neg => (known::NEG, "-"),
            Op::Pos => (known::POS, "+"),
            _ => (known::INVERT, "~"),
        };
        Ok(match (op, value) {
            (Op::Neg, Value::Int(n)) => n.checked_neg().map_or_else(|| Value::integer(-BigInt::from(*n)), Value::Int),
            (Op::Neg, Value::Bool(b)) => Value::Int(-i64::from(*b)),
            (Op::Neg, Value::Float(x)) => Value::Float(-x),
            (Op::Neg, Value::Big(n)) => Value::integer(-(**n).clone()),
            (Op::Pos, Value::Bool(b)) => Value::Int(i64::from(*b)),
            (Op::Pos, Value::Int(_) | Value::Float(_) | Value::Big(_)) => value.clone(),
            (Op::Invert, Value::Int(n)) => Value::Int(!n),
            (Op::Invert, Value::Bool(b)) => Value::Int(!i64::from(*b)),
            (Op::Invert, Value::Big(n)) => Value::integer(!(**n).clone()),
            (_, Value::Instance(instance)) => {
                if let Some(function) = instance.class.lookup(name) {
                    return self.call_sync(&function, Args::of([value.clone()]));
                }
                match instance.payload() {
                    Some(payload) => return self.unary(op, &payload),
                    None => {
                        return Err(
                            self.type_error(format!("bad operand type for unary {sign}: '{}'", instance.class.name))
                        );
                    }
                }
            }
            _ => return Err(self.type_error(format!("bad operand type for unary {sign}: '{}'", self.type_name(value)))),
        })
    }
}

fn int(value: &Value) -> i64 {
    match value {
        Value::Int(n) => *n,
        Value::Bool(b) => i64::from(*b),
        _ => 0,
    }
}

fn big(value: &Value) -> BigInt {
    if let Value::Big(n) = value { (**n).clone() } else { BigInt::from(int(value)) }
}

fn float(value: &Value) -> f64 {
    match value {
        Value::Float(x) => *x,
        Value::Big(n) => n.to_f64().unwrap_or(f64::INFINITY),
        other => to_float(int(other)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "Python rounds to the nearest float too")]
fn to_float(n: i64) -> f64 {
    n as f64
}

/// The float nearest to the quotient.
fn divide(a: i64, b: i64) -> f64 {
    const EXACT: u64 = 1 << 53;
    if a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT {
        return to_float(a) / to_float(b);
    }
    // Both are exact as 64-bit integers: the quotient's first 64 bits and a sticky one round right.
    let negative = (a < 0) != (b < 0);
    let (a, b) = (u128::from(a.unsigned_abs()), u128::from(b.unsigned_abs()));
    let shift = 63 + i32::try_from(a.leading_zeros()).unwrap_or(0) - 64;
    let shifted = a << u32::try_from(shift.max(0)).unwrap_or(0);
    let (quotient, rest) = (shifted / b, shifted % b);
    let sticky = (quotient << 1) | u128::from(rest != 0);
    #[expect(clippy::cast_precision_loss, reason = "this is where it is rounded, once")]
    let value = sticky as f64 * 2_f64.powi(-(shift.max(0) + 1));
    if negative { -value } else { value }
}

fn modulo(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
        rest + b
    } else if rest == 0.0 {
        0.0_f64.copysign(b)
    } else {
        rest
    }
}

fn names(op: BinOp) -> (Sym, Sym) {
    match op {
        BinOp::Add => (known::ADD, known::RADD),
        BinOp::Sub => (known::SUB, known::RSUB),
        BinOp::Mul => (known::MUL, known::RMUL),
        BinOp::Div => (known::TRUEDIV, known::RTRUEDIV),
        BinOp::FloorDiv => (known::FLOORDIV, known::RFLOORDIV),
        BinOp::Mod => (known::MOD, known::RMOD),
        BinOp::Pow => (known::POW, known::RPOW),
        BinOp::LShift => (known::LSHIFT, known::RLSHIFT),
        BinOp::RShift => (known::RSHIFT, known::RRSHIFT),
        BinOp::And => (known::AND, known::RAND),
        BinOp::Or => (known::OR, known::ROR),
        BinOp::Xor => (known::XOR, known::RXOR),
        BinOp::MatMul => (known::MATMUL, known::RMATMUL),
    }
}

fn sign(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => "+",
        BinOp::Sub => "-",
        BinOp::Mul => "*",
        BinOp::Div => "/",
        BinOp::FloorDiv => "//",
        BinOp::Mod => "%",
        BinOp::Pow => "** or pow()",
        BinOp::LShift => "<<",
        BinOp::RShift => ">>",
        BinOp::And => "&",
        BinOp::Or => "|",
        BinOp::Xor => "^",
        BinOp::MatMul => "@",
    }
}
