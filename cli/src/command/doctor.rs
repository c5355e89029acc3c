//! `galley doctor`: goals that are stuck or broken, and inputs that were refused.

use std::time::Duration;

use galley_bus_core::log::Seq;
use galley_bus_core::topology;
use galley_coordinator_goal::{Goal, audit};
use galley_schemas::id::GoalId;
use galley_schemas::input::Rejected;
use galley_schemas::view::Phase;
use serde_json::json;

use crate::args::Common;
use crate::assemble::House;
use crate::failure::Exit;
use crate::{goals, out};

/// Most refused inputs that are shown.
const REJECTED_MAX: usize = 20;

/// Something that is not as it should be.
#[derive(Debug)]
struct Trouble {
    goal: Option<GoalId>,
    what: String,
}

pub(crate) async fn doctor(common: &Common) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let mut troubles = Vec::new();
    let all = goals::all(&house.bus).await?;
    let mut live = 0;
    for status in all.iter().filter(|status| !matches!(status.view.phase, Phase::Ended { .. })) {
        live += 1;
        let goal = status.view.goal;
        let found = examine(&house, &goal).await.unwrap_or_else(|error| vec![format!("{error:#}")]);
        troubles.extend(found.into_iter().map(|what| Trouble { goal: Some(goal), what }));
    }
    troubles.extend(rejected(&house).await?);
    if common.json {
        for trouble in &troubles {
            out::line(&json!({ "goal": trouble.goal, "trouble": trouble.what }).to_string());
        }
    } else {
        for Trouble { goal, what } in &troubles {
            let about = goal.map_or_else(|| "input".to_owned(), |goal| goal.to_string());
            out::line(&format!("✗ {about}: {what}"));
        }
        out::line(&format!(
            "{} goals, {live} of them live; {}",
            all.len(),
            if troubles.is_empty() { "nothing is stuck or broken" } else { "see above" }
        ));
    }
    house.close().await?;
    Ok(if troubles.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Folds a goal's log anew and checks every invariant.
async fn examine(house: &House, goal: &GoalId) -> anyhow::Result<Vec<String>> {
    let entries = house.bus.log.read(goal, Seq::START).await?;
    let workflow = entries.first().and_then(|entry| entry.record.workflow());
    let Some(workflow) = workflow else {
        return Ok(vec!["its log does not begin with a submission".to_owned()]);
    };
    let workflow = house.registry().version(workflow).await?;
    let state = Goal::fold(*goal, workflow, entries.iter().map(|entry| &entry.record))?;
    Ok(audit(&state).iter().map(ToString::to_string).collect())
}

/// Inputs that were refused. They are only looked at: the loans run out and nothing is removed.
async fn rejected(house: &House) -> anyhow::Result<Vec<Trouble>> {
    let reader = topology::rejected("doctor");
    let deliveries = house.bus.queue.pull(&reader, REJECTED_MAX, Duration::ZERO).await?;
    let mut troubles = Vec::new();
    for delivery in deliveries {
        if let Ok(input) = serde_json::from_slice::<Rejected>(&delivery.message.payload) {
            let what = format!("refused {} on {}: {}", input.at, input.subject, input.fault);
            troubles.push(Trouble { goal: None, what });
        }
        delivery.loan.retry_later(Duration::ZERO).await?;
    }
    Ok(troubles)
}
