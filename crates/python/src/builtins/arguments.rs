//! Arguments of functions written in Rust, taken one by one.

use std::rc::Rc;

use crate::value::{Args, PyStr, Sym, Value, intern};
use crate::vm::{Raise, Res, Vm};

/// What a function was called with. Those by position are taken in order.
pub struct Given {
    name: String,
    pos: std::iter::Peekable<smallvec::IntoIter<[Value; 4]>>,
    kw: Vec<(Sym, Value)>,
    taken: usize,
}

impl Given {
    /// For messages, `name` is the function's.
    pub fn new(name: &str, args: Args) -> Self {
        Self { name: name.to_owned(), pos: args.pos.into_iter().peekable(), kw: args.kw, taken: 0 }
    }

    /// The next by position, if there is one.
    pub fn next(&mut self) -> Option<Value> {
        self.taken += 1;
        self.pos.next()
    }

    /// How many are left by position.
    pub fn left(&self) -> usize {
        self.pos.len()
    }

    /// The next by position.
    ///
    /// # Errors
    /// There is none.
    pub fn required(&mut self, vm: &Vm) -> Res<Value> {
        self.next().ok_or_else(|| self.missing(vm))
    }

    fn missing(&self, vm: &Vm) -> Raise {
        vm.type_error(format!("{}() missing required argument (pos {})", self.name, self.taken))
    }

    /// The next by position, or the one of this name.
    pub fn named(&mut self, name: &str) -> Option<Value> {
        if let Some(value) = self.next() {
            return Some(value);
        }
        self.keyword(name)
    }

    /// The one of this name.
    pub fn keyword(&mut self, name: &str) -> Option<Value> {
        let name = intern(name);
        let at = self.kw.iter().position(|(n, _)| *n == name)?;
        Some(self.kw.remove(at).1)
    }

    /// The one that is required, by position or by name.
    ///
    /// # Errors
    /// There is none.
    pub fn needed(&mut self, vm: &Vm, name: &str) -> Res<Value> {
        self.named(name).ok_or_else(|| {
            vm.type_error(format!("{}() missing required argument: '{name}' (pos {})", self.name, self.taken))
        })
    }

    /// The rest by position.
    pub fn rest(&mut self) -> Vec<Value> {
        self.pos.by_ref().collect()
    }

    /// The rest by name.
    pub fn keywords(&mut self) -> Vec<(Sym, Value)> {
        std::mem::take(&mut self.kw)
    }

    /// The next, a string.
    ///
    /// # Errors
    /// There is none, or it is something else.
    pub fn text(&mut self, vm: &Vm) -> Res<Rc<PyStr>> {
        let value = self.required(vm)?;
        text_of(vm, &self.name, &value)
    }

    /// The next, an integer.
    ///
    /// # Errors
    /// There is none, or it is something else.
    pub fn int(&mut self, vm: &Vm) -> Res<i64> {
        let value = self.required(vm)?;
        int_of(vm, &value)
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// Something is.
    pub fn done(mut self, vm: &Vm) -> Res<()> {
        if let Some((name, _)) = self.kw.first() {
            return Err(vm.type_error(format!("{}() got an unexpected keyword argument '{name}'", self.name)));
        }
        let left = self.left();
        if left > 0 {
            let taken = self.taken.min(self.taken + 1);
            return Err(vm.type_error(format!(
                "{}() takes at most {taken} arguments ({} given)",
                self.name,
                taken + left
            )));
        }
        let _ = self.pos.next();
        Ok(())
    }
}

/// A string.
///
/// # Errors
/// It is something else.
pub fn text_of(vm: &Vm, function: &str, value: &Value) -> Res<Rc<PyStr>> {
    value
        .as_text()
        .ok_or_else(|| vm.type_error(format!("{function}() argument must be str, not {}", vm.type_name(value))))
}

/// An integer of 64 bits.
///
/// # Errors
/// It is something else.
pub fn int_of(vm: &Vm, value: &Value) -> Res<i64> {
    match value.plain() {
        Value::Int(n) => Ok(n),
        Value::Bool(b) => Ok(i64::from(b)),
        Value::Big(_) => Err(vm.error("OverflowError", "Python int too large to convert to C ssize_t")),
        other => Err(vm.type_error(format!("'{}' object cannot be interpreted as an integer", vm.type_name(&other)))),
    }
}
