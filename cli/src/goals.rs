//! Finding and following goals, for every command that is about one.

use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt as _;
use galley_bus_core::Bus;
use galley_bus_core::kv::Change;
use galley_bus_core::log::{Entry, Seq};
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use galley_schemas::subject::{self, bucket};
use galley_schemas::view::{Archived, Phase, Status};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::render::history::History;
use crate::render::live::Show;

/// The status is read anew this often, whatever a watch says.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// What is drawn moves this often.
const TICK_EVERY: Duration = Duration::from_millis(100);

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
    let mut keys = bus.kv.keys(bucket::GOALS, "").await?;
    let Some(text) = text else {
        let newest = keys.last().and_then(|key| key.parse().ok());
        return newest.ok_or_else(|| {
            Failure::not_found("there are no goals yet", "begin one: galley run \"a topic\"").into()
        });
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

/// Reads a goal's log as it grows, for what the status does not say: when steps began and ended.
#[derive(Debug, Default)]
struct Reader {
    history: History,
    read: Seq,
}

impl Reader {
    /// Reads up to where a status is. Where the log cannot be read, times are missing: no more.
    async fn read_on(&mut self, bus: &Bus, status: &Status) {
        if status.seq <= self.read.0 {
            return;
        }
        if let Ok(entries) = bus.log.read(&status.view.goal, self.read).await {
            self.history.add(&entries);
            self.read = entries.last().map_or(self.read, |last| last.seq);
        }
    }
}

/// Follows a goal until there is nothing more to see. What it asked up to the record `answered` has
/// an answer that is on its way.
pub(crate) async fn follow(
    bus: &Bus,
    goal: &GoalId,
    show: &mut (dyn Show + Send),
    stop: &CancellationToken,
    answered: u64,
) -> anyhow::Result<Followed> {
    let mut changes = bus.kv.watch(bucket::GOALS, &goal.to_string()).await?;
    let mut doing = bus.broadcast.listen(&subject::progress(goal)).await?;
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut tick = tokio::time::interval(TICK_EVERY);
    let mut past = Reader::default();
    let mut seen = None;
    loop {
        let status = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Followed::Interrupted),
            _ = tick.tick() => {
                show.tick();
                continue;
            }
            Some(heard) = doing.next() => {
                serde_json::from_slice(&heard.payload).into_iter().for_each(|it| show.heard(it));
                continue;
            }
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
        past.read_on(bus, &status).await;
        show.update(&status, &past.history);
        let over = ending(&status).filter(|_| status.seq > answered);
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
