//! Source becomes code: ruff's syntax tree is gone through once, names are resolved to places, and all that can't be run is
//! listed, with its place and what to do instead.

mod assign;
mod code;
mod comprehension;
mod control;
mod depth;
mod expression;
mod function;
mod guard;
mod literal;
mod pattern;
mod refusal;
mod scope;
mod statement;
mod unit;
mod uses;

use std::collections::BTreeSet;
use std::rc::Rc;

use ruff_text_size::{Ranged, TextRange};

pub use code::{BinOp, CallSite, ClassPlan, CmpOp, Code, Conversion, FunctionPlan, ImportPlan, Op};
pub use refusal::Refusal;
pub use uses::{Use, Uses, module_uses};

use refusal::Places;
use scope::{Body, Scope};
use unit::{Place, Unit, UnitKind};

use crate::value::{Module, Sym, intern, known};

/// The name of the module that is the test itself: nothing imports it.
pub const MAIN_MODULE: &str = "locustfile";

/// Compiles a module's source; global names get their places in `module`.
///
/// # Errors
/// All that can't be run, in the order of the source.
pub fn compile_module(file: &str, source: &str, module: &Rc<Module>) -> Result<Code, Vec<Refusal>> {
    let (code, refusals) = inspect_module(file, source, module)?;
    if refusals.is_empty() { Ok(code) } else { Err(refusals) }
}

/// A module's code, as far as it can be run, and all that can't be. For those who want to know what else is in it.
///
/// # Errors
/// What keeps the source from being read at all.
pub fn inspect_module(file: &str, source: &str, module: &Rc<Module>) -> Result<(Code, Vec<Refusal>), Vec<Refusal>> {
    let places = Places::of(source);
    let refusal = |range: TextRange, construct: &str, advice: String| {
        let (line, column) = places.at(range.start().to_usize());
        Refusal { file: file.to_owned(), line, column, construct: construct.to_owned(), advice }
    };
    depth::check_source(source).map_err(|(byte, advice)| {
        let (line, column) = places.at(byte);
        vec![Refusal { file: file.to_owned(), line, column, construct: "nesting".to_owned(), advice }]
    })?;
    let parsed = ruff_python_parser::parse_module(source)
        .map_err(|error| vec![refusal(error.location, "syntax error", error.error.to_string())])?;
    let body = parsed.syntax().body.as_slice();
    depth::check(body).map_err(|range| {
        vec![refusal(range, "nesting", "too deep; name parts of it with variables or functions".to_owned())]
    })?;
    let loaded = (module.name == MAIN_MODULE).then(|| uses::loaded_names(body));
    let mut compiler =
        Compiler { places: &places, file: file.into(), module, loaded, units: Vec::new(), refusals: Vec::new() };
    let scope = Scope::of(&Body::Statements(body), None);
    compiler.units.push(Unit::new(UnitKind::Module, "<module>", String::new(), scope));
    compiler.documentation(body);
    if let Some(doc) = compiler.unit().code.doc.clone() {
        module.set(known::DOC, doc);
    }
    compiler.statements(body);
    compiler.none();
    compiler.emit(Op::Return);
    let unit = compiler.units.pop().expect("the module's unit is the last");
    compiler.refusals.sort();
    Ok((unit.finish(Rc::clone(&compiler.file)), compiler.refusals))
}

struct Compiler<'a> {
    places: &'a Places<'a>,
    file: Rc<str>,
    module: &'a Rc<Module>,
    /// Names that are looked up anywhere in it, where nothing else can look at its names.
    loaded: Option<BTreeSet<String>>,
    units: Vec<Unit<'a>>,
    refusals: Vec<Refusal>,
}

impl<'a> Compiler<'a> {
    fn unit(&mut self) -> &mut Unit<'a> {
        self.units.last_mut().expect("there is a unit while compiling")
    }

    fn emit(&mut self, op: Op) -> usize {
        self.unit().emit(op)
    }

    fn none(&mut self) {
        self.unit().constant(crate::value::Value::None);
    }

    fn refuse(&mut self, node: &impl Ranged, construct: &str, advice: &str) {
        let (line, column) = self.places.at(node.range().start().to_usize());
        let (construct, advice) = (construct.to_owned(), advice.to_owned());
        self.refusals.push(Refusal { file: self.file.to_string(), line, column, construct, advice });
    }

    fn at(&mut self, node: &impl Ranged) {
        let (line, _) = self.places.at(node.range().start().to_usize());
        self.unit().line = line;
    }

    /// A number of things that an instruction can say.
    fn fit(&mut self, n: usize, node: &impl Ranged) -> u16 {
        u16::try_from(n).unwrap_or_else(|_| {
            self.refuse(node, "more than 65535 parts", "split it");
            0
        })
    }

    fn place(&mut self, name: Sym) -> Place {
        let text = name.text();
        let text = text.as_str();
        let at = self.units.len() - 1;
        let unit = &mut self.units[at];
        match unit.kind {
            UnitKind::Module => Place::Global,
            _ if unit.scope.globals.contains(text) => Place::Global,
            UnitKind::Class if unit.scope.nonlocals.contains(text) => {
                self.outer(name).map_or(Place::Global, Place::Cell)
            }
            UnitKind::Class => Place::ClassName,
            UnitKind::Function if unit.scope.bound.contains(text) => match unit.cell(name) {
                Some(cell) => Place::Cell(cell),
                None => Place::Local(unit.local(name)),
            },
            UnitKind::Function => self.outer(name).map_or(Place::Global, Place::Cell),
        }
    }

    /// The cell of a name that a function around this unit binds.
    fn outer(&mut self, name: Sym) -> Option<u16> {
        let text = name.text();
        let text = text.as_str();
        let last = self.units.len() - 1;
        let binds = |unit: &Unit<'_>| match unit.kind {
            UnitKind::Function => unit.scope.bound.contains(text),
            UnitKind::Class => text == "__class__" && unit.own_cells > 0,
            UnitKind::Module => false,
        };
        for unit in self.units[..last].iter().rev() {
            if binds(unit) {
                return Some(self.capture(last, name));
            }
            if unit.kind == UnitKind::Function && unit.scope.globals.contains(text) {
                return None;
            }
        }
        None
    }

    fn capture(&mut self, at: usize, name: Sym) -> u16 {
        let unit = &mut self.units[at];
        unit.cell(name).unwrap_or_else(|| {
            unit.cells.push(name);
            u16::try_from(unit.cells.len() - 1).unwrap_or(u16::MAX)
        })
    }

    fn load(&mut self, name: Sym) {
        let op = match self.place(name) {
            Place::Local(at) => Op::LoadLocal(at),
            Place::Cell(at) => Op::LoadCell(at),
            Place::Global => Op::LoadGlobal(self.module.place(name)),
            Place::ClassName => match self.outer(name) {
                Some(cell) => Op::LoadNameOrCell(cell, name),
                None => Op::LoadName(self.module.place(name)),
            },
        };
        self.emit(op);
    }

    fn store(&mut self, name: Sym) {
        let op = match self.place(name) {
            Place::Local(at) => Op::StoreLocal(at),
            Place::Cell(at) => Op::StoreCell(at),
            Place::Global => Op::StoreGlobal(self.module.place(name)),
            Place::ClassName => Op::StoreName(name),
        };
        self.emit(op);
    }

    fn delete(&mut self, name: Sym) {
        let op = match self.place(name) {
            Place::Local(at) => Op::DelLocal(at),
            Place::Cell(at) => Op::DelCell(at),
            Place::Global => Op::DelGlobal(self.module.place(name)),
            Place::ClassName => Op::DelName(name),
        };
        self.emit(op);
    }

    /// A name as Python means it: one with two underscores, in a class, is the class's own.
    fn name(&self, text: &str) -> Sym {
        if text.starts_with("__") && !text.ends_with("__") {
            let class = self.units.iter().rev().find(|unit| unit.kind == UnitKind::Class);
            if let Some(class) = class {
                let class_name = class.name.text();
                let owner = class_name.as_str().trim_start_matches('_');
                if !owner.is_empty() {
                    return intern(&format!("_{owner}{text}"));
                }
            }
        }
        intern(text)
    }
}
