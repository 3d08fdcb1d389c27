//! `match`: each case tries its pattern on the subject, and binds its names once all of it fits.

use ruff_python_ast as ast;
use ruff_python_ast::{Pattern, Singleton};

use super::{CallSite, CmpOp, Compiler, Op};
use crate::value::{Sym, Value};

/// A case being tried.
#[derive(Default)]
struct Trial {
    /// Jumps for when it does not fit.
    misses: Vec<usize>,
    /// What its names will be, in variables of their own: a case that does not fit binds none.
    captures: Vec<(Sym, u16)>,
    /// All variables that it takes.
    slots: Vec<u16>,
}

impl<'a> Compiler<'a> {
    pub(super) fn match_(&mut self, each: &'a ast::StmtMatch) {
        self.expression(&each.subject);
        let subject = self.unit().temporary();
        self.emit(Op::StoreLocal(subject));
        let mut ends = Vec::new();
        for case in &each.cases {
            self.at(case);
            let mut trial = Trial::default();
            self.pattern(&case.pattern, subject, &mut trial);
            for (name, slot) in &trial.captures {
                self.emit(Op::LoadLocal(*slot));
                self.store(*name);
            }
            if let Some(guard) = &case.guard {
                self.at(&**guard);
                self.expression(guard);
                trial.misses.push(self.emit(Op::JumpIfFalse(0)));
            }
            trial.slots.iter().for_each(|slot| self.unit().release(*slot));
            self.statements(&case.body);
            ends.push(self.emit(Op::Jump(0)));
            trial.misses.into_iter().for_each(|miss| self.unit().land(miss));
        }
        ends.into_iter().for_each(|end| self.unit().land(end));
        self.none();
        self.emit(Op::StoreLocal(subject));
        self.unit().release(subject);
    }

    /// Goes on where the value in `subject` fits, with nothing on the stack.
    fn pattern(&mut self, pattern: &'a Pattern, subject: u16, trial: &mut Trial) {
        match pattern {
            Pattern::MatchValue(each) => {
                self.emit(Op::LoadLocal(subject));
                self.expression(&each.value);
                self.emit(Op::Compare(CmpOp::Eq));
                self.or_miss(trial);
            }
            Pattern::MatchSingleton(each) => {
                self.emit(Op::LoadLocal(subject));
                self.constant(match each.value {
                    Singleton::None => Value::None,
                    Singleton::True => Value::Bool(true),
                    Singleton::False => Value::Bool(false),
                });
                self.emit(Op::Compare(CmpOp::Is));
                self.or_miss(trial);
            }
            Pattern::MatchAs(each) => {
                if let Some(inner) = &each.pattern {
                    self.pattern(inner, subject, trial);
                }
                if let Some(name) = &each.name {
                    self.capture_as(name, subject, trial);
                }
            }
            Pattern::MatchOr(each) => self.any_of(&each.patterns, subject, trial),
            Pattern::MatchSequence(each) => self.sequence_pattern(each, subject, trial),
            Pattern::MatchMapping(each) => self.mapping_pattern(each, subject, trial),
            Pattern::MatchClass(each) => self.class_pattern(each, subject, trial),
            Pattern::MatchStar(each) => self.refuse(each, "starred pattern", "it stands within a sequence"),
        }
    }

    fn or_miss(&mut self, trial: &mut Trial) {
        trial.misses.push(self.emit(Op::JumpIfFalse(0)));
    }

    /// The other alternatives of a `|` bind the same names, and so take the same variable.
    fn capture_as(&mut self, name: &str, subject: u16, trial: &mut Trial) {
        let name = self.name(name);
        let known = trial.captures.iter().find(|(captured, _)| *captured == name).map(|(_, slot)| *slot);
        let slot = known.unwrap_or_else(|| {
            let slot = self.taken(trial);
            trial.captures.push((name, slot));
            slot
        });
        self.emit(Op::LoadLocal(subject));
        self.emit(Op::StoreLocal(slot));
    }

    fn taken(&mut self, trial: &mut Trial) -> u16 {
        let slot = self.unit().temporary();
        trial.slots.push(slot);
        slot
    }

    fn any_of(&mut self, patterns: &'a [Pattern], subject: u16, trial: &mut Trial) {
        let Some((last, others)) = patterns.split_last() else { return };
        let outer = std::mem::take(&mut trial.misses);
        let mut hits = Vec::new();
        for pattern in others {
            self.pattern(pattern, subject, trial);
            hits.push(self.emit(Op::Jump(0)));
            std::mem::take(&mut trial.misses).into_iter().for_each(|miss| self.unit().land(miss));
        }
        self.pattern(last, subject, trial);
        trial.misses.extend(outer);
        hits.into_iter().for_each(|hit| self.unit().land(hit));
    }

    fn sequence_pattern(&mut self, each: &'a ast::PatternMatchSequence, subject: u16, trial: &mut Trial) {
        let patterns = &each.patterns;
        let mut stars = (0..patterns.len()).filter(|at| patterns[*at].is_match_star());
        let star = stars.next();
        if stars.next().is_some() {
            return self.refuse(each, "two starred patterns", "use one");
        }
        let count = self.fit(patterns.len(), each);
        let least = count - u16::from(star.is_some());
        self.emit(Op::LoadLocal(subject));
        self.emit(Op::MatchSequence(least, star.is_some()));
        self.or_miss(trial);
        self.emit(Op::LoadLocal(subject));
        match star {
            Some(at) => {
                let before = self.fit(at, each);
                self.emit(Op::UnpackStar(before, least - before));
            }
            None => {
                self.emit(Op::Unpack(count));
            }
        }
        let parts = self.parts(patterns, trial);
        self.try_parts(parts, trial);
    }

    /// Takes values off the stack, the first from the top: a variable for each pattern.
    fn parts(&mut self, patterns: impl IntoIterator<Item = &'a Pattern>, trial: &mut Trial) -> Vec<(&'a Pattern, u16)> {
        let mut parts = Vec::new();
        for pattern in patterns {
            let slot = self.taken(trial);
            self.emit(Op::StoreLocal(slot));
            parts.push((pattern, slot));
        }
        parts
    }

    fn try_parts(&mut self, parts: Vec<(&'a Pattern, u16)>, trial: &mut Trial) {
        for (pattern, slot) in parts {
            match pattern {
                Pattern::MatchStar(star) => {
                    if let Some(name) = &star.name {
                        self.capture_as(name, slot, trial);
                    }
                }
                other => self.pattern(other, slot, trial),
            }
        }
    }

    fn mapping_pattern(&mut self, each: &'a ast::PatternMatchMapping, subject: u16, trial: &mut Trial) {
        self.emit(Op::LoadLocal(subject));
        each.keys.iter().for_each(|key| self.expression(key));
        let count = self.fit(each.keys.len(), each);
        self.emit(Op::MatchMapping(count, each.rest.is_some()));
        self.or_miss(trial);
        let count = self.fit(each.keys.len() + usize::from(each.rest.is_some()), each);
        self.emit(Op::Unpack(count));
        let parts = self.parts(&each.patterns, trial);
        if let Some(rest) = &each.rest {
            let slot = self.taken(trial);
            self.emit(Op::StoreLocal(slot));
            self.capture_as(rest, slot, trial);
        }
        self.try_parts(parts, trial);
    }

    fn class_pattern(&mut self, each: &'a ast::PatternMatchClass, subject: u16, trial: &mut Trial) {
        self.emit(Op::LoadLocal(subject));
        self.at(&*each.cls);
        self.expression(&each.cls);
        let arguments = &each.arguments;
        let names = arguments.keywords.iter().map(|keyword| self.name(&keyword.attr)).collect();
        let count = self.fit(arguments.patterns.len() + arguments.keywords.len(), each);
        let unit = self.unit();
        unit.code.calls.push(CallSite { count, names, method: None });
        let at = super::unit::small(unit.code.calls.len() - 1);
        self.emit(Op::MatchClass(at));
        self.or_miss(trial);
        self.emit(Op::Unpack(count));
        let keywords = arguments.keywords.iter().map(|keyword| &keyword.pattern);
        let parts = self.parts(arguments.patterns.iter().chain(keywords), trial);
        self.try_parts(parts, trial);
    }
}
