//! `if`, loops, `return`, `break` and `continue`.

use ruff_python_ast as ast;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::unit::{Block, UnitKind, small};
use super::{Compiler, Op};
use crate::value::{Value, known};

impl<'a> Compiler<'a> {
    pub(super) fn if_(&mut self, each: &'a ast::StmtIf) {
        let mut ends = Vec::new();
        let first = (Some(&*each.test), each.body.as_slice());
        let others = each.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), clause.body.as_slice()));
        let branches: Vec<(Option<&'a Expr>, &'a [Stmt])> = std::iter::once(first).chain(others).collect();
        let count = branches.len();
        for (n, (test, body)) in branches.into_iter().enumerate() {
            // A file of users is a module that is imported, and nobody checks types while it runs.
            if test.is_some_and(|test| is_never(test)) {
                continue;
            }
            let next = test.map(|test| {
                self.at(test);
                self.expression(test);
                self.emit(Op::JumpIfFalse(0))
            });
            self.statements(body);
            if n + 1 < count {
                ends.push(self.emit(Op::Jump(0)));
            }
            if let Some(next) = next {
                self.unit().land(next);
            }
        }
        ends.into_iter().for_each(|end| self.unit().land(end));
    }

    pub(super) fn while_(&mut self, each: &'a ast::StmtWhile) {
        let start = self.unit().here();
        self.expression(&each.test);
        let over = self.emit(Op::JumpIfFalse(0));
        self.loop_body(start, &each.body);
        self.end_loop(start, over, &each.orelse);
    }

    pub(super) fn for_(&mut self, each: &'a ast::StmtFor) {
        if each.is_async {
            self.refuse(each, "async for", "write a plain loop");
        }
        self.expression(&each.iter);
        self.emit(Op::GetIter);
        let slot = self.unit().temporary();
        self.emit(Op::StoreLocal(slot));
        let start = self.emit(Op::ForIter(slot, 0));
        self.assign(&each.target);
        self.loop_body(start, &each.body);
        self.end_loop(start, start, &each.orelse);
        self.unit().release(slot);
    }

    fn loop_body(&mut self, start: usize, body: &'a [Stmt]) {
        self.unit().blocks.push(Block::Loop { start, breaks: Vec::new() });
        self.statements(body);
    }

    fn end_loop(&mut self, start: usize, over: usize, orelse: &'a [Stmt]) {
        self.emit(Op::Jump(small(start)));
        self.unit().land(over);
        let block = self.unit().blocks.pop();
        self.statements(orelse);
        if let Some(Block::Loop { breaks, .. }) = block {
            breaks.into_iter().for_each(|jump| self.unit().land(jump));
        }
    }

    pub(super) fn leave_loop(&mut self, node: &impl Ranged, goes_on: bool) {
        let blocks = &self.unit().blocks;
        let Some(at) = blocks.iter().rposition(|block| matches!(block, Block::Loop { .. })) else {
            return self.refuse(node, "break or continue outside of a loop", "use return");
        };
        self.leave_blocks(at + 1);
        let jump = self.emit(Op::Jump(0));
        let unit = self.unit();
        if let Block::Loop { start, breaks } = &mut unit.blocks[at] {
            if goes_on {
                let start = small(*start);
                unit.aim(jump, start);
            } else {
                breaks.push(jump);
            }
        }
    }

    pub(super) fn return_(&mut self, each: &'a ast::StmtReturn) {
        if self.unit().kind != UnitKind::Function {
            return self.refuse(each, "return outside of a function", "use if and else");
        }
        match &each.value {
            Some(value) => self.expression(value),
            None => self.none(),
        }
        let runs_code = self.unit().blocks.iter().any(|block| matches!(block, Block::Finally(_) | Block::With(_)));
        if runs_code {
            let slot = self.unit().temporary();
            self.emit(Op::StoreLocal(slot));
            self.leave_blocks(0);
            self.emit(Op::LoadLocal(slot));
            self.unit().release(slot);
        }
        self.emit(Op::Return);
    }

    /// Does what must be done when all blocks from `from` on are left.
    fn leave_blocks(&mut self, from: usize) {
        let blocks = self.unit().blocks.clone();
        for at in (from..blocks.len()).rev() {
            // What runs here is no longer within the block.
            self.unit().blocks.truncate(at);
            match &blocks[at] {
                Block::Loop { .. } => {}
                Block::Try => {
                    self.emit(Op::PopTry);
                }
                Block::Finally(body) => {
                    self.emit(Op::PopTry);
                    self.statements(body);
                }
                Block::With(manager) => {
                    self.emit(Op::PopTry);
                    self.exit_quietly(*manager);
                }
                Block::Handler => {
                    self.emit(Op::Handled);
                }
            }
        }
        // Loops keep the breaks that were noted meanwhile: those of loops within a `finally` are over.
        let unit = self.unit();
        let breaks_of =
            |block: &Block<'_>| if let Block::Loop { breaks, .. } = block { breaks.clone() } else { Vec::new() };
        let mut restored = blocks;
        for (at, block) in unit.blocks.iter().enumerate() {
            if let (Block::Loop { breaks, .. }, noted) = (&mut restored[at], breaks_of(block)) {
                *breaks = noted;
            }
        }
        unit.blocks = restored;
    }

    /// `manager.__exit__(None, None, None)`.
    pub(super) fn exit_quietly(&mut self, manager: u16) {
        self.emit(Op::LoadLocal(manager));
        (0..3).for_each(|_| self.constant(Value::None));
        self.emit(Op::CallMethod(3, known::EXIT));
        self.emit(Op::Pop);
    }
}

/// `TYPE_CHECKING`, and `__name__ == "__main__"`.
fn is_never(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        Expr::Compare(compare) => {
            let is_name = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == "__name__");
            let is_main = |expr: &Expr| matches!(expr, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
            matches!(*compare.ops, [ast::CmpOp::Eq])
                && compare.comparators.iter().any(|right| {
                    (is_name(&compare.left) && is_main(right)) || (is_main(&compare.left) && is_name(right))
                })
        }
        _ => false,
    }
}
