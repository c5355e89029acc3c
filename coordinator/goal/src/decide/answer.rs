//! What people say to a question.

use galley_schemas::fault::Fault;
use galley_schemas::id::TaskId;
use galley_schemas::input::{Answer, AnswerVerdict};
use galley_schemas::record::Event;
use galley_schemas::task::VALUE_BYTES_MAX;

use serde_json::Value;

use super::question;
use super::turn::Turn;
use crate::command::Reply;
use crate::content;
use crate::fault;
use crate::goal::{Ask, Goal, TaskState};
use crate::place::Place;

/// Longest note that is kept, in characters.
const NOTE_CHARS_MAX: usize = 4_000;

pub(super) fn answer(turn: &mut Turn<'_>, answer: Answer) -> Reply {
    match admit(turn.goal(), &answer) {
        Ok(Admitted::Counts(place)) => {
            let Answer { task, by, verdict, note, .. } = answer;
            let note = note.chars().take(NOTE_CHARS_MAX).collect();
            turn.emit(Event::Answered { task, by, verdict, note });
            question::close_if_settled(turn, &place);
            Reply::Noted
        }
        Ok(Admitted::Repeats) => Reply::Noted,
        Err(fault) => Reply::Refused(fault),
    }
}

enum Admitted {
    Counts(Place),
    /// The same person said the same before.
    Repeats,
}

/// Whether an answer counts: an open question, of one who is asked, about what is shown now.
fn admit(goal: &Goal, answer: &Answer) -> Result<Admitted, Fault> {
    let place = Place::read(&goal.workflow, &answer.task).filter(|_| goal.is_live());
    let Some((place, task)) = place.and_then(|place| Some((place, goal.task(&place)?))) else {
        return Err(fault::no_question(&answer.task));
    };
    if let Some(ask) = task.asking() {
        admit_vote(goal, &place, ask, answer)
    } else if matches!(task.state, TaskState::Doubtful { .. }) {
        admit_word(&answer.task, &answer.verdict).map(|()| Admitted::Counts(place))
    } else {
        Err(fault::no_question(&answer.task))
    }
}

/// What a person says of an effect in doubt.
fn admit_word(task: &TaskId, verdict: &AnswerVerdict) -> Result<(), Fault> {
    match verdict {
        AnswerVerdict::Happened { receipt } if is_unfit(receipt) => {
            Err(fault::unfit_answer(task, "give a shorter receipt"))
        }
        AnswerVerdict::Happened { .. } | AnswerVerdict::DidNotHappen => Ok(()),
        AnswerVerdict::Approve | AnswerVerdict::ApproveEdited { .. } | AnswerVerdict::Reject => {
            Err(fault::unfit_answer(task, "say whether it happened"))
        }
    }
}

fn is_unfit(value: &Value) -> bool {
    content::excess(value, VALUE_BYTES_MAX).is_some()
}

fn admit_vote(goal: &Goal, place: &Place, ask: &Ask, answer: &Answer) -> Result<Admitted, Fault> {
    let asked = goal.asked(place);
    if !asked.is_empty() && !asked.contains(&answer.by) {
        return Err(fault::not_asked(&answer.task, answer.by.as_str()));
    }
    if answer.content.as_ref() != Some(&ask.content) {
        return Err(fault::other_content(&answer.task));
    }
    match &answer.verdict {
        AnswerVerdict::Approve if ask.approved.contains(&answer.by) => Ok(Admitted::Repeats),
        AnswerVerdict::ApproveEdited { value } if is_unfit(value) => {
            Err(fault::unfit_answer(&answer.task, "keep large content as an artifact"))
        }
        AnswerVerdict::Approve | AnswerVerdict::ApproveEdited { .. } | AnswerVerdict::Reject => {
            Ok(Admitted::Counts(*place))
        }
        AnswerVerdict::Happened { .. } | AnswerVerdict::DidNotHappen => {
            Err(fault::unfit_answer(&answer.task, "approve or reject"))
        }
    }
}
