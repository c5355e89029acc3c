//! What an event makes of a goal. Running and recovering share it.
//!
//! The table is printed from [`table::rule`] by a test; `UPDATE_GOLDEN=1 cargo test` rewrites it.
//! An event that comes where the table does not place it is refused, and the goal stays as it was.
//!
//! ```text
//! event            the goal is                    its task goes from → to
//! submitted        new → running
//! fanned_out       running
//! skipped          running
//! offered          running, unwinding             ready, resting → out
//! done             running, unwinding             out → done
//! attempt_failed   running, unwinding             out, away → faulted, dropped
//! retry_due        running, unwinding             faulted → resting
//! task_failed      running, unwinding             ready, resting, faulted, asking, waiting → failed, done
//! effect_intended  running, unwinding             out → out
//! effect_settled   running, unwinding             ready, out, faulted, resting → out, doubtful, dropped
//! approval_opened  running                        ready → asking
//! answered         running, unwinding             asking, doubtful → asking, ready, dropped
//! approval_closed  running                        asking → done
//! child_submitted  running                        ready, resting → away
//! child_ended      running, unwinding             away → done, faulted, dropped
//! wait_began       running                        ready → waiting
//! wait_ended       running                        waiting → done
//! revised          running
//! revision_ended   running
//! stopped          running, unwinding
//! resumed          running, unwinding
//! unwinding        running → unwinding
//! undo_failed      unwinding                      ready, resting, faulted → over
//! alarm_armed      running, unwinding
//! alarm_fired      running, unwinding
//! outcome_noted    running, unwinding, ended
//! input_rejected   running, unwinding, ended
//! ended            running, unwinding → ended
//! ```

mod answers;
mod children;
mod course;
mod effects;
mod rounds;
mod steps;
mod table;
mod work;

use galley_schemas::id::{StepName, TaskId};
use galley_schemas::record::Event;

use crate::goal::{Goal, Phase, Task};
use crate::graph;
use crate::place::Place;

pub(crate) use table::{PhaseName, Stage};

/// An event that does not fit the goal: the log is not this goal's, or the coordinator is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {event} does not fit a goal that is {phase}: {why}")]
pub struct IllegalEvent {
    event: &'static str,
    phase: PhaseName,
    why: Why,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Why {
    #[error("it has no place there")]
    Phase,
    #[error("there is no step {0}")]
    NoSuchStep(StepName),
    #[error("there is no task {0} now")]
    NoSuchTask(TaskId),
    #[error("task {0} is {1}")]
    Stage(TaskId, Stage),
    #[error("step {0} is not where it would have to be")]
    Step(StepName),
    #[error("the attempt is not the one that is due")]
    Attempt,
    #[error("the allowance is above what is left")]
    OverBudget,
    #[error("the effect is not where it would have to be")]
    Effect,
    #[error("the answer does not fit the question")]
    Answer,
    #[error("another sub-goal carries the task")]
    Child,
    #[error("the round is not the one that is due")]
    Round,
    #[error("there is work left")]
    NotOver,
    #[error("the record is of another goal or workflow")]
    OtherGoal,
}

/// What an event makes of a goal.
///
/// # Errors
/// [`IllegalEvent`]; the goal stays as it was.
pub fn evolve(goal: &mut Goal, event: &Event) -> Result<(), IllegalEvent> {
    let phase = PhaseName::of(&goal.phase);
    let illegal = |why| IllegalEvent { event: event.name(), phase, why };
    let rule = table::rule(event);
    if !rule.phases.contains(&phase) {
        return Err(illegal(Why::Phase));
    }
    let place = match event.task() {
        Some(task) => Some(admit(goal, event, task, rule.from).map_err(illegal)?),
        None => None,
    };
    apply(goal, event, place).map_err(illegal)?;
    debug_assert!(
        PhaseName::of(&goal.phase) == rule.then.unwrap_or(phase)
            && place
                .and_then(|place| stage(goal, &place))
                .is_none_or(|stage| rule.to.contains(&stage)),
        "{} led goal or task {:?} to where the table does not",
        event.name(),
        event.task(),
    );
    Ok(())
}

/// Finds the task of an event and checks that it stands where the table wants it.
fn admit(goal: &Goal, event: &Event, id: &TaskId, from: &[Stage]) -> Result<Place, Why> {
    let place = Place::read(&goal.workflow, id).ok_or_else(|| Why::NoSuchTask(id.clone()))?;
    let fails_whole_step = matches!(event, Event::TaskFailed { .. });
    let may_begin = fails_whole_step || place.undo || goal.plan(place.step).each.is_none();
    let stage = match stage(goal, &place) {
        Some(stage) => stage,
        None if may_begin && is_to_begin(goal, &place) => Stage::Ready,
        None => return Err(Why::NoSuchTask(id.clone())),
    };
    if from.contains(&stage) { Ok(place) } else { Err(Why::Stage(id.clone(), stage)) }
}

fn stage(goal: &Goal, place: &Place) -> Option<Stage> {
    goal.task(place).map(|task| Stage::of(&task.state))
}

/// Whether this is the task of a step that has not begun, or the next undo.
fn is_to_begin(goal: &Goal, place: &Place) -> bool {
    if place.undo {
        let Phase::Unwinding(unwinding) = &goal.phase else { return false };
        let next = goal.undoable.last().map(|next| Place { undo: true, ..next.place });
        return unwinding.undo.is_none() && next == Some(*place);
    }
    let step = goal.step(place.step);
    place.item.is_none() && step.is_waiting() && step.round == place.round
}

/// The events, each to the file of its concern.
fn apply(goal: &mut Goal, event: &Event, place: Option<Place>) -> Result<(), Why> {
    let at = || place.expect("events about a task were given its place");
    match event {
        Event::Submitted { .. } => course::submitted(goal, event),
        Event::FannedOut { step, round, items } => {
            steps::fanned_out(goal, (find(goal, step)?, *round), *items)
        }
        Event::Skipped { step, round } => steps::skipped(goal, (find(goal, step)?, *round)),
        Event::Offered { .. } => work::offered(goal, &at(), event),
        Event::Done { attempt, output, spent, .. } => {
            work::done(goal, &at(), *attempt, output, *spent)
        }
        Event::AttemptFailed { attempt, fault, spent, .. } => {
            work::attempt_failed(goal, &at(), *attempt, fault, *spent)
        }
        Event::RetryDue { at: time, .. } => work::retry_due(goal, &at(), *time),
        Event::TaskFailed { fault, .. } => work::task_failed(goal, &at(), fault),
        Event::EffectIntended { intent, .. } => effects::intended(goal, &at(), intent),
        Event::EffectSettled { key, settlement, .. } => {
            effects::settled(goal, &at(), key, settlement)
        }
        Event::ApprovalOpened { .. } => answers::approval_opened(goal, &at(), event),
        Event::Answered { by, verdict, note, .. } => {
            answers::answered(goal, &at(), by, verdict, note)
        }
        Event::ApprovalClosed { approved, value, .. } => {
            answers::approval_closed(goal, &at(), *approved, value)
        }
        Event::ChildSubmitted { child, allowance, deadline, .. } => {
            children::submitted(goal, &at(), *child, allowance, *deadline)
        }
        Event::ChildEnded { ended } => children::ended(goal, &at(), ended),
        Event::WaitBegan { until, signal, .. } => {
            steps::wait_began(goal, &at(), *until, *signal);
            Ok(())
        }
        Event::WaitEnded { value, .. } => {
            steps::wait_ended(goal, &at(), value);
            Ok(())
        }
        Event::Revised { step, round, score, .. } => {
            rounds::revised(goal, find(goal, step)?, *round, *score)
        }
        Event::RevisionEnded { step, kept, .. } => rounds::ended(goal, find(goal, step)?, *kept),
        Event::Stopped { scope, epoch, .. } => course::stopped(goal, scope, *epoch),
        Event::Resumed { scope, epoch, .. } => course::resumed(goal, scope, *epoch),
        Event::Unwinding { ending } => course::unwinding(goal, ending),
        Event::UndoFailed { .. } => course::undo_failed(goal),
        Event::AlarmArmed { at } => course::alarm(goal, Some(*at)),
        Event::AlarmFired { .. } => course::alarm(goal, None),
        Event::OutcomeNoted { .. } | Event::InputRejected { .. } => Ok(()),
        Event::Ended { ending, at, .. } => course::ended(goal, ending, *at),
    }
}

fn find(goal: &Goal, step: &StepName) -> Result<usize, Why> {
    graph::index(&goal.workflow, step).ok_or_else(|| Why::NoSuchStep(step.clone()))
}

impl Goal {
    /// The task of a place that [`admit`] let through; begins its step, or its undo, if need be.
    fn admitted(&mut self, place: &Place) -> &mut Task {
        if self.task(place).is_none() {
            if let (true, Phase::Unwinding(unwinding)) = (place.undo, &mut self.phase) {
                unwinding.undo = Some(Task::ready());
            } else {
                self.step_mut(place.step).begin();
            }
        }
        self.task_mut(place).expect("it stands, or has just begun")
    }
}
