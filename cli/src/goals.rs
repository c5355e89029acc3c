//! Finding and following goals, for every command that is about one.

use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt as _;
use galley_bus_core::Bus;
use galley_bus_core::kv::Change;
use galley_schemas::id::GoalId;
use galley_schemas::subject::bucket;
use galley_schemas::view::{Phase, Status};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::render::live::Show;

/// The status is read anew this often, whatever a watch says.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How a goal stands; none when the coordinator has not decided on it yet.
pub(crate) async fn status(bus: &Bus, goal: &GoalId) -> anyhow::Result<Option<Status>> {
    let entry = bus.kv.get(bucket::GOALS, &goal.to_string()).await?;
    entry
        .map(|entry| {
            serde_json::from_slice(&entry.value).context("the status of the goal cannot be read")
        })
        .transpose()
}

/// Every goal, newest first.
pub(crate) async fn all(bus: &Bus) -> anyhow::Result<Vec<Status>> {
    let mut keys = bus.kv.keys(bucket::GOALS, "").await?;
    // Ids are made from the time: the last in order is the newest.
    keys.reverse();
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        if let Ok(goal) = key.parse()
            && let Some(status) = status(bus, &goal).await?
        {
            found.push(status);
        }
    }
    Ok(found)
}

/// The goal that is meant: by its id, by the end of its id, or the newest.
pub(crate) async fn find(bus: &Bus, text: Option<&str>) -> anyhow::Result<GoalId> {
    if let Some(goal) = text.and_then(|text| text.parse::<GoalId>().ok()) {
        return match status(bus, &goal).await? {
            Some(_) => Ok(goal),
            None => Err(no_goal(&goal.to_string()).into()),
        };
    }
    let keys = bus.kv.keys(bucket::GOALS, "").await?;
    let Some(text) = text else {
        let newest = keys.last().and_then(|key| key.parse().ok());
        return newest.ok_or_else(|| {
            Failure::not_found("there are no goals yet", "begin one: galley run \"a topic\"").into()
        });
    };
    let meant: Vec<GoalId> =
        keys.iter().filter(|key| key.ends_with(text)).filter_map(|key| key.parse().ok()).collect();
    match meant.as_slice() {
        [goal] => Ok(*goal),
        [] => Err(no_goal(text).into()),
        several => Err(Failure::not_found(
            format!("{} goals end in '{text}'", several.len()),
            "give more of the id, from `galley goals`",
        )
        .into()),
    }
}

fn no_goal(text: &str) -> Failure {
    Failure::not_found(format!("there is no goal {text}"), "list them with `galley goals`")
}

/// Why following ended.
#[derive(Debug)]
pub(crate) enum Followed {
    /// The goal is over.
    Ended(Box<Status>),
    /// It waits for a person and does nothing else.
    Asks(Box<Status>),
    /// It is stopped and does nothing until it is resumed.
    Stopped(Box<Status>),
    /// A signal came.
    Interrupted,
}

/// Follows a goal until there is nothing more to see.
pub(crate) async fn follow(
    bus: &Bus,
    goal: &GoalId,
    show: &mut (dyn Show + Send),
    stop: &CancellationToken,
) -> anyhow::Result<Followed> {
    let mut changes = bus.kv.watch(bucket::GOALS, &goal.to_string()).await?;
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut seen = None;
    loop {
        let status = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Followed::Interrupted),
            change = changes.next() => match change {
                Some(Change::Put(entry)) => serde_json::from_slice(&entry.value).ok(),
                Some(Change::Deleted { .. }) | None => status(bus, goal).await?,
            },
            _ = look.tick() => status(bus, goal).await?,
        };
        let Some(status) = status else { continue };
        if seen.as_ref() == Some(&status) {
            continue;
        }
        show.update(&status);
        let over = ending(&status);
        seen = Some(status);
        if let Some(make) = over {
            show.finish();
            let status = seen.take().expect("it was just seen");
            return Ok(make(Box::new(status)));
        }
    }
}

/// How following ends at this status, if it does.
fn ending(status: &Status) -> Option<fn(Box<Status>) -> Followed> {
    let view = &status.view;
    let busy = view.steps.iter().flat_map(|step| &step.open).any(|open| {
        use galley_schemas::view::Waits;
        match open.waits {
            Waits::Person | Waits::Signal => false,
            Waits::Turn | Waits::Agent | Waits::Retry | Waits::Goal { .. } => true,
        }
    });
    match view.phase {
        Phase::Ended { .. } => Some(Followed::Ended),
        Phase::Stopped => Some(Followed::Stopped),
        Phase::Running if !view.questions.is_empty() && !busy => Some(Followed::Asks),
        Phase::New | Phase::Running | Phase::Unwinding { .. } => None,
    }
}
