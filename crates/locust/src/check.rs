//! What of a locustfile can't work here, found before anything runs: all of it at once.

use std::collections::BTreeSet;
use std::rc::Rc;

use swarmgate_python::{Code, MAIN_MODULE, Module, Refusal, has_module, inspect_module, module_uses};

use crate::files::Files;
use crate::modules;

/// Goes through the file `name` and all files beside it that it imports.
pub fn check(name: &str, source: &str, files: &Files) -> Vec<Refusal> {
    let mut checker = Checker { files, seen: BTreeSet::new(), refusals: Vec::new() };
    checker.source(name, MAIN_MODULE, source);
    checker.refusals.sort();
    checker.refusals.dedup();
    checker.refusals
}

struct Checker<'a> {
    files: &'a Files,
    seen: BTreeSet<String>,
    refusals: Vec<Refusal>,
}

impl Checker<'_> {
    fn source(&mut self, file: &str, module: &str, source: &str) {
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        match inspect_module(file, source, &Rc::new(Module::new(module))) {
            Ok((code, refusals)) => {
                self.refusals.extend(refusals);
                self.code(&code, module);
                self.uses(file, source);
            }
            Err(refusals) => self.refusals.extend(refusals),
        }
    }

    fn code(&mut self, code: &Code, module: &str) {
        for import in &code.imports {
            let mut name = import.module.clone();
            if import.level > 0 {
                let mut parts: Vec<&str> = module.split('.').collect();
                parts.truncate(parts.len().saturating_sub(usize::try_from(import.level).unwrap_or(usize::MAX)));
                if !name.is_empty() {
                    parts.push(&name);
                }
                name = parts.join(".");
            }
            let known = self.module(&name) || (import.level > 0 && name.is_empty());
            if !known && !import.guarded && !import.unused {
                let top = name.split('.').next().unwrap_or_default().to_owned();
                let (line, column) = import.place;
                let construct = format!("import of `{name}`");
                self.refusals.push(Refusal {
                    file: code.file.to_string(),
                    line,
                    column,
                    construct,
                    advice: advice(&top),
                });
            }
            // `from package import module`
            for wanted in &import.names {
                self.module(&format!("{name}.{wanted}"));
            }
        }
        for function in &code.functions {
            self.code(&function.code, module);
        }
        for class in &code.classes {
            self.code(&class.body.code, module);
        }
    }

    /// Parts of modules that can be imported, and would end the test once they are reached.
    fn uses(&mut self, file: &str, source: &str) {
        for each in module_uses(source).names {
            let Some((_, advice)) = REFUSED_PARTS.iter().find(|(name, _)| *name == each.name) else { continue };
            self.refusals.push(Refusal {
                file: file.to_owned(),
                line: each.line,
                column: each.column,
                construct: format!("`{}`", each.name),
                advice: (*advice).to_owned(),
            });
        }
    }

    /// Whether there is a module of this name; one that is a file is gone through too.
    fn module(&mut self, name: &str) -> bool {
        if has_module(name) || modules::has(name) || self.seen.contains(name) {
            return true;
        }
        let path = name.replace('.', "/");
        for file in [format!("{path}/__init__.py"), format!("{path}.py")] {
            if let Some(source) = self.files.text(&file) {
                self.seen.insert(name.to_owned());
                self.source(&file, name, &source);
                return true;
            }
        }
        self.files.is_folder(&path)
    }
}

/// What of modules that are there is not, and what to do about it.
const REFUSED_PARTS: &[(&str, &str)] = &[
    ("socket.socket", SOCKETS),
    ("socket.create_connection", SOCKETS),
    ("urllib3.PoolManager", OTHER_CLIENT),
    ("os.system", PROCESSES),
    ("os.popen", PROCESSES),
    ("os.fork", PROCESSES),
    (
        "requests.auth.HTTPDigestAuth",
        "only HTTPBasicAuth is there natively; run it with a real Locust: --engine locust",
    ),
];

const ASYNC: &str = "there are no coroutines: users already run beside each other, and gevent.spawn starts more; or run it with a real Locust: --engine locust";
const SOCKETS: &str = "only HTTP is spoken here; run it with a real Locust: --engine locust";
const OTHER_CLIENT: &str =
    "use self.client, or requests for what is not to be counted; or run it with a real Locust: --engine locust";
const PROCESSES: &str = "no other process can be started; run it with a real Locust: --engine locust";

fn advice(top: &str) -> String {
    let advice = match top {
        "ssl" | "websocket" | "websockets" | "socketio" | "grpc" | "paho" | "psycopg2" | "pymongo" | "redis"
        | "kafka" => SOCKETS,
        "flask" => {
            "there is no web interface to extend here; leave it out, or run it with a real Locust: --engine locust"
        }
        "subprocess" | "multiprocessing" => PROCESSES,
        "asyncio" => ASYNC,
        _ => {
            "this package is not there natively; leave it out, put what is needed into a file beside the locustfile, or run it with a real Locust: --engine locust"
        }
    };
    advice.to_owned()
}
