//! Whether the agents, and the workflows of sub-goals, can do what a workflow asks of them.

mod env;
mod fit;
mod kind;
mod nesting;
mod types;

use std::collections::BTreeMap;

use galley_schemas::agent::Card;
use galley_schemas::id::{AgentKind, StepName, WorkflowName};
use serde_json::Value;

use self::env::{Env, written};
use self::fit::{Types, misfits};
use self::kind::Kind;
use self::types::Type;
use super::diagnostic::{Diagnostic, Rule, settled, suggest};
use super::document::Place;
use super::model::{Action, Step, Workflow};
use super::parse::Parsed;
use super::scope::Scope;
use super::template::{Condition, Template};
use super::uses::{Field, Use, uses};

impl Parsed {
    /// Checks a workflow against the agents that are registered and the workflows that its
    /// sub-goals may run. Every fault, by place, those of the text among them.
    #[must_use]
    pub fn check(
        &self,
        cards: &BTreeMap<AgentKind, Card>,
        workflows: &BTreeMap<WorkflowName, Workflow>,
    ) -> Vec<Diagnostic> {
        let mut check = Check { parsed: self, cards, workflows, faults: self.faults.clone() };
        for step in &self.workflow.steps {
            check.step(step);
        }
        check.nesting();
        settled(check.faults)
    }
}

struct Check<'c> {
    parsed: &'c Parsed,
    cards: &'c BTreeMap<AgentKind, Card>,
    workflows: &'c BTreeMap<WorkflowName, Workflow>,
    faults: Vec<Diagnostic>,
}

impl<'c> Check<'c> {
    fn step(&mut self, step: &'c Step) {
        self.action(step);
        if let Some(undo) = &step.undo {
            let base = format!("/steps/{}/undo", step.name);
            if let Some(card) = self.card(&undo.kind, &format!("{base}/agent")) {
                let asked = Asked::of(&undo.kind, &card.input);
                self.given(step, Field::UndoWith, &undo.with, &asked);
            }
        }
        if let Some(each) = &step.each {
            self.each(step, each);
        }
        if let Some(when) = &step.when {
            self.condition(step, when, Field::When, "when");
            if never_holds(when) {
                let message = format!("'{}' can never run: its 'when' is always false", step.name);
                let place = self.parsed.spans.value(&format!("/steps/{}/when", step.name));
                self.fault(Rule::NeverRuns, place, message, String::new());
            }
        }
        if let Some(revise) = &step.revise {
            self.condition(step, &revise.when, Field::ReviseWhen, "revise.when");
        }
        for used in uses(step, &self.parsed.spans) {
            self.expression(step, &used);
        }
    }

    /// What a step does, and what it gives for that.
    fn action(&mut self, step: &'c Step) {
        let base = format!("/steps/{}", step.name);
        match &step.action {
            Action::Agent { kind } => {
                if let Some(card) = self.card(kind, &format!("{base}/agent")) {
                    self.given(step, Field::With, &step.with, &Asked::of(kind, &card.input));
                }
            }
            Action::Goal { workflow } => {
                let own = (*workflow == self.parsed.workflow.name).then_some(&self.parsed.workflow);
                if let Some(known) = own.or(self.workflows.get(workflow)) {
                    let asked = Asked::of(workflow, known.input.source());
                    self.given(step, Field::With, &step.with, &asked);
                } else {
                    let known = self.workflows.keys().map(WorkflowName::as_str);
                    let hint = suggest(workflow.as_str(), known);
                    let place = self.parsed.spans.value(&format!("{base}/goal"));
                    let message = format!("there is no workflow '{workflow}'");
                    self.fault(Rule::UnknownWorkflow, place, message, hint);
                }
            }
            Action::Approval { .. } | Action::Wait { .. } => {}
        }
    }

    fn card(&mut self, kind: &AgentKind, pointer: &str) -> Option<&'c Card> {
        let card = self.cards.get(kind);
        if card.is_none() {
            let hint = suggest(kind.as_str(), self.cards.keys().map(AgentKind::as_str));
            let place = self.parsed.spans.value(pointer);
            self.fault(Rule::UnknownKind, place, format!("there is no agent kind '{kind}'"), hint);
        }
        card
    }

    /// Whether a template gives what is asked for.
    fn given(&mut self, step: &'c Step, field: Field, with: &Template, asked: &Asked<'_>) {
        if *with == Template::fixed(Value::Null) {
            // It has a fault of its own.
            return;
        }
        let part = if field == Field::UndoWith { "undo/with" } else { "with" };
        let env = Env { check: self, step, field };
        for misfit in misfits(with, &asked.input, &asked.by, &env) {
            let pointer = format!("/steps/{}/{part}{}", step.name, misfit.pointer);
            let spans = &self.parsed.spans;
            let place = if misfit.of_key { spans.key(&pointer) } else { spans.value(&pointer) };
            self.fault(misfit.rule, place, misfit.message, misfit.hint);
        }
    }

    fn each(&mut self, step: &'c Step, each: &Template) {
        let env = Env { check: self, step, field: Field::Each };
        let of = env.template(each);
        if !of.can_be(Kind::List) {
            let place = self.parsed.spans.value(&format!("/steps/{}/each", step.name));
            let message = format!("'each' is {}, not a list", of.words());
            self.fault(Rule::NotAList, place, message, String::new());
        }
    }

    fn condition(&mut self, step: &'c Step, condition: &Condition, field: Field, key: &str) {
        let env = Env { check: self, step, field };
        let of = env.of(condition.expression());
        if !of.can_be(Kind::Boolean) {
            let pointer = format!("/steps/{}/{}", step.name, key.replace('.', "/"));
            let place = self.parsed.spans.value(&pointer);
            let message = format!("'{key}' is {}, not true or false", of.words());
            self.fault(Rule::TypeMismatch, place, message, String::new());
        }
    }

    /// Every way in an expression leads to something, and every text that a value is compared with
    /// is one that it can be.
    fn expression(&mut self, step: &'c Step, used: &Use<'_>) {
        let env = Env { check: self, step, field: used.field };
        let mut found = Vec::new();
        for reference in used.expression.references() {
            let place = self.parsed.spans.within(&used.pointer, used.offset(reference));
            if let Err((rule, message, hint)) = env.follow(reference) {
                found.push((rule, place, message, hint));
            } else if self.never_runs(&reference.root) {
                let message =
                    format!("'{0}' is always null here: '{0}' can never run", reference.root);
                found.push((Rule::NeverRuns, place, message, String::new()));
            }
        }
        for (reference, text) in used.expression.comparisons() {
            let place = self.parsed.spans.within(&used.pointer, used.offset(reference));
            let texts = env.follow(reference).ok().and_then(|of| of.texts());
            if let Some(texts) = texts.filter(|texts| !texts.contains(&text.as_str())) {
                let message = format!("'{}' is never '{text}'", written(reference));
                found.push((Rule::TypeMismatch, place, message, suggest(text, texts)));
            }
        }
        for (rule, place, message, hint) in found {
            self.fault(rule, place, message, hint);
        }
    }

    fn never_runs(&self, name: &str) -> bool {
        let step = self.parsed.workflow.steps.iter().find(|step| step.name.as_str() == name);
        step.and_then(|step| step.when.as_ref()).is_some_and(never_holds)
    }

    fn fault(&mut self, rule: Rule, (line, column): Place, message: String, hint: String) {
        self.faults.push(Diagnostic { line, column, rule, message, hint });
    }
}

/// What is asked for, and by whom.
struct Asked<'s> {
    by: String,
    input: Type<'s>,
}

impl<'s> Asked<'s> {
    fn of(by: &impl ToString, schema: &'s Value) -> Self {
        Self { by: by.to_string(), input: Type::schema(schema) }
    }
}

/// Whether a condition is false whatever happens.
fn never_holds(condition: &Condition) -> bool {
    let outputs: BTreeMap<StepName, Value> = BTreeMap::new();
    let scope = Scope::new(&Value::Null, &Value::Null, &outputs);
    condition.references().is_empty() && condition.holds(&scope) == Ok(false)
}
