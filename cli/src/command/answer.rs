//! `galley approve` and `galley reject`: answers to what goals ask.

mod trial;

use galley_schemas::envelope::kind;
use galley_schemas::id::TaskId;
use galley_schemas::input::{Answer, AnswerVerdict};
use galley_schemas::subject;
use galley_schemas::view::{Question, Status};
use serde_json::json;

use crate::args::{Approve, Common, Reject, Which};
use crate::assemble::House;
use crate::failure::{Exit, Failure};
use crate::{goals, input, out, send};

pub(crate) async fn approve(common: &Common, args: Approve) -> anyhow::Result<Exit> {
    let verdict = match (&args.edited, &args.happened) {
        (Some(text), _) => AnswerVerdict::ApproveEdited { value: input::json_value(text)? },
        (None, Some(text)) => AnswerVerdict::Happened { receipt: input::json_value(text)? },
        (None, None) => AnswerVerdict::Approve,
    };
    answer(common, args.which, verdict).await
}

pub(crate) async fn reject(common: &Common, args: Reject) -> anyhow::Result<Exit> {
    let verdict =
        if args.did_not_happen { AnswerVerdict::DidNotHappen } else { AnswerVerdict::Reject };
    answer(common, args.which, verdict).await
}

async fn answer(common: &Common, which: Which, verdict: AnswerVerdict) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let goal = goals::find(&house.bus, Some(&which.goal)).await?;
    let status = goals::status(&house.bus, &goal).await?;
    let question = status.as_ref().map(|status| question(status, which.task.as_deref()));
    let question = question.transpose()?.flatten().ok_or_else(|| {
        Failure::usage(
            "GLY0007",
            format!("goal {goal} asks nothing"),
            "see how it stands with galley show",
        )
    })?;
    let (task, content) = match question {
        Question::Approval { task, content, .. } => (task.clone(), Some(content.clone())),
        Question::Effect { task, .. } => (task.clone(), None),
    };
    fits(question, &verdict)?;
    let answer = Answer { goal, task, by: which.by.into(), verdict, content, note: which.note };
    trial::check(&house, &answer).await?;
    let id = send::message_id(&house);
    send::send(&house, subject::IN_ANSWER, kind::ANSWER, id, answer).await?;
    if common.json {
        out::line(&json!({ "goal": goal, "answered": true }).to_string());
    } else {
        out::note(format!("answered; {} takes it from here", house.carrier().worker()));
    }
    house.close().await?;
    Ok(Exit::Done)
}

/// The question that is meant: the one of a task, or the only one.
fn question<'a>(status: &'a Status, task: Option<&str>) -> Result<Option<&'a Question>, Failure> {
    let asks = |question: &&Question| task.is_none_or(|task| of(question).as_str() == task);
    let meant: Vec<&Question> = status.view.questions.iter().filter(asks).collect();
    match meant.as_slice() {
        [] => Ok(None),
        [question] => Ok(Some(question)),
        several => {
            let tasks: Vec<&str> = several.iter().map(|question| of(question).as_str()).collect();
            Err(Failure::usage(
                "GLY0007",
                format!("{} tasks ask: {}", tasks.len(), tasks.join(", ")),
                "say which with --task",
            ))
        }
    }
}

const fn of(question: &Question) -> &TaskId {
    match question {
        Question::Approval { task, .. } | Question::Effect { task, .. } => task,
    }
}

/// Whether an answer answers this sort of question.
fn fits(question: &Question, verdict: &AnswerVerdict) -> Result<(), Failure> {
    let of_effect = matches!(verdict, AnswerVerdict::Happened { .. } | AnswerVerdict::DidNotHappen);
    match (question, of_effect) {
        (Question::Approval { .. }, false) | (Question::Effect { .. }, true) => Ok(()),
        (Question::Approval { .. }, true) => Err(Failure::usage(
            "GLY0007",
            "this asks for an approval",
            "galley approve GOAL, or galley reject GOAL",
        )),
        (Question::Effect { .. }, false) => Err(Failure::usage(
            "GLY0007",
            "this asks whether something happened",
            "galley approve GOAL --happened null, or galley reject GOAL --did-not-happen",
        )),
    }
}
