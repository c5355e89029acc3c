//! `galley submit`: hand a goal in.

use std::time::Duration;

use anyhow::Context as _;
use galley_bus_core::calls::CallError;
use galley_coordinator_driver::ResolveError;
use galley_coordinator_goal::workflow::Workflow;
use galley_schemas::amount::Limits;
use galley_schemas::envelope::kind;
use galley_schemas::fault::Fault;
use galley_schemas::id::{GoalId, MessageId, Principal, WorkflowName};
use galley_schemas::input::{Autonomy, Submission, SubmitReply};
use galley_schemas::subject;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::args::{Common, OneGoal, Submit};
use crate::assemble::{Carrier, House, built_in};
use crate::failure::{Exit, Failure};
use crate::{input, out, send};

/// How long a coordinator may take to answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// The coordinator's code for a workflow that nobody registered.
const NO_WORKFLOW: &str = "GLY0195";

/// What is submitted, before it has an id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) workflow: String,
    pub(crate) input: Value,
    pub(crate) budget_usd: Option<f64>,
    pub(crate) autonomy: Autonomy,
}

/// Hands a goal in, after the checks that the coordinator will make: a person at a terminal learns
/// at once what is wrong.
pub(crate) async fn hand_in(house: &House, wish: Wish) -> anyhow::Result<GoalId> {
    let goal = house.chance.goal_id(house.clock.now());
    hand_in_as(house, goal, wish).await?;
    Ok(goal)
}

/// Hands a goal in under this id.
pub(crate) async fn hand_in_as(house: &House, goal: GoalId, wish: Wish) -> anyhow::Result<()> {
    let name = WorkflowName::new(wish.workflow).map_err(|error| {
        Failure::usage("GLY0003", error.to_string(), "list workflows with galley workflow show")
    })?;
    let usd_micros = wish.budget_usd.map(input::usd_micros).transpose()?;
    let submission = Submission {
        goal,
        workflow: name,
        input: wish.input,
        budget: Limits { usd_micros, ..Limits::default() },
        autonomy: wish.autonomy,
        by: Principal::new("cli"),
        parent: None,
    };
    match house.carrier() {
        Carrier::File { .. } => check(house, &submission).await?,
        Carrier::Nats { .. } => {
            // What is refused here is not kept among what coordinators refused.
            check_built_in(&submission)?;
            if let Asked::Kept = ask(house, &submission).await? {
                return Ok(());
            }
        }
    }
    let id = MessageId::new(goal.to_string());
    send::send(house, subject::IN_GOAL, kind::SUBMISSION, id, submission).await
}

/// What came of asking.
enum Asked {
    /// A coordinator checked it and keeps it.
    Kept,
    /// None answers: it is kept for the one that comes.
    NobodyThere,
}

/// Asks the coordinators to check it and to keep it: for that, the right to ask is enough. A goal that
/// was kept, and whose answer was lost, is handed in once more by the caller; it has one id.
async fn ask(house: &House, submission: &Submission) -> anyhow::Result<Asked> {
    let id = MessageId::new(submission.goal.to_string());
    let request = send::event(house, kind::SUBMISSION, &id, submission)?;
    let answer = match house.bus.calls.call(subject::SUBMIT, request, ANSWERED_WITHIN).await {
        Ok(answer) => answer,
        Err(CallError::NoResponder { .. } | CallError::Timeout { .. }) => {
            return Ok(Asked::NobodyThere);
        }
        Err(CallError::Unreachable(error)) => return Err(error.into()),
    };
    let reply = serde_json::from_slice(&answer).context("the coordinator's answer")?;
    match reply {
        SubmitReply::Accepted { .. } => Ok(Asked::Kept),
        SubmitReply::Refused { fault } if fault.retryable => Ok(Asked::NobodyThere),
        SubmitReply::Refused { fault } => Err(refused(fault).into()),
    }
}

/// Checks a goal against the workflows that are registered in the state folder.
async fn check(house: &House, submission: &Submission) -> anyhow::Result<()> {
    house.register().await?;
    let workflow = house.registry().current(&submission.workflow).await;
    let workflow = workflow.map_err(|error| match error {
        ResolveError::Refused(fault) => refused(fault).into(),
        ResolveError::Unreachable(error) => anyhow::Error::from(error),
    })?;
    admit(&workflow, submission)
}

/// Checks a goal of a workflow that comes with Galley; of another one, whoever takes it knows more.
fn check_built_in(submission: &Submission) -> anyhow::Result<()> {
    let text = built_in(submission.workflow.as_str());
    let workflow = text.and_then(|text| Workflow::parse(text).ok());
    workflow.map_or(Ok(()), |workflow| admit(&workflow, submission))
}

fn admit(workflow: &Workflow, submission: &Submission) -> anyhow::Result<()> {
    let admitted = workflow.admit(submission.input.clone());
    admitted.map_err(|refusal| refused(refusal.fault()))?;
    Ok(())
}

/// A goal that is not taken: there is no such workflow, or the input does not fit.
fn refused(fault: Fault) -> Failure {
    let exit = if fault.code == NO_WORKFLOW { Exit::NotFound } else { Exit::Usage };
    Failure::new(exit, fault)
}

pub(crate) async fn submit(common: &Common, args: Submit) -> anyhow::Result<Exit> {
    let value = match (&args.input, &args.topic) {
        (Some(text), _) => input::json_value(text)?,
        (None, Some(topic)) => input::article(topic, &args.article)?,
        (None, None) => json!({}),
    };
    let house = House::open(common).await?;
    let autonomy = if args.autonomous { Autonomy::Full } else { Autonomy::Supervised };
    let wish =
        Wish { workflow: args.workflow, input: value, budget_usd: args.article.budget, autonomy };
    let goal = hand_in(&house, wish).await?;
    if common.json {
        out::line(&json!({ "goal": goal }).to_string());
    } else {
        out::line(&goal.to_string());
    }
    let worker = house.carrier().worker();
    house.close().await?;
    if args.watch {
        let goal = OneGoal { goal: Some(goal.to_string()) };
        return super::watch::watch(common, &goal, args.patience).await;
    }
    if !common.json {
        out::note(format!("follow it with: galley watch   ({worker} carries it out)"));
    }
    Ok(Exit::Done)
}
