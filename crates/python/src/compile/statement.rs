//! Statements.

use ruff_python_ast as ast;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::unit::small;
use super::unit::{Block, UnitKind};
use super::{Compiler, ImportPlan, Op};
use crate::value::{Sym, intern};

impl<'a> Compiler<'a> {
    pub(super) fn statements(&mut self, body: &'a [Stmt]) {
        body.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &'a Stmt) {
        self.at(statement);
        match statement {
            Stmt::Expr(each) => {
                // A text that stands alone is a comment.
                if !matches!(&*each.value, Expr::StringLiteral(_)) {
                    self.expression(&each.value);
                    self.emit(Op::Pop);
                }
            }
            Stmt::Assign(assign) => {
                self.expression(&assign.value);
                for target in &assign.targets[..assign.targets.len() - 1] {
                    self.emit(Op::Dup);
                    self.assign(target);
                }
                assign.targets.last().iter().for_each(|target| self.assign(target));
            }
            Stmt::AugAssign(assign) => self.augmented(assign),
            Stmt::AnnAssign(assign) => self.annotated(assign),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.remove(target)),
            Stmt::Return(each) => self.return_(each),
            Stmt::If(each) => self.if_(each),
            Stmt::While(each) => self.while_(each),
            Stmt::For(each) => self.for_(each),
            Stmt::Break(each) => self.leave_loop(each, false),
            Stmt::Continue(each) => self.leave_loop(each, true),
            Stmt::Try(each) => self.try_(each),
            Stmt::With(each) => self.with(each),
            Stmt::Raise(each) => self.raise(each),
            Stmt::Assert(each) => self.assert(each),
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::ClassDef(def) => self.class(def),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) => {}
            Stmt::Match(each) => self.match_(each),
            Stmt::TypeAlias(each) => self.refuse(each, "type statement", "leave it out, or write `Name = type`"),
            Stmt::IpyEscapeCommand(each) => self.refuse(each, "IPython command", "it is no Python"),
        }
    }

    fn raise(&mut self, each: &'a ast::StmtRaise) {
        let Some(exception) = &each.exc else {
            let handled = self.unit().handling.last().copied();
            self.emit(handled.map_or(Op::RaiseAgain, Op::Reraise));
            return;
        };
        self.expression(exception);
        match &each.cause {
            Some(cause) => {
                self.expression(cause);
                self.emit(Op::RaiseFrom);
            }
            None => {
                self.emit(Op::Raise);
            }
        }
    }

    fn assert(&mut self, each: &'a ast::StmtAssert) {
        self.expression(&each.test);
        let holds = self.emit(Op::JumpIfTrue(0));
        if let Some(message) = &each.msg {
            self.expression(message);
        }
        self.emit(Op::AssertFailed(each.msg.is_some()));
        self.unit().land(holds);
    }

    fn import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            let plan = ImportPlan {
                module: alias.name.to_string(),
                level: 0,
                names: Vec::new(),
                top: alias.asname.is_none(),
                place: self.places.at(alias.range().start().to_usize()),
                guarded: self.is_guarded(),
                unused: false,
            };
            let at = self.import_plan(plan);
            self.emit(Op::Import(at));
            let bound = self.name(name.split('.').next().unwrap_or_default());
            self.store(bound);
        }
    }

    fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map(ToString::to_string).unwrap_or_default();
        if module == "__future__" {
            return;
        }
        let star = import.names.iter().any(|alias| alias.name.as_str() == "*");
        let names: Vec<Sym> = import.names.iter().map(|alias| intern(&alias.name)).collect();
        let plan = ImportPlan {
            module,
            level: import.level,
            names: if star { Vec::new() } else { names },
            top: false,
            place: self.places.at(import.range().start().to_usize()),
            guarded: self.is_guarded(),
            unused: !star && self.is_unused(import),
        };
        let at = self.import_plan(plan);
        if star {
            if self.unit().kind != UnitKind::Module {
                self.refuse(import, "import * in a function or class", "name what is imported");
            }
            self.emit(Op::ImportStar(at));
            return;
        }
        // Leaves the names' values on the stack, the first on top.
        self.emit(Op::ImportFrom(at));
        for alias in &import.names {
            let name = self.name(alias.asname.as_ref().unwrap_or(&alias.name));
            self.store(name);
        }
    }

    fn is_guarded(&mut self) -> bool {
        self.unit().blocks.iter().any(|block| matches!(block, Block::Try))
    }

    /// A plugin of Locust does its work as it is imported, whether it is looked at or not.
    fn is_unused(&self, import: &ast::StmtImportFrom) -> bool {
        let is_plugin = import.module.as_ref().is_some_and(|module| module.starts_with("locust"));
        let is_loaded = |alias: &ast::Alias| {
            let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            self.loaded.as_ref().is_none_or(|loaded| loaded.contains(name))
        };
        import.level == 0 && !is_plugin && !import.names.iter().any(is_loaded)
    }

    fn import_plan(&mut self, plan: ImportPlan) -> u32 {
        let unit = self.unit();
        unit.code.imports.push(plan);
        small(unit.code.imports.len() - 1)
    }
}
