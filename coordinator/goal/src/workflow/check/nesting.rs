//! Whether sub-goals come to an end.

use galley_schemas::id::WorkflowName;

use super::Check;
use crate::workflow::bounds::DEPTH_MAX;
use crate::workflow::diagnostic::Rule;
use crate::workflow::model::Action;

impl Check<'_> {
    /// Sub-goals come to an end, and do not nest deeper than they may.
    pub(super) fn nesting(&mut self) {
        for step in &self.parsed.workflow.steps {
            let Action::Goal { workflow } = &step.action else { continue };
            let own = &self.parsed.workflow.name;
            let mut above = vec![own.clone()];
            let unconditional = step.when.is_none();
            let message = match self.descend(workflow, &mut above, unconditional) {
                Descent::Ends => continue,
                Descent::Recurs => {
                    let way: Vec<_> = above.iter().map(WorkflowName::as_str).collect();
                    format!("the workflows start each other without end: {}", way.join(" → "))
                }
                Descent::TooDeep => format!("sub-goals nest deeper than {DEPTH_MAX}"),
            };
            let place = self.parsed.spans.value(&format!("/steps/{}/goal", step.name));
            let hint = "a sub-goal that is to start its own workflow needs a 'when'".to_owned();
            self.fault(Rule::Nesting, place, message, hint);
        }
    }

    /// Follows sub-goals; `above` is the way to them. Those with a `when` may end by themselves.
    fn descend(
        &self,
        name: &WorkflowName,
        above: &mut Vec<WorkflowName>,
        unconditional: bool,
    ) -> Descent {
        let recurs = above.contains(name);
        if recurs && !unconditional {
            return Descent::Ends;
        }
        above.push(name.clone());
        if recurs {
            return Descent::Recurs;
        }
        if above.len() > usize::try_from(DEPTH_MAX).unwrap_or(usize::MAX) + 1 {
            return Descent::TooDeep;
        }
        for step in self.workflows.get(name).map_or(&[][..], |known| &known.steps) {
            let Action::Goal { workflow } = &step.action else { continue };
            match self.descend(workflow, above, unconditional && step.when.is_none()) {
                Descent::Ends => {}
                other @ (Descent::Recurs | Descent::TooDeep) => return other,
            }
        }
        above.pop();
        Descent::Ends
    }
}

enum Descent {
    Ends,
    Recurs,
    TooDeep,
}
