//! Whether a value that is known by its type, or written in a template, is what is asked for.
//!
//! Only what cannot fit is told. What might fit is left to the agent, which checks what it is given.

use std::collections::BTreeSet;

use serde_json::Value;

use super::kind::{Kind, words};
use super::types::{Alternative, Step, Type};
use crate::workflow::diagnostic::{Rule, suggest};
use crate::workflow::expr::{Expression, Segment};
use crate::workflow::pointer;
use crate::workflow::template::{Node, Template};

/// How deep two types are compared, and how many comparisons are made; beyond, they are taken to
/// fit.
const DEPTH_MAX: usize = 8;
const COMPARISONS_MAX: u32 = 10_000;

/// Why something does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Where in the template, as a JSON pointer.
    pub(super) pointer: String,
    /// Whether it is the key there that does not fit, or the value.
    pub(super) of_key: bool,
    pub(super) rule: Rule,
    pub(super) message: String,
    pub(super) hint: String,
}

/// Whether values of one type can be values of another; if never, why. `way` is how the value is
/// written.
pub(super) fn never_fits(from: &Type<'_>, to: &Type<'_>, way: &str) -> Option<String> {
    Comparing { left: COMPARISONS_MAX }.types(from, to, way, DEPTH_MAX)
}

struct Comparing {
    /// How many comparisons may still be made.
    left: u32,
}

impl Comparing {
    fn types(&mut self, from: &Type<'_>, to: &Type<'_>, way: &str, depth: usize) -> Option<String> {
        if depth == 0 {
            return None;
        }
        let (ours, theirs) = (from.alternatives(), to.alternatives());
        let mut reasons = Vec::new();
        for one in &ours {
            for other in &theirs {
                self.left = self.left.checked_sub(1)?;
                reasons.push(self.alternatives(one, other, way, depth)?);
            }
        }
        match reasons.as_slice() {
            [only] => Some(only.clone()),
            _ if from.only(Kind::Object) && to.can_be(Kind::Object) => {
                Some(format!("'{way}' fits none of the forms that are asked for"))
            }
            _ => Some(format!("'{way}' is {}, not {}", from.words(), to.words())),
        }
    }

    fn alternatives(
        &mut self,
        from: &Alternative<'_>,
        to: &Alternative<'_>,
        way: &str,
        depth: usize,
    ) -> Option<String> {
        let (ours, theirs) = (from.kinds(), to.kinds());
        if !ours.iter().any(|kind| theirs.iter().any(|other| kind.meets(*other))) {
            return Some(format!("'{way}' is {}, not {}", words(ours), words(theirs)));
        }
        if let (Some(ours), Some(theirs)) = (from.values(), to.values())
            && !ours.iter().any(|value| theirs.contains(value))
        {
            return Some(format!("'{way}' is {}, not {}", any_of(&ours), any_of(&theirs)));
        }
        if ours == [Kind::Object] && theirs == [Kind::Object] {
            return self.objects(from, to, way, depth);
        }
        if ours == [Kind::List] && theirs == [Kind::List] {
            let item = Segment::Index(0);
            if let (Step::To(ours), Step::To(theirs)) = (from.step(&item), to.step(&item)) {
                return self.types(&ours, &theirs, &format!("{way}[…]"), depth - 1);
            }
        }
        None
    }

    fn objects(
        &mut self,
        from: &Alternative<'_>,
        to: &Alternative<'_>,
        way: &str,
        depth: usize,
    ) -> Option<String> {
        let required = to.required();
        let lacks = |name: &&&str| matches!(from.step(&key(name)), Step::NoProperty(_));
        let lacking: Vec<_> = required.iter().filter(lacks).copied().collect();
        if !lacking.is_empty() {
            return Some(format!("'{way}' has no '{}'", lacking.join("', '")));
        }
        // What is not required may well be left out.
        required.iter().find_map(|name| match (from.step(&key(name)), to.step(&key(name))) {
            (Step::To(ours), Step::To(theirs)) => {
                self.types(&ours, &theirs, &format!("{way}.{name}"), depth - 1)
            }
            (_, _) => None,
        })
    }
}

fn key(name: &str) -> Segment {
    Segment::Key(name.to_owned())
}

fn any_of(values: &[&Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// Tells the types of expressions.
pub(super) trait Types<'s> {
    /// The type of an expression's value.
    fn of(&self, expression: &Expression) -> Type<'s>;
}

/// Where a template does not give what `whom` asks for.
pub(super) fn misfits<'s>(
    template: &Template,
    to: &Type<'_>,
    whom: &str,
    types: &dyn Types<'s>,
) -> Vec<Misfit> {
    let mut fitting = Fitting { types, whom, pointer: String::new(), left: COMPARISONS_MAX };
    fitting.node(template.node(), to)
}

struct Fitting<'t, 's> {
    types: &'t dyn Types<'s>,
    whom: &'t str,
    pointer: String,
    /// How many objects may still be compared.
    left: u32,
}

impl Fitting<'_, '_> {
    fn node(&mut self, node: &Node, to: &Type<'_>) -> Vec<Misfit> {
        match node {
            Node::Whole(expression) => {
                let (from, way) = (self.types.of(expression), expression.source());
                let reason = never_fits(&from, to, way);
                let told = |reason| self.mismatch(reason, better(&from, to, way));
                reason.map(told).into_iter().collect()
            }
            Node::Text(_) => self.kind(Kind::Text, to),
            Node::Fixed(value) => self.fixed(value, to),
            Node::List(nodes) => {
                let mut found = self.kind(Kind::List, to);
                for (index, node) in nodes.iter().enumerate() {
                    found.extend(self.within(&index.to_string(), |at| at.node(node, &to.items())));
                }
                found
            }
            Node::Map(nodes) => {
                let parts: Vec<_> =
                    nodes.iter().map(|(key, node)| (key.as_str(), Part::Node(node))).collect();
                self.object(&parts, to)
            }
        }
    }

    fn fixed(&mut self, value: &Value, to: &Type<'_>) -> Vec<Misfit> {
        match value {
            Value::Object(map) => {
                let parts: Vec<_> =
                    map.iter().map(|(key, value)| (key.as_str(), Part::Fixed(value))).collect();
                self.object(&parts, to)
            }
            Value::Array(items) => {
                let mut found = self.kind(Kind::List, to);
                for (index, item) in items.iter().enumerate() {
                    found.extend(self.within(&index.to_string(), |at| at.fixed(item, &to.items())));
                }
                found
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.scalar(value, to)
            }
        }
    }

    fn scalar(&self, value: &Value, to: &Type<'_>) -> Vec<Misfit> {
        let wrong = self.kind(Kind::of(value), to);
        let alternatives = to.alternatives();
        let listed: Option<Vec<_>> = alternatives.iter().map(|at| at.values()).collect();
        match listed.map(|listed| listed.concat()) {
            Some(listed) if wrong.is_empty() && !listed.contains(&value) => {
                let message = format!("this is {value}, not {}", any_of(&listed));
                vec![self.mismatch(message, String::new())]
            }
            _ => wrong,
        }
    }

    fn kind(&self, kind: Kind, to: &Type<'_>) -> Vec<Misfit> {
        if to.can_be(kind) {
            return Vec::new();
        }
        let message = format!("this is {}, not {}", words([kind]), to.words());
        vec![self.mismatch(message, String::new())]
    }

    /// An object fits if it fits one of the alternatives.
    fn object(&mut self, parts: &[(&str, Part<'_>)], to: &Type<'_>) -> Vec<Misfit> {
        let wrong = self.kind(Kind::Object, to);
        let alternatives = to.alternatives();
        let objects = alternatives.iter().filter(|at| at.kinds().contains(&Kind::Object));
        let mut tries: Vec<_> = objects.map(|at| self.as_one(parts, at)).collect();
        if !wrong.is_empty() || tries.iter().any(Vec::is_empty) || self.left == 0 {
            return wrong;
        }
        match (tries.pop(), tries.is_empty()) {
            (Some(only), true) => only,
            (_, _) => {
                let message = "this fits none of the forms that are asked for".to_owned();
                vec![self.mismatch(message, String::new())]
            }
        }
    }

    fn as_one(&mut self, parts: &[(&str, Part<'_>)], to: &Alternative<'_>) -> Vec<Misfit> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Vec::new();
        }
        let given: BTreeSet<&str> = parts.iter().map(|(key, _)| *key).collect();
        let mut found: Vec<_> = to
            .required()
            .difference(&given)
            .map(|name| Misfit {
                of_key: true,
                rule: Rule::MissingInput,
                ..self.mismatch(
                    format!("'{}' is missing for '{}'", self.way(name), self.whom),
                    String::new(),
                )
            })
            .collect();
        for (name, part) in parts {
            match to.step(&key(name)) {
                Step::To(to) => found.extend(self.within(name, |at| at.part(part, &to))),
                Step::NoProperty(known) => {
                    let message = format!("'{}' is not taken by '{}'", self.way(name), self.whom);
                    let hint = suggest(name, known.iter().map(String::as_str));
                    found.push(self.within(name, |at| Misfit {
                        of_key: true,
                        rule: Rule::UnknownInput,
                        ..at.mismatch(message, hint)
                    }));
                }
                Step::NoParts => {}
            }
        }
        found
    }

    fn part(&mut self, part: &Part<'_>, to: &Type<'_>) -> Vec<Misfit> {
        match part {
            Part::Node(node) => self.node(node, to),
            Part::Fixed(value) => self.fixed(value, to),
        }
    }

    /// A name with the way to it.
    fn way(&self, name: &str) -> String {
        let mut way = self.pointer.split('/').skip(1).collect::<Vec<_>>();
        way.push(name);
        way.join(".")
    }

    fn mismatch(&self, message: String, hint: String) -> Misfit {
        let pointer = self.pointer.clone();
        Misfit { pointer, of_key: false, rule: Rule::TypeMismatch, message, hint }
    }

    fn within<T>(&mut self, part: &str, run: impl FnOnce(&mut Self) -> T) -> T {
        let outside = self.pointer.len();
        pointer::push(&mut self.pointer, part);
        let result = run(self);
        self.pointer.truncate(outside);
        result
    }
}

enum Part<'n> {
    Node(&'n Node),
    Fixed(&'n Value),
}

/// A property of the value that would fit, where the value itself does not.
fn better(from: &Type<'_>, to: &Type<'_>, path: &str) -> String {
    let names: BTreeSet<_> = from.alternatives().iter().flat_map(|at| at.listed()).collect();
    let fits = |name: &&&str| match from.step(&key(name)) {
        Step::To(part) => part != Type::any() && never_fits(&part, to, name).is_none(),
        Step::NoProperty(_) | Step::NoParts => false,
    };
    match names.iter().find(fits) {
        Some(name) => format!("did you mean '{path}.{name}'?"),
        None => String::new(),
    }
}
