//! Patterns of `match`: what a value must be, and what is taken out of it.

use super::{Res, Vm};
use crate::compile::CallSite;
use crate::value::{Class, Sym, Value, intern, known};

/// Classes whose one positional sub-pattern is for the value itself.
const WHOLE: [&str; 11] =
    ["bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"];

impl Vm {
    /// See [`Op::MatchSequence`](crate::compile::Op::MatchSequence).
    pub(crate) fn match_sequence(&mut self, count: usize, or_more: bool) -> Res<()> {
        let value = self.stack.pop().unwrap_or(Value::None);
        let fits = self.is_sequence(&value) && {
            let length = crate::builtins::len_of(self, &value)?;
            if or_more { length >= count } else { length == count }
        };
        self.stack.push(Value::Bool(fits));
        Ok(())
    }

    /// Texts and bytes are none, and neither is an exception, whose arguments are a tuple.
    fn is_sequence(&self, value: &Value) -> bool {
        if let Value::Instance(instance) = value {
            if instance.class.is_subclass(&self.types.base_exception) {
                return false;
            }
            if instance.payload().is_none() {
                return derives_from(&instance.class, &[("collections", "deque"), ("collections.abc", "Sequence")]);
            }
        }
        matches!(value.plain(), Value::List(_) | Value::Tuple(_) | Value::Range(_))
    }

    /// See [`Op::MatchMapping`](crate::compile::Op::MatchMapping).
    pub(crate) fn match_mapping(&mut self, count: usize, keeps_rest: bool) -> Res<()> {
        let keys: Vec<Value> = self.stack.drain(self.stack.len() - count..).collect();
        let value = self.stack.pop().unwrap_or(Value::None);
        if let Value::Instance(instance) = &value
            && instance.payload().is_none()
            && derives_from(&instance.class, &[("collections", "ChainMap"), ("collections.abc", "Mapping")])
        {
            return Err(self.unsupported("a pattern of a mapping that is no dict"));
        }
        let Value::Dict(dict) = value.plain() else {
            self.stack.push(Value::Bool(false));
            return Ok(());
        };
        let mut found = Vec::with_capacity(count + 1);
        let mut rest = if keeps_rest { dict.borrow().clone() } else { crate::value::Dict::default() };
        for key in keys {
            let key = self.key(key)?;
            let Some(value) = dict.borrow().get(&key).cloned() else {
                self.stack.push(Value::Bool(false));
                return Ok(());
            };
            found.push(value);
            rest.shift_remove(&key);
        }
        if keeps_rest {
            found.push(Value::dict(rest));
        }
        self.fits(found);
        Ok(())
    }

    /// See [`Op::MatchClass`](crate::compile::Op::MatchClass).
    pub(crate) fn match_class(&mut self, site: &CallSite) -> Res<()> {
        let class = self.stack.pop().unwrap_or(Value::None);
        let value = self.stack.pop().unwrap_or(Value::None);
        if !matches!(class, Value::Class(_) | Value::Native(_)) {
            return Err(self.type_error("called match pattern must be a type"));
        }
        if !self.is_instance(&value, &class)? {
            self.stack.push(Value::Bool(false));
            return Ok(());
        }
        let positional = usize::from(site.count) - site.names.len();
        let mut found = Vec::with_capacity(usize::from(site.count));
        let mut names = Vec::with_capacity(usize::from(site.count));
        if positional > 0 {
            match self.match_args(&class)? {
                Some(all) => {
                    self.check_positional(&class, positional, all.len())?;
                    names.extend_from_slice(&all[..positional]);
                }
                None => {
                    self.check_positional(&class, positional, 1)?;
                    found.push(value.clone());
                }
            }
        }
        for name in &site.names {
            if names.contains(name) {
                let class = class_name(&class);
                let message = format!("{class}() got multiple sub-patterns for attribute '{name}'");
                return Err(self.type_error(message));
            }
            names.push(*name);
        }
        for name in names {
            match self.attr(&value, name) {
                Ok(attribute) => found.push(attribute),
                Err(raise) if raise.is("AttributeError") => {
                    self.stack.push(Value::Bool(false));
                    return Ok(());
                }
                Err(raise) => return Err(raise),
            }
        }
        self.fits(found);
        Ok(())
    }

    /// The attributes that a class's positional sub-patterns are for; `None`: the first is for the value itself.
    fn match_args(&mut self, class: &Value) -> Res<Option<Vec<Sym>>> {
        let Value::Class(class) = class else { return Ok(None) };
        let names = match class.lookup(known::MATCH_ARGS) {
            Some(Value::Tuple(names)) => names,
            Some(other) => {
                let (class, found) = (&class.name, self.type_name(&other));
                return Err(self.type_error(format!("{class}.__match_args__ must be a tuple (got {found})")));
            }
            None => {
                let whole = WHOLE.map(|name| ("builtins", name));
                return Ok(if derives_from(class, &whole) { None } else { Some(Vec::new()) });
            }
        };
        let name = |name: &Value| name.as_text().map(|text| intern(text.as_str()));
        let names: Option<Vec<Sym>> = names.iter().map(name).collect();
        names.map(Some).ok_or_else(|| self.type_error("__match_args__ elements must be strings"))
    }

    fn check_positional(&self, class: &Value, given: usize, allowed: usize) -> Res<()> {
        if given <= allowed {
            return Ok(());
        }
        let (class, plural) = (class_name(class), if allowed == 1 { "" } else { "s" });
        Err(self.type_error(format!("{class}() accepts {allowed} positional sub-pattern{plural} ({given} given)")))
    }

    fn fits(&mut self, found: Vec<Value>) {
        self.stack.push(Value::tuple(found));
        self.stack.push(Value::Bool(true));
    }
}

fn class_name(class: &Value) -> &str {
    match class {
        Value::Class(class) => &class.name,
        Value::Native(native) => native.name,
        _ => "",
    }
}

/// Whether `class`, or one that it derives from, is one of these, by module and name.
fn derives_from(class: &Class, names: &[(&str, &str)]) -> bool {
    let is_one = |class: &Class| names.contains(&(class.module.as_str(), class.name.as_str()));
    is_one(class) || class.mro().iter().any(|base| is_one(base))
}
