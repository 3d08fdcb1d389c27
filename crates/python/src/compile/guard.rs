//! `try` and `with`.

use ruff_python_ast as ast;
use ruff_python_ast::{ExceptHandler, Stmt};

use super::unit::Block;
use super::{Compiler, Op};
use crate::value::{Value, known};

impl<'a> Compiler<'a> {
    pub(super) fn try_(&mut self, each: &'a ast::StmtTry) {
        if each.is_star {
            return self.refuse(each, "except*", "use except");
        }
        if each.finalbody.is_empty() {
            return self.try_except(each);
        }
        let guard = self.emit(Op::SetupTry(0));
        self.unit().blocks.push(Block::Finally(&each.finalbody));
        if each.handlers.is_empty() {
            self.statements(&each.body);
            self.statements(&each.orelse);
        } else {
            self.try_except(each);
        }
        self.unit().blocks.pop();
        self.emit(Op::PopTry);
        self.statements(&each.finalbody);
        let end = self.emit(Op::Jump(0));
        self.unit().land(guard);
        let slot = self.unit().temporary();
        self.emit(Op::StoreLocal(slot));
        self.emit(Op::Handling(slot));
        self.unit().blocks.push(Block::Handler);
        self.statements(&each.finalbody);
        self.unit().blocks.pop();
        self.emit(Op::Reraise(slot));
        self.unit().release(slot);
        self.unit().land(end);
    }

    fn try_except(&mut self, each: &'a ast::StmtTry) {
        let guard = self.emit(Op::SetupTry(0));
        self.unit().blocks.push(Block::Try);
        self.statements(&each.body);
        self.unit().blocks.pop();
        self.emit(Op::PopTry);
        self.statements(&each.orelse);
        let mut ends = vec![self.emit(Op::Jump(0))];
        self.unit().land(guard);
        let slot = self.unit().temporary();
        self.emit(Op::StoreLocal(slot));
        self.emit(Op::Handling(slot));
        for ExceptHandler::ExceptHandler(handler) in &each.handlers {
            self.at(handler);
            let next = handler.type_.as_ref().map(|class| {
                self.emit(Op::LoadLocal(slot));
                self.expression(class);
                self.emit(Op::MatchException);
                self.emit(Op::JumpIfFalse(0))
            });
            self.handler(handler, slot);
            ends.push(self.emit(Op::Jump(0)));
            if let Some(next) = next {
                self.unit().land(next);
            }
        }
        self.emit(Op::Reraise(slot));
        self.unit().release(slot);
        ends.into_iter().for_each(|end| self.unit().land(end));
    }

    fn handler(&mut self, handler: &'a ast::ExceptHandlerExceptHandler, slot: u16) {
        let name = handler.name.as_ref().map(|name| self.name(name));
        if let Some(name) = name {
            self.emit(Op::LoadLocal(slot));
            self.store(name);
        }
        let unit = self.unit();
        unit.blocks.push(Block::Handler);
        unit.handling.push(slot);
        self.statements(&handler.body);
        let unit = self.unit();
        unit.handling.pop();
        unit.blocks.pop();
        self.emit(Op::Handled);
        if let Some(name) = name {
            self.none();
            self.store(name);
            self.delete(name);
        }
        self.none();
        self.emit(Op::StoreLocal(slot));
    }

    pub(super) fn with(&mut self, each: &'a ast::StmtWith) {
        if each.is_async {
            return self.refuse(each, "async with", "write a plain with");
        }
        self.with_items(&each.items, &each.body);
    }

    fn with_items(&mut self, items: &'a [ast::WithItem], body: &'a [Stmt]) {
        let Some((item, others)) = items.split_first() else { return self.statements(body) };
        self.expression(&item.context_expr);
        let manager = self.unit().temporary();
        self.emit(Op::StoreLocal(manager));
        self.emit(Op::LoadLocal(manager));
        self.emit(Op::CallMethod(0, known::ENTER));
        let guard = self.emit(Op::SetupTry(0));
        self.unit().blocks.push(Block::With(manager));
        match &item.optional_vars {
            Some(target) => self.assign(target),
            None => {
                self.emit(Op::Pop);
            }
        }
        self.with_items(others, body);
        self.unit().blocks.pop();
        self.emit(Op::PopTry);
        self.exit_quietly(manager);
        let end = self.emit(Op::Jump(0));
        self.unit().land(guard);
        let slot = self.unit().temporary();
        self.emit(Op::StoreLocal(slot));
        self.emit(Op::Handling(slot));
        self.emit(Op::LoadLocal(manager));
        self.emit(Op::LoadLocal(slot));
        self.emit(Op::LoadAttr(known::CLASS));
        self.emit(Op::LoadLocal(slot));
        self.constant(Value::None);
        self.emit(Op::CallMethod(3, known::EXIT));
        let swallowed = self.emit(Op::JumpIfTrue(0));
        self.emit(Op::Reraise(slot));
        self.unit().land(swallowed);
        self.emit(Op::Handled);
        for slot in [slot, manager] {
            self.none();
            self.emit(Op::StoreLocal(slot));
            self.unit().release(slot);
        }
        self.unit().land(end);
    }
}
