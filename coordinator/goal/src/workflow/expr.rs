//! One expression: a plain path such as `ideas.outline.sections`, or CEL.
//!
//! A plain path is walked without an interpreter; the result is borrowed. Everything else is CEL,
//! compiled once; only what the program refers to is converted, at the moment it is read.

mod cel;
mod path;
mod scan;
mod view;

use std::borrow::Cow;
use std::sync::Arc;

use galley_schemas::fault::Fault;
use serde_json::Value;

use super::scope::{Scope, walk};

/// Longest expression in bytes.
pub const EXPRESSION_BYTES_MAX: usize = 2_000;

/// One step of the way into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Into an object.
    Key(String),
    /// Into a list.
    Index(usize),
}

/// A name that an expression refers to, and the way from there as far as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// `input`, `goal`, `item`, `index`, or a step.
    pub root: String,
    /// The way from there.
    pub way: Vec<Segment>,
    /// Where it stands in the expression, in characters from 0.
    pub offset: usize,
}

/// Why a text is not an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// Where, in characters from 0.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// The name is no step that is over, nor one of the fixed names that hold here.
    #[error("'{name}' has no value here, in '{expression}'")]
    Unknown {
        /// The name.
        name: String,
        /// The expression.
        expression: String,
    },
    /// The way leads into something that is neither an object nor a list.
    #[error("'{expression}' leads into a value that has no parts")]
    NoParts {
        /// The expression.
        expression: String,
    },
    /// The interpreter refused: types that do not go together, a division by zero.
    #[error("'{expression}' has no value: {message}")]
    Refused {
        /// The expression.
        expression: String,
        /// What the interpreter says.
        message: String,
    },
    /// A condition gave something else than true or false.
    #[error("the condition '{expression}' is {found}, not true or false")]
    NotBoolean {
        /// The expression.
        expression: String,
        /// The type it has.
        found: &'static str,
    },
    /// An `each` gave something else than a list.
    #[error("the fan-out is over {found}, not a list")]
    NotList {
        /// The type it has.
        found: &'static str,
    },
    /// An `each`, or a list that CEL reads, has more items than a fan-out may have.
    #[error("a list has {items} items, more than {}", super::ITEMS_MAX)]
    TooManyItems {
        /// How many there are.
        items: usize,
    },
}

impl EvalError {
    /// The failure as a goal's log keeps it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::permanent("GLY0140", self.to_string())
            .hint("mend the expression in the workflow, or the output it reads")
    }
}

/// One expression, compiled. Two are equal when their texts are.
#[derive(Debug, Clone)]
pub struct Expression {
    source: Arc<str>,
    program: Program,
    /// Where it begins in the text that it stands in, in characters.
    begin: usize,
}

#[derive(Debug, Clone)]
enum Program {
    Path(Arc<Reference>),
    Cel(Arc<cel::Program>),
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Expression {
    /// Compiles a text.
    ///
    /// # Errors
    /// [`ExpressionError`] with the place of the first fault.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > EXPRESSION_BYTES_MAX {
            let message = format!("an expression has at most {EXPRESSION_BYTES_MAX} bytes");
            return Err(ExpressionError { offset: 0, message });
        }
        let program = match path::parse(text) {
            Some(path) => Program::Path(Arc::new(path)),
            None => {
                scan::check(text)?;
                Program::Cel(Arc::new(cel::Program::compile(text)?))
            }
        };
        Ok(Self { source: text.into(), program, begin: 0 })
    }

    /// The text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where it begins in the text that it stands in, in characters.
    pub(super) fn begin(&self) -> usize {
        self.begin
    }

    /// The same, standing further on in a text.
    pub(super) fn beginning_at(self, begin: usize) -> Self {
        Self { begin, ..self }
    }

    /// What it refers to, in the order of the text.
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        match &self.program {
            Program::Path(path) => std::slice::from_ref(path),
            Program::Cel(cel) => cel.references(),
        }
    }

    /// The ways that it compares with a text (`review.verdict == 'revise'`), and those texts.
    pub(super) fn comparisons(&self) -> &[(Reference, String)] {
        match &self.program {
            Program::Path(_) => &[],
            Program::Cel(cel) => cel.comparisons(),
        }
    }

    /// The way it names, when it is a plain path and nothing more.
    #[must_use]
    pub fn plain(&self) -> Option<&Reference> {
        match &self.program {
            Program::Path(path) => Some(path),
            Program::Cel(_) => None,
        }
    }

    /// Its value. A plain path borrows it.
    ///
    /// # Errors
    /// [`EvalError`].
    pub fn eval<'a>(&self, scope: &Scope<'a>) -> Result<Cow<'a, Value>, EvalError> {
        match &self.program {
            Program::Path(path) => self.follow(path, scope).map(Cow::Borrowed),
            Program::Cel(cel) => {
                self.readable(cel.references(), scope)?;
                cel.eval(scope).map(Cow::Owned).map_err(|message| EvalError::Refused {
                    expression: self.source.to_string(),
                    message,
                })
            }
        }
    }

    fn follow<'a>(&self, path: &Reference, scope: &Scope<'a>) -> Result<&'a Value, EvalError> {
        let root = scope.root(&path.root).ok_or_else(|| self.unknown(&path.root))?;
        walk(root, &path.way)
            .ok_or_else(|| EvalError::NoParts { expression: self.source.to_string() })
    }

    /// Every name has a value, and no list is longer than a fan-out may be: which bounds the time
    /// that a comprehension takes.
    fn readable(&self, references: &[Reference], scope: &Scope<'_>) -> Result<(), EvalError> {
        for reference in references {
            let root = scope.root(&reference.root).ok_or_else(|| self.unknown(&reference.root))?;
            match walk(root, &reference.way) {
                Some(Value::Array(items)) if items.len() > super::ITEMS_MAX => {
                    return Err(EvalError::TooManyItems { items: items.len() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> EvalError {
        EvalError::Unknown { name: name.to_owned(), expression: self.source.to_string() }
    }
}

/// The JSON type of a value, with its article, for messages.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
