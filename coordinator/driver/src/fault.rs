//! The faults that this crate answers with; their codes are explained in `schemas/src/fault/codes.md`.

use galley_bus_core::Unreachable;
use galley_coordinator_goal::workflow::Diagnostic;
use galley_schemas::fault::Fault;
use galley_schemas::id::{GoalId, WorkflowName};
use galley_schemas::input::{Control, Order};
use galley_schemas::record::WorkflowRef;

/// An order that a later one for the same scope overtook.
pub(crate) fn order_too_late(by: &Control) -> Fault {
    let order = match by.order {
        Order::Stop => "stop",
        Order::Resume => "resume",
        Order::Cancel => "cancel",
    };
    Fault::permanent("GLY0188", format!("{} has ordered to {order} since", by.by))
}

/// The message cannot be read as what its subject promises.
pub(crate) fn unreadable(message: String) -> Fault {
    Fault::permanent("GLY0191", message)
}

/// The message is larger than what is taken.
pub(crate) fn too_large(bytes: usize, max: usize) -> Fault {
    Fault::permanent("GLY0192", format!("the message has {bytes} bytes, more than {max}"))
        .hint("put what is large into an artifact and send its reference")
}

/// The message is about a goal that does not exist.
pub(crate) fn unknown_goal(goal: &GoalId) -> Fault {
    Fault::permanent("GLY0193", format!("there is no goal {goal}"))
        .hint("`galley goals` lists the goals that there are")
}

/// A cancel for more than one goal.
pub(crate) fn cancel_is_for_one_goal() -> Fault {
    Fault::permanent("GLY0194", "a cancel is for one goal; only a stop or a resume is for many")
        .hint("stop the scope, then cancel its goals one by one")
}

/// No workflow has this name.
pub(crate) fn unknown_workflow(name: &WorkflowName) -> Fault {
    Fault::permanent("GLY0195", format!("no workflow is registered under the name {name}"))
        .hint("`galley workflow show` lists the names that there are")
}

/// A registered version that this version of Galley cannot read.
pub(crate) fn unparsable(workflow: &WorkflowRef, faults: &[Diagnostic]) -> Fault {
    let message =
        format!("workflow {} at {} cannot be read", workflow.name, workflow.version.short());
    let mut fault = Fault::permanent("GLY0195", message)
        .hint("`galley workflow check` lists its faults; register it again");
    fault.causes = faults.iter().take(8).map(ToString::to_string).collect();
    fault
}

/// A goal's log cannot be folded.
pub(crate) fn unfoldable(goal: &GoalId, error: &(dyn std::error::Error + 'static)) -> Fault {
    Fault::permanent("GLY0196", format!("the log of goal {goal} cannot be read"))
        .hint("a newer version of Galley may have written it: run that version")
        .because(error)
}

/// A decision that does not fit into one record.
pub(crate) fn record_too_large(goal: &GoalId, bytes: usize, max: usize) -> Fault {
    Fault::permanent(
        "GLY0197",
        format!("a decision about goal {goal} takes {bytes} bytes, more than {max}"),
    )
    .hint("hand large values on as artifacts; lower `at_most` of wide fan-outs")
}

/// The bus is out of reach.
pub(crate) fn unreachable(error: &Unreachable) -> Fault {
    Fault::transient("GLY0198", "the bus is out of reach").because(error)
}

/// An agent that reports in another kind's name.
pub(crate) fn foreign_kind(said: &str, subject: &str) -> Fault {
    Fault::permanent(
        "GLY0199",
        format!("a report of the kind {said} came on {subject}, which is another kind's"),
    )
}
