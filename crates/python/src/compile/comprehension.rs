//! Comprehensions and generator expressions: functions of one argument, the first iterable.

use ruff_python_ast::{Comprehension, Expr};

use super::scope::{Body, Scope};
use super::unit::{Unit, UnitKind, small};
use super::{Compiler, FunctionPlan, Op};
use crate::value::intern;

impl<'a> Compiler<'a> {
    pub(super) fn comprehension(&mut self, expr: &'a Expr) {
        let (elements, loops, build, name): (Vec<&'a Expr>, &'a [Comprehension], _, _) = match expr {
            Expr::ListComp(comp) => (vec![&*comp.elt], &comp.generators, Some(Op::BuildList(0)), "<listcomp>"),
            Expr::SetComp(comp) => (vec![&*comp.elt], &comp.generators, Some(Op::BuildSet(0)), "<setcomp>"),
            Expr::DictComp(comp) => {
                let Some(key) = &comp.key else {
                    return self.refuse(expr, "** in a comprehension", "build the dictionary in a loop");
                };
                (vec![&**key, &*comp.value], &comp.generators, Some(Op::BuildDict(0)), "<dictcomp>")
            }
            Expr::Generator(comp) => (vec![&*comp.elt], &comp.generators, None, "<genexpr>"),
            _ => unreachable!("only comprehensions are passed"),
        };
        if let Some(each) = loops.iter().find(|each| each.is_async) {
            self.refuse(each, "async comprehension", "write a plain one: waits and requests already suspend the user");
        }
        let mut scope = Scope::of(&Body::Comprehension(elements.clone(), loops), None);
        scope.yields = build.is_none();
        let qualname = format!("{}{name}", self.qualifier());
        let mut unit = Unit::new(UnitKind::Function, name, qualname, scope);
        unit.is_comprehension = true;
        unit.line = self.unit().line;
        let first = unit.local(intern(".0"));
        unit.parameters.positional.push(intern(".0"));
        self.units.push(unit);
        let into = build.map(|build| {
            self.emit(build);
            let slot = self.unit().temporary();
            self.emit(Op::StoreLocal(slot));
            slot
        });
        self.loops(loops, Some(first), &elements, into);
        match into {
            Some(slot) => self.emit(Op::LoadLocal(slot)),
            None => {
                self.none();
                0
            }
        };
        self.emit(Op::Return);
        let plan = self.close_function(0, Vec::new());
        self.make_function(plan);
        self.expression(&loops[0].iter);
        self.emit(Op::GetIter);
        self.emit(Op::Call(1));
    }

    fn loops(&mut self, loops: &'a [Comprehension], first: Option<u16>, elements: &[&'a Expr], into: Option<u16>) {
        let Some((each, inner)) = loops.split_first() else { return self.element(elements, into) };
        let slot = first.unwrap_or_else(|| {
            self.expression(&each.iter);
            self.emit(Op::GetIter);
            let slot = self.unit().temporary();
            self.emit(Op::StoreLocal(slot));
            slot
        });
        let start = self.emit(Op::ForIter(slot, 0));
        self.assign(&each.target);
        for test in &each.ifs {
            self.expression(test);
            self.emit(Op::JumpIfFalse(small(start)));
        }
        self.loops(inner, None, elements, into);
        self.emit(Op::Jump(small(start)));
        self.unit().land(start);
        if first.is_none() {
            self.unit().release(slot);
        }
    }

    fn element(&mut self, elements: &[&'a Expr], into: Option<u16>) {
        elements.iter().for_each(|element| self.expression(element));
        match (into, elements.len()) {
            (Some(slot), 2) => self.emit(Op::PutInto(slot)),
            (Some(slot), _) => {
                let is_set = self.unit().name == intern("<setcomp>");
                self.emit(if is_set { Op::AddTo(slot) } else { Op::AppendTo(slot) })
            }
            (None, _) => {
                self.emit(Op::Yield);
                self.emit(Op::Pop)
            }
        };
    }

    pub(super) fn make_function(&mut self, plan: FunctionPlan) {
        let unit = self.unit();
        unit.code.functions.push(plan);
        let at = small(unit.code.functions.len() - 1);
        self.emit(Op::MakeFunction(at));
    }
}
