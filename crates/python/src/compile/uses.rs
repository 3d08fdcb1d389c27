//! What a source takes from modules, by full name (`threading.Thread`, whichever way it was imported), and the texts in it.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, Stmt};
use ruff_text_size::Ranged;

use super::refusal::Places;

/// Something of a module that a source names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The module's name, a dot, and what is taken from it.
    pub name: String,
    /// From 1.
    pub line: u32,
    /// From 1, in code points.
    pub column: u32,
}

/// What a source names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Modules, and parts of modules.
    pub names: Vec<Use>,
    /// Its string literals.
    pub texts: BTreeSet<String>,
}

/// All of `source`, but for what stands under `if __name__ == "__main__"`. Of one that can't be read: nothing.
pub fn module_uses(source: &str) -> Uses {
    if super::depth::check_source(source).is_err() {
        return Uses::default();
    }
    let Ok(parsed) = ruff_python_parser::parse_module(source) else { return Uses::default() };
    let body = parsed.syntax().body.as_slice();
    if super::depth::check(body).is_err() {
        return Uses::default();
    }
    let places = Places::of(source);
    let mut finder = Finder { places: &places, modules: BTreeMap::new(), found: Uses::default() };
    finder.visit_body(body);
    finder.found
}

/// All names that are looked up anywhere in `body`.
pub(super) fn loaded_names(body: &[Stmt]) -> BTreeSet<String> {
    let mut loaded = Loaded::default();
    loaded.visit_body(body);
    loaded.0
}

#[derive(Default)]
struct Loaded(BTreeSet<String>);

impl<'a> Visitor<'a> for Loaded {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.insert(name.id.to_string());
        }
        walk_expr(self, expr);
    }
}

struct Finder<'a> {
    places: &'a Places<'a>,
    /// Modules by the name that they go by here.
    modules: BTreeMap<String, String>,
    found: Uses,
}

impl Finder<'_> {
    fn note(&mut self, name: String, node: &impl Ranged) {
        let (line, column) = self.places.at(node.range().start().to_usize());
        self.found.names.push(Use { name, line, column });
    }

    /// `a.b.c` in full, where `a` is a module.
    fn full_name(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Name(name) => self.modules.get(name.id.as_str()).cloned(),
            Expr::Attribute(attribute) => Some(format!("{}.{}", self.full_name(&attribute.value)?, attribute.attr)),
            _ => None,
        }
    }
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let full = alias.name.as_str();
                    let (own, module) = match &alias.asname {
                        Some(own) => (own.as_str(), full),
                        None => {
                            let top = full.split('.').next().unwrap_or(full);
                            (top, top)
                        }
                    };
                    self.modules.insert(own.to_owned(), module.to_owned());
                    self.note(full.to_owned(), alias);
                }
            }
            Stmt::ImportFrom(import) if import.level == 0 => {
                let Some(module) = &import.module else { return };
                for alias in &import.names {
                    let full = format!("{module}.{}", alias.name);
                    let own = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.modules.insert(own.to_string(), full.clone());
                    self.note(full, alias);
                }
            }
            // A locustfile is never the main program.
            Stmt::If(each) if is_main(&each.test) => {}
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Attribute(_) = expr
            && let Some(name) = self.full_name(expr)
        {
            self.note(name, expr);
        }
        if let Expr::StringLiteral(literal) = expr {
            self.found.texts.insert(literal.value.to_str().to_owned());
        }
        walk_expr(self, expr);
    }
}

fn is_main(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else { return false };
    let is_name = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == "__name__");
    compare.ops.first() == Some(&CmpOp::Eq)
        && (is_name(&compare.left) || compare.comparators.first().is_some_and(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_full_whichever_way_they_came() {
        let source = "import os, threading as t\nimport urllib.request\nfrom gevent import spawn as go\n\
                      def f(pool):\n    t.Thread(target=f).start()\n    pool.spawn(f)\n    urllib.request.urlopen(os.getenv('X'))\n\
                      if __name__ == '__main__':\n    os.system('ls')\n";
        let uses = module_uses(source);
        assert!(uses.texts.contains("X") && !uses.texts.contains("ls"), "{:?}", uses.texts);
        let found: Vec<_> = uses.names.into_iter().map(|each| (each.line, each.name)).collect();
        for (line, name) in
            [(3, "gevent.spawn"), (5, "threading.Thread"), (7, "urllib.request.urlopen"), (7, "os.getenv")]
        {
            assert!(found.contains(&(line, name.to_owned())), "{name} in {found:?}");
        }
        assert!(!found.iter().any(|(_, name)| name.contains("system") || name.contains("pool")), "{found:?}");
        assert_eq!(module_uses("def ("), Uses::default());
    }
}
