//! Comparisons and truth.

use std::cmp::Ordering;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};

use super::{Res, Vm};
use crate::compile::CmpOp;
use crate::value::{Args, Iter, Key, Value, ViewOf, equal_plain, known, same_object};

impl Vm {
    /// Whether a value counts as true.
    ///
    /// # Errors
    /// What its `__bool__` or `__len__` raises.
    pub fn truth(&mut self, value: &Value) -> Res<bool> {
        Ok(match value {
            Value::Bool(b) => *b,
            Value::None => false,
            Value::Int(n) => *n != 0,
            Value::Float(x) => *x != 0.0,
            Value::Str(text) => !text.as_str().is_empty(),
            Value::List(list) => !list.borrow().is_empty(),
            Value::Tuple(items) => !items.is_empty(),
            Value::Dict(dict) => !dict.borrow().is_empty(),
            Value::Set(set) => !set.borrow().is_empty(),
            Value::FrozenSet(set) => !set.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::ByteArray(bytes) => !bytes.borrow().is_empty(),
            Value::Range(range) => range.len() > 0,
            Value::Object(object) => object.truth(),
            Value::Iter(iter) => match &*iter.borrow() {
                Iter::View(_, dict) => !dict.borrow().is_empty(),
                _ => true,
            },
            Value::Instance(instance) => {
                if let Some(function) = instance.class.lookup(known::BOOL) {
                    let result = self.call_sync(&function, Args::of([value.clone()]))?;
                    return Ok(matches!(result, Value::Bool(true)));
                }
                if let Some(function) = instance.class.lookup(known::LEN) {
                    let len = self.call_sync(&function, Args::of([value.clone()]))?;
                    return Ok(!matches!(len, Value::Int(0)));
                }
                match instance.payload() {
                    Some(payload) if !instance.class.is_subclass(&self.types.base_exception) => {
                        return self.truth(&payload);
                    }
                    _ => true,
                }
            }
            _ => true,
        })
    }

    /// Python's `==`.
    ///
    /// # Errors
    /// What an `__eq__` raises.
    pub fn equal(&mut self, a: &Value, b: &Value) -> Res<bool> {
        match (a, b) {
            (Value::List(x), Value::List(y)) => {
                if Rc::ptr_eq(x, y) {
                    return Ok(true);
                }
                let (x, y) = (x.borrow().clone(), y.borrow().clone());
                self.equal_items(&x, &y)
            }
            (Value::Tuple(x), Value::Tuple(y)) => self.equal_items(x, y),
            (Value::Dict(x), Value::Dict(y)) => {
                if Rc::ptr_eq(x, y) {
                    return Ok(true);
                }
                let (x, y) = (x.borrow().clone(), y.borrow().clone());
                if x.len() != y.len() {
                    return Ok(false);
                }
                self.deeper(|vm| {
                    for (key, value) in &x {
                        match y.get(key) {
                            Some(other) if same_object(value, other) || vm.equal(value, other)? => {}
                            _ => return Ok(false),
                        }
                    }
                    Ok(true)
                })
            }
            (Value::Instance(_), _) | (_, Value::Instance(_)) => {
                for (me, other) in [(a, b), (b, a)] {
                    if let Value::Instance(instance) = me
                        && let Some(function @ Value::Func(_)) = instance.class.lookup(known::EQ)
                    {
                        let result = self.call_sync(&function, Args::of([me.clone(), other.clone()]))?;
                        if !matches!(result, Value::NotImplemented) {
                            return self.truth(&result);
                        }
                    }
                }
                if let (Value::Instance(x), Value::Instance(y)) = (a, b)
                    && Rc::ptr_eq(x, y)
                {
                    return Ok(true);
                }
                let exception = |v: &Value, vm: &Vm| matches!(v, Value::Instance(i) if i.class.is_subclass(&vm.types.base_exception));
                if exception(a, self) || exception(b, self) {
                    return Ok(false);
                }
                let (x, y) = (a.plain(), b.plain());
                if matches!(x, Value::Instance(_)) || matches!(y, Value::Instance(_)) {
                    return Ok(same_object(&x, &y) || equal_plain(&x, &y));
                }
                self.equal(&x, &y)
            }
            (Value::Iter(x), _) if let Some(keys) = as_view(x) => {
                let other = self.set_of(b)?;
                Ok(other.is_some_and(|other| other.len() == keys.len() && keys.iter().all(|key| other.contains(key))))
            }
            (Value::Func(_) | Value::Class(_) | Value::Native(_) | Value::Generator(_) | Value::Module(_), _) => {
                Ok(same_object(a, b))
            }
            (Value::Object(object), other) | (other, Value::Object(object))
                if object.items().is_some()
                    && object.as_key().is_none()
                    && matches!(other, Value::Dict(_) | Value::Object(_)) =>
            {
                if same_object(a, b) {
                    return Ok(true);
                }
                let (x, y) = (self.mapping(a)?, self.mapping(b)?);
                self.equal(&Value::dict(x), &Value::dict(y))
            }
            (Value::Object(_), _) if same_object(a, b) => Ok(true),
            _ => Ok(equal_plain(a, b)),
        }
    }

    fn equal_items(&mut self, x: &[Value], y: &[Value]) -> Res<bool> {
        if x.len() != y.len() {
            return Ok(false);
        }
        self.deeper(|vm| {
            for (a, b) in x.iter().zip(y) {
                if !(same_object(a, b) || vm.equal(a, b)?) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// Goes one level deeper into what is nested, up to a limit.
    pub(crate) fn deeper<T>(&mut self, go: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        if self.nested > 80 {
            return Err(self.error("RecursionError", "maximum recursion depth exceeded"));
        }
        self.nested += 1;
        let result = go(self);
        self.nested -= 1;
        result
    }

    pub(crate) fn compare(&mut self, op: CmpOp, a: &Value, b: &Value) -> Res<Value> {
        Ok(Value::Bool(match op {
            CmpOp::Eq | CmpOp::Ne => {
                let special = if op == CmpOp::Eq { known::EQ } else { known::NE };
                if let Value::Instance(instance) = a
                    && let Some(function @ Value::Func(_)) = instance.class.lookup(special)
                {
                    let result = self.call_sync(&function, Args::of([a.clone(), b.clone()]))?;
                    if !matches!(result, Value::NotImplemented) {
                        return Ok(result);
                    }
                }
                self.equal(a, b)? == (op == CmpOp::Eq)
            }
            CmpOp::Is => same_object(a, b),
            CmpOp::IsNot => !same_object(a, b),
            CmpOp::In => self.contains(b, a)?,
            CmpOp::NotIn => !self.contains(b, a)?,
            CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge => return self.order(op, a, b),
        }))
    }

    fn order(&mut self, op: CmpOp, a: &Value, b: &Value) -> Res<Value> {
        let names = match op {
            CmpOp::Lt => (known::LT, known::GT),
            CmpOp::Le => (known::LE, known::GE),
            CmpOp::Gt => (known::GT, known::LT),
            _ => (known::GE, known::LE),
        };
        if let Some(result) = self.by_methods(names, a, b)? {
            return Ok(result);
        }
        if let Some(result) = self.order_sets(op, a, b)? {
            return Ok(Value::Bool(result));
        }
        let holds = |ordering: Option<Ordering>| {
            ordering.is_some_and(|ordering| match op {
                CmpOp::Lt => ordering.is_lt(),
                CmpOp::Le => ordering.is_le(),
                CmpOp::Gt => ordering.is_gt(),
                _ => ordering.is_ge(),
            })
        };
        match self.ordering(&a.plain(), &b.plain())? {
            Some(ordering) => Ok(Value::Bool(holds(ordering))),
            None => {
                let sign = match op {
                    CmpOp::Lt => "<",
                    CmpOp::Le => "<=",
                    CmpOp::Gt => ">",
                    _ => ">=",
                };
                let (x, y) = (self.type_name(a), self.type_name(b));
                Err(self.type_error(format!("'{sign}' not supported between instances of '{x}' and '{y}'")))
            }
        }
    }

    fn order_sets(&mut self, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
        if !matches!(a, Value::Set(_) | Value::FrozenSet(_)) || !matches!(b, Value::Set(_) | Value::FrozenSet(_)) {
            return Ok(None);
        }
        let (Some(x), Some(y)) = (self.set_of(a)?, self.set_of(b)?) else { return Ok(None) };
        Ok(Some(match op {
            CmpOp::Lt => x.is_subset(&y) && x.len() < y.len(),
            CmpOp::Le => x.is_subset(&y),
            CmpOp::Gt => y.is_subset(&x) && x.len() > y.len(),
            _ => y.is_subset(&x),
        }))
    }

    /// How two values are ordered; `None` where they are of types that have no order, `Some(None)` for NaN.
    pub(crate) fn ordering(&mut self, a: &Value, b: &Value) -> Res<Option<Option<Ordering>>> {
        Ok(match (a, b) {
            (Value::Int(x), Value::Int(y)) => Some(Some(x.cmp(y))),
            (Value::Str(x), Value::Str(y)) => Some(Some(x.as_str().cmp(y.as_str()))),
            (Value::Bytes(x), Value::Bytes(y)) => Some(Some(x.cmp(y))),
            (Value::List(x), Value::List(y)) => {
                let (x, y) = (x.borrow().clone(), y.borrow().clone());
                self.order_items(&x, &y)?
            }
            (Value::Tuple(x), Value::Tuple(y)) => self.order_items(x, y)?,
            _ => order_numbers(a, b),
        })
    }

    fn order_items(&mut self, x: &[Value], y: &[Value]) -> Res<Option<Option<Ordering>>> {
        for (a, b) in x.iter().zip(y) {
            if !(same_object(a, b) || self.equal(a, b)?) {
                let less = self.deeper(|vm| vm.order(CmpOp::Lt, a, b))?;
                return Ok(Some(Some(if self.truth(&less)? { Ordering::Less } else { Ordering::Greater })));
            }
        }
        Ok(Some(Some(x.len().cmp(&y.len()))))
    }

    /// Whether `a < b`, for sorting.
    ///
    /// # Errors
    /// They have no order.
    pub fn less(&mut self, a: &Value, b: &Value) -> Res<bool> {
        match (a, b) {
            (Value::Int(x), Value::Int(y)) => Ok(x < y),
            (Value::Str(x), Value::Str(y)) => Ok(x.as_str() < y.as_str()),
            _ => {
                let result = self.order(CmpOp::Lt, a, b)?;
                self.truth(&result)
            }
        }
    }

    /// Python's `in`.
    ///
    /// # Errors
    /// The container is none.
    pub fn contains(&mut self, container: &Value, value: &Value) -> Res<bool> {
        match container {
            Value::Str(text) => match value.as_text() {
                Some(part) => {
                    self.charge(text.as_str().len() / 64)?;
                    Ok(text.as_str().contains(part.as_str()))
                }
                None => {
                    let found = self.type_name(value);
                    Err(self.type_error(format!("'in <string>' requires string as left operand, not {found}")))
                }
            },
            Value::Dict(dict) => {
                let key = self.key(value.clone())?;
                Ok(dict.borrow().contains_key(&key))
            }
            Value::Set(set) => {
                let key = self.key(value.clone())?;
                Ok(set.borrow().contains(&key))
            }
            Value::FrozenSet(set) => {
                let key = self.key(value.clone())?;
                Ok(set.contains(&key))
            }
            Value::Range(range) => Ok(match value {
                Value::Int(n) => {
                    let (low, high) =
                        if range.step > 0 { (range.start, range.stop) } else { (range.stop + 1, range.start + 1) };
                    *n >= low && *n < high && (n - range.start) % range.step == 0
                }
                _ => false,
            }),
            Value::Bytes(bytes) => match value {
                Value::Bytes(part) => {
                    Ok(part.is_empty() || bytes.windows(part.len()).any(|window| window == part.as_slice()))
                }
                Value::Int(n) => Ok(u8::try_from(*n).is_ok_and(|n| bytes.contains(&n))),
                _ => Err(self.type_error("a bytes-like object is required")),
            },
            Value::Iter(iter) if let Iter::View(ViewOf::Keys, dict) = &*iter.borrow() => {
                let key = self.key(value.clone())?;
                Ok(dict.borrow().contains_key(&key))
            }
            Value::Object(object) if let Some(found) = object.contains(value) => Ok(found),
            Value::Instance(instance) => {
                if let Some(function) = instance.class.lookup(known::CONTAINS) {
                    let result = self.call_sync(&function, Args::of([container.clone(), value.clone()]))?;
                    return self.truth(&result);
                }
                match instance.payload() {
                    Some(payload) if instance.class.lookup(known::ITER).is_none() => self.contains(&payload, value),
                    _ => self.contained(container, value),
                }
            }
            _ => self.contained(container, value),
        }
    }

    fn contained(&mut self, container: &Value, value: &Value) -> Res<bool> {
        let iterator = self.iter(container).map_err(|raise| {
            if raise.is("TypeError") {
                self.type_error(format!("argument of type '{}' is not iterable", self.type_name(container)))
            } else {
                raise
            }
        })?;
        while let Some(item) = self.next(&iterator)? {
            self.charge(1)?;
            if same_object(&item, value) || self.equal(&item, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The items of a set or of a dictionary's view.
    pub(crate) fn set_of(&mut self, value: &Value) -> Res<Option<crate::value::SetItems>> {
        Ok(match value {
            Value::Set(set) => Some(set.borrow().clone()),
            Value::FrozenSet(set) => Some((**set).clone()),
            Value::Iter(iter) => as_view(iter).map(|keys| keys.into_iter().collect()),
            Value::Instance(instance) => match instance.payload() {
                Some(payload @ (Value::Set(_) | Value::FrozenSet(_))) => return self.set_of(&payload),
                _ => None,
            },
            _ => None,
        })
    }
}

fn as_view(iter: &Rc<std::cell::RefCell<Iter>>) -> Option<Vec<Key>> {
    match &*iter.borrow() {
        Iter::View(ViewOf::Keys, dict) => Some(dict.borrow().keys().cloned().collect()),
        Iter::View(ViewOf::Items, dict) => {
            let pair = |(key, value): (&Key, &Value)| Key::new(Value::tuple(vec![key.0.clone(), value.clone()]));
            dict.borrow().iter().map(pair).collect()
        }
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "integers beyond 2^53 are compared as large integers")]
fn order_numbers(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    let int = |value: &Value| match value {
        Value::Int(n) => Some(*n),
        Value::Bool(b) => Some(i64::from(*b)),
        _ => None,
    };
    let big = |value: &Value| match value {
        Value::Big(n) => Some((**n).clone()),
        other => int(other).map(BigInt::from),
    };
    let float = |value: &Value| match value {
        Value::Float(x) => Some(*x),
        Value::Big(n) => n.to_f64(),
        other => int(other).map(|n| n as f64),
    };
    match (a, b) {
        (Value::Float(x), other) | (other, Value::Float(x)) => {
            let y = float(other)?;
            let exact = if y.abs() >= 9e15 && x.is_finite() && !matches!(other, Value::Float(_)) {
                Some(BigInt::from_f64(x.trunc())?.cmp(&big(other)?))
            } else {
                x.partial_cmp(&y)
            };
            let is_left = matches!(a, Value::Float(_));
            Some(if is_left { exact } else { exact.map(Ordering::reverse) })
        }
        _ => Some(Some(match (int(a), int(b)) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => big(a)?.cmp(&big(b)?),
        })),
    }
}
