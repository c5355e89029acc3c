//! Values with expressions in them, and conditions.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};

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

fn compile(value: &Value, pointer: &mut String, errors: &mut Vec<TemplateError>) -> Node {
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
fn trimmed(text: &str, skipped: usize) -> Result<Expression, ExpressionError> {
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
mod tests {
    use std::collections::BTreeMap;

    use galley_schemas::id::StepName;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::workflow::Segment;

    fn in_scope<T>(run: impl FnOnce(&Scope<'_>) -> T) -> T {
        let input = json!({ "topic": "tea", "words": 900, "audience": null });
        let goal = json!({ "id": "0192", "autonomy": "supervised" });
        let outputs: BTreeMap<StepName, Value> = [
            ("ideas", json!({ "outline": { "sections": [{ "n": 1 }, { "n": 2 }] } })),
            (
                "review",
                json!({ "score": 0.75, "verdict": "revise", "findings": 3, "b": 1, "a": 2 }),
            ),
            ("skipped", Value::Null),
            ("long", json!(vec![0; ITEMS_MAX + 1])),
        ]
        .into_iter()
        .map(|(name, output)| (StepName::new(name).unwrap(), output))
        .collect();
        let (item, index) = (json!({ "n": 7 }), json!(4));
        run(&Scope::new(&input, &goal, &outputs).of_item(&item, &index))
    }

    fn check(template: &Value, want: Value) {
        let compiled = Template::new(template).unwrap();
        assert_eq!(in_scope(|scope| compiled.eval(scope)), Ok(want), "{template}");
        assert_eq!(&compiled.source(), template, "its source");
        assert_eq!(Template::new(template).unwrap(), compiled);
    }

    #[test]
    fn one_expression_keeps_its_type() {
        check(&json!("${ideas.outline.sections}"), json!([{ "n": 1 }, { "n": 2 }]));
        check(&json!("${ideas.outline.sections[1].n}"), json!(2));
        check(&json!("${input.words}"), json!(900));
        check(&json!("${item}"), json!({ "n": 7 }));
        check(&json!("${review.findings + 1}"), json!(4));
        check(&json!("${review.score >= 0.5 ? 'good' : 'bad'}"), json!("good"));
        check(&json!("${ideas.outline.sections.map(s, s.n * 10)}"), json!([10, 20]));
        check(&json!("${ideas.outline.sections.filter(s, s.n > 1)}"), json!([{ "n": 2 }]));
        check(&json!("${[index, size(ideas.outline.sections)]}"), json!([4, 2]));
    }

    #[test]
    fn a_longer_text_is_filled_in() {
        check(&json!("on ${input.topic} in ${input.words}"), json!("on tea in 900"));
        check(&json!("${input.audience}!"), json!("!"));
        check(&json!("${ideas.outline.sections[0]}."), json!("{\"n\":1}."));
        check(&json!("$${input.topic} costs $5"), json!("${input.topic} costs $5"));
        check(&json!("${'}' + \"}\"}"), json!("}}"));
        check(&json!("a ${{'k': 1}.k} b"), json!("a 1 b"));
    }

    #[test]
    fn expressions_may_stand_anywhere_in_a_value() {
        check(
            &json!({ "a": [1, "${input.topic}", { "b": "${index}" }], "c": "plain", "d": null }),
            json!({ "a": [1, "tea", { "b": 4 }], "c": "plain", "d": null }),
        );
    }

    #[test]
    fn what_is_absent_is_null_in_a_path_and_in_cel() {
        check(&json!("${input.nothing.at.all}"), json!(null));
        check(&json!("${skipped.score}"), json!(null));
        check(&json!("${ideas.outline.sections[9].n}"), json!(null));
        check(&json!("${input.nothing == null && skipped.score == null}"), json!(true));
        check(&json!("${has(review.score) && !has(review.nothing)}"), json!(true));
    }

    #[test]
    fn an_object_runs_in_the_order_of_its_keys() {
        check(&json!("${review.map(key, key)}"), json!(["score", "verdict", "findings", "b", "a"]));
        check(&json!("${[review][0]}"), in_scope(|scope| scope.root("review").unwrap().clone()));
        check(&json!("${{'b': 1, 'a': 2}}"), json!({ "a": 2, "b": 1 }));
        check(&json!("${item == item && item != review}"), json!(true));
    }

    fn refused(text: &str, offset: usize, message: &str) {
        let errors = Template::new(&json!({ "at": [text] })).unwrap_err();
        let [error] = errors.as_slice() else { panic!("{errors:?}") };
        assert_eq!(error.pointer, "/at/0");
        assert_eq!((error.error.offset, error.error.message.as_str()), (offset, message), "{text}");
    }

    #[test]
    fn a_fault_says_where_it_stands() {
        refused("${", 0, "'${' without its '}'");
        refused("ä ${input.topic", 2, "'${' without its '}'");
        refused("${}", 2, "an empty expression");
        refused("${ input. }", 9, "'.' cannot stand here");
        refused("a ${1 +}", 7, "the expression ends too early");
        refused("${{'a': 1}.map(k, k)}", 14, "a map that is written here cannot be run over");
        refused("${{'a': 1} == review}", 11, "a map that is written here cannot be compared");
        refused(
            "${input.a.map(x, input.a.map(y, input.a.map(z, z)))}",
            43,
            "comprehensions nest at most 2 deep",
        );
    }

    fn fails(text: &str, want: &str) {
        let template = Template::new(&json!(text)).unwrap();
        let error = in_scope(|scope| template.eval(scope)).unwrap_err();
        assert_eq!(error.to_string(), want, "{text}");
    }

    #[test]
    fn what_has_no_value_says_why() {
        fails("${nobody.x}", "'nobody' has no value here, in 'nobody.x'");
        fails("${input.topic.x}", "'input.topic.x' leads into a value that has no parts");
        fails("${1 / 0}", "'1 / 0' has no value: Division by zero of Int(1)");
        fails("${size(long)}", "a list has 1001 items, more than 1000");
        fails("${bytes('x')}", "'bytes('x')' has no value: a result of type bytes has no JSON");
    }

    #[test]
    fn a_condition_is_true_or_false() {
        let holds = |text: &str| {
            let condition = Condition::new(text).unwrap();
            in_scope(|scope| condition.holds(scope)).map_err(|error| error.to_string())
        };
        assert_eq!(holds("review.verdict == 'revise'"), Ok(true));
        assert_eq!(holds("goal.autonomy != 'full' || review.score < 0.8"), Ok(true));
        assert_eq!(holds("${ review.score > 0.8 }"), Ok(false));
        assert_eq!(holds("false"), Ok(false));
        let want = "the condition 'review.score' is a number, not true or false";
        assert_eq!(holds("review.score"), Err(want.to_owned()));
    }

    #[test]
    fn references_are_the_names_outside_and_their_ways() {
        let text = "${a.b.exists(x, x.c == d[0].e && has(f.g)) && type(h) == int} ${i[size(j)].k}";
        let template = Template::new(&json!({ "in": text })).unwrap();
        let shown: Vec<_> = template
            .references()
            .into_iter()
            .map(|reference| {
                let way = reference.way.iter().map(|segment| match segment {
                    Segment::Key(key) => format!(".{key}"),
                    Segment::Index(index) => format!("[{index}]"),
                });
                format!("{}:{}{}", reference.offset, reference.root, way.collect::<String>())
            })
            .collect();
        assert_eq!(shown, ["0:a.b", "21:d[0].e", "35:f", "49:h", "0:i", "7:j"]);
    }

    #[test]
    fn a_fan_out_needs_a_list() {
        let items = |text: &str| {
            let template = Template::new(&json!(text)).unwrap();
            in_scope(|scope| template.items(scope)).map_err(|error| error.to_string())
        };
        assert_eq!(items("${ideas.outline.sections}").map(|items| items.len()), Ok(2));
        assert_eq!(items("${skipped.sections}"), Ok(vec![]));
        assert_eq!(items("${input.topic}"), Err("the fan-out is over a text, not a list".into()));
        assert_eq!(items("${long}"), Err("a list has 1001 items, more than 1000".into()));
    }

    #[test]
    fn a_plain_path_borrows_what_it_leads_to() {
        let input = json!({ "a": { "b": [1, 2, 3] } });
        let outputs: BTreeMap<StepName, Value> = BTreeMap::new();
        let scope = Scope::new(&input, &Value::Null, &outputs);
        let value = Expression::parse("input.a.b").unwrap().eval(&scope).unwrap();
        assert!(matches!(value, Cow::Borrowed(value) if std::ptr::eq(value, &input["a"]["b"])));
    }

    /// Parts of expressions, put together at random; some of the results compile.
    fn soup() -> impl Strategy<Value = String> {
        let parts = prop::sample::select(vec![
            "input.words",
            "input.topic",
            "review",
            "review.score",
            "item.n",
            "skipped",
            "index",
            "ideas.outline.sections",
            ".map(s, s.n)",
            ".filter(s, s > 1)",
            ".exists(s, true)",
            ".size()",
            "size(",
            "[",
            "]",
            "(",
            ")",
            "{'k': ",
            "}",
            "'a'",
            "1",
            "1.5",
            "null",
            "true",
            " + ",
            " - ",
            " * ",
            " / ",
            " % ",
            " == ",
            " != ",
            " < ",
            " in ",
            " && ",
            " || ",
            " ? ",
            " : ",
            "!",
            "-",
            ", ",
            "[0]",
            ".n",
            "has(",
            ".matches('a+')",
            "string(",
            "int(",
            "type(",
            "optional.of(",
            ".?n",
            "b",
            "u",
            "9223372036854775807",
        ]);
        prop::collection::vec(parts, 1..9).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn an_expression_has_the_same_value_every_time(text in soup()) {
            if let Ok(expression) = Expression::parse(&text) {
                let eval = || in_scope(|scope| expression.eval(scope).map(Cow::into_owned));
                let (one, other) = (eval(), eval());
                prop_assert_eq!(one.is_ok(), other.is_ok());
                if let (Ok(one), Ok(other)) = (one, other) {
                    prop_assert_eq!(one.to_string(), other.to_string());
                }
            }
        }
    }
}
