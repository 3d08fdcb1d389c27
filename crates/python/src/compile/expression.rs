//! Expressions.

use ruff_python_ast as ast;
use ruff_python_ast::{BoolOp, Expr, Operator, UnaryOp};
use ruff_text_size::Ranged;

use super::unit::{UnitKind, small};
use super::{BinOp, CallSite, CmpOp, Compiler, Op};
use crate::value::{Sym, Value, intern, known};

impl<'a> Compiler<'a> {
    /// Leaves the expression's value on the stack.
    pub(super) fn expression(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                let name = self.name(&name.id);
                self.load(name);
            }
            Expr::NumberLiteral(literal) => self.number(&literal.value, literal),
            Expr::StringLiteral(literal) => self.constant(Value::str(literal.value.to_str())),
            Expr::BytesLiteral(literal) => self.constant(Value::bytes(literal.value.bytes().collect::<Vec<_>>())),
            Expr::BooleanLiteral(literal) => self.constant(Value::Bool(literal.value)),
            Expr::NoneLiteral(_) => self.none(),
            Expr::EllipsisLiteral(_) => self.constant(Value::Ellipsis),
            Expr::FString(string) => self.f_string(string),
            Expr::Attribute(attribute) => {
                self.expression(&attribute.value);
                self.at(&attribute.attr);
                let name = self.name(&attribute.attr);
                self.emit(Op::LoadAttr(name));
            }
            Expr::Subscript(subscript) => {
                self.expression(&subscript.value);
                self.expression(&subscript.slice);
                self.emit(Op::LoadItem);
            }
            Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step] {
                    match part {
                        Some(part) => self.expression(part),
                        None => self.none(),
                    }
                }
                self.emit(Op::BuildSlice);
            }
            Expr::Call(call) => self.call(call),
            Expr::BinOp(binary) => {
                self.expression(&binary.left);
                self.expression(&binary.right);
                self.emit(Op::Binary(Self::operator(binary.op)));
            }
            Expr::UnaryOp(unary) => self.unary(unary),
            Expr::BoolOp(bool_op) => self.bool_op(bool_op),
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(choice) => self.choice(choice),
            Expr::Named(named) => {
                self.expression(&named.value);
                self.emit(Op::Dup);
                self.assign(&named.target);
            }
            Expr::List(list) => self.collection(&list.elts, Op::BuildList, Op::Extend),
            Expr::Tuple(tuple) => self.tuple(&tuple.elts),
            Expr::Set(set) => self.collection(&set.elts, Op::BuildSet, Op::ExtendSet),
            Expr::Dict(dict) => self.dictionary(dict),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => self.comprehension(expr),
            Expr::Yield(each) => {
                self.check_yield(each);
                match &each.value {
                    Some(value) => self.expression(value),
                    None => self.none(),
                }
                self.emit(Op::Yield);
            }
            Expr::YieldFrom(each) => self.yield_from(each),
            Expr::Await(each) => {
                self.refuse(each, "await", "write plain functions: waits and requests already suspend the user");
            }
            Expr::TString(each) => self.refuse(each, "template string", "use an f-string"),
            Expr::Starred(each) => self.refuse(each, "starred expression", "it can't stand here"),
            Expr::IpyEscapeCommand(each) => self.refuse(each, "IPython command", "it is no Python"),
        }
    }

    pub(super) fn constant(&mut self, value: Value) {
        self.unit().constant(value);
    }

    fn check_yield(&mut self, node: &impl Ranged) {
        let unit = self.unit();
        if unit.kind != UnitKind::Function || unit.is_comprehension {
            self.refuse(node, "yield outside of a function", "move it into a function");
        }
    }

    fn yield_from(&mut self, each: &'a ast::ExprYieldFrom) {
        self.check_yield(each);
        self.expression(&each.value);
        self.emit(Op::GetIter);
        let slot = self.unit().temporary();
        self.emit(Op::StoreLocal(slot));
        let start = self.emit(Op::ForIter(slot, 0));
        self.emit(Op::Yield);
        self.emit(Op::Pop);
        self.emit(Op::Jump(small(start)));
        self.unit().land(start);
        // At its end a generator leaves what it returned.
        self.emit(Op::LoadLocal(slot));
        self.none();
        self.emit(Op::StoreLocal(slot));
        self.unit().release(slot);
    }

    pub(super) fn operator(op: Operator) -> BinOp {
        match op {
            Operator::Add => BinOp::Add,
            Operator::Sub => BinOp::Sub,
            Operator::Mult => BinOp::Mul,
            Operator::Div => BinOp::Div,
            Operator::FloorDiv => BinOp::FloorDiv,
            Operator::Mod => BinOp::Mod,
            Operator::Pow => BinOp::Pow,
            Operator::LShift => BinOp::LShift,
            Operator::RShift => BinOp::RShift,
            Operator::BitAnd => BinOp::And,
            Operator::BitOr => BinOp::Or,
            Operator::BitXor => BinOp::Xor,
            Operator::MatMult => BinOp::MatMul,
        }
    }

    fn unary(&mut self, unary: &'a ast::ExprUnaryOp) {
        self.expression(&unary.operand);
        self.emit(match unary.op {
            UnaryOp::Not => Op::Not,
            UnaryOp::USub => Op::Neg,
            UnaryOp::UAdd => Op::Pos,
            UnaryOp::Invert => Op::Invert,
        });
    }

    fn bool_op(&mut self, bool_op: &'a ast::ExprBoolOp) {
        let mut jumps = Vec::new();
        for (n, value) in bool_op.values.iter().enumerate() {
            self.expression(value);
            if n + 1 < bool_op.values.len() {
                jumps.push(self.emit(match bool_op.op {
                    BoolOp::And => Op::JumpIfFalseOrPop(0),
                    BoolOp::Or => Op::JumpIfTrueOrPop(0),
                }));
            }
        }
        jumps.into_iter().for_each(|jump| self.unit().land(jump));
    }

    fn compare(&mut self, compare: &'a ast::ExprCompare) {
        self.expression(&compare.left);
        let mut jumps = Vec::new();
        for (n, (op, right)) in compare.ops.iter().zip(&compare.comparators).enumerate() {
            self.expression(right);
            let is_last = n + 1 == compare.ops.len();
            if !is_last {
                self.emit(Op::Dup);
                self.emit(Op::RotThree);
            }
            self.emit(Op::Compare(comparison(*op)));
            if !is_last {
                jumps.push(self.emit(Op::JumpIfFalseOrPop(0)));
            }
        }
        if !jumps.is_empty() {
            // Where a comparison fails, its right side is still below the result.
            let end = self.emit(Op::Jump(0));
            jumps.into_iter().for_each(|jump| self.unit().land(jump));
            self.emit(Op::RotTwo);
            self.emit(Op::Pop);
            self.unit().land(end);
        }
    }

    fn choice(&mut self, choice: &'a ast::ExprIf) {
        self.expression(&choice.test);
        let other = self.emit(Op::JumpIfFalse(0));
        self.expression(&choice.body);
        let end = self.emit(Op::Jump(0));
        self.unit().land(other);
        self.expression(&choice.orelse);
        self.unit().land(end);
    }

    fn collection(&mut self, elements: &'a [Expr], build: fn(u32) -> Op, extend: Op) {
        let plain = elements.iter().take_while(|element| !element.is_starred_expr()).count();
        elements[..plain].iter().for_each(|element| self.expression(element));
        self.emit(build(small(plain)));
        for element in &elements[plain..] {
            match element {
                Expr::Starred(starred) => self.expression(&starred.value),
                element => {
                    self.expression(element);
                    self.emit(Op::BuildTuple(1));
                }
            }
            self.emit(extend);
        }
    }

    fn tuple(&mut self, elements: &'a [Expr]) {
        if elements.iter().any(Expr::is_starred_expr) {
            self.collection(elements, Op::BuildList, Op::Extend);
            self.emit(Op::ListToTuple);
        } else {
            self.collection(elements, Op::BuildTuple, Op::Extend);
        }
    }

    fn dictionary(&mut self, dict: &'a ast::ExprDict) {
        let plain = dict.items.iter().take_while(|item| item.key.is_some()).count();
        for item in &dict.items[..plain] {
            item.key.iter().for_each(|key| self.expression(key));
            self.expression(&item.value);
        }
        self.emit(Op::BuildDict(small(plain)));
        for item in &dict.items[plain..] {
            match &item.key {
                Some(key) => {
                    self.expression(key);
                    self.expression(&item.value);
                    self.emit(Op::BuildDict(1));
                }
                None => self.expression(&item.value),
            }
            self.emit(Op::ExtendDict);
        }
    }

    fn call(&mut self, call: &'a ast::ExprCall) {
        let arguments = &call.arguments;
        if self.is_super(call) {
            return;
        }
        let spreads = arguments.args.iter().any(Expr::is_starred_expr)
            || arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
        let method = match &*call.func {
            Expr::Attribute(attribute) if !spreads => {
                self.expression(&attribute.value);
                Some(self.name(&attribute.attr))
            }
            function => {
                self.expression(function);
                None
            }
        };
        if spreads {
            return self.spread_call(call);
        }
        arguments.args.iter().for_each(|argument| self.expression(argument));
        let names: Vec<Sym> =
            arguments.keywords.iter().filter_map(|k| k.arg.as_ref()).map(|name| intern(name)).collect();
        arguments.keywords.iter().for_each(|keyword| self.expression(&keyword.value));
        let count = self.fit(arguments.args.len() + names.len(), call);
        let called = match &*call.func {
            Expr::Attribute(attribute) => attribute.attr.range(),
            other => other.range(),
        };
        self.at(&called);
        let op = if names.is_empty() {
            method.map_or(Op::Call(count), |name| Op::CallMethod(count, name))
        } else {
            let unit = self.unit();
            unit.code.calls.push(CallSite { count, names, method });
            let at = small(unit.code.calls.len() - 1);
            if method.is_some() { Op::CallMethodKeywords(at) } else { Op::CallKeywords(at) }
        };
        self.emit(op);
    }

    /// `super()` takes the class it stands in and the first argument of the function around it.
    fn is_super(&mut self, call: &ast::ExprCall) -> bool {
        let is_super =
            matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "super") && call.arguments.is_empty();
        let first = self.unit().parameters.positional.first().copied();
        match (is_super, first, self.outer(known::CLASS)) {
            (true, Some(first), Some(class)) => {
                self.emit(Op::LoadCell(class));
                self.load(first);
                self.emit(Op::Super);
                true
            }
            (true, ..) => {
                self.refuse(call, "super() here", "it works in methods of classes; name class and object otherwise");
                true
            }
            _ => false,
        }
    }

    fn spread_call(&mut self, call: &'a ast::ExprCall) {
        self.collection(&call.arguments.args, Op::BuildList, Op::Extend);
        self.emit(Op::BuildDict(0));
        for keyword in &call.arguments.keywords {
            match &keyword.arg {
                Some(name) => {
                    self.constant(Value::str(name.to_string()));
                    self.expression(&keyword.value);
                    self.emit(Op::BuildDict(1));
                }
                None => self.expression(&keyword.value),
            }
            self.emit(Op::ExtendKeywords);
        }
        self.emit(Op::CallSpread);
    }
}

fn comparison(op: ast::CmpOp) -> CmpOp {
    match op {
        ast::CmpOp::Eq => CmpOp::Eq,
        ast::CmpOp::NotEq => CmpOp::Ne,
        ast::CmpOp::Lt => CmpOp::Lt,
        ast::CmpOp::LtE => CmpOp::Le,
        ast::CmpOp::Gt => CmpOp::Gt,
        ast::CmpOp::GtE => CmpOp::Ge,
        ast::CmpOp::Is => CmpOp::Is,
        ast::CmpOp::IsNot => CmpOp::IsNot,
        ast::CmpOp::In => CmpOp::In,
        ast::CmpOp::NotIn => CmpOp::NotIn,
    }
}
