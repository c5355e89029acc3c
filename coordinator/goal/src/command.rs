//! What a goal can be told, and what comes of it.

use galley_schemas::fault::Fault;
use galley_schemas::id::{Epoch, GoalId, InstanceId, LeaseToken};
use galley_schemas::input::{
    Answer, ChildEnded, Control, Feedback, Fired, Signal, Standing, Submission,
};
use galley_schemas::record::{Act, Event};
use galley_schemas::report::{Report, Verdict};

use crate::goal::Goal;

/// Everything that can be told to a goal. Imperative; whether it is obeyed is decided.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Begin.
    Submit {
        /// What is asked for; its input was checked against the workflow's schema by
        /// [`crate::workflow::Workflow::admit`].
        submission: Submission,
        /// The highest stop fence of the scopes that the goal lies in.
        epoch: Epoch,
        /// The orders that stand. Those that stop this goal or a kind that it uses hold for it from
        /// the beginning; the others are passed over.
        standing: Vec<Standing>,
    },
    /// An agent reports.
    Report(Report),
    /// The goal's alarm went off.
    Fire(Fired),
    /// A person answers a question.
    Answer(Answer),
    /// Stop, resume or cancel. An order for a scope that the goal does not lie in is passed over.
    Steer {
        /// The order.
        control: Control,
        /// The new fence; higher than all before.
        epoch: Epoch,
    },
    /// An event that a `wait` step waits for.
    Signal(Signal),
    /// A sub-goal ended.
    ChildEnded(ChildEnded),
    /// An outcome came in.
    Note(Feedback),
    /// Keep an input that cannot be acted on.
    Reject {
        /// Why.
        fault: Fault,
    },
}

/// What a decision gives back to whoever asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// To an agent.
    Verdict(Verdict),
    /// To anyone else: done, or nothing needed doing.
    Noted,
    /// To anyone else: refused, and why. Nothing happened; the driver keeps the input as rejected.
    Refused(Fault),
}

/// What was decided. No events: nothing is appended, and the reply is all.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// What it causes.
    pub acts: Vec<Act>,
    /// What is answered.
    pub reply: Reply,
    /// The goal after the events, the same as [`crate::evolve`] makes of them: what to keep once the
    /// record is appended. `None` when there are no events.
    pub after: Option<Goal>,
}

/// Ids that a decision needs, drawn by the driver's port of chance or by a test's counter.
pub trait Ids {
    /// A fresh lease token.
    fn lease(&mut self) -> LeaseToken;
    /// A fresh goal id.
    fn goal(&mut self) -> GoalId;
    /// The coordinator instance that decides.
    fn instance(&self) -> InstanceId;
}
