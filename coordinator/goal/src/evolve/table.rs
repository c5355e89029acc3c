//! Where each event has its place: the one closed table.

use std::fmt;

use galley_schemas::record::Event;

use crate::goal::{Phase, TaskState};

/// Where an event has its place, and what it may make of the task that it is about.
pub(super) struct Rule {
    /// The phases of the goal in which it may happen.
    pub(super) phases: &'static [PhaseName],
    /// For an event about a task: where the task may stand.
    pub(super) from: &'static [Stage],
    /// And where it may stand after it.
    pub(super) to: &'static [Stage],
}

/// The phase of a goal, without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhaseName {
    New,
    Running,
    Unwinding,
    Ended,
}

/// Where a task stands, without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Ready,
    Out,
    Faulted,
    Resting,
    Doubtful,
    Asking,
    Away,
    Waiting,
    Done,
    Failed,
    Dropped,
}

const NEW: &[PhaseName] = &[PhaseName::New];
const RUNNING: &[PhaseName] = &[PhaseName::Running];
const UNWINDING: &[PhaseName] = &[PhaseName::Unwinding];
const LIVE: &[PhaseName] = &[PhaseName::Running, PhaseName::Unwinding];
const BEGUN: &[PhaseName] = &[PhaseName::Running, PhaseName::Unwinding, PhaseName::Ended];

/// The table. A new event cannot compile until it has its place here.
pub(super) fn rule(event: &Event) -> Rule {
    use Stage::{Asking, Away, Done, Doubtful, Dropped, Failed, Faulted, Out, Ready, Resting};
    match event {
        Event::Submitted { .. } => goal(NEW),
        Event::FannedOut { .. } | Event::Skipped { .. } => goal(RUNNING),
        Event::Offered { .. } => task(LIVE, &[Ready, Resting], &[Out]),
        Event::Done { .. } => task(LIVE, &[Out], &[Done]),
        Event::AttemptFailed { .. } => task(LIVE, &[Out, Away], &[Faulted, Dropped]),
        Event::RetryDue { .. } => task(LIVE, &[Faulted], &[Resting]),
        Event::TaskFailed { .. } => {
            task(RUNNING, &[Ready, Resting, Faulted, Asking, Stage::Waiting], &[Failed, Done])
        }
        Event::EffectIntended { .. } => task(LIVE, &[Out], &[Out]),
        Event::EffectSettled { .. } => task(LIVE, &[Out], &[Out, Doubtful]),
        Event::ApprovalOpened { .. } => task(RUNNING, &[Ready], &[Asking]),
        Event::Answered { .. } => task(LIVE, &[Asking, Doubtful], &[Asking, Ready]),
        Event::ApprovalClosed { .. } => task(RUNNING, &[Asking], &[Done]),
        Event::ChildSubmitted { .. } => task(RUNNING, &[Ready, Resting], &[Away]),
        Event::ChildEnded { .. } => task(LIVE, &[Away], &[Done, Faulted, Dropped]),
        Event::WaitBegan { .. } => task(RUNNING, &[Ready], &[Stage::Waiting]),
        Event::WaitEnded { .. } => task(RUNNING, &[Stage::Waiting], &[Done]),
        Event::Revised { .. } | Event::RevisionEnded { .. } => goal(RUNNING),
        Event::Stopped { .. } | Event::Resumed { .. } => goal(LIVE),
        Event::Unwinding { .. } => goal(RUNNING),
        Event::UndoFailed { .. } => task(UNWINDING, &[Ready, Resting, Faulted], &[]),
        Event::AlarmArmed { .. } | Event::AlarmFired { .. } => goal(LIVE),
        Event::OutcomeNoted { .. } | Event::InputRejected { .. } => goal(BEGUN),
        Event::Ended { .. } => goal(LIVE),
    }
}

fn goal(phases: &'static [PhaseName]) -> Rule {
    task(phases, &[], &[])
}

fn task(phases: &'static [PhaseName], from: &'static [Stage], to: &'static [Stage]) -> Rule {
    Rule { phases, from, to }
}

impl PhaseName {
    pub(crate) fn of(phase: &Phase) -> Self {
        match phase {
            Phase::New => Self::New,
            Phase::Running => Self::Running,
            Phase::Unwinding(_) => Self::Unwinding,
            Phase::Ended(_) => Self::Ended,
        }
    }
}

impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Running => "running",
            Self::Unwinding => "unwinding",
            Self::Ended => "ended",
        })
    }
}

impl Stage {
    pub(crate) fn of(state: &TaskState) -> Self {
        match state {
            TaskState::Ready => Self::Ready,
            TaskState::Out(_) => Self::Out,
            TaskState::Faulted(_) => Self::Faulted,
            TaskState::Resting(_) => Self::Resting,
            TaskState::Doubtful { .. } => Self::Doubtful,
            TaskState::Asking(_) => Self::Asking,
            TaskState::Away(_) => Self::Away,
            TaskState::Waiting { .. } => Self::Waiting,
            TaskState::Done { .. } => Self::Done,
            TaskState::Failed(_) => Self::Failed,
            TaskState::Dropped => Self::Dropped,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "ready",
            Self::Out => "out",
            Self::Faulted => "faulted",
            Self::Resting => "resting",
            Self::Doubtful => "doubtful",
            Self::Asking => "asking",
            Self::Away => "away",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        })
    }
}
