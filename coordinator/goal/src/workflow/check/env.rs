//! What names and expressions stand for in one place of a step, by type.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::Check;
use super::fit::Types;
use super::kind::Kind;
use super::types::{Step as Way, Type};
use crate::workflow::diagnostic::{Rule, suggest};
use crate::workflow::expr::{Expression, Reference, Segment};
use crate::workflow::model::{Action, Otherwise, Step};
use crate::workflow::template::{Node, Template};
use crate::workflow::uses::Field;

/// What `goal` is in an expression.
static GOAL: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "required": ["id", "workflow", "autonomy", "by"],
        "properties": {
            "id": { "type": "string" },
            "workflow": { "type": "string" },
            "autonomy": { "enum": ["supervised", "full"] },
            "by": { "type": "string" },
        },
    })
});

/// What an approval leaves behind, when it does not go on with a value of its own.
static APPROVAL: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "required": ["approved", "value", "by", "note"],
        "properties": {
            "approved": { "type": "boolean" },
            "value": {},
            "by": { "type": "array", "items": { "type": "string" } },
            "note": { "type": "string" },
        },
    })
});

/// What the names stand for in one place of a step.
pub(super) struct Env<'c, 'a> {
    pub(super) check: &'a Check<'c>,
    pub(super) step: &'c Step,
    pub(super) field: Field,
}

impl<'c> Env<'c, '_> {
    /// The type that a reference leads to; or what is wrong with its way.
    pub(super) fn follow(&self, reference: &Reference) -> Result<Type<'c>, (Rule, String, String)> {
        let mut at = self.root(&reference.root);
        let mut way = reference.root.clone();
        for segment in &reference.way {
            at = match at.step(segment) {
                Way::To(part) => part,
                Way::NoProperty(known) => {
                    let name = match segment {
                        Segment::Key(key) => key.clone(),
                        Segment::Index(index) => index.to_string(),
                    };
                    let hint = suggest(&name, known.iter().map(String::as_str));
                    return Err((Rule::UnknownProperty, format!("'{way}' has no '{name}'"), hint));
                }
                Way::NoParts => {
                    let message = format!("'{way}' is {}, and has no parts", at.words());
                    return Err((Rule::UnknownProperty, message, of_items(&at, segment)));
                }
            };
            way = show(&way, segment);
        }
        Ok(at)
    }

    fn root(&self, name: &str) -> Type<'c> {
        match name {
            "input" => Type::schema(self.check.parsed.workflow.input.source()),
            "goal" => Type::schema(&GOAL),
            "index" => Type::of(Kind::Integer),
            "item" => self.item(),
            step => self.output(step),
        }
    }

    fn item(&self) -> Type<'c> {
        // An 'each' that reads the item has a fault of its own.
        let each = self.step.each.as_ref().filter(|_| self.field != Field::Each);
        let Some(each) = each else { return Type::any() };
        Env { check: self.check, step: self.step, field: Field::Each }.template(each).items()
    }

    /// The output of a step: of a fan-out a list, but in its own undo the one that is undone.
    fn output(&self, name: &str) -> Type<'c> {
        let steps = &self.check.parsed.workflow.steps;
        let Some(step) = steps.iter().find(|step| step.name.as_str() == name) else {
            return Type::any();
        };
        let one = match &step.action {
            Action::Agent { kind } => {
                let card = self.check.cards.get(kind);
                card.map_or_else(Type::any, |card| Type::schema(&card.output))
            }
            Action::Approval { .. } if !matches!(step.otherwise, Otherwise::Go(_)) => {
                Type::schema(&APPROVAL)
            }
            Action::Approval { .. } | Action::Goal { .. } | Action::Wait { .. } => Type::any(),
        };
        let own_undo = self.field == Field::UndoWith && step.name == self.step.name;
        if step.each.is_some() && !own_undo { Type::list(one) } else { one }
    }

    pub(super) fn template(&self, template: &Template) -> Type<'c> {
        match template.node() {
            Node::Whole(expression) => self.of(expression),
            Node::Fixed(value) => Type::of(Kind::of(value)),
            Node::Text(_) => Type::of(Kind::Text),
            Node::List(_) => Type::of(Kind::List),
            Node::Map(_) => Type::of(Kind::Object),
        }
    }
}

impl<'c> Types<'c> for Env<'c, '_> {
    fn of(&self, expression: &Expression) -> Type<'c> {
        // A way that leads nowhere is told once, where it stands.
        expression
            .plain()
            .and_then(|reference| self.follow(reference).ok())
            .unwrap_or_else(Type::any)
    }
}

/// A property of a list's items is read item by item.
fn of_items(list: &Type<'_>, segment: &Segment) -> String {
    match (segment, list.items().step(segment)) {
        (Segment::Key(key), Way::To(_)) if list.can_be(Kind::List) => {
            format!("each of its items has: use map(x, x.{key}), or 'each'")
        }
        (_, _) => String::new(),
    }
}

/// A reference as it is written.
pub(super) fn written(reference: &Reference) -> String {
    reference.way.iter().fold(reference.root.clone(), |way, segment| show(&way, segment))
}

fn show(way: &str, segment: &Segment) -> String {
    match segment {
        Segment::Key(key) => format!("{way}.{key}"),
        Segment::Index(index) => format!("{way}[{index}]"),
    }
}
