//! A code unit in the making.

use std::rc::Rc;

use super::code::{Code, Op, Parameters};
use super::scope::Scope;
use crate::value::{Sym, Value, intern};

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// A module.
    Module,
    /// A class's body.
    Class,
    /// A function, a lambda or a comprehension.
    Function,
}

/// What must be done when a block is left early.
#[derive(Clone, Debug)]
pub enum Block<'a> {
    /// A loop: where `continue` goes, and the jumps of `break`.
    Loop {
        /// Where `continue` goes.
        start: usize,
        /// Jumps to be set to its end.
        breaks: Vec<usize>,
    },
    /// A `try` whose handlers are set up.
    Try,
    /// A `finally` that is to be run, with its handler set up.
    Finally(&'a [ruff_python_ast::Stmt]),
    /// A `with`: its manager is in this variable, its handler is set up.
    With(u16),
    /// A handler: an exception is being handled.
    Handler,
}

/// Where a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A variable.
    Local(u16),
    /// A shared variable.
    Cell(u16),
    /// A global name.
    Global,
    /// A class's own name, or else a global one.
    ClassName,
}

/// A unit in the making.
pub struct Unit<'a> {
    pub kind: UnitKind,
    pub name: Sym,
    pub qualname: String,
    pub scope: Scope,
    pub ops: Vec<Op>,
    pub code: CodeParts,
    pub blocks: Vec<Block<'a>>,
    pub locals: Vec<Sym>,
    pub cells: Vec<Sym>,
    pub own_cells: usize,
    pub parameters: Parameters,
    /// Variables in which exceptions are handled, the innermost last.
    pub handling: Vec<u16>,
    pub free_slots: Vec<u16>,
    pub line: u32,
    pub is_comprehension: bool,
}

/// What a unit refers to.
#[derive(Default)]
pub struct CodeParts {
    pub consts: Vec<Value>,
    pub calls: Vec<super::code::CallSite>,
    pub functions: Vec<super::code::FunctionPlan>,
    pub classes: Vec<super::code::ClassPlan>,
    pub imports: Vec<super::code::ImportPlan>,
    pub lines: Vec<(u32, u32)>,
    pub doc: Option<Value>,
}

impl Unit<'_> {
    /// A unit with nothing in it.
    pub fn new(kind: UnitKind, name: &str, qualname: String, scope: Scope) -> Self {
        let mut unit = Self {
            kind,
            name: intern(name),
            qualname,
            ops: Vec::new(),
            code: CodeParts::default(),
            blocks: Vec::new(),
            locals: Vec::new(),
            cells: Vec::new(),
            own_cells: 0,
            parameters: Parameters::default(),
            handling: Vec::new(),
            free_slots: Vec::new(),
            line: 0,
            is_comprehension: false,
            scope,
        };
        if kind == UnitKind::Function {
            unit.cells = unit.scope.cells().map(|name| intern(name)).collect();
        } else if kind == UnitKind::Class {
            let uses_class = unit.scope.used_inside.contains("__class__");
            unit.cells = uses_class.then(|| intern("__class__")).into_iter().collect();
        }
        unit.own_cells = unit.cells.len();
        unit
    }

    /// A variable for the machine's own use.
    pub fn temporary(&mut self) -> u16 {
        if let Some(slot) = self.free_slots.pop() {
            return slot;
        }
        self.locals.push(intern("."));
        u16::try_from(self.locals.len() - 1).unwrap_or(u16::MAX)
    }

    /// The variable may be used for something else.
    pub fn release(&mut self, slot: u16) {
        self.free_slots.push(slot);
    }

    /// The variable of a name.
    pub fn local(&mut self, name: Sym) -> u16 {
        let at = self.locals.iter().position(|n| *n == name).unwrap_or_else(|| {
            self.locals.push(name);
            self.locals.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// The cell of a name, if it has one.
    pub fn cell(&self, name: Sym) -> Option<u16> {
        self.cells.iter().position(|n| *n == name).and_then(|at| u16::try_from(at).ok())
    }

    pub fn emit(&mut self, op: Op) -> usize {
        if self.code.lines.last().is_none_or(|(_, line)| *line != self.line) {
            self.code.lines.push((small(self.ops.len()), self.line));
        }
        self.ops.push(op);
        self.ops.len() - 1
    }

    pub fn constant(&mut self, value: Value) -> usize {
        self.code.consts.push(value);
        let at = small(self.code.consts.len() - 1);
        self.emit(Op::Const(at))
    }

    /// Sets the jump at `at` to lead here.
    pub fn land(&mut self, at: usize) {
        let here = small(self.ops.len());
        self.aim(at, here);
    }

    /// Sets the jump at `at`.
    pub fn aim(&mut self, at: usize, target: u32) {
        match &mut self.ops[at] {
            Op::Jump(to)
            | Op::JumpIfFalse(to)
            | Op::JumpIfTrue(to)
            | Op::JumpIfFalseOrPop(to)
            | Op::JumpIfTrueOrPop(to)
            | Op::ForIter(_, to)
            | Op::SetupTry(to) => *to = target,
            _ => unreachable!("only jumps are aimed"),
        }
    }

    pub fn here(&self) -> usize {
        self.ops.len()
    }

    /// The code.
    pub fn finish(self, file: Rc<str>) -> Code {
        let cell_parameters = self
            .locals
            .iter()
            .enumerate()
            .take(parameter_count(&self.parameters))
            .filter_map(|(at, name)| Some((u16::try_from(at).ok()?, self.cell(*name)?)))
            .filter(|(_, cell)| usize::from(*cell) < self.own_cells)
            .collect();
        Code {
            name: self.name,
            qualname: self.qualname,
            file,
            ops: self.ops,
            consts: self.code.consts,
            calls: self.code.calls,
            functions: self.code.functions,
            classes: self.code.classes,
            imports: self.code.imports,
            parameters: self.parameters,
            locals: self.locals.len(),
            local_names: self.locals,
            own_cells: self.own_cells,
            cell_names: self.cells,
            cell_parameters,
            generator: self.scope.yields && self.kind == UnitKind::Function,
            class_body: self.kind == UnitKind::Class,
            doc: self.code.doc,
            lines: self.code.lines,
        }
    }
}

/// How many variables the parameters take.
pub fn parameter_count(parameters: &Parameters) -> usize {
    parameters.positional.len()
        + parameters.keyword_only.len()
        + usize::from(parameters.star)
        + usize::from(parameters.double_star)
}

/// A place in code. Sources are at most some megabytes, so that 32 bits always suffice.
pub fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
