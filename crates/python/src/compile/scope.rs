//! Which names a function, a class or a module binds, and which it takes from around it.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt};

/// The names of one scope.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Assigned in it, and so its own, but for those declared otherwise.
    pub bound: BTreeSet<String>,
    /// Declared `global`.
    pub globals: BTreeSet<String>,
    /// Declared `nonlocal`.
    pub nonlocals: BTreeSet<String>,
    /// Used in it or in what is in it, and not bound there.
    pub used: BTreeSet<String>,
    /// Used by functions in it, and not bound there: these of its names become cells.
    pub used_inside: BTreeSet<String>,
    /// Whether there is a `yield`.
    pub yields: bool,
}

/// What a scope is made of.
pub enum Body<'a> {
    /// Statements, of a function with these parameters, of a class, or of a module.
    Statements(&'a [Stmt]),
    /// A lambda's expression.
    Expression(&'a Expr),
    /// A comprehension: what it gives, and its loops. The first iterable is of the scope around it.
    Comprehension(Vec<&'a Expr>, &'a [Comprehension]),
}

impl Scope {
    /// The names of a function with `parameters`.
    pub fn of(body: &Body<'_>, parameters: Option<&Parameters>) -> Self {
        let mut finder = Finder::default();
        for parameter in parameters.into_iter().flat_map(|all| all.iter()) {
            finder.scope.bound.insert(parameter.name().to_string());
        }
        match body {
            Body::Statements(statements) => statements.iter().for_each(|statement| finder.visit_stmt(statement)),
            Body::Expression(expression) => finder.visit_expr(expression),
            Body::Comprehension(elements, loops) => {
                finder.in_comprehension = true;
                for (n, each) in loops.iter().enumerate() {
                    if n > 0 {
                        finder.visit_expr(&each.iter);
                    }
                    finder.visit_expr(&each.target);
                    each.ifs.iter().for_each(|test| finder.visit_expr(test));
                }
                elements.iter().for_each(|element| finder.visit_expr(element));
            }
        }
        let mut scope = finder.scope;
        scope.bound.retain(|name| !scope.globals.contains(name) && !scope.nonlocals.contains(name));
        scope
    }

    /// Names that it takes from around it.
    pub fn free(&self) -> impl Iterator<Item = &String> {
        let all = self.used.iter().chain(&self.used_inside).chain(&self.nonlocals);
        all.filter(|name| !self.bound.contains(*name) && !self.globals.contains(*name))
    }

    /// Own names that functions in it use.
    pub fn cells(&self) -> impl Iterator<Item = &String> {
        self.bound.iter().filter(|name| self.used_inside.contains(*name))
    }
}

#[derive(Default)]
struct Finder {
    scope: Scope,
    in_comprehension: bool,
}

impl Finder {
    fn bind(&mut self, name: &str) {
        self.scope.bound.insert(name.to_owned());
    }

    fn inside(&mut self, inner: &Scope) {
        self.scope.used_inside.extend(inner.free().cloned());
    }

    fn parameters(&mut self, parameters: &Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    /// A comprehension: its first iterable is looked at here, and names that `:=` binds in it are bound here.
    fn comprehension(&mut self, elements: Vec<&Expr>, loops: &[Comprehension]) {
        if let Some(first) = loops.first() {
            self.visit_expr(&first.iter);
        }
        let mut walrus = Walrus::default();
        elements.iter().for_each(|element| walrus.visit_expr(element));
        for each in loops {
            each.ifs.iter().for_each(|test| walrus.visit_expr(test));
        }
        let inner = Scope::of(&Body::Comprehension(elements, loops), None);
        self.inside(&inner);
        for name in walrus.names {
            self.scope.used_inside.insert(name.clone());
            if self.in_comprehension {
                self.scope.nonlocals.insert(name);
            } else {
                self.bind(&name);
            }
        }
    }
}

/// Names that `:=` binds.
#[derive(Default)]
struct Walrus {
    names: Vec<String>,
}

impl<'a> Visitor<'a> for Walrus {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Named(named) = expr
            && let Expr::Name(name) = &*named.target
        {
            self.names.push(name.id.to_string());
        }
        if !matches!(expr, Expr::Lambda(_)) {
            walk_expr(self, expr);
        }
    }
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => {
                self.bind(&def.name);
                def.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
                self.parameters(&def.parameters);
                let inner = Scope::of(&Body::Statements(&def.body), Some(&def.parameters));
                self.inside(&inner);
            }
            Stmt::ClassDef(def) => {
                self.bind(&def.name);
                def.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
                for argument in def.arguments.iter().flat_map(|arguments| arguments.arguments_source_order_of()) {
                    self.visit_expr(argument);
                }
                let inner = Scope::of(&Body::Statements(&def.body), None);
                // What a class binds is not seen by the functions in it.
                let seen = inner.used_inside.iter().filter(|name| *name != "__class__").cloned();
                self.scope.used_inside.extend(seen);
                self.scope.used_inside.extend(inner.free().filter(|name| *name != "__class__").cloned());
            }
            Stmt::Global(global) => self.scope.globals.extend(global.names.iter().map(ToString::to_string)),
            Stmt::Nonlocal(nonlocal) => self.scope.nonlocals.extend(nonlocal.names.iter().map(ToString::to_string)),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.bind(name.split('.').next().unwrap_or_default());
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.bind(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            Stmt::AnnAssign(assign) => {
                self.visit_expr(&assign.target);
                if let Some(value) = &assign.value {
                    self.visit_expr(value);
                }
            }
            Stmt::Try(each) => {
                for ExceptHandler::ExceptHandler(handler) in &each.handlers {
                    if let Some(name) = &handler.name {
                        self.bind(name);
                    }
                }
                walk_stmt(self, statement);
            }
            Stmt::AugAssign(assign) => {
                self.visit_expr(&assign.value);
                if let Expr::Name(name) = &*assign.target {
                    self.bind(&name.id);
                    self.scope.used.insert(name.id.to_string());
                } else {
                    self.visit_expr(&assign.target);
                }
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                if name.ctx == ExprContext::Load {
                    self.scope.used.insert(name.id.to_string());
                    if name.id.as_str() == "super" {
                        self.scope.used.insert("__class__".to_owned());
                    }
                } else {
                    self.bind(&name.id);
                }
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                match &*named.target {
                    Expr::Name(name) if self.in_comprehension => {
                        self.scope.nonlocals.insert(name.id.to_string());
                    }
                    target => self.visit_expr(target),
                }
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                }
                let inner = Scope::of(&Body::Expression(&lambda.body), lambda.parameters.as_deref());
                self.inside(&inner);
            }
            Expr::ListComp(comp) => self.comprehension(vec![&comp.elt], &comp.generators),
            Expr::SetComp(comp) => self.comprehension(vec![&comp.elt], &comp.generators),
            Expr::Generator(comp) => self.comprehension(vec![&comp.elt], &comp.generators),
            Expr::DictComp(comp) => {
                let elements = comp.key.iter().map(|key| &**key).chain([&*comp.value]).collect();
                self.comprehension(elements, &comp.generators);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.scope.yields = true;
                walk_expr(self, expr);
            }
            _ => walk_expr(self, expr),
        }
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(each) => each.name.iter().for_each(|name| self.bind(name)),
            Pattern::MatchStar(each) => each.name.iter().for_each(|name| self.bind(name)),
            Pattern::MatchMapping(each) => each.rest.iter().for_each(|name| self.bind(name)),
            _ => {}
        }
        walk_pattern(self, pattern);
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}
}

/// The expressions of a class's or call's parentheses.
pub trait ArgumentsOf {
    /// All of them, values of keywords included.
    fn arguments_source_order_of(&self) -> Vec<&Expr>;
}

impl ArgumentsOf for Box<ruff_python_ast::Arguments> {
    fn arguments_source_order_of(&self) -> Vec<&Expr> {
        self.args.iter().chain(self.keywords.iter().map(|keyword| &keyword.value)).collect()
    }
}
