//! In which order the steps run: what each needs, and a stable order that respects it.
//!
//! A step needs the steps that it refers to, those in its `after`, and every approval that is
//! written above it. So an approval is a gate: what stands below waits for it, without having to
//! say so; what is to run beside it is written above it. An approval does not hold up a step that
//! it needs itself.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use galley_schemas::id::StepName;

use super::diagnostic::{Diagnostic, Rule, suggest};
use super::document::{Place, Spans};
use super::expr::Reference;
use super::model::{Action, Step};
use super::scope::NAMES;
use super::uses::{Field, Use, uses};

/// A step as it was read, with the steps that its `after` names and where they stand.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) step: Step,
    pub(super) after: Vec<(StepName, String)>,
}

/// The steps in order, each with its needs; and every fault of their references. Circles are
/// opened, so that the rest can still be checked.
pub(super) fn arrange(
    drafts: Vec<Draft>,
    written: &BTreeSet<&str>,
    spans: &Spans,
) -> (Vec<Step>, Vec<Diagnostic>) {
    let mut order = Order {
        names: drafts.iter().map(|draft| draft.step.name.clone()).collect(),
        needs: vec![BTreeSet::new(); drafts.len()],
        written,
        spans,
        faults: Vec::new(),
    };
    for (index, draft) in drafts.iter().enumerate() {
        order.read_needs(index, draft);
    }
    order.open_cycles();
    for (index, draft) in drafts.iter().enumerate() {
        order.read_revise(index, &draft.step);
    }
    order.add_gates(&drafts);
    let sorted = order.sorted();
    let steps = order.finish(drafts, &sorted);
    (steps, order.faults)
}

struct Order<'d> {
    names: Vec<StepName>,
    /// For each step, the steps that it needs, by index as written.
    needs: Vec<BTreeSet<usize>>,
    /// Every step that is written, also those that could not be read.
    written: &'d BTreeSet<&'d str>,
    spans: &'d Spans,
    faults: Vec<Diagnostic>,
}

impl Order<'_> {
    fn read_needs(&mut self, index: usize, draft: &Draft) {
        for (name, pointer) in &draft.after {
            let place = self.spans.value(pointer);
            if *name == draft.step.name {
                let message = format!("'{name}' cannot be after itself");
                self.fault(Rule::Cycle, place, message, String::new());
            } else {
                self.need(index, name.as_str(), place);
            }
        }
        for used in uses(&draft.step, self.spans) {
            for reference in used.expression.references() {
                self.read_reference(index, &draft.step, &used, reference);
            }
        }
    }

    fn read_reference(&mut self, index: usize, step: &Step, used: &Use<'_>, to: &Reference) {
        let place = self.spans.within(&used.pointer, used.offset(to));
        match to.root.as_str() {
            "input" | "goal" => {}
            "item" | "index" => {
                if let Some(message) = no_item(&to.root, step, used.field) {
                    self.fault(Rule::UnknownName, place, message, String::new());
                }
            }
            own if own == step.name.as_str() => {
                if !used.field.reads_own() {
                    let message = format!("'{own}' refers to itself, and is not over here");
                    self.fault(Rule::Cycle, place, message, String::new());
                }
            }
            other => self.need(index, other, place),
        }
    }

    fn need(&mut self, index: usize, name: &str, place: Place) {
        let found = self.names.iter().position(|known| known.as_str() == name);
        if let (Some(found), Some(needs)) = (found, self.needs.get_mut(index)) {
            needs.insert(found);
        } else if !self.written.contains(name) {
            let known = self.written.iter().copied().chain(NAMES);
            let hint = suggest(name, known);
            self.fault(Rule::UnknownName, place, format!("there is no step '{name}'"), hint);
        }
    }

    /// Reports cycles, and takes out a need of each.
    fn open_cycles(&mut self) {
        /// Most cycles that are told; a text with more has one cause for many.
        const CIRCLES_MAX: usize = 10;
        for _ in 0..CIRCLES_MAX {
            let Some(cycle) = self.cycle() else { return };
            let mut names: Vec<_> = cycle.iter().filter_map(|&step| self.names.get(step)).collect();
            names.extend(names.first().copied());
            let told: Vec<_> = names.iter().map(|name| name.as_str()).collect();
            let message = format!("the steps need each other in a cycle: {}", told.join(" → "));
            let first = told.first().copied().unwrap_or_default();
            let place = self.spans.key(&format!("/steps/{first}"));
            let hint = "take one of these references, or an 'after', out".to_owned();
            self.fault(Rule::Cycle, place, message, hint);
            if let [first, rest @ ..] = cycle.as_slice()
                && let Some(needs) = self.needs.get_mut(*first)
            {
                needs.remove(rest.first().unwrap_or(first));
            }
        }
    }

    /// A shortest cycle of needs, from its first step as written.
    fn cycle(&self) -> Option<Vec<usize>> {
        let start = (0..self.needs.len()).find(|&step| self.beneath(step).contains(&step))?;
        let mut reached_from = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(at) = open.pop_front() {
            for &next in self.needs.get(at).into_iter().flatten() {
                if next == start {
                    let back = std::iter::successors(Some(at), |at| reached_from.get(at).copied());
                    let mut cycle: Vec<_> = back.collect();
                    cycle.reverse();
                    return Some(cycle);
                }
                if let Entry::Vacant(place) = reached_from.entry(next) {
                    place.insert(at);
                    open.push_back(next);
                }
            }
        }
        None
    }

    /// Everything that a step needs, directly or through others.
    fn beneath(&self, step: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![step];
        while let Some(at) = open.pop() {
            for &need in self.needs.get(at).into_iter().flatten() {
                if found.insert(need) {
                    open.push(need);
                }
            }
        }
        found
    }

    fn read_revise(&mut self, index: usize, step: &Step) {
        let Some(revise) = &step.revise else { return };
        let place = self.spans.value(&format!("/steps/{}/revise/from", step.name));
        let from = revise.from.as_str();
        match self.names.iter().position(|name| name.as_str() == from) {
            None if self.written.contains(from) => {}
            None => {
                let hint = suggest(from, self.written.iter().copied());
                self.fault(Rule::UnknownName, place, format!("there is no step '{from}'"), hint);
            }
            Some(found) if found == index || self.beneath(index).contains(&found) => {}
            Some(_) => {
                let message = format!("'{from}' does not lead to '{}'", step.name);
                let hint = "a revision begins at a step that this one needs".to_owned();
                self.fault(Rule::NotUpstream, place, message, hint);
            }
        }
    }

    fn add_gates(&mut self, drafts: &[Draft]) {
        for (gate, draft) in drafts.iter().enumerate() {
            if !matches!(draft.step.action, Action::Approval { .. }) {
                continue;
            }
            for below in gate + 1..drafts.len() {
                let tied =
                    self.beneath(gate).contains(&below) || self.beneath(below).contains(&gate);
                if !tied && let Some(needs) = self.needs.get_mut(below) {
                    needs.insert(gate);
                }
            }
        }
    }

    /// The steps in an order that respects their needs: of those that can be next, always the one
    /// that is written first.
    fn sorted(&self) -> Vec<usize> {
        let mut sorted: Vec<usize> = Vec::with_capacity(self.needs.len());
        while let Some(next) = (0..self.needs.len()).find(|step| {
            let ready = self
                .needs
                .get(*step)
                .is_some_and(|needs| needs.iter().all(|need| sorted.contains(need)));
            ready && !sorted.contains(step)
        }) {
            sorted.push(next);
        }
        sorted
    }

    fn finish(&self, drafts: Vec<Draft>, sorted: &[usize]) -> Vec<Step> {
        let mut steps: Vec<_> = drafts.into_iter().map(|draft| Some(draft.step)).collect();
        sorted
            .iter()
            .filter_map(|&index| {
                let mut step = steps.get_mut(index)?.take()?;
                let needs = self.needs.get(index).into_iter().flatten();
                step.needs = needs.filter_map(|&need| self.names.get(need).cloned()).collect();
                Some(step)
            })
            .collect()
    }

    fn fault(&mut self, rule: Rule, (line, column): Place, message: String, hint: String) {
        self.faults.push(Diagnostic { line, column, rule, message, hint });
    }
}

/// Why `item` and `index` have no value here, if they have none.
fn no_item(name: &str, step: &Step, field: Field) -> Option<String> {
    if step.each.is_none() {
        Some(format!("'{name}' has no value here: the step has no 'each'"))
    } else if field.per_item() {
        None
    } else {
        Some(format!("'{name}' has no value here, only in 'with' and 'undo.with'"))
    }
}
