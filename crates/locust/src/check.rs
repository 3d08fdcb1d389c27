//! What of a locustfile can't work here, found before anything runs: all of it at once.

use std::collections::BTreeSet;
use std::rc::Rc;

use swarmgate_python::{Code, Module, Refusal, has_module, inspect_module};

use crate::files::Files;
use crate::modules;

/// Goes through the file `name` and all files beside it that it imports.
pub fn check(name: &str, source: &str, files: &Files) -> Vec<Refusal> {
    let mut checker = Checker { files, seen: BTreeSet::new(), refusals: Vec::new() };
    checker.source(name, "locustfile", source);
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
            if !known && !import.guarded {
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

fn advice(top: &str) -> String {
    match top {
        "socket" | "ssl" | "websocket" | "websockets" | "socketio" | "grpc" | "paho" => {
            "only HTTP is spoken here; run it with a real Locust".to_owned()
        }
        "flask" => "there is no web interface to extend here; leave it out".to_owned(),
        "subprocess" | "multiprocessing" | "asyncio" | "concurrent" => {
            "users already run beside each other; other processes and threads can't be started".to_owned()
        }
        _ => "this package is not there natively; leave it out, put what is needed into a file beside the locustfile, or run it with a real Locust".to_owned(),
    }
}
