//! What Python snippets print, held against what CPython 3.11 printed (`snippets/*.out`), and sources that are broken.
#![expect(clippy::unwrap_used, reason = "a helper of tests too")]

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use swarmgate_python::{
    Args, Fiber, FileRefused, Host, HostCall, LogLevel, Module, Resumed, Step, Value, Vm, VmLimits,
};

struct Paper {
    lines: Rc<RefCell<String>>,
}

impl Host for Paper {
    fn wall_nanos(&self) -> u64 {
        1_700_000_000_000_000_000
    }
    fn monotonic_nanos(&self) -> u64 {
        1_000_000_000
    }
    fn entropy(&mut self) -> u64 {
        4
    }
    fn log(&mut self, _: LogLevel, _: &str, text: &str) {
        let mut lines = self.lines.borrow_mut();
        lines.push_str(text);
        lines.push('\n');
    }
    fn read_file(&mut self, _: &str) -> Result<Vec<u8>, FileRefused> {
        Err(FileRefused::NotFound)
    }
    fn list_folder(&mut self, _: &str) -> Result<Vec<String>, FileRefused> {
        Err(FileRefused::NotFound)
    }
    fn environment(&self) -> Vec<(String, String)> {
        Vec::new()
    }
    fn arguments(&self) -> Vec<String> {
        Vec::new()
    }
    fn process_bytes(&self) -> u64 {
        0
    }
}

/// Runs a source to its end, and gives what it printed and how it ended.
fn run(source: &str, instructions: u64) -> (String, String) {
    let lines = Rc::new(RefCell::new(String::new()));
    let limits = VmLimits { instructions, ..VmLimits::default() };
    let mut vm = Vm::new(Box::new(Paper { lines: Rc::clone(&lines) }), limits);
    let module = Rc::new(Module::new("locustfile"));
    let end = match vm.load_source(&module, "snippet.py", source) {
        Err(_) => "refused".to_owned(),
        Ok(function) => {
            let mut fiber = Fiber::default();
            let mut step = vm.start(&mut fiber, &Value::Func(function), Args::default());
            while let Step::Waits(HostCall::Sleep(_)) = step {
                step = vm.resume(&mut fiber, Resumed::With(Value::None));
            }
            match step {
                Step::Returned(_) => "ok".to_owned(),
                Step::Raised(exception) => vm.traceback_text(&exception),
                other => format!("{other:?}"),
            }
        }
    };
    let printed = lines.borrow().clone();
    (printed, end)
}

fn snippets() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snippets");
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    all.sort();
    all
}

#[test]
fn snippets_print_what_cpython_printed() {
    let all = snippets();
    assert!(all.len() >= 5, "the snippets are gone");
    for path in all {
        let source = std::fs::read_to_string(&path).unwrap();
        let wanted = std::fs::read_to_string(path.with_extension("out")).unwrap();
        let (printed, end) = run(&source, 50_000_000);
        assert_eq!(end, "ok", "{}", path.display());
        for (n, (mine, theirs)) in printed.lines().zip(wanted.lines()).enumerate() {
            assert_eq!(mine, theirs, "{} prints this in line {}", path.display(), n + 1);
        }
        assert_eq!(printed.lines().count(), wanted.lines().count(), "{}", path.display());
    }
}

#[test]
fn broken_sources_end_with_a_message_and_never_with_a_panic() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(below.max(1)).unwrap()).unwrap()
    };
    let pieces = [
        "(",
        ")",
        "[",
        "]",
        ":",
        "\n",
        "    ",
        "yield ",
        "lambda: ",
        "*",
        "**",
        "class X:",
        "return ",
        "\"",
        "'''",
        "f\"{",
        "0",
        "9",
        "del ",
        "global x\n",
        "try:\n",
        "é",
        "\\",
        "import x\n",
        "=",
        "not ",
        "for x in x:",
    ];
    for path in snippets() {
        let source: Vec<char> = std::fs::read_to_string(path).unwrap().chars().collect();
        for _ in 0..60 {
            let mut broken = source.clone();
            match draw(4) {
                0 => broken.truncate(draw(source.len())),
                1 => drop(broken.drain(..draw(source.len()))),
                2 => {
                    let at = draw(source.len());
                    let to = (at + draw(40)).min(source.len());
                    drop(broken.drain(at..to));
                }
                _ => {
                    for _ in 0..=draw(4) {
                        let at = draw(broken.len());
                        let piece: Vec<char> = pieces[draw(pieces.len())].chars().collect();
                        drop(broken.splice(at..at, piece));
                    }
                }
            }
            run(&broken.into_iter().collect::<String>(), 300_000);
        }
    }
}

#[test]
fn what_is_nested_deeply_is_dropped_without_taking_the_stack() {
    for step in [
        "x = [x]",
        "x = (x,)",
        "x = {'a': x}",
        "x = O(x)",
        "x = (lambda y: lambda: y)(x)",
        "x = map(str, x)",
        "x = lambda y=x: y",
        "x = x.__eq__ if False else [x].append",
    ] {
        let source = format!(
            "class O:\n    def __init__(self, x): self.x = x\nx = []\nfor i in range(100000):\n    {step}\nx = None\nprint('gone')\n"
        );
        let (printed, end) = run(&source, 50_000_000);
        assert_eq!((printed.as_str(), end.as_str()), ("gone\n", "ok"), "{step}");
    }
    let (_, end) = run("x = []\nfor i in range(1000):\n    x = map(str, x)\nlist(x)\n", 50_000_000);
    assert!(end.contains("RecursionError"), "{end}");
}

#[test]
fn sources_that_are_nested_too_deeply_are_refused() {
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("not ", ""), ("lambda: ", ""), ("{1: ", "}")] {
        let source = format!("x = {}1{}\n", open.repeat(4_000), close.repeat(4_000));
        assert_eq!(run(&source, 100_000).1, "refused", "{open}");
    }
    let deep: String = (0..300).map(|n| format!("{}if 1:\n", " ".repeat(n))).collect();
    assert_eq!(run(&format!("{deep}{}pass\n", " ".repeat(300)), 100_000).1, "refused");
}
