//! Values compiled to templates: the `${…}` found, and what is in them.

use serde_json::Value;

use super::{Node, Piece, TemplateError, within};
use crate::workflow::expr::{Expression, ExpressionError};

/// Compiles every expression in a value; `pointer` is where it stands.
pub(super) fn compile(
    value: &Value,
    pointer: &mut String,
    errors: &mut Vec<TemplateError>,
) -> Node {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Node::Fixed(value.clone()),
        Value::String(text) => compile_text(text, pointer, errors),
        Value::Array(list) => {
            let nodes: Vec<_> = list
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    within(pointer, &index.to_string(), |at| compile(item, at, errors))
                })
                .collect();
            if nodes.iter().all(is_fixed) { Node::Fixed(value.clone()) } else { Node::List(nodes) }
        }
        Value::Object(map) => {
            let nodes: Vec<_> = map
                .iter()
                .map(|(key, item)| {
                    (key.clone(), within(pointer, key, |at| compile(item, at, errors)))
                })
                .collect();
            let fixed = nodes.iter().all(|(_, node)| is_fixed(node));
            if fixed { Node::Fixed(value.clone()) } else { Node::Map(nodes) }
        }
    }
}

fn is_fixed(node: &Node) -> bool {
    matches!(node, Node::Fixed(_))
}

fn compile_text(text: &str, pointer: &str, errors: &mut Vec<TemplateError>) -> Node {
    match pieces(text) {
        Ok(mut pieces) => match (pieces.len(), pieces.pop()) {
            (0, _) => Node::Fixed(Value::String(String::new())),
            (1, Some(Piece::Hole(expression))) => Node::Whole(expression),
            (1, Some(Piece::Fixed(fixed))) if fixed == text => Node::Fixed(Value::String(fixed)),
            (_, last) => {
                pieces.extend(last);
                Node::Text(pieces)
            }
        },
        Err(error) => {
            errors.push(TemplateError { pointer: pointer.to_owned(), error });
            Node::Fixed(Value::Null)
        }
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, ExpressionError> {
    let mut pieces = Vec::new();
    let mut fixed = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            fixed.push_str(before);
            fixed.push_str("${");
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        fixed.push_str(before);
        let begin = text.len() - from.len();
        let inner = from.get(2..).unwrap_or_default();
        let end = end_of_hole(inner).ok_or_else(|| ExpressionError {
            offset: chars(text, begin),
            message: "'${' without its '}'".to_owned(),
        })?;
        if !fixed.is_empty() {
            pieces.push(Piece::Fixed(std::mem::take(&mut fixed)));
        }
        let (expression, after) = inner.split_at(end);
        pieces.push(Piece::Hole(trimmed(expression, chars(text, begin) + 2)?));
        rest = after.get(1..).unwrap_or_default();
    }
    fixed.push_str(rest);
    if !fixed.is_empty() {
        pieces.push(Piece::Fixed(fixed));
    }
    Ok(pieces)
}

/// Where the `}` is that ends a hole: not one in a text or in a map of the expression.
fn end_of_hole(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_u32;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth == 0 => return Some(at),
            (None, b'}') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

/// Compiles an expression without the space around it; faults count from `skipped` on.
pub(super) fn trimmed(text: &str, skipped: usize) -> Result<Expression, ExpressionError> {
    let begin = text.len() - text.trim_start().len();
    let skipped = skipped + chars(text, begin);
    match text.trim() {
        "" => Err(ExpressionError { offset: skipped, message: "an empty expression".to_owned() }),
        inner => match Expression::parse(inner) {
            Ok(expression) => Ok(expression.beginning_at(skipped)),
            Err(error) => Err(ExpressionError { offset: skipped + error.offset, ..error }),
        },
    }
}

fn chars(text: &str, bytes: usize) -> usize {
    text.get(..bytes).map_or(0, |text| text.chars().count())
}
