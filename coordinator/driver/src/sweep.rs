//! Looking after live goals: what a crash left undone is made good here, whoever crashed.
//!
//! Level-triggered: a sweep looks at every goal that its status calls live, whatever woke it, and
//! brings on those whose log went on without their status, whose acts are owed, or whose alarm should
//! have gone off. The status never says more than what was done, so these are all that a crash can
//! leave behind.
//!
//! The first sweep begins at start, beside everything else: a coordinator is ready before it. Of a
//! goal that nothing is owed to, a sweep reads the status and looks whether the log went on: two small
//! reads, no write, and the goal is not loaded. It looks after at most sixteen goals at a time, so a
//! hundred thousand live goals cost a bus no more at once than sixteen do.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use galley_bus_core::Unreachable;
use galley_bus_core::log::{ReadError, Seq};
use galley_coordinator_goal::Command;
use galley_schemas::id::{GoalId, MessageId};
use galley_schemas::input::Fired;
use galley_schemas::view::{Phase, Status};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::acts::{self, Said};
use crate::archive::ArchiveError;
use crate::commit::{CommitError, Told};
use crate::hands::Hands;
use crate::registry::ResolveError;
use crate::views::{Urgency, each_status};

/// An alarm that should have gone off so long ago is taken to be lost.
const LATE: TimeDelta = TimeDelta::seconds(10);

/// The part that sweeps: at start, and every sweep period.
pub(crate) async fn run(hands: Arc<Hands>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(hands.config.sweep_period());
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = tick.tick() => {
                let swept = tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    swept = hands.sweep() => swept,
                };
                if let Err(error) = swept {
                    tracing::warn!(%error, "sweep broken off; again soon");
                }
            }
        }
    }
}

impl Hands {
    /// Looks after every live goal, and archives what ended long ago.
    ///
    /// # Errors
    /// The bus was out of reach; some goals were not looked after.
    pub(crate) async fn sweep(&self) -> Result<(), Unreachable> {
        let goals = AtomicU64::new(0);
        each_status(&*self.bus.kv, |status| {
            goals.fetch_add(1, Ordering::Relaxed);
            self.sweep_one(status)
        })
        .await?;
        tracing::info!(goals = goals.into_inner(), "swept");
        Ok(())
    }

    async fn sweep_one(&self, status: Status) -> Result<(), Unreachable> {
        if self.is_past(&status) {
            return self.sweep_out(status).await;
        }
        if !is_live(&status) {
            return Ok(());
        }
        // Its agents may report before it is loaded.
        match self.registry.version(&status.view.workflow).await {
            Ok(workflow) => self.kinds.learn_of(&workflow),
            Err(ResolveError::Unreachable(error)) => return Err(error),
            Err(ResolveError::Refused(fault)) => {
                tracing::warn!(goal = %status.view.goal, %fault, "a goal's workflow cannot be used");
            }
        }
        if !self.looks_undone(&status).await? {
            return Ok(());
        }
        match self.bring_on(status.view.goal).await {
            Ok(()) => Ok(()),
            Err(CommitError::Unreachable(error)) => Err(error),
            Err(error) => {
                tracing::error!(goal = %status.view.goal, %error, "goal cannot be looked after");
                Ok(())
            }
        }
    }

    async fn sweep_out(&self, status: Status) -> Result<(), Unreachable> {
        let goal = status.view.goal;
        let is_overdue = self.is_overdue(&status);
        match self.archive(status).await {
            Ok(()) => {
                self.overdue_told.store(false, Ordering::Relaxed);
                Ok(())
            }
            Err(ArchiveError::Unreachable(error)) => Err(error),
            Err(ArchiveError::NotCarried { carried }) => {
                if is_overdue && !self.overdue_told.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        %goal, carried = carried.0,
                        "goals that ended long ago stay in the log until it was carried to learning; \
                         is the relay, or the learner, running?"
                    );
                }
                Ok(())
            }
            Err(error @ (ArchiveError::Unreadable(_) | ArchiveError::Unstorable(_))) => {
                let cause = error.source();
                tracing::error!(%goal, %error, cause, "goal cannot be archived; it stays in the log");
                Ok(())
            }
        }
    }

    /// Whether something may have been left undone, as far as the status and the log's end tell.
    async fn looks_undone(&self, status: &Status) -> Result<bool, Unreachable> {
        if status.acted < status.seq || status.view.alarm.is_some_and(|at| self.is_late(at)) {
            return Ok(true);
        }
        let read = self.bus.log.read(&status.view.goal, Seq(status.seq));
        match self.within("read a goal's log", read).await {
            Ok(entries) => Ok(!entries.is_empty()),
            Err(ReadError::Unreachable(error)) => Err(error),
            Err(ReadError::Undecodable { .. }) => Ok(true),
        }
    }

    /// Whether an alarm should have gone off by now.
    fn is_late(&self, at: DateTime<Utc>) -> bool {
        at + LATE < self.clock.now()
    }

    /// Brings a goal up to date, carries out what it owes, and sees that its alarm is armed.
    async fn bring_on(&self, goal: GoalId) -> Result<(), CommitError> {
        let look = self.look_after(goal).await?;
        for broken in &look.broken {
            tracing::error!(%goal, ?broken, "an invariant of the goal does not hold");
        }
        let alarm = look.snapshot.alarm();
        self.board.note(look.snapshot, Urgency::Prompt);
        let Some(at) = alarm else { return Ok(()) };
        let fired = Fired { goal, at };
        if self.is_late(at) {
            let cause = MessageId::new(format!("sweep-{goal}-{}", at.timestamp_micros()));
            self.commit(Told::new(goal, cause, Command::Fire(fired))).await?;
            return Ok(());
        }
        let id = MessageId::new(format!("alarm-{goal}-{}", at.timestamp_micros()));
        let arm = acts::arm(&self.bus, goal, at, Said { at, id });
        self.within("arm an alarm", arm).await?;
        Ok(())
    }
}

fn is_live(status: &Status) -> bool {
    match status.view.phase {
        Phase::New | Phase::Running | Phase::Stopped | Phase::Unwinding { .. } => true,
        // Its last acts may still be owed: taking the alarm away, telling the parent.
        Phase::Ended { .. } => status.acted < status.seq,
    }
}
