//! Assignments and deletions.

use ruff_python_ast as ast;
use ruff_python_ast::Expr;

use super::{Compiler, Op};
use crate::value::Value;

impl<'a> Compiler<'a> {
    /// Takes the value off the stack into `target`.
    pub(super) fn assign(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => {
                let name = self.name(&name.id);
                self.store(name);
            }
            Expr::Attribute(attribute) => {
                self.expression(&attribute.value);
                let name = self.name(&attribute.attr);
                self.emit(Op::StoreAttr(name));
            }
            Expr::Subscript(subscript) => {
                self.expression(&subscript.value);
                self.expression(&subscript.slice);
                self.emit(Op::StoreItem);
            }
            Expr::List(list) => self.unpack(&list.elts),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts),
            Expr::Starred(starred) => self.assign(&starred.value),
            other => self.refuse(other, "assignment to an expression", "assign to a name, an attribute or an item"),
        }
    }

    fn unpack(&mut self, targets: &'a [Expr]) {
        let stars: Vec<usize> =
            targets.iter().enumerate().filter(|(_, t)| t.is_starred_expr()).map(|(at, _)| at).collect();
        match stars[..] {
            [] => {
                let Ok(count) = u16::try_from(targets.len()) else {
                    return self.refuse(&targets[0], "more than 65535 targets", "split it");
                };
                self.emit(Op::Unpack(count));
            }
            [at] => {
                let (Ok(before), Ok(after)) = (u16::try_from(at), u16::try_from(targets.len() - at - 1)) else {
                    return self.refuse(&targets[0], "more than 65535 targets", "split it");
                };
                self.emit(Op::UnpackStar(before, after));
            }
            _ => return self.refuse(&targets[0], "two starred targets", "use one"),
        }
        targets.iter().for_each(|target| self.assign(target));
    }

    pub(super) fn augmented(&mut self, assign: &'a ast::StmtAugAssign) {
        let op = Self::operator(assign.op);
        match &*assign.target {
            Expr::Name(name) => {
                let name = self.name(&name.id);
                self.load(name);
                self.expression(&assign.value);
                self.emit(Op::InPlace(op));
                self.store(name);
            }
            Expr::Attribute(attribute) => {
                let name = self.name(&attribute.attr);
                self.expression(&attribute.value);
                self.emit(Op::Dup);
                self.emit(Op::LoadAttr(name));
                self.expression(&assign.value);
                self.emit(Op::InPlace(op));
                self.emit(Op::RotTwo);
                self.emit(Op::StoreAttr(name));
            }
            Expr::Subscript(subscript) => {
                self.expression(&subscript.value);
                self.expression(&subscript.slice);
                self.emit(Op::DupTwo);
                self.emit(Op::LoadItem);
                self.expression(&assign.value);
                self.emit(Op::InPlace(op));
                self.emit(Op::RotThree);
                self.emit(Op::StoreItem);
            }
            other => self.refuse(other, "assignment to an expression", "assign to a name, an attribute or an item"),
        }
    }

    pub(super) fn remove(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => {
                let name = self.name(&name.id);
                self.delete(name);
            }
            Expr::Attribute(attribute) => {
                self.expression(&attribute.value);
                let name = self.name(&attribute.attr);
                self.emit(Op::DelAttr(name));
            }
            Expr::Subscript(subscript) => {
                self.expression(&subscript.value);
                self.expression(&subscript.slice);
                self.emit(Op::DelItem);
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.remove(target)),
            Expr::List(list) => list.elts.iter().for_each(|target| self.remove(target)),
            other => self.refuse(other, "del of an expression", "delete a name, an attribute or an item"),
        }
    }

    pub(super) fn annotated(&mut self, assign: &'a ast::StmtAnnAssign) {
        if let Some(value) = &assign.value {
            self.expression(value);
            self.assign(&assign.target);
        }
        if self.unit().kind == super::UnitKind::Class
            && let Expr::Name(name) = &*assign.target
        {
            // What a class's fields are is asked by data classes; the types themselves never matter.
            let is_class_var = is_class_var(&assign.annotation);
            self.constant(Value::str(if is_class_var { "ClassVar" } else { "" }));
            let name = self.name(&name.id);
            self.emit(Op::Annotate(name));
        }
    }
}

fn is_class_var(annotation: &Expr) -> bool {
    match annotation {
        Expr::Name(name) => name.id.as_str() == "ClassVar",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "ClassVar",
        Expr::Subscript(subscript) => is_class_var(&subscript.value),
        Expr::StringLiteral(text) => text.value.to_str().contains("ClassVar"),
        _ => false,
    }
}
