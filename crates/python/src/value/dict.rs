//! Dictionaries and sets: in order of insertion, keyed by Python's equality.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};
use num_traits::ToPrimitive;
use rustc_hash::FxBuildHasher;

use super::{Instance, Value, same_object};

/// A value that may be a key: it was checked to be hashable.
#[derive(Clone, Debug)]
pub struct Key(pub(crate) Value);

/// A dictionary's content.
pub type Dict = IndexMap<Key, Value, FxBuildHasher>;

/// A set's content.
pub type SetItems = IndexSet<Key, FxBuildHasher>;

impl Key {
    /// `None` where Python says `unhashable type`.
    pub fn new(value: Value) -> Option<Self> {
        is_hashable(&value).then_some(Self(value))
    }

    /// A string as a key.
    pub fn text(text: &str) -> Self {
        Self(Value::str(text))
    }

    /// What it is.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

fn is_hashable(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::ByteArray(_) | Value::Slice(_) => false,
        Value::Tuple(items) => items.iter().all(is_hashable),
        Value::Instance(instance) => {
            instance.class.key_fields().is_some() || instance.class.hash_by() != super::HashBy::Nothing
        }
        Value::Object(object) => object.is_hashable(),
        _ => true,
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_value(&self.0, state);
    }
}

fn hash_value<H: Hasher>(value: &Value, state: &mut H) {
    match value {
        Value::Bool(b) => i64::from(*b).hash(state),
        Value::Int(n) => n.hash(state),
        Value::Float(x) => match x.to_i64() {
            Some(n) if n as f64 == *x => n.hash(state),
            _ => x.to_bits().hash(state),
        },
        Value::Str(s) => s.as_str().hash(state),
        Value::Bytes(b) => b.hash(state),
        Value::Big(n) => n.hash(state),
        Value::Tuple(items) => {
            items.len().hash(state);
            items.iter().for_each(|item| hash_value(item, state));
        }
        // The order of a set does not matter to what it equals.
        Value::FrozenSet(items) => items.len().hash(state),
        Value::Instance(instance) => {
            if let Some(fields) = instance.class.key_fields() {
                for field in fields.iter() {
                    if let Some(value) = instance.get(*field) {
                        hash_value(&value, state);
                    }
                }
            } else if let Some(payload) = instance.payload() {
                hash_value(&payload, state);
            } else {
                Rc::as_ptr(instance).hash(state);
            }
        }
        Value::Object(object) => match object.as_key() {
            Some(key) => hash_value(&key, state),
            None => Rc::as_ptr(object).cast::<()>().hash(state),
        },
        Value::Func(f) => Rc::as_ptr(f).hash(state),
        Value::Class(c) => Rc::as_ptr(c).hash(state),
        Value::Module(m) => Rc::as_ptr(m).hash(state),
        Value::Method(m) => {
            hash_value(&m.receiver, state);
            hash_value(&m.function, state);
        }
        other => std::mem::discriminant(other).hash(state),
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        same_object(&self.0, &other.0) || equal_plain(&self.0, &other.0)
    }
}

impl Eq for Key {}

/// Equality of what needs no Python code to compare.
#[expect(
    clippy::cast_precision_loss,
    reason = "Python too compares what the float stands for; large integers are told apart first"
)]
pub fn equal_plain(a: &Value, b: &Value) -> bool {
    use Value::*;
    match (a, b) {
        (Str(a), Str(b)) => a.as_str() == b.as_str(),
        (Int(a), Int(b)) => a == b,
        (Bool(a), Bool(b)) => a == b,
        (Bool(a), Int(b)) | (Int(b), Bool(a)) => i64::from(*a) == *b,
        (Int(a), Float(b)) | (Float(b), Int(a)) => {
            *a as f64 == *b && (a.unsigned_abs() < 1 << 53 || b.to_i64() == Some(*a))
        }
        (Bool(a), Float(b)) | (Float(b), Bool(a)) => f64::from(u8::from(*a)) == *b,
        (Float(a), Float(b)) => a == b,
        (Big(a), Big(b)) => a == b,
        (Big(a), Float(b)) | (Float(b), Big(a)) => a.to_f64() == Some(*b),
        (None, None) | (NotImplemented, NotImplemented) | (Ellipsis, Ellipsis) => true,
        (Bytes(a), Bytes(b)) => a == b,
        (ByteArray(a), Bytes(b)) | (Bytes(b), ByteArray(a)) => *a.borrow() == **b,
        (ByteArray(a), ByteArray(b)) => *a.borrow() == *b.borrow(),
        (Tuple(a), Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same_object(a, b) || equal_plain(a, b))
        }
        (Set(a), Set(b)) => Rc::ptr_eq(a, b) || same_items(&a.borrow(), &b.borrow()),
        (FrozenSet(a), FrozenSet(b)) => same_items(a, b),
        (Set(a), FrozenSet(b)) | (FrozenSet(b), Set(a)) => same_items(&a.borrow(), b),
        (Range(a), Range(b)) => {
            a.len() == b.len() && (a.len() == 0 || (a.start == b.start && (a.len() == 1 || a.step == b.step)))
        }
        (Instance(x), Instance(y)) => match (x.class.key_fields(), y.class.key_fields()) {
            (Some(fields), Some(_)) if Rc::ptr_eq(&x.class, &y.class) => {
                fields.iter().all(|f| match (x.get(*f), y.get(*f)) {
                    (Some(x), Some(y)) => equal_plain(&x, &y),
                    _ => false,
                })
            }
            _ => match (x.payload(), y.payload()) {
                (Some(x), Some(y)) => equal_plain(&x, &y),
                _ => false,
            },
        },
        (Instance(x), other) | (other, Instance(x)) => {
            x.payload().or_else(|| number_of(x)).is_some_and(|value| equal_plain(&value, other))
        }
        (Object(x), Object(y)) => match (x.as_key(), y.as_key()) {
            (Some(x), Some(y)) => equal_plain(&x, &y),
            _ => false,
        },
        (Object(x), other) | (other, Object(x)) => x.equals_plain(other),
        (Method(a), Method(b)) => same_object(&a.receiver, &b.receiver) && same_object(&a.function, &b.function),
        _ => false,
    }
}

/// The plain number that an instance of our own classes of numbers equals: their one key field is named for it.
fn number_of(instance: &Instance) -> Option<Value> {
    let fields = instance.class.key_fields()?;
    let field = fields.first().filter(|field| fields.len() == 1 && field.text().as_str() == "_key")?;
    instance.get(*field)
}

fn same_items(a: &SetItems, b: &SetItems) -> bool {
    a.len() == b.len() && a.iter().all(|item| b.contains(item))
}
