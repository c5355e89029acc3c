//! `galley submit`: hand a goal in.

use galley_coordinator_driver::ResolveError;
use galley_schemas::amount::Limits;
use galley_schemas::envelope::kind;
use galley_schemas::id::{GoalId, MessageId, Principal, WorkflowName};
use galley_schemas::input::{Autonomy, Submission};
use galley_schemas::subject;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::args::{Common, OneGoal, Submit};
use crate::assemble::{ARTICLE, House};
use crate::failure::{Exit, Failure};
use crate::{input, out, send};

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
    let registry = house.registry();
    registry.register(ARTICLE).await?;
    let workflow = registry.current(&name).await.map_err(|error| match error {
        ResolveError::Refused(fault) => anyhow::Error::from(Failure::new(Exit::NotFound, fault)),
        ResolveError::Unreachable(error) => error.into(),
    })?;
    workflow
        .admit(wish.input.clone())
        .map_err(|refusal| Failure::new(Exit::Usage, refusal.fault()))?;
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
    let id = MessageId::new(goal.to_string());
    send::send(house, subject::IN_GOAL, kind::SUBMISSION, id, submission).await
}

pub(crate) async fn submit(common: &Common, args: Submit) -> anyhow::Result<Exit> {
    let value = match (&args.input, &args.topic) {
        (Some(text), _) => input::json_value(text)?,
        (None, Some(topic)) => input::article(topic, &args.article)?,
        (None, None) => Value::Null,
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
        return super::watch::watch(common, &OneGoal { goal: Some(goal.to_string()) }).await;
    }
    if !common.json {
        out::note(format!("follow it with: galley watch   ({worker} carries it out)"));
    }
    Ok(Exit::Done)
}
