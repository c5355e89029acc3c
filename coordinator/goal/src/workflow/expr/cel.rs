//! CEL, compiled: the program, what it refers to, and the bounds it keeps.

mod references;

use std::fmt;
use std::sync::{Arc, LazyLock};

use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env};
use serde_json::Value;

use self::references::Found;
use super::{ExpressionError, Reference, Segment, view};
use crate::workflow::scope::{Scope, walk};

/// The functions and types of CEL; built once.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A compiled program.
pub(super) struct Program {
    program: cel::Program,
    found: Found,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("references", &self.found.references)
            .finish_non_exhaustive()
    }
}

impl Program {
    /// Compiles a text and holds it to the bounds.
    pub(super) fn compile(text: &str) -> Result<Self, ExpressionError> {
        let program = ENV.compile(text).map_err(|errors| first(text, &errors))?;
        let found = references::of(&program)?;
        Ok(Self { program, found })
    }

    /// What it refers to.
    pub(super) fn references(&self) -> &[Reference] {
        &self.found.references
    }

    /// The ways that it compares with a text, and those texts.
    pub(super) fn comparisons(&self) -> &[(Reference, String)] {
        &self.found.comparisons
    }

    /// Its value, or what the interpreter says.
    pub(super) fn eval(&self, scope: &Scope<'_>) -> Result<Value, String> {
        let names = Names(*scope);
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.set_variable_resolver(&names);
        let value = cel::Value::resolve_val(self.program.expression(), &context)
            .map_err(|error| error.to_string())?;
        view::to_json(value.as_ref())
    }
}

/// Resolves names in a scope. The interpreter asks for the longest dotted name first
/// (`review.score`, then `review`), so that only what is at its end is converted.
struct Names<'a>(Scope<'a>);

impl VariableResolver for Names<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let mut parts = variable.split('.');
        let root = self.0.root(parts.next()?)?;
        let way: Vec<_> = parts.map(|key| Segment::Key(key.to_owned())).collect();
        Some(CowVal::Owned(view::of(walk(root, &way)?)))
    }
}

/// The first fault that the parser found, with its place counted in characters.
fn first(text: &str, errors: &cel::ParseErrors) -> ExpressionError {
    let Some(error) = errors.errors.first() else {
        return ExpressionError { offset: 0, message: "not an expression".to_owned() };
    };
    let (line, column) = error.pos;
    let before = usize::try_from(line - 1).unwrap_or(0);
    let in_lines_before: usize = text.split_inclusive('\n').take(before).map(chars).sum();
    let in_line = usize::try_from(column - 1).unwrap_or(0);
    let offset = (in_lines_before + in_line).min(chars(text));
    ExpressionError { offset, message: plain(&error.msg) }
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// The parser's message in words of ours, without its list of every token that could have stood
/// there.
fn plain(message: &str) -> String {
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let quoted = || message.split('\'').nth(1).unwrap_or_default().trim();
    match quoted() {
        "=" => "'=' compares nothing: use '=='".to_owned(),
        "<EOF>" => "the expression ends too early".to_owned(),
        token if message.starts_with("missing ") => format!("'{token}' is missing"),
        token if AT_TOKEN.iter().any(|begin| message.starts_with(begin)) => {
            format!("'{token}' cannot stand here")
        }
        _ => message.lines().next().unwrap_or("not an expression").to_owned(),
    }
}

/// How the parser's messages about one token begin.
const AT_TOKEN: [&str; 4] =
    ["no viable alternative", "extraneous input", "mismatched input", "token recognition error"];
