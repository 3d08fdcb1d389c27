//! Compiled code: what the machine runs.

use std::rc::Rc;

use crate::value::{Sym, Value};

/// One instruction: 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Const(u32),
    LoadLocal(u16),
    StoreLocal(u16),
    DelLocal(u16),
    LoadCell(u16),
    StoreCell(u16),
    DelCell(u16),
    LoadGlobal(u32),
    StoreGlobal(u32),
    DelGlobal(u32),
    /// In a class: its own name, or else the global one.
    LoadName(u32),
    /// In a class: its own name, or else the variable of a function around it.
    LoadNameOrCell(u16, Sym),
    StoreName(Sym),
    DelName(Sym),
    LoadAttr(Sym),
    StoreAttr(Sym),
    DelAttr(Sym),
    LoadItem,
    StoreItem,
    DelItem,
    BuildSlice,
    Binary(BinOp),
    InPlace(BinOp),
    Not,
    Neg,
    Pos,
    Invert,
    Compare(CmpOp),
    Jump(u32),
    JumpIfFalse(u32),
    JumpIfTrue(u32),
    /// Keeps the value where it jumps, pops it where it does not.
    JumpIfFalseOrPop(u32),
    JumpIfTrueOrPop(u32),
    Pop,
    Dup,
    DupTwo,
    RotTwo,
    RotThree,
    BuildList(u32),
    BuildTuple(u32),
    BuildSet(u32),
    BuildDict(u32),
    BuildString(u32),
    /// To the list, set or dictionary in this variable.
    AppendTo(u16),
    AddTo(u16),
    PutInto(u16),
    /// `[*items]`, `{*items}`, `{**items}`: the collection below is extended.
    Extend,
    ExtendSet,
    ExtendDict,
    /// `f(**items)`: as above, and no name may come twice.
    ExtendKeywords,
    ListToTuple,
    Format(Conversion, bool),
    GetIter,
    /// Pushes the next value of the iterator in the variable, or jumps at its end.
    ForIter(u16, u32),
    Call(u16),
    /// With [`Code::calls`].
    CallKeywords(u32),
    /// A list of arguments, and a dictionary of named ones.
    CallSpread,
    CallMethod(u16, Sym),
    /// With [`Code::calls`].
    CallMethodKeywords(u32),
    MakeFunction(u32),
    MakeClass(u32),
    Super,
    Return,
    Yield,
    Raise,
    RaiseFrom,
    /// The exception in the variable goes on.
    Reraise(u16),
    RaiseAgain,
    AssertFailed(bool),
    SetupTry(u32),
    PopTry,
    /// Whether the exception below is of the class, or of one of the classes, on top.
    MatchException,
    /// Notes that the exception in the variable is being handled.
    Handling(u16),
    Handled,
    Import(u32),
    ImportFrom(u32),
    ImportStar(u32),
    Unpack(u16),
    /// So many before the starred one, and so many after it.
    UnpackStar(u16, u16),
    /// Whether the value on top is a sequence of so many items; `true`: or of more.
    MatchSequence(u16, bool),
    /// Whether the value below so many keys is a mapping that has them all. Where it is, a tuple of their values lies below that,
    /// with what else is in it as a last one if that is wanted.
    MatchMapping(u16, bool),
    /// Whether the value below a class is one of it that has the attributes of the pattern, see [`Code::calls`]. Where it is, a
    /// tuple of them lies below that.
    MatchClass(u32),
    /// Notes a class's annotated name.
    Annotate(Sym),
    /// Nothing to do; the line's number counts.
    Nop,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    LShift,
    RShift,
    And,
    Or,
    Xor,
    MatMul,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CmpOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Is,
    IsNot,
    In,
    NotIn,
}

/// What is done to a value of an f-string before it is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    None,
    Str,
    Repr,
    Ascii,
}

/// A call with named arguments.
#[derive(Clone, Debug)]
pub struct CallSite {
    /// Arguments on the stack, named ones included.
    pub count: u16,
    /// The names of the last of them.
    pub names: Vec<Sym>,
    /// The method's name, where it is one.
    pub method: Option<Sym>,
}

/// A function to be made.
#[derive(Clone, Debug)]
pub struct FunctionPlan {
    /// Its code.
    pub code: Rc<Code>,
    /// How many defaults of positional parameters lie on the stack.
    pub defaults: u16,
    /// For which keyword parameters defaults lie above them.
    pub kw_defaults: Vec<Sym>,
    /// Which cells of the function around it become its own, in order.
    pub captures: Vec<u16>,
}

/// A class to be made.
#[derive(Clone, Debug)]
pub struct ClassPlan {
    /// Its name.
    pub name: String,
    /// Its body, as a function without parameters.
    pub body: FunctionPlan,
    /// How many bases lie on the stack.
    pub bases: u16,
    /// Which keywords lie above them.
    pub keywords: Vec<Sym>,
}

/// A module to be imported.
#[derive(Clone, Debug)]
pub struct ImportPlan {
    /// Its full name, or what follows the dots.
    pub module: String,
    /// How many dots are before it.
    pub level: u32,
    /// What is taken from it.
    pub names: Vec<Sym>,
    /// For `import a.b`: whether `a` is meant rather than `b`.
    pub top: bool,
    /// Where it stands: line and column.
    pub place: (u32, u32),
    /// Whether it stands in a `try`, so that the source has an answer to its failing.
    pub guarded: bool,
    /// Whether nothing looks at what is taken from it, so that it may as well not be there.
    pub unused: bool,
}

/// The parameters of a function.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// By position, in order; they are the first variables.
    pub positional: Vec<Sym>,
    /// How many of them only go by position.
    pub positional_only: usize,
    /// By name only; the next variables.
    pub keyword_only: Vec<Sym>,
    /// Whether the next variable takes further positional arguments.
    pub star: bool,
    /// Whether the next variable takes further named arguments.
    pub double_star: bool,
}

/// A function's body, a class's, or a module's.
#[derive(Debug)]
pub struct Code {
    /// The function's name.
    pub name: Sym,
    /// With what it is in: `User.login`.
    pub qualname: String,
    /// Which file it is of.
    pub file: Rc<str>,
    /// What it does.
    pub ops: Vec<Op>,
    /// Constants.
    pub consts: Vec<Value>,
    /// Calls with named arguments, and patterns of classes.
    pub calls: Vec<CallSite>,
    /// Functions in it.
    pub functions: Vec<FunctionPlan>,
    /// Classes in it.
    pub classes: Vec<ClassPlan>,
    /// Imports in it.
    pub imports: Vec<ImportPlan>,
    /// What it is called with.
    pub parameters: Parameters,
    /// How many variables it has, parameters first.
    pub locals: usize,
    /// Their names, for messages.
    pub local_names: Vec<Sym>,
    /// How many cells of its own it has; those of its closure follow.
    pub own_cells: usize,
    /// The names of all cells, for messages.
    pub cell_names: Vec<Sym>,
    /// Which parameters are moved to cells first: variable, cell.
    pub cell_parameters: Vec<(u16, u16)>,
    /// Whether it is a generator.
    pub generator: bool,
    /// Whether it is a class's body.
    pub class_body: bool,
    /// Its documentation.
    pub doc: Option<Value>,
    /// From which instruction on which line holds.
    pub lines: Vec<(u32, u32)>,
}

impl Code {
    /// The line of an instruction, from 1.
    pub fn line(&self, at: usize) -> u32 {
        let after = self.lines.partition_point(|(from, _)| usize::try_from(*from).is_ok_and(|from| from <= at));
        after.checked_sub(1).map_or(0, |at| self.lines[at].1)
    }
}
