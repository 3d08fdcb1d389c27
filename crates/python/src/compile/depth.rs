//! Sources that are nested so deeply that going through them would take too much stack.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{Expr, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// How deep statements and expressions may lie in each other.
const DEEPEST: usize = 200;

/// How many brackets may be open at once in the text, and how many operators may follow on one line.
const MOST_OPEN: usize = 150;

/// A look at the text, before the parser sees it: where it would need too much stack.
pub fn check_source(source: &str) -> Result<(), (usize, String)> {
    if source.len() > 4 << 20 {
        return Err((0, "the file is larger than 4 MiB; load large data from a file beside it".to_owned()));
    }
    let too_deep = "too deep; name parts of it with variables or functions";
    let (mut open, mut run) = (0_usize, 0_usize);
    for (at, byte) in source.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        run = if matches!(byte, b'~' | b'-' | b'+' | b'!' | b'*') { run + 1 } else { 0 };
        // Within strings too, where they are harmless: nobody writes that many.
        if open > MOST_OPEN * 20 || run > 5_000 {
            return Err((at, too_deep.to_owned()));
        }
    }
    Ok(())
}

/// Says where the tree is too deep.
pub fn check(body: &[Stmt]) -> Result<(), TextRange> {
    let mut depth = Depth { now: 0, too_deep: None };
    body.iter().for_each(|statement| depth.visit_stmt(statement));
    depth.too_deep.map_or(Ok(()), Err)
}

struct Depth {
    now: usize,
    too_deep: Option<TextRange>,
}

impl Depth {
    fn within(&mut self, range: TextRange, go_on: impl FnOnce(&mut Self)) {
        if self.now >= DEEPEST {
            self.too_deep.get_or_insert(range);
            return;
        }
        self.now += 1;
        go_on(self);
        self.now -= 1;
    }
}

impl<'a> Visitor<'a> for Depth {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.within(statement.range(), |me| walk_stmt(me, statement));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.within(expr.range(), |me| walk_expr(me, expr));
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.within(pattern.range(), |me| walk_pattern(me, pattern));
    }
}
