//! Following a goal until there is nothing more to see.
//!
//! A goal that asks or is stopped may have its answer or its order waiting in the queue. So before
//! such a goal is left, what was handed in earlier must have been taken, and the status must have it.

use std::time::Duration;

use futures::StreamExt as _;
use galley_bus_core::Bus;
use galley_bus_core::kv::Change;
use galley_bus_core::log::Seq;
use galley_schemas::id::GoalId;
use galley_schemas::subject::{self, bucket};
use galley_schemas::view::{Phase, Status, Waits};
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::assemble::House;
use crate::goals::{no_goal, status, waiting};
use crate::out;
use crate::render::history::History;
use crate::render::live::Show;
use crate::render::words;

/// The status is read anew this often, whatever a watch says.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// What is drawn moves this often.
const TICK_EVERY: Duration = Duration::from_millis(100);
/// How long the queue may take to run empty. On a busy one what came before cannot be told from what
/// came after; a goal is then left as it stands.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);
/// How long nobody may be there before it is said: a `galley up` takes a moment to start.
const IDLE_AFTER: Duration = Duration::from_secs(1);

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
///
/// # Errors
/// GLY0004 when there is no such goal and none is on its way; any fault of the bus.
pub(crate) async fn follow(
    house: &House,
    goal: &GoalId,
    show: &mut (dyn Show + Send),
    stop: &CancellationToken,
) -> anyhow::Result<Followed> {
    let bus = &house.bus;
    let mut changes = bus.kv.watch(bucket::GOALS, &goal.to_string()).await?;
    let mut doing = bus.broadcast.listen(&subject::progress(goal)).await?;
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut tick = tokio::time::interval(TICK_EVERY);
    let mut past = Reader::default();
    let mut ahead = Ahead::new();
    let mut workers = Workers::default();
    let mut seen = None;
    loop {
        let found = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Followed::Interrupted),
            _ = tick.tick() => {
                show.tick();
                if !ahead.is_awaited { continue }
                status(bus, goal).await?
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
        let are_gone = workers.are_gone(house);
        let over = found.as_ref().and_then(ending);
        if are_gone && !matches!(over, Some(Over::Ended)) {
            workers.tell(house).await?;
        }
        let Some(found) = found else {
            if is_nowhere(bus, goal).await? {
                return Err(no_goal(&goal.to_string()).into());
            }
            continue;
        };
        if seen.as_ref() != Some(&found) {
            past.read_on(bus, &found).await;
            show.update(&found, &past.history);
        }
        if let Some(over) = over
            && (over == Over::Ended || are_gone || ahead.is_in(bus, &found).await?)
        {
            show.finish();
            return Ok(over.with(found));
        }
        seen = Some(found);
    }
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

/// What was handed in before, and perhaps not taken yet.
#[derive(Debug)]
struct Ahead {
    since: Instant,
    /// The goal's last record when all of it had been taken.
    up_to: Option<u64>,
    /// Whether an end waits for it.
    is_awaited: bool,
}

impl Ahead {
    fn new() -> Self {
        Self { since: Instant::now(), up_to: None, is_awaited: false }
    }

    /// Whether all of it was taken and is in this status.
    async fn is_in(&mut self, bus: &Bus, status: &Status) -> anyhow::Result<bool> {
        self.is_awaited = true;
        if self.up_to.is_none()
            && (self.since.elapsed() >= TAKEN_WITHIN || waiting(bus).await? == 0)
        {
            let later = bus.log.read(&status.view.goal, Seq(status.seq)).await?;
            self.up_to = Some(later.last().map_or(status.seq, |last| last.seq.0));
        }
        Ok(self.up_to.is_some_and(|up_to| status.seq >= up_to))
    }
}

/// Whether there is no such goal, and none is on its way.
async fn is_nowhere(bus: &Bus, goal: &GoalId) -> anyhow::Result<bool> {
    // In this order: what was taken is in the log.
    Ok(waiting(bus).await? == 0
        && bus.log.read(goal, Seq::START).await?.is_empty()
        && status(bus, goal).await?.is_none())
}

/// Who carries goals, as far as it matters to whoever follows one.
#[derive(Debug, Default)]
struct Workers {
    gone_since: Option<Instant>,
    is_told: bool,
}

impl Workers {
    /// Whether nobody has been there for a while.
    fn are_gone(&mut self, house: &House) -> bool {
        if house.is_worked() {
            self.gone_since = None;
            return false;
        }
        self.gone_since.get_or_insert_with(Instant::now).elapsed() >= IDLE_AFTER
    }

    /// Says, once, that the goal will not move by itself.
    async fn tell(&mut self, house: &House) -> anyhow::Result<()> {
        if std::mem::replace(&mut self.is_told, true) {
            return Ok(());
        }
        let note = nobody_works(waiting(&house.bus).await?);
        if house.common.json {
            out::json_note(&json!({ "note": note }).to_string());
        } else {
            out::note(note);
        }
        Ok(())
    }
}

/// What is said when nobody carries goals and so many inputs wait.
pub(crate) fn nobody_works(waiting: u64) -> String {
    let waits = match waiting {
        0 => String::new(),
        many => {
            let verb = if many == 1 { "waits" } else { "wait" };
            format!("; {} {verb} to be taken", words::count(many, "input", "inputs"))
        }
    };
    format!("nothing works on goals here now{waits}; start: galley up")
}

/// How following ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Ended,
    Asks,
    Stopped,
}

impl Over {
    fn with(self, status: Status) -> Followed {
        let status = Box::new(status);
        match self {
            Self::Ended => Followed::Ended(status),
            Self::Asks => Followed::Asks(status),
            Self::Stopped => Followed::Stopped(status),
        }
    }
}

/// How following ends at this status, if it does.
fn ending(status: &Status) -> Option<Over> {
    let view = &status.view;
    let waits = || view.steps.iter().flat_map(|step| &step.open).map(|open| &open.waits);
    let moves_by_itself = waits().any(|waits| match waits {
        Waits::Agent | Waits::Retry | Waits::Goal { .. } | Waits::Signal => true,
        Waits::Turn | Waits::Person => false,
    });
    match view.phase {
        Phase::Ended { .. } => Some(Over::Ended),
        Phase::Stopped => Some(Over::Stopped),
        Phase::Running if moves_by_itself => None,
        Phase::Running if !view.questions.is_empty() => Some(Over::Asks),
        // The stop of an agent kind holds a goal once only that kind's steps are left.
        Phase::Running if !view.stops.is_empty() => Some(Over::Stopped),
        Phase::New | Phase::Running | Phase::Unwinding { .. } => None,
    }
}
