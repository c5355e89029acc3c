//! Where a step holds expressions, and what each of them may refer to.

use super::document::Spans;
use super::expr::{Expression, Reference};
use super::model::{Action, Step};
use super::template::{Condition, Template};

/// A place of a step that holds expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `when`.
    When,
    /// `each`.
    Each,
    /// `with`.
    With,
    /// `wait.until` or `wait.for`.
    Until,
    /// `revise.when`; may read the step's own output.
    ReviseWhen,
    /// `undo.with`; may read the step's own output.
    UndoWith,
}

impl Field {
    /// Whether it may read the output of its own step.
    pub(super) fn reads_own(self) -> bool {
        matches!(self, Self::ReviseWhen | Self::UndoWith)
    }

    /// Whether it is evaluated once per item of a fan-out.
    pub(super) fn per_item(self) -> bool {
        matches!(self, Self::With | Self::UndoWith)
    }
}

/// An expression of a step.
#[derive(Debug, Clone)]
pub(super) struct Use<'s> {
    pub(super) field: Field,
    /// The text that it stands in, as a JSON pointer into the document.
    pub(super) pointer: String,
    pub(super) expression: &'s Expression,
}

impl Use<'_> {
    /// Where a reference stands in the text, in characters.
    pub(super) fn offset(&self, reference: &Reference) -> usize {
        self.expression.begin() + reference.offset
    }
}

/// Every expression of a step.
pub(super) fn uses<'s>(step: &'s Step, spans: &Spans) -> Vec<Use<'s>> {
    let mut all = Vec::new();
    let base = format!("/steps/{}", step.name);
    if let Some(when) = &step.when {
        all.push(of_condition(Field::When, format!("{base}/when"), when));
    }
    if let Some(each) = &step.each {
        all.extend(of_template(Field::Each, format!("{base}/each"), each));
    }
    all.extend(of_template(Field::With, format!("{base}/with"), &step.with));
    if let Action::Wait { until: Some(until), .. } = &step.action {
        let span = format!("{base}/wait/for");
        let pointer = if spans.has(&span) { span } else { format!("{base}/wait/until") };
        all.extend(of_template(Field::Until, pointer, until));
    }
    if let Some(revise) = &step.revise {
        all.push(of_condition(Field::ReviseWhen, format!("{base}/revise/when"), &revise.when));
    }
    if let Some(undo) = &step.undo {
        all.extend(of_template(Field::UndoWith, format!("{base}/undo/with"), &undo.with));
    }
    all
}

fn of_condition(field: Field, pointer: String, condition: &Condition) -> Use<'_> {
    Use { field, pointer, expression: condition.expression() }
}

fn of_template(field: Field, base: String, template: &Template) -> impl Iterator<Item = Use<'_>> {
    template.holes().into_iter().map(move |hole| Use {
        field,
        pointer: format!("{base}{}", hole.pointer),
        expression: hole.expression,
    })
}
