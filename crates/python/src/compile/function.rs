//! Functions and classes.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_python_ast::{Expr, Stmt};

use super::scope::{Body, Scope};
use super::unit::{Unit, UnitKind, small};
use super::{ClassPlan, Compiler, FunctionPlan, Op};
use crate::value::{Sym, Value, intern, known};

impl<'a> Compiler<'a> {
    pub(super) fn function(&mut self, def: &'a ast::StmtFunctionDef) {
        if def.is_async {
            self.refuse(def, "async def", "write a plain function: waits and requests already suspend the user");
        }
        def.decorator_list.iter().for_each(|decorator| self.expression(&decorator.expression));
        let defaults = self.defaults(&def.parameters);
        let scope = Scope::of(&Body::Statements(&def.body), Some(&def.parameters));
        self.open_function(&def.name, scope, Some(&def.parameters));
        self.documentation(&def.body);
        self.statements(&def.body);
        self.none();
        self.emit(Op::Return);
        let plan = self.close_function(defaults.0, defaults.1);
        self.make_function(plan);
        self.decorate(&def.decorator_list);
        let name = self.name(&def.name);
        self.store(name);
    }

    pub(super) fn lambda(&mut self, lambda: &'a ast::ExprLambda) {
        let parameters = lambda.parameters.as_deref();
        let defaults = parameters.map_or((0, Vec::new()), |parameters| self.defaults(parameters));
        let scope = Scope::of(&Body::Expression(&lambda.body), parameters);
        self.open_function("<lambda>", scope, parameters);
        self.at(&*lambda.body);
        self.expression(&lambda.body);
        self.emit(Op::Return);
        let plan = self.close_function(defaults.0, defaults.1);
        self.make_function(plan);
    }

    fn decorate(&mut self, decorators: &'a [ast::Decorator]) {
        for decorator in decorators.iter().rev() {
            self.at(decorator);
            self.emit(Op::Call(1));
        }
    }

    /// Leaves defaults on the stack.
    fn defaults(&mut self, parameters: &'a ast::Parameters) -> (u16, Vec<Sym>) {
        let mut count = 0;
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            if let Some(default) = &parameter.default {
                self.expression(default);
                count += 1;
            }
        }
        let mut names = Vec::new();
        for parameter in &parameters.kwonlyargs {
            if let Some(default) = &parameter.default {
                self.expression(default);
                names.push(self.name(&parameter.parameter.name));
            }
        }
        (count, names)
    }

    /// What is in front of the names of functions in this unit.
    pub(super) fn qualifier(&mut self) -> String {
        let unit = self.unit();
        match unit.kind {
            UnitKind::Module => String::new(),
            UnitKind::Class => format!("{}.", unit.qualname),
            UnitKind::Function => format!("{}.<locals>.", unit.qualname),
        }
    }

    fn open_function(&mut self, name: &str, scope: Scope, parameters: Option<&'a ast::Parameters>) {
        let qualname = format!("{}{name}", self.qualifier());
        let line = self.unit().line;
        let mut unit = Unit::new(UnitKind::Function, name, qualname, scope);
        unit.line = line;
        if let Some(parameters) = parameters {
            let names = |list: &[ast::ParameterWithDefault]| -> Vec<Sym> {
                list.iter().map(|parameter| self.name(&parameter.parameter.name)).collect()
            };
            let mut positional = names(&parameters.posonlyargs);
            unit.parameters.positional_only = positional.len();
            positional.extend(names(&parameters.args));
            unit.parameters.keyword_only = names(&parameters.kwonlyargs);
            unit.parameters.positional = positional;
            let named = unit.parameters.positional.iter().chain(&unit.parameters.keyword_only);
            let named: Vec<Sym> = named.copied().collect();
            named.into_iter().for_each(|name| drop(unit.local(name)));
            unit.parameters.star = parameters.vararg.is_some();
            unit.parameters.double_star = parameters.kwarg.is_some();
            for parameter in [&parameters.vararg, &parameters.kwarg].into_iter().flatten() {
                unit.local(self.name(&parameter.name));
            }
        }
        self.units.push(unit);
    }

    /// Ends the innermost unit; its cells that are not its own come from the unit around it.
    pub(super) fn close_function(&mut self, defaults: u16, kw_defaults: Vec<Sym>) -> FunctionPlan {
        let unit = self.units.pop().expect("a function was opened");
        let around = self.units.len() - 1;
        let free: Vec<Sym> = unit.cells[unit.own_cells..].to_vec();
        let captures = free.into_iter().map(|name| self.capture(around, name)).collect();
        FunctionPlan { code: Rc::new(unit.finish(Rc::clone(&self.file))), defaults, kw_defaults, captures }
    }

    pub(super) fn class(&mut self, def: &'a ast::StmtClassDef) {
        def.decorator_list.iter().for_each(|decorator| self.expression(&decorator.expression));
        let (mut bases, mut keywords) = (0, Vec::new());
        if let Some(arguments) = &def.arguments {
            for base in &arguments.args {
                if base.is_starred_expr() {
                    self.refuse(base, "starred base class", "name the base classes");
                }
                self.expression(base);
            }
            bases = self.fit(arguments.args.len(), def);
            for keyword in &arguments.keywords {
                match &keyword.arg {
                    Some(name) => keywords.push(intern(name)),
                    None => self.refuse(keyword, "** in a class's bases", "name the keywords"),
                }
                self.expression(&keyword.value);
            }
        }
        let scope = Scope::of(&Body::Statements(&def.body), None);
        let qualname = format!("{}{}", self.qualifier(), &*def.name);
        let line = self.unit().line;
        let mut unit = Unit::new(UnitKind::Class, &def.name, qualname.clone(), scope);
        unit.line = line;
        self.units.push(unit);
        self.constant(Value::str(qualname));
        self.emit(Op::StoreName(known::QUALNAME));
        self.documentation(&def.body);
        if let Some(doc) = self.unit().code.doc.clone() {
            self.constant(doc);
            self.emit(Op::StoreName(known::DOC));
        }
        self.statements(&def.body);
        self.none();
        self.emit(Op::Return);
        let body = self.close_function(0, Vec::new());
        let unit = self.unit();
        unit.code.classes.push(ClassPlan { name: def.name.to_string(), body, bases, keywords });
        let at = small(unit.code.classes.len() - 1);
        self.emit(Op::MakeClass(at));
        self.decorate(&def.decorator_list);
        let name = self.name(&def.name);
        self.store(name);
    }

    /// Keeps the text that a body begins with.
    pub(super) fn documentation(&mut self, body: &[Stmt]) {
        if let Some(Stmt::Expr(first)) = body.first()
            && let Expr::StringLiteral(literal) = &*first.value
        {
            self.unit().code.doc = Some(Value::str(literal.value.to_str()));
        }
    }
}
