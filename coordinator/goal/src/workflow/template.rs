//! Values with expressions in them, and conditions.

mod compile;

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use self::compile::{compile, trimmed};
use super::bounds::ITEMS_MAX;
use super::expr::{EvalError, Expression, ExpressionError, Reference, type_name};
use super::scope::Scope;

/// A JSON value whose texts may hold `${…}`.
///
/// A text that is one `${…}` and nothing else stands for the expression's value, of any type. In a
/// longer text each `${…}` is replaced: a text by itself, `null` by nothing, all else by its JSON.
/// `$${` stands for `${`.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Node);

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// No expression anywhere in it.
    Fixed(Value),
    /// One expression.
    Whole(Expression),
    /// A text with expressions in it.
    Text(Vec<Piece>),
    /// A list with expressions in it.
    List(Vec<Node>),
    /// An object with expressions in it.
    Map(Vec<(String, Node)>),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Fixed(String),
    Hole(Expression),
}

/// An expression that does not compile, and where in the value it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct TemplateError {
    /// The text it stands in, as a JSON pointer.
    pub pointer: String,
    /// What is wrong; the offset counts from the beginning of that text.
    pub error: ExpressionError,
}

/// An expression of a template, and where in the value it stands.
#[derive(Debug, Clone)]
pub struct Hole<'t> {
    /// The text it stands in, as a JSON pointer.
    pub pointer: String,
    /// The expression.
    pub expression: &'t Expression,
}

impl Template {
    /// Compiles every expression in a value.
    ///
    /// # Errors
    /// Every expression that does not compile.
    pub fn new(value: &Value) -> Result<Self, Vec<TemplateError>> {
        let mut errors = Vec::new();
        let node = compile(value, &mut String::new(), &mut errors);
        if errors.is_empty() { Ok(Self(node)) } else { Err(errors) }
    }

    /// A template without expressions.
    #[must_use]
    pub fn fixed(value: Value) -> Self {
        Self(Node::Fixed(value))
    }

    /// Its value.
    ///
    /// # Errors
    /// [`EvalError`] of the first expression that has no value.
    pub fn eval(&self, scope: &Scope<'_>) -> Result<Value, EvalError> {
        eval(&self.0, scope)
    }

    /// Its value as the items of a fan-out. `null` is no items: so a fan-out over the output of a
    /// step that was left out is empty.
    ///
    /// # Errors
    /// [`EvalError`], among them not a list and more than [`ITEMS_MAX`] items.
    pub fn items(&self, scope: &Scope<'_>) -> Result<Vec<Value>, EvalError> {
        match self.eval(scope)? {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) if items.len() > ITEMS_MAX => {
                Err(EvalError::TooManyItems { items: items.len() })
            }
            Value::Array(items) => Ok(items),
            other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                Err(EvalError::NotList { found: type_name(&other) })
            }
        }
    }

    /// Its expressions, in order.
    #[must_use]
    pub fn holes(&self) -> Vec<Hole<'_>> {
        let mut holes = Vec::new();
        collect(&self.0, &mut String::new(), &mut holes);
        holes
    }

    /// What its expressions refer to, in order.
    #[must_use]
    pub fn references(&self) -> Vec<&Reference> {
        self.holes().into_iter().flat_map(|hole| hole.expression.references()).collect()
    }

    /// Its parts.
    pub(super) fn node(&self) -> &Node {
        &self.0
    }

    /// The value as it was written, in one piece.
    #[must_use]
    pub fn source(&self) -> Value {
        source(&self.0)
    }
}

/// A CEL expression that is true or false.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition(Expression);

impl Condition {
    /// Compiles a text; it may stand in `${…}`.
    ///
    /// # Errors
    /// [`ExpressionError`] with the place of the first fault.
    pub fn new(text: &str) -> Result<Self, ExpressionError> {
        let (inner, skipped) = match text.strip_prefix("${").and_then(|t| t.strip_suffix('}')) {
            Some(inner) => (inner, 2),
            None => (text, 0),
        };
        trimmed(inner, skipped).map(Self)
    }

    /// Whether it is true.
    ///
    /// # Errors
    /// [`EvalError`], among them not a boolean.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, EvalError> {
        let value = self.0.eval(scope)?;
        value.as_bool().ok_or_else(|| EvalError::NotBoolean {
            expression: self.0.source().to_owned(),
            found: type_name(&value),
        })
    }

    /// The expression.
    #[must_use]
    pub fn expression(&self) -> &Expression {
        &self.0
    }

    /// What it refers to, in order.
    #[must_use]
    pub fn references(&self) -> Vec<&Reference> {
        self.0.references().iter().collect()
    }
}

fn within<T>(pointer: &mut String, part: &str, run: impl FnOnce(&mut String) -> T) -> T {
    let outside = pointer.len();
    super::pointer::push(pointer, part);
    let result = run(pointer);
    pointer.truncate(outside);
    result
}

fn eval(node: &Node, scope: &Scope<'_>) -> Result<Value, EvalError> {
    match node {
        Node::Fixed(value) => Ok(value.clone()),
        Node::Whole(expression) => expression.eval(scope).map(Cow::into_owned),
        Node::Text(pieces) => eval_text(pieces, scope),
        Node::List(nodes) => nodes.iter().map(|node| eval(node, scope)).collect(),
        Node::Map(nodes) => nodes
            .iter()
            .map(|(key, node)| Ok((key.clone(), eval(node, scope)?)))
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
    }
}

fn eval_text(pieces: &[Piece], scope: &Scope<'_>) -> Result<Value, EvalError> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Fixed(fixed) => text.push_str(fixed),
            Piece::Hole(expression) => match expression.eval(scope)?.as_ref() {
                Value::Null => {}
                Value::String(value) => text.push_str(value),
                other
                @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                    write!(text, "{other}").expect("a String takes every text")
                }
            },
        }
    }
    Ok(Value::String(text))
}

fn collect<'t>(node: &'t Node, pointer: &mut String, holes: &mut Vec<Hole<'t>>) {
    match node {
        Node::Fixed(_) => {}
        Node::Whole(expression) => {
            holes.push(Hole { pointer: pointer.clone(), expression });
        }
        Node::Text(pieces) => holes.extend(pieces.iter().filter_map(|piece| match piece {
            Piece::Fixed(_) => None,
            Piece::Hole(expression) => Some(Hole { pointer: pointer.clone(), expression }),
        })),
        Node::List(nodes) => {
            for (index, node) in nodes.iter().enumerate() {
                within(pointer, &index.to_string(), |at| collect(node, at, holes));
            }
        }
        Node::Map(nodes) => {
            for (key, node) in nodes {
                within(pointer, key, |at| collect(node, at, holes));
            }
        }
    }
}

fn source(node: &Node) -> Value {
    match node {
        Node::Fixed(value) => value.clone(),
        Node::Whole(expression) => Value::String(format!("${{{}}}", expression.source())),
        Node::Text(pieces) => Value::String(pieces.iter().map(piece_source).collect()),
        Node::List(nodes) => nodes.iter().map(source).collect(),
        Node::Map(nodes) => {
            Value::Object(nodes.iter().map(|(key, node)| (key.clone(), source(node))).collect())
        }
    }
}

fn piece_source(piece: &Piece) -> String {
    match piece {
        Piece::Fixed(fixed) => fixed.replace("${", "$${"),
        Piece::Hole(expression) => format!("${{{}}}", expression.source()),
    }
}

#[cfg(test)]
mod tests;
