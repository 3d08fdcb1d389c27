//! Names, interned: a name is a number, and comparing two is comparing numbers.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::PyStr;

/// A name of this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sym(u32);

struct Table {
    by_text: FxHashMap<Rc<str>, Sym>,
    texts: Vec<Rc<PyStr>>,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::new(Table::new());
}

/// The name with this text.
pub fn intern(text: &str) -> Sym {
    TABLE.with_borrow_mut(|table| table.intern(text))
}

impl Table {
    fn new() -> Self {
        let mut table = Self { by_text: FxHashMap::default(), texts: Vec::new() };
        for text in known::TEXTS {
            table.intern(text);
        }
        table
    }

    fn intern(&mut self, text: &str) -> Sym {
        if let Some(sym) = self.by_text.get(text) {
            return *sym;
        }
        let sym = Sym(u32::try_from(self.texts.len()).expect("names are bounded by the source's size"));
        self.by_text.insert(text.into(), sym);
        self.texts.push(Rc::new(PyStr::new(text.to_owned())));
        sym
    }
}

impl Sym {
    /// The text, as a Python string.
    pub fn text(self) -> Rc<PyStr> {
        let at = usize::try_from(self.0).expect("32 bits fit");
        TABLE.with_borrow(|table| Rc::clone(&table.texts[at]))
    }
}

impl std::fmt::Display for Sym {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text().as_str())
    }
}

macro_rules! known {
    ($($name:ident = $text:literal,)*) => {
        /// Names that the machine itself uses.
        pub mod known {
            #![expect(missing_docs, reason = "each constant is the name that its text says")]
            use super::Sym;
            pub(super) const TEXTS: &[&str] = &[$($text),*];
            #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "variants count the names, nothing else")]
            enum Index { $($name),* }
            $(pub const $name: Sym = Sym(Index::$name as u32);)*
        }
    };
}

known! {
    INIT = "__init__",
    NEW = "__new__",
    CALL = "__call__",
    ENTER = "__enter__",
    EXIT = "__exit__",
    STR = "__str__",
    REPR = "__repr__",
    EQ = "__eq__",
    NE = "__ne__",
    LT = "__lt__",
    LE = "__le__",
    GT = "__gt__",
    GE = "__ge__",
    HASH = "__hash__",
    BOOL = "__bool__",
    LEN = "__len__",
    ITER = "__iter__",
    NEXT = "__next__",
    CONTAINS = "__contains__",
    GETITEM = "__getitem__",
    SETITEM = "__setitem__",
    DELITEM = "__delitem__",
    GETATTR = "__getattr__",
    SETATTR = "__setattr__",
    DELATTR = "__delattr__",
    GETATTRIBUTE = "__getattribute__",
    CLASS = "__class__",
    DICT = "__dict__",
    NAME = "__name__",
    QUALNAME = "__qualname__",
    MODULE = "__module__",
    DOC = "__doc__",
    FILE = "__file__",
    ANNOTATIONS = "__annotations__",
    BASES = "__bases__",
    MRO = "__mro__",
    INIT_SUBCLASS = "__init_subclass__",
    SET_NAME = "__set_name__",
    CLASS_GETITEM = "__class_getitem__",
    MISSING = "__missing__",
    FORMAT = "__format__",
    INT = "__int__",
    FLOAT = "__float__",
    INDEX = "__index__",
    ADD = "__add__",
    RADD = "__radd__",
    IADD = "__iadd__",
    SUB = "__sub__",
    RSUB = "__rsub__",
    ISUB = "__isub__",
    MUL = "__mul__",
    RMUL = "__rmul__",
    IMUL = "__imul__",
    TRUEDIV = "__truediv__",
    RTRUEDIV = "__rtruediv__",
    FLOORDIV = "__floordiv__",
    RFLOORDIV = "__rfloordiv__",
    MOD = "__mod__",
    RMOD = "__rmod__",
    POW = "__pow__",
    RPOW = "__rpow__",
    AND = "__and__",
    RAND = "__rand__",
    OR = "__or__",
    ROR = "__ror__",
    XOR = "__xor__",
    RXOR = "__rxor__",
    MATMUL = "__matmul__",
    RMATMUL = "__rmatmul__",
    LSHIFT = "__lshift__",
    RLSHIFT = "__rlshift__",
    RSHIFT = "__rshift__",
    RRSHIFT = "__rrshift__",
    NEG = "__neg__",
    POS = "__pos__",
    ABS = "__abs__",
    INVERT = "__invert__",
    ARGS = "args",
    CAUSE = "__cause__",
    CONTEXT = "__context__",
    TRACE = "__swarmgate_trace__",
    WRAPPED = "__wrapped__",
    FUNC = "__func__",
    SELF = "__self__",
    DEFAULTS = "__defaults__",
    VALUE = "value",
    CLIENT = "client",
    REVERSED = "__reversed__",
    ROUND = "__round__",
    GET = "__get__",
    SET = "__set__",
    ALL = "__all__",
    MAIN = "__main__",
    POST_INIT = "__post_init__",
    CODE = "__code__",
    TRACEBACK = "__traceback__",
    ENUM_MEMBERS = "__members__",
    SUBCLASSES = "__subclasses__",
    MATCH_ARGS = "__match_args__",
}
