//! Tasks that are ready: which, how many at once, and with what share of the budget.

use super::begin::has_its_turn;
use super::budget::Short;
use super::frame::Frame;
use super::settle;
use super::start::{self, Share};
use super::turn::Turn;
use crate::goal::{Goal, Step, TaskState};
use crate::place::Place;
use crate::workflow::Action;

/// A task that is ready and cannot be handed out, because a part of the budget is short.
pub(super) struct Blocked {
    pub(super) place: Place,
    pub(super) part: &'static str,
}

/// Hands out what is ready. Gives back the first task that the budget does not allow now.
pub(super) fn hand_out(turn: &mut Turn<'_>, frame: &Frame<'_>) -> Option<Blocked> {
    let batches = ready(turn, frame);
    let mut sharing = batches.iter().map(Batch::hungry).sum::<usize>() + resting(turn.goal());
    let outputs = frame.outputs(turn.goal());
    let mut blocked = None;
    for batch in batches {
        if !turn.is_running() {
            return blocked;
        }
        let items = match frame.items(&outputs, batch.step) {
            Ok(items) => items,
            Err(error) => {
                settle::give_up(turn, batch.places.first()?, error.fault());
                return blocked;
            }
        };
        for place in &batch.places {
            if !turn.is_running() || !turn.has_room() {
                return blocked;
            }
            let item = items.as_ref().and_then(|items| items.get(place.index()));
            let share = Share { outputs: &outputs, item, among: sharing };
            if let Err(Short { part }) = start::start(turn, frame, place, share) {
                blocked = blocked.or(Some(Blocked { place: *place, part }));
            }
            sharing -= usize::from(batch.hungry);
        }
    }
    blocked
}

/// The tasks of one step that are ready.
struct Batch {
    step: usize,
    places: Vec<Place>,
    /// Whether they are given a share of the budget.
    hungry: bool,
}

impl Batch {
    fn hungry(&self) -> usize {
        if self.hungry { self.places.len() } else { 0 }
    }
}

fn ready(turn: &Turn<'_>, frame: &Frame<'_>) -> Vec<Batch> {
    let goal = turn.goal();
    let batch = |step| {
        let places = if has_its_turn(goal, frame.graph(), step) {
            vec![Place::of_step(step, goal.step(step).round)]
        } else {
            ready_tasks(turn, step, goal.step(step))
        };
        let places: Vec<_> = places.into_iter().filter(|place| !goal.is_held(place)).collect();
        let hungry = match &goal.plan(step).action {
            Action::Agent { .. } | Action::Goal { .. } => true,
            Action::Approval { .. } | Action::Wait { .. } => false,
        };
        (!places.is_empty()).then_some(Batch { step, places, hungry })
    };
    (0..goal.steps.len()).filter_map(batch).collect()
}

/// The tasks of a step under way that may be handed out now, as many as it has places for.
pub(super) fn ready_tasks(turn: &Turn<'_>, index: usize, step: &Step) -> Vec<Place> {
    let plan = turn.goal().plan(index);
    let under_way = step.tasks().iter().filter(|task| task.is_under_way()).count();
    let free = usize::try_from(plan.at_most).unwrap_or(usize::MAX).saturating_sub(under_way);
    let fans = plan.each.is_some();
    (0_u32..)
        .zip(step.tasks())
        .filter(|(_, task)| task.is_ready(turn.now()))
        .map(|(item, _)| Place { item: fans.then_some(item), ..Place::of_step(index, step.round) })
        .take(free)
        .collect()
}

/// Tasks that will come back for a share of the budget.
fn resting(goal: &Goal) -> usize {
    goal.tasks().filter(|(_, task)| matches!(task.state, TaskState::Resting(_))).count()
}
