//! Questions to people, and their answers.

use std::sync::Arc;

use galley_schemas::id::Principal;
use galley_schemas::input::AnswerVerdict;
use galley_schemas::record::Event;
use galley_schemas::report::Settlement;
use serde_json::{Value, json};

use super::Why;
use crate::content::content_hash;
use crate::goal::{Ask, Goal, Json, TaskState};
use crate::place::Place;
use crate::workflow::Otherwise;

pub(super) fn approval_opened(goal: &mut Goal, place: &Place, event: &Event) -> Result<(), Why> {
    let Event::ApprovalOpened { content, shown, deadline, .. } = event else {
        return Err(Why::Phase);
    };
    goal.admitted(place).state = TaskState::Asking(Box::new(Ask {
        content: content.clone(),
        shown: Json::of(shown),
        deadline: *deadline,
        approved: Vec::new(),
        refused: None,
        note: String::new(),
    }));
    Ok(())
}

pub(super) fn answered(
    goal: &mut Goal,
    place: &Place,
    by: &Principal,
    verdict: &AnswerVerdict,
    note: &str,
) -> Result<(), Why> {
    match verdict {
        AnswerVerdict::Happened { receipt } => {
            clear_up(goal, place, Settlement::Done { receipt: receipt.clone() })
        }
        AnswerVerdict::DidNotHappen => {
            let reason = format!("{by} looked: {note}");
            clear_up(goal, place, Settlement::NotDone { reason })
        }
        AnswerVerdict::Approve | AnswerVerdict::ApproveEdited { .. } | AnswerVerdict::Reject => {
            let state = &mut goal.admitted(place).state;
            let TaskState::Asking(ask) = state else { return Err(Why::Answer) };
            ask.vote(by, verdict, note);
            Ok(())
        }
    }
}

/// A person says how an effect stands: the task may be handed out again.
fn clear_up(goal: &mut Goal, place: &Place, settlement: Settlement) -> Result<(), Why> {
    let task = goal.admitted(place);
    let TaskState::Doubtful { key, .. } = &task.state else { return Err(Why::Answer) };
    let key = key.clone();
    let effect = task.effect_mut(&key).ok_or(Why::Effect)?;
    effect.settled = Some(Arc::new(settlement));
    task.attempt += 1;
    task.state = TaskState::Ready;
    goal.drop_if_unwinding(place);
    Ok(())
}

pub(super) fn approval_closed(
    goal: &mut Goal,
    place: &Place,
    approved: bool,
    value: &Value,
) -> Result<(), Why> {
    let TaskState::Asking(ask) = &goal.admitted(place).state else { return Err(Why::Answer) };
    let by: Vec<_> =
        if approved { ask.approved.iter().collect() } else { ask.refused.iter().collect() };
    let output = json!({ "approved": approved, "value": value, "by": by, "note": ask.note });
    let output = match &goal.plan(place.step).otherwise {
        Otherwise::Go(value) if !approved => value.clone(),
        Otherwise::Go(_) | Otherwise::Fail | Otherwise::Reject | Otherwise::Approve => output,
    };
    goal.finish(place, Json::of(&output), None);
    Ok(())
}

impl Ask {
    /// One vote for each person, the last one counts; an edit is a new question, which so far only
    /// its editor approved.
    fn vote(&mut self, by: &Principal, verdict: &AnswerVerdict, note: &str) {
        note.clone_into(&mut self.note);
        match verdict {
            AnswerVerdict::Reject => self.refused = Some(by.clone()),
            AnswerVerdict::Approve
            | AnswerVerdict::Happened { .. }
            | AnswerVerdict::DidNotHappen => {}
            AnswerVerdict::ApproveEdited { value } => {
                let content = content_hash(value);
                if content != self.content {
                    self.approved.clear();
                    self.content = content;
                    self.shown = Json::of(value);
                }
            }
        }
        self.approved.retain(|one| one != by);
        if self.refused.is_none() {
            self.approved.push(by.clone());
        }
    }
}
