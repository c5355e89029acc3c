//! How the steps of a workflow hang together.

use std::collections::BTreeSet;

use galley_schemas::id::StepName;

use crate::workflow::Workflow;

/// How the steps of a workflow hang together, by their indexes.
#[derive(Debug)]
pub(crate) struct Graph<'w> {
    workflow: &'w Workflow,
    /// For each step: the steps that must be over before it begins.
    before: Vec<Vec<usize>>,
}

impl<'w> Graph<'w> {
    /// Reads the order off a workflow.
    ///
    /// Besides what it needs, a step outside of a revision loop that reads from inside waits until
    /// the loop is decided, so that it never works on a draft that is about to be replaced. Where
    /// loops are entangled so that this would lock them up, it does not wait.
    pub(crate) fn of(workflow: &'w Workflow) -> Self {
        let before = workflow
            .steps
            .iter()
            .map(|step| step.needs.iter().filter_map(|name| index(workflow, name)).collect())
            .collect();
        let mut graph = Self { workflow, before };
        for (reviser, span) in graph.loops() {
            for step in 0..workflow.steps.len() {
                let reads = graph.before(step).iter().any(|need| span.contains(need));
                if reads && !span.contains(&step) && !graph.comes_after(reviser, step) {
                    graph.before.get_mut(step).expect("a step's own index").push(reviser);
                }
            }
        }
        graph
    }

    /// The steps that must be over before a step begins.
    pub(crate) fn before(&self, step: usize) -> &[usize] {
        self.before.get(step).map_or(&[], Vec::as_slice)
    }

    /// The steps that a revision by `reviser` opens again: from its `from` on, up to itself. Empty
    /// for a step that does not revise.
    pub(crate) fn span(&self, reviser: usize) -> Vec<usize> {
        let from = self
            .workflow
            .steps
            .get(reviser)
            .and_then(|step| step.revise.as_ref())
            .and_then(|revise| index(self.workflow, &revise.from));
        let Some(from) = from else { return Vec::new() };
        (0..self.workflow.steps.len())
            .filter(|&step| self.comes_after(step, from) && self.comes_after(reviser, step))
            .collect()
    }

    /// Whether `late` is `early` or waits for it, directly or through others.
    pub(crate) fn comes_after(&self, late: usize, early: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![late];
        while let Some(step) = open.pop() {
            if seen.insert(step) {
                open.extend(self.before(step));
            }
        }
        seen.contains(&early)
    }

    /// The steps that no other step needs: their outputs are the goal's.
    pub(crate) fn last(&self) -> Vec<usize> {
        let steps = &self.workflow.steps;
        let needed = |name| steps.iter().any(|other| other.needs.contains(name));
        (0..).zip(steps).filter(|(_, step)| !needed(&step.name)).map(|(index, _)| index).collect()
    }

    fn loops(&self) -> Vec<(usize, Vec<usize>)> {
        (0..self.workflow.steps.len())
            .map(|step| (step, self.span(step)))
            .filter(|(_, span)| !span.is_empty())
            .collect()
    }
}

/// The index of a step.
pub(crate) fn index(workflow: &Workflow, name: &StepName) -> Option<usize> {
    workflow.steps.iter().position(|step| step.name == *name)
}
