//! Finding goals, for every command that is about one.

use std::cmp::Reverse;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use galley_bus_core::log::{Entry, Seq};
use galley_bus_core::queue::Depth;
use galley_bus_core::{Bus, Unreachable, topology};
use galley_coordinator_goal::Goal;
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use galley_schemas::subject::bucket;
use galley_schemas::view::{Archived, Status};
use serde::Deserialize;
use tokio::time::Instant;

use crate::assemble::House;
use crate::failure::Failure;

/// How long what was handed in may take to be taken by whoever is there.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);
/// How long a first goal may take to come.
const COMES_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How a goal stands, or stood when it was archived; none when the coordinator has not decided on it
/// yet.
pub(crate) async fn status(bus: &Bus, goal: &GoalId) -> anyhow::Result<Option<Status>> {
    if let Some(entry) = bus.kv.get(bucket::GOALS, &goal.to_string()).await? {
        let status = serde_json::from_slice(&entry.value);
        return status.map(Some).context("the status of the goal cannot be read");
    }
    Ok(archived(bus, goal).await?.map(|archived| archived.status))
}

async fn archived(bus: &Bus, goal: &GoalId) -> anyhow::Result<Option<Archived>> {
    let entry = bus.kv.get(bucket::ARCHIVED, &goal.to_string()).await?;
    let archived = entry.map(|entry| serde_json::from_slice(&entry.value)).transpose();
    archived.context("what was archived of the goal cannot be read")
}

/// A goal's records, from its log or from where they were archived.
pub(crate) async fn log(bus: &Bus, goal: &GoalId) -> anyhow::Result<Vec<Entry>> {
    /// A line of archived records.
    #[derive(Deserialize)]
    struct Line {
        seq: u64,
        record: Record,
    }
    let mut entries = Vec::new();
    if let Some(archived) = archived(bus, goal).await? {
        let lines = bus.artifacts.get(&archived.records.sha256).await?;
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Line = serde_json::from_slice(line).context("an archived record")?;
            entries.push(Entry { seq: Seq(line.seq), record: line.record });
        }
    }
    let last = entries.last().map_or(Seq::START, |entry| entry.seq);
    entries.extend(bus.log.read(goal, last).await?);
    Ok(entries)
}

/// A goal, folded anew from its log; none when that does not begin with a submission.
pub(crate) async fn folded(house: &House, goal: GoalId) -> anyhow::Result<Option<Goal>> {
    let entries = house.bus.log.read(&goal, Seq::START).await?;
    let workflow = entries.first().and_then(|entry| entry.record.workflow());
    let Some(workflow) = workflow else { return Ok(None) };
    let workflow = house.registry().version(workflow).await?;
    Ok(Some(Goal::fold(goal, workflow, entries.iter().map(|entry| &entry.record))?))
}

/// Every goal that is not archived, newest first.
pub(crate) async fn all(bus: &Bus) -> anyhow::Result<Vec<Status>> {
    of_bucket(bus, bucket::GOALS).await
}

/// Every goal that was archived, newest first.
pub(crate) async fn all_archived(bus: &Bus) -> anyhow::Result<Vec<Status>> {
    of_bucket(bus, bucket::ARCHIVED).await
}

/// How many goals were archived.
pub(crate) async fn count_archived(bus: &Bus) -> Result<usize, Unreachable> {
    Ok(bus.kv.keys(bucket::ARCHIVED, "").await?.len())
}

/// How many inputs wait to be taken, or are being taken: goals, answers, orders.
pub(crate) async fn waiting(bus: &Bus) -> Result<u64, Unreachable> {
    let Depth { pending, in_flight } = bus.queue.depth(&topology::inputs()).await?;
    Ok(pending.saturating_add(in_flight))
}

/// Waits until what was handed in before is taken and shows: as long as anything waits, up to a bound;
/// and where there is no goal at all, a moment longer, for one that is just on its way.
pub(crate) async fn taken(bus: &Bus) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let waits = waiting(bus).await? > 0;
        let is_bare =
            async || Ok::<_, Unreachable>(bus.kv.keys(bucket::GOALS, "").await?.is_empty());
        let bound = if waits { TAKEN_WITHIN } else { COMES_WITHIN };
        if began.elapsed() >= bound || (!waits && !is_bare().await?) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn of_bucket(bus: &Bus, bucket: &str) -> anyhow::Result<Vec<Status>> {
    let keys = bus.kv.keys(bucket, "").await?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        if let Ok(goal) = key.parse()
            && let Some(status) = status(bus, &goal).await?
        {
            found.push(status);
        }
    }
    found.sort_by_key(|status| Reverse(began(status)));
    Ok(found)
}

/// When a goal began; of goals that began in the same moment, ids tell which is newer.
const fn began(status: &Status) -> (Option<DateTime<Utc>>, GoalId) {
    (status.view.started, status.view.goal)
}

/// The goal that began last, of all that are not archived.
async fn newest(bus: &Bus, keys: &[String]) -> anyhow::Result<Option<GoalId>> {
    let goals = keys.iter().filter_map(|key| key.parse::<GoalId>().ok());
    let (mut candidates, timed): (Vec<GoalId>, Vec<GoalId>) = goals.partition(|it| !is_timed(it));
    candidates.extend(timed.last());
    let mut newest = None;
    for goal in candidates {
        newest = newest.max(status(bus, &goal).await?.as_ref().map(began));
    }
    Ok(newest.map(|(_, goal)| goal))
}

/// Whether ids like this are made from the time, so that the last in order is the newest: those of
/// version 7. A goal that came as a bare message has one that is made from its message.
fn is_timed(goal: &GoalId) -> bool {
    const VERSION_AT: usize = 14;
    goal.to_string().as_bytes().get(VERSION_AT) == Some(&b'7')
}

/// The goal that is meant: by its id, by the end of its id, or the newest.
pub(crate) async fn find(bus: &Bus, text: Option<&str>) -> anyhow::Result<GoalId> {
    if let Some(goal) = text.and_then(|text| text.parse::<GoalId>().ok()) {
        return match status(bus, &goal).await? {
            Some(_) => Ok(goal),
            None => Err(no_goal(&goal.to_string()).into()),
        };
    }
    let mut keys = bus.kv.keys(bucket::GOALS, "").await?;
    let Some(text) = text else {
        return match newest(bus, &keys).await? {
            Some(newest) => Ok(newest),
            None => Err(no_goal_yet(bus).await?.into()),
        };
    };
    keys.extend(bus.kv.keys(bucket::ARCHIVED, "").await?);
    keys.sort_unstable();
    keys.dedup();
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

async fn no_goal_yet(bus: &Bus) -> Result<Failure, Unreachable> {
    Ok(match waiting(bus).await? {
        0 => Failure::not_found("there are no goals yet", "begin one: galley run \"a topic\""),
        _ => Failure::not_found(
            "no goal was taken yet: what was handed in waits",
            "start galley up, which takes it",
        ),
    })
}

pub(crate) fn no_goal(text: &str) -> Failure {
    Failure::not_found(format!("there is no goal {text}"), "list them with `galley goals`")
}
