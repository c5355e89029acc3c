//! What a program refers to, and the bounds that it must keep.
//!
//! Evaluation is bounded because expressions are short, comprehensions nest at most
//! [`NESTING_MAX`] deep, and the lists that are read have a bound (`Expression::eval`). It is
//! deterministic because objects keep the order of their keys; only a map that is written in the
//! expression itself has none, so such a map may be built but neither run over nor compared.

use cel::common::ast::operators::{EQUALS, IN, INDEX, NOT_EQUALS};
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue};

use super::{ExpressionError, Reference, Segment};

/// How deep comprehensions (`map`, `filter`, `exists`, `all`) may nest.
const NESTING_MAX: usize = 2;

/// Names that CEL itself gives a meaning: its types and namespaces.
const OF_CEL: [&str; 12] = [
    "bool",
    "bytes",
    "double",
    "dyn",
    "int",
    "list",
    "map",
    "null_type",
    "optional",
    "string",
    "type",
    "uint",
];

/// What a program says about the names outside of it.
pub(super) struct Found {
    /// What it refers to, in the order of the text.
    pub(super) references: Vec<Reference>,
    /// What it compares with a text, and that text.
    pub(super) comparisons: Vec<(Reference, String)>,
}

/// Reads a program.
pub(super) fn of(program: &cel::Program) -> Result<Found, ExpressionError> {
    let found = Found { references: Vec::new(), comparisons: Vec::new() };
    let mut walk = Walk { program, bound: Vec::new(), nesting: 0, found };
    walk.visit(program.expression())?;
    walk.found.references.sort_by_key(|reference| reference.offset);
    Ok(walk.found)
}

struct Walk<'p> {
    program: &'p cel::Program,
    /// The variables of the comprehensions that we are in.
    bound: Vec<&'p str>,
    nesting: usize,
    found: Found,
}

impl<'p> Walk<'p> {
    fn visit(&mut self, at: &'p IdedExpr) -> Result<(), ExpressionError> {
        if let Some((root, way)) = path(at) {
            self.refer(at, root, way);
            return self.visit_indexes(at);
        }
        match &at.expr {
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Ok(()),
            Expr::Select(select) => self.visit(&select.operand),
            Expr::Call(call) => self.visit_call(at, call),
            Expr::Comprehension(comprehension) => self.visit_comprehension(at, comprehension),
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.visit(element)),
            Expr::Map(map) => self.visit_entries(map.entries.iter().map(|entry| &entry.expr)),
            Expr::Struct(of) => self.visit_entries(of.entries.iter().map(|entry| &entry.expr)),
        }
    }

    /// A path may hold an index that is an expression of its own: `a[size(b)]` ends at `a`.
    fn visit_indexes(&mut self, at: &'p IdedExpr) -> Result<(), ExpressionError> {
        match &at.expr {
            Expr::Select(select) => self.visit_indexes(&select.operand),
            Expr::Call(call) => match call.args.as_slice() {
                [list, index] => {
                    self.visit_indexes(list)?;
                    if literal(index).is_none() { self.visit(index) } else { Ok(()) }
                }
                _ => Ok(()),
            },
            Expr::Unspecified
            | Expr::Comprehension(_)
            | Expr::Ident(_)
            | Expr::List(_)
            | Expr::Literal(_)
            | Expr::Map(_)
            | Expr::Struct(_) => Ok(()),
        }
    }

    fn visit_call(&mut self, at: &'p IdedExpr, call: &'p CallExpr) -> Result<(), ExpressionError> {
        let compares = [EQUALS, NOT_EQUALS, IN].contains(&call.func_name.as_str());
        if compares && call.args.iter().any(builds_map) {
            return Err(self.refuse(at, "a map that is written here cannot be compared"));
        }
        if let ([one, other], true) = (call.args.as_slice(), compares) {
            self.compare(one, other);
            self.compare(other, one);
        }
        if let Some(target) = &call.target {
            self.visit(target)?;
        }
        call.args.iter().try_for_each(|arg| self.visit(arg))
    }

    fn visit_comprehension(
        &mut self,
        at: &'p IdedExpr,
        comprehension: &'p ComprehensionExpr,
    ) -> Result<(), ExpressionError> {
        if builds_map(&comprehension.iter_range) {
            return Err(self.refuse(at, "a map that is written here cannot be run over"));
        }
        self.visit(&comprehension.iter_range)?;
        if self.nesting == NESTING_MAX {
            return Err(self.refuse(at, "comprehensions nest at most 2 deep"));
        }
        let outside = self.bound.len();
        self.nesting += 1;
        self.bound.push(&comprehension.iter_var);
        self.bound.push(&comprehension.accu_var);
        self.bound.extend(comprehension.iter_var2.as_deref());
        for part in [
            &comprehension.accu_init,
            &comprehension.loop_cond,
            &comprehension.loop_step,
            &comprehension.result,
        ] {
            self.visit(part)?;
        }
        self.bound.truncate(outside);
        self.nesting -= 1;
        Ok(())
    }

    fn visit_entries(
        &mut self,
        mut entries: impl Iterator<Item = &'p EntryExpr>,
    ) -> Result<(), ExpressionError> {
        entries.try_for_each(|entry| match entry {
            EntryExpr::StructField(field) => self.visit(&field.value),
            EntryExpr::MapEntry(entry) => {
                self.visit(&entry.key)?;
                self.visit(&entry.value)
            }
        })
    }

    fn refer(&mut self, at: &IdedExpr, root: &str, way: Vec<Segment>) {
        self.found.references.extend(self.reference(at, root, way));
    }

    fn compare(&mut self, at: &IdedExpr, with: &IdedExpr) {
        let Expr::Literal(LiteralValue::String(text)) = &with.expr else { return };
        if let Some((root, way)) = path(at).filter(|_| known_to_end(at))
            && let Some(reference) = self.reference(at, root, way)
        {
            self.found.comparisons.push((reference, text.inner().to_owned()));
        }
    }

    /// A reference to what the expression does not bind itself.
    fn reference(&self, at: &IdedExpr, root: &str, way: Vec<Segment>) -> Option<Reference> {
        let own = self.bound.contains(&root) || root.starts_with('@') || OF_CEL.contains(&root);
        let offset = self.offset(leftmost(at));
        (!own).then(|| Reference { root: root.to_owned(), way, offset })
    }

    fn refuse(&self, at: &IdedExpr, message: &str) -> ExpressionError {
        ExpressionError { offset: self.offset(at), message: message.to_owned() }
    }

    fn offset(&self, at: &IdedExpr) -> usize {
        let start = self.program.source_info().offset_for(at.id).map_or(0, |(start, _)| start);
        usize::try_from(start).unwrap_or(0)
    }
}

/// The root and the way of `a.b[0].c`. The way ends at the first part that is only known when it
/// is evaluated, and at `has(a.b)`, which asks whether `b` is there.
fn path(at: &IdedExpr) -> Option<(&str, Vec<Segment>)> {
    match &at.expr {
        Expr::Ident(name) => Some((name.trim_start_matches('.'), Vec::new())),
        Expr::Select(select) => {
            let (root, mut way) = path(&select.operand)?;
            if !select.test && known_to_end(&select.operand) {
                way.push(Segment::Key(select.field.clone()));
            }
            Some((root, way))
        }
        Expr::Call(call) if call.func_name == INDEX => {
            let [of, index] = call.args.as_slice() else { return None };
            let (root, mut way) = path(of)?;
            if known_to_end(of) {
                way.extend(literal(index));
            }
            Some((root, way))
        }
        Expr::Unspecified
        | Expr::Call(_)
        | Expr::Comprehension(_)
        | Expr::List(_)
        | Expr::Literal(_)
        | Expr::Map(_)
        | Expr::Struct(_) => None,
    }
}

/// Whether every part of a path is written down.
fn known_to_end(at: &IdedExpr) -> bool {
    match &at.expr {
        Expr::Select(select) => !select.test && known_to_end(&select.operand),
        Expr::Call(call) => match call.args.as_slice() {
            [of, index] => literal(index).is_some() && known_to_end(of),
            _ => false,
        },
        Expr::Ident(_) => true,
        Expr::Unspecified
        | Expr::Comprehension(_)
        | Expr::List(_)
        | Expr::Literal(_)
        | Expr::Map(_)
        | Expr::Struct(_) => false,
    }
}

fn literal(index: &IdedExpr) -> Option<Segment> {
    let Expr::Literal(literal) = &index.expr else { return None };
    match literal {
        LiteralValue::Int(int) => usize::try_from(*int.inner()).ok().map(Segment::Index),
        LiteralValue::String(text) => Some(Segment::Key(text.inner().to_owned())),
        LiteralValue::Boolean(_)
        | LiteralValue::Bytes(_)
        | LiteralValue::Double(_)
        | LiteralValue::Null
        | LiteralValue::UInt(_) => None,
    }
}

fn leftmost(at: &IdedExpr) -> &IdedExpr {
    match &at.expr {
        Expr::Select(select) => leftmost(&select.operand),
        Expr::Call(call) => call.args.first().map_or(at, leftmost),
        Expr::Unspecified
        | Expr::Comprehension(_)
        | Expr::Ident(_)
        | Expr::List(_)
        | Expr::Literal(_)
        | Expr::Map(_)
        | Expr::Struct(_) => at,
    }
}

/// Whether a map is written anywhere in an expression.
fn builds_map(at: &IdedExpr) -> bool {
    let mut open = vec![at];
    while let Some(at) = open.pop() {
        match &at.expr {
            Expr::Map(_) => return true,
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
            Expr::Select(select) => open.push(&select.operand),
            Expr::Call(call) => open.extend(call.target.as_deref().into_iter().chain(&call.args)),
            Expr::List(list) => open.extend(&list.elements),
            Expr::Comprehension(of) => open.extend([&of.iter_range, &of.loop_step, &of.result]),
            Expr::Struct(_) => return true,
        }
    }
    false
}
