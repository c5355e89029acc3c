//! `galley doctor`: goals that are stuck or broken, stops in force, and inputs that were refused.

use std::time::Duration;

use galley_bus_core::topology;
use galley_coordinator_goal::audit;
use galley_schemas::id::GoalId;
use galley_schemas::input::{Control, Order, Rejected, Standing};
use galley_schemas::subject::bucket;
use galley_schemas::view::{Phase, Status};
use serde_json::json;

use crate::args::Common;
use crate::assemble::House;
use crate::failure::Exit;
use crate::render::doctor::{self, Health, Trouble};
use crate::render::words;
use crate::{goals, out};

/// Most refused inputs that are shown.
const REJECTED_MAX: usize = 20;

pub(crate) async fn doctor(common: &Common) -> anyhow::Result<Exit> {
    let house = House::look(common).await?;
    let health = examine(&house).await?;
    if common.json {
        for Trouble { goal, what } in &health.troubles {
            out::json(&json!({ "goal": goal, "trouble": what }));
        }
    } else {
        out::show(&doctor::page(&health, house.at()));
    }
    house.close().await?;
    Ok(if health.troubles.is_empty() { Exit::Done } else { Exit::Failed })
}

async fn examine(house: &House) -> anyhow::Result<Health> {
    let all = goals::all(&house.bus).await?;
    let is_live = |status: &Status| !matches!(status.view.phase, Phase::Ended { .. });
    let mut health = Health { goals: all.len(), ..Health::default() };
    health.live = all.into_iter().filter(is_live).collect();
    for status in &health.live {
        let goal = status.view.goal;
        let found = broken(house, &goal).await.unwrap_or_else(|error| vec![format!("{error:#}")]);
        let found = found.into_iter().map(|what| Trouble { goal: Some(goal), what });
        health.troubles.extend(found);
    }
    health.stops = stops(house).await?;
    health.waiting = goals::waiting(&house.bus).await?;
    health.is_up = house.is_worked() || is_up(house).await?;
    health.troubles.extend(rejected(house).await?);
    Ok(health)
}

/// Folds a goal's log anew and checks every invariant.
async fn broken(house: &House, goal: &GoalId) -> anyhow::Result<Vec<String>> {
    match goals::folded(house, *goal).await? {
        Some(state) => Ok(audit(&state).iter().map(ToString::to_string).collect()),
        None => Ok(vec!["its log does not begin with a submission".to_owned()]),
    }
}

/// The stops in force, by whom and why.
async fn stops(house: &House) -> anyhow::Result<Vec<Control>> {
    let mut stops = Vec::new();
    for key in house.bus.kv.keys(bucket::EPOCHS, "").await? {
        let entry = house.bus.kv.get(bucket::EPOCHS, &key).await?;
        let standing =
            entry.and_then(|entry| serde_json::from_slice::<Standing>(&entry.value).ok());
        stops.extend(standing.map(|it| it.control).filter(|it| it.order == Order::Stop));
    }
    Ok(stops)
}

/// Whether any agent says that it is there; the sign of one lies below the key of its kind.
async fn is_up(house: &House) -> anyhow::Result<bool> {
    let keys = house.bus.kv.keys(bucket::AGENTS, "").await?;
    Ok(keys.iter().any(|key| key.contains('/')))
}

/// Inputs that were refused. They are only looked at: the loans run out and nothing is removed.
async fn rejected(house: &House) -> anyhow::Result<Vec<Trouble>> {
    let reader = topology::rejected(topology::DOCTOR);
    let deliveries = house.bus.queue.pull(&reader, REJECTED_MAX, Duration::ZERO).await?;
    let mut troubles = Vec::new();
    for delivery in deliveries {
        if let Ok(input) = serde_json::from_slice::<Rejected>(&delivery.message.payload) {
            let at = words::moment(input.at);
            let what = format!("refused at {at} on {}: {}", input.subject, input.fault);
            troubles.push(Trouble { goal: None, what });
        }
        delivery.loan.retry_later(Duration::ZERO).await?;
    }
    Ok(troubles)
}
