//! Programs that are made up: right by syntax, and otherwise whatever comes.

use proptest::prelude::*;

const NAMES: &[&str] = &["a", "b", "c", "self", "items", "x"];
const LITERALS: &[&str] = &[
    "0",
    "1",
    "-7",
    "2.5",
    "1e300",
    "True",
    "None",
    "''",
    "'text'",
    "b'by'",
    "[]",
    "()",
    "{}",
    "set()",
    "10**20",
    "float('nan')",
    "float('inf')",
    "...",
    "int",
    "str",
];
const BINARY: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "and", "or", "==", "!=", "<", ">=", "is", "in",
    "not in", "@",
];
const CALLS: &[&str] = &[
    "len",
    "str",
    "repr",
    "int",
    "float",
    "list",
    "dict",
    "set",
    "tuple",
    "sorted",
    "sum",
    "max",
    "min",
    "any",
    "enumerate",
    "zip",
    "iter",
    "next",
    "reversed",
    "type",
    "hash",
    "abs",
    "round",
    "bool",
    "bytes",
    "chr",
    "ord",
    "print",
    "isinstance",
    "getattr",
    "hasattr",
    "range",
    "format",
    "map",
    "filter",
    "super",
    "vars",
    "dir",
    "random.choice",
    "random.randint",
    "json.dumps",
    "json.loads",
    "re.findall",
    "datetime.fromtimestamp",
    "self.client.get",
    "self.client.post",
    "time.sleep",
    "uuid.UUID",
    "Decimal",
    "fake.text",
    "copy.deepcopy",
    "gevent.spawn",
    "gevent.joinall",
    "Pool(2).map",
    "Thread",
    "open",
    "os.remove",
    "os.listdir",
    "Path",
    "tomllib.loads",
];
const METHODS: &[&str] = &[
    "append",
    "extend",
    "pop",
    "get",
    "keys",
    "items",
    "update",
    "split",
    "join",
    "strip",
    "replace",
    "format",
    "encode",
    "decode",
    "sort",
    "index",
    "count",
    "insert",
    "remove",
    "add",
    "union",
    "startswith",
    "upper",
    "zfill",
    "rjust",
    "to_bytes",
    "hex",
    "as_integer_ratio",
    "__class__",
    "__dict__",
    "__init__",
    "mro",
    "json",
    "text",
    "start",
    "kill",
    "write",
    "write_text",
];

/// Patterns of `match`; `N` is a name, `E` a value.
const PATTERNS: &[&str] = &[
    "_",
    "N",
    "0 | -1",
    "None",
    "True | False as N",
    "'a' | b'a'",
    "[]",
    "[N, *_]",
    "(1, [N, *x])",
    "[*_, {'k': N}]",
    "{}",
    "{'a': N, **x}",
    "{1: [N], 'b': _}",
    "int(N)",
    "str() | bytes()",
    "list([N, _])",
    "dict(keys=N)",
    "datetime(year=N)",
    "Decimal(N)",
    "uuid.UUID",
    "N.upper",
    "N(1, real=x)",
];

fn pick(list: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(list).prop_map(str::to_owned)
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![pick(NAMES), pick(LITERALS)];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (inner.clone(), pick(BINARY), inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (pick(CALLS), prop::collection::vec(inner.clone(), 0..3))
                .prop_map(|(f, args)| format!("{f}({})", args.join(", "))),
            (inner.clone(), pick(METHODS), prop::collection::vec(inner.clone(), 0..3))
                .prop_map(|(a, m, args)| format!("({a}).{m}({})", args.join(", "))),
            (inner.clone(), pick(METHODS)).prop_map(|(a, m)| format!("({a}).{m}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}:]")),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((inner.clone(), inner.clone()), 0..3).prop_map(|pairs| {
                let pairs: Vec<_> = pairs.into_iter().map(|(k, v)| format!("{k}: {v}")).collect();
                format!("{{{}}}", pairs.join(", "))
            }),
            (inner.clone(), pick(NAMES), inner.clone()).prop_map(|(a, n, b)| format!("[{a} for {n} in {b}]")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
            (pick(NAMES), inner.clone()).prop_map(|(n, a)| format!("(lambda {n}=1, *y, **z: {a})")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("f'{{{a}!r:>10}}{{{b}}}'").replace('"', "'").replace("''", "0")),
            inner.clone().prop_map(|a| format!("('%s %d' % {a})")),
            inner.prop_map(|a| format!("(*{a},)")),
        ]
    })
}

fn indented(body: &[String]) -> String {
    body.iter().flat_map(|part| part.lines().map(|line| format!("    {line}\n")).collect::<Vec<_>>()).collect()
}

fn statement() -> impl Strategy<Value = String> {
    let simple = prop_oneof![
        4 => (pick(NAMES), expression()).prop_map(|(n, e)| format!("{n} = {e}\n")),
        2 => expression().prop_map(|e| format!("{e}\n")),
        1 => (pick(NAMES), pick(NAMES), expression()).prop_map(|(a, b, e)| format!("{a}, *{b} = {e}\n")),
        1 => (pick(NAMES), expression()).prop_map(|(n, e)| format!("{n} += {e}\n")),
        1 => (expression(), pick(NAMES), expression()).prop_map(|(a, m, e)| format!("({a}).{m} = {e}\n")),
        1 => (expression(), expression(), expression()).prop_map(|(a, b, e)| format!("({a})[{b}] = {e}\n")),
        1 => pick(NAMES).prop_map(|n| format!("del {n}\n")),
        1 => expression().prop_map(|e| format!("assert {e}, {e}\n")),
        1 => expression().prop_map(|e| format!("raise {e}\n")),
        1 => expression().prop_map(|e| format!("return {e}\n")),
        1 => expression().prop_map(|e| format!("yield {e}\n")),
        1 => Just("raise ValueError(1) from None\n".to_owned()),
    ];
    simple.prop_recursive(3, 24, 4, |inner| {
        let body = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            (expression(), body(), body()).prop_map(|(e, a, b)| format!(
                "if {e}:\n{}else:\n{}",
                indented(&a),
                indented(&b)
            )),
            (pick(NAMES), expression(), body())
                .prop_map(|(n, e, a)| format!("for {n} in {e}:\n{}    if {n}: break\nelse:\n    pass\n", indented(&a))),
            (expression(), body()).prop_map(|(e, a)| format!("while {e}:\n{}    continue\n", indented(&a))),
            (body(), body(), body()).prop_map(|(a, b, c)| format!(
                "try:\n{}except (KeyError, TypeError) as error:\n{}finally:\n{}",
                indented(&a),
                indented(&b),
                indented(&c)
            )),
            (body(), body()).prop_map(|(a, b)| format!("try:\n{}except Exception:\n{}", indented(&a), indented(&b))),
            (expression(), pick(NAMES), body()).prop_map(|(e, n, a)| format!("with {e} as {n}:\n{}", indented(&a))),
            (expression(), pick(PATTERNS), pick(NAMES), expression(), pick(PATTERNS), body()).prop_map(
                |(e, p, n, g, q, a)| {
                    let pattern = |pattern: String| pattern.replace('N', &n).replace(&format!("{n}one"), "None");
                    let (p, q) = (pattern(p), pattern(q));
                    format!(
                        "match {e}:\n    case {p} if {g}:\n        pass\n    case {q}:\n{}",
                        indented(&[indented(&a)])
                    )
                }
            ),
            (pick(NAMES), expression(), body())
                .prop_map(|(n, e, a)| format!("def {n}(x=1, *rest, key={e}, **more):\n{}", indented(&a))),
            (pick(NAMES), pick(NAMES), body()).prop_map(|(n, m, a)| format!(
                "class {n}:\n    {m} = 1\n    def {m}(self, x=0):\n{}",
                indented(&[indented(&a)])
            )),
        ]
    })
}

/// A module has nothing to return, and one that raises is not loaded.
fn as_of_module(line: &str) -> String {
    let text = line.trim_start();
    let (indent, words) = (&line[..line.len() - text.len()], ["return ", "yield ", "raise "]);
    match words.iter().find_map(|word| text.strip_prefix(word)) {
        Some(rest) => format!("{indent}x = {}\n", rest.trim_end_matches(" from None")),
        None => format!("{line}\n"),
    }
}

/// A locustfile with tasks of such statements.
pub fn source() -> impl Strategy<Value = String> {
    let body = || prop::collection::vec(statement(), 1..6);
    (body(), body(), body(), any::<bool>()).prop_map(|(module, first, second, is_nested)| {
        let module: String = module.concat().lines().map(as_of_module).collect();
        let base = if is_nested { "class T(TaskSet):\n" } else { "class T(HttpUser):\n    wait_time = constant(0)\n" };
        let user = if is_nested { "class U(HttpUser):\n    wait_time = between(1, 2)\n    tasks = [T]\n" } else { "" };
        format!(
            "import copy, gevent, json, os, random, re, time, tomllib, uuid\nfrom datetime import datetime\nfrom decimal import Decimal\n\
             from faker import Faker\nfrom gevent.pool import Pool\nfrom pathlib import Path\nfrom threading import Thread\n\
             from locust import HttpUser, TaskSet, between, constant, task\na, b, c, x, items, fake = 1, 'b', [3], {{}}, [1, 2], Faker()\n\
             def other():\n    pass\n{module}\n{base}    @task\n    def first(self):\n        a, b, c, x, items = 1, 'b', [3], {{}}, (1, 2)\n{}\n    \
             @task(2)\n    def second(self):\n{}\n{user}",
            indented(&[indented(&first)]),
            indented(&[indented(&second)]),
        )
    })
}
