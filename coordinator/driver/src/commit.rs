//! The heart: one input to one goal, decided, recorded, carried out.
//!
//! Steps of a turn, under the goal's own lock:
//! 1. Load: the goal as it is known here, or else folded from its log ([`crate::recall`]).
//! 2. Discharge: if the acts of its *last* record are not known to be carried out, carry them out.
//! 3. Recognise: an input of the bus that has its record is done with (step 2 repeated its acts).
//! 4. Fence: orders to stop or resume that the goal was not told yet are decided first.
//! 5. Decide. Nothing happened? Then answer, but never from memory alone: the log is read once more,
//!    and if it went on, the turn begins anew.
//! 6. Append one record where the goal's log ended when it was decided. Somebody else was faster?
//!    Read what they recorded and begin anew. This is the only step that changes the goal.
//! 7. Discharge the new record's acts.
//! 8. Answer. Whoever called settles the input now, and not before.
//!
//! Guarantees:
//! - Append first, act second, settle last: a crash between any two leaves an input unsettled or a
//!   report unanswered; it comes again, and meets step 2.
//! - Nobody appends after a record whose acts they do not know to be carried out. So only the last
//!   record of a log can be owed, an act is never repeated after a later one of the same goal, and
//!   whoever next touches the goal (an input, a report, the sweep) makes good what a crash left.
//! - A report is decided anew whenever it comes: the same words may be new (the same effect intended
//!   again after it failed), and `decide` tells a repeated result by its lease. One alone is recognised
//!   like an input: how an effect stands. A copy of it that is held up until the effect is announced
//!   again would settle that.
//! - Which acts are carried out is remembered in memory and, soon after, in the goal's status in the
//!   bucket `goals`. That mark may lag, never lead.
//!
//! Assumptions: acts may be repeated (their ids are the same, their messages equal; agents are told
//! apart by lease). A process that hangs between append and an `Arm` for longer than the next turn
//! takes elsewhere can put an older time in the alarm's place; the sweep sets it right.

use std::sync::Arc;

use galley_bus_core::Unreachable;
use galley_bus_core::log::{AppendError, Entry, Seq};
use galley_bus_core::trace;
use galley_coordinator_goal::workflow::Workflow;
use galley_coordinator_goal::{Command, Decision, Goal, Reply, decide};
use galley_schemas::fault::Fault;
use galley_schemas::id::{GoalId, MessageId};
use galley_schemas::input::Standing;
use galley_schemas::record::{Act, Event, Record};
use galley_schemas::report::{Body, Verdict};
use tracing::Instrument as _;

use crate::hands::Hands;
use crate::load::Known;
use crate::views::Urgency;
use crate::{acts, fault, fences};

/// Longest note of progress that is kept.
const NOTE_CHARS_MAX: usize = 200;

/// One input to one goal.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// The goal.
    pub goal: GoalId,
    /// What the record will name as its cause.
    pub cause: MessageId,
    /// What the goal is told.
    pub command: Command,
    /// For a submission: the workflow that the goal runs on if there is no such goal yet.
    pub begin: Option<Arc<Workflow>>,
    /// Whether there can hardly be such a goal yet: it is not looked for before it begins.
    pub new: bool,
    /// Why a result counts as a failed attempt although it was well formed.
    pub shrunk: Option<Fault>,
}

impl Told {
    /// Something that a goal is told that is there already.
    pub(crate) fn new(goal: GoalId, cause: MessageId, command: Command) -> Self {
        Self { goal, cause, command, begin: None, new: false, shrunk: None }
    }
}

/// Why an input was not decided.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    /// There is no such goal.
    #[error("there is no goal {0}")]
    UnknownGoal(GoalId),
    /// Its log cannot be folded: nothing can be decided about it here.
    #[error("the log of the goal cannot be read")]
    Damaged(#[source] Fault),
    /// The decision does not fit into a record, and neither does refusing it.
    #[error("the decision is too large to be recorded")]
    TooLarge(#[source] Fault),
    /// Others decided about the goal first, again and again: try again later.
    #[error("goal {0} is being decided elsewhere without end")]
    Contended(GoalId),
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// What came of a turn.
enum Turn {
    Over(Reply),
    /// The goal went on elsewhere: decide again.
    Again,
}

/// What came of an append.
enum Appended {
    Yes,
    Conflict,
    TooLarge(Fault),
}

impl Hands {
    /// Decides an input, records it, and carries out what it causes.
    ///
    /// # Errors
    /// [`CommitError`]; after one that is not final the same input may be given again.
    pub(crate) async fn commit(&self, told: Told) -> Result<Reply, CommitError> {
        let span = tracing::info_span!("decide", goal = %told.goal, cause = %told.cause);
        trace::adopt_goal(&span, &told.goal);
        self.commit_one(told).instrument(span).await
    }

    async fn commit_one(&self, told: Told) -> Result<Reply, CommitError> {
        let slot = self.goals.slot(told.goal, self.clock.now());
        let mut place = slot.lock().await;
        let result = self.turns(&mut place, told).await;
        let keep = match (&result, place.as_ref()) {
            // What the log holds after a failed call is not known: it is read again next time.
            (Err(_), _) | (_, None) => false,
            (Ok(_), Some(known)) => known.seq > Seq::START,
        };
        if !keep {
            *place = None;
        }
        result
    }

    async fn turns(&self, place: &mut Option<Known>, mut told: Told) -> Result<Reply, CommitError> {
        for tries in 0..self.config.conflicts_max {
            if tries > 0 {
                self.back_off(tries).await;
            }
            let known = match (&mut *place, &told.begin) {
                (Some(known), _) => known,
                // If there is one all the same, the append says so.
                (None, Some(workflow)) if told.new && tries == 0 => {
                    place.insert(Known::new(told.goal, Arc::clone(workflow)))
                }
                (None, _) => place.insert(self.load(told.goal, told.begin.clone()).await?),
            };
            match self.turn(known, &mut told).await? {
                Turn::Over(reply) => {
                    let malformed = |fault| Reply::Verdict(Verdict::Malformed { fault });
                    return Ok(told.shrunk.map_or(reply, malformed));
                }
                // Somebody else began it, perhaps on another version of the workflow.
                Turn::Again if known.seq == Seq::START => *place = None,
                Turn::Again => {}
            }
        }
        Err(CommitError::Contended(told.goal))
    }

    async fn turn(&self, known: &mut Known, told: &mut Told) -> Result<Turn, CommitError> {
        self.discharge(known).await?;
        if is_told_once(&told.command) && known.has_decided(&told.cause) {
            return Ok(Turn::Over(Reply::Noted));
        }
        if let Turn::Again = self.tell_fences(known, &told.command).await? {
            return Ok(Turn::Again);
        }
        if let (Command::Reject { fault }, false) = (&told.command, known.takes_rejections()) {
            return Ok(Turn::Over(Reply::Refused(fault.clone())));
        }
        let now = self.clock.now();
        let decision = decide(&known.goal, told.command.clone(), now, &mut self.ids(now));
        let Decision { events, acts, reply, after } = decision;
        if let Command::Steer { control, epoch } = &told.command {
            known.saw(&control.scope, *epoch);
        }
        let Some(after) = after else {
            if note_progress(known, &told.command, &reply) {
                self.board.note(known.snapshot(), Urgency::Relaxed);
                return Ok(Turn::Over(reply));
            }
            return if self.refresh(known).await? {
                Ok(Turn::Again)
            } else {
                Ok(Turn::Over(reply))
            };
        };
        let cause = told.cause.clone();
        let record = Record { goal: told.goal, at: now, cause, events, acts };
        match self.append(known, record, after).await? {
            Appended::Yes => {
                self.discharge(known).await?;
                Ok(Turn::Over(reply))
            }
            Appended::Conflict => Ok(Turn::Again),
            Appended::TooLarge(fault) => shrink(told, fault),
        }
    }

    /// Appends a record where the goal is known to end, and advances it.
    async fn append(
        &self,
        known: &mut Known,
        record: Record,
        after: Goal,
    ) -> Result<Appended, CommitError> {
        let goal = record.goal;
        let append = self.bus.log.append(&goal, known.seq, &record);
        match self.within("append a record", append).await {
            Ok(seq) => {
                let facts: Vec<&str> = record.events.iter().map(Event::name).collect();
                tracing::info!(%goal, %seq, facts = facts.join(" "), "recorded");
                let entry = Entry { seq, record };
                known.advance(&entry, after);
                known.owed = (!entry.record.acts.is_empty()).then(|| Box::new(entry));
                if known.owed.is_none() {
                    self.board.note(known.snapshot(), Urgency::Prompt);
                }
                Ok(Appended::Yes)
            }
            Err(AppendError::Conflict { .. }) => {
                self.refresh(known).await?;
                Ok(Appended::Conflict)
            }
            Err(AppendError::TooLarge { bytes, max, .. }) => {
                Ok(Appended::TooLarge(fault::record_too_large(&goal, bytes, max)))
            }
            Err(AppendError::Unreachable(error)) => Err(error.into()),
        }
    }

    /// Carries out the acts of the last record, if they are owed.
    pub(crate) async fn discharge(&self, known: &mut Known) -> Result<(), Unreachable> {
        let Some(entry) = &known.owed else { return Ok(()) };
        for act in &entry.record.acts {
            if let Act::Offer { offer } = act {
                // Before the agent can report on it.
                self.kinds.learn(&offer.kind);
            }
        }
        self.within("carry out acts", acts::carry_out(&self.bus, entry)).await?;
        known.owed = None;
        self.board.note(known.snapshot(), Urgency::Prompt);
        Ok(())
    }

    /// Tells the goal the orders that it has not seen, each in a record of its own.
    async fn tell_fences(&self, known: &mut Known, command: &Command) -> Result<Turn, CommitError> {
        if known.seq == Seq::START {
            return Ok(Turn::Over(Reply::Noted));
        }
        // A write to the outside world is not let through on a snapshot that may lag.
        let is_told = || known.unseen(self.fences.known(&known.scopes())).is_empty();
        if !is_effect_intent(command) && (self.fences.are_none_known() || is_told()) {
            return Ok(Turn::Over(Reply::Noted));
        }
        let scopes = known.scopes();
        for _ in 0..self.config.conflicts_max {
            // What is told is what stands, and it still stands afterwards: else the goal may have
            // heard a later order from somebody else before this one.
            let standing = self.within("read stop fences", self.fences.read(&scopes)).await?;
            let unseen = known.unseen(standing);
            if unseen.is_empty() {
                return Ok(Turn::Over(Reply::Noted));
            }
            for standing in unseen {
                if let Turn::Again = self.tell_fence(known, standing).await? {
                    return Ok(Turn::Again);
                }
            }
        }
        Err(CommitError::Contended(known.id()))
    }

    async fn tell_fence(&self, known: &mut Known, fence: Standing) -> Result<Turn, CommitError> {
        let now = self.clock.now();
        let cause = fences::cause(&fence);
        let Standing { control, epoch, .. } = fence;
        let scope = control.scope.clone();
        let steer = Command::Steer { control, epoch };
        let decision = decide(&known.goal, steer, now, &mut self.ids(now));
        let Decision { events, acts, after, reply: _ } = decision;
        let Some(after) = after else {
            // Never from memory alone: the goal may have heard an earlier order from somebody else,
            // which this one would have to lift.
            if self.refresh(known).await? {
                return Ok(Turn::Again);
            }
            known.saw(&scope, epoch);
            return Ok(Turn::Over(Reply::Noted));
        };
        let record = Record { goal: known.id(), at: now, cause, events, acts };
        match self.append(known, record, after).await? {
            Appended::Yes => self.discharge(known).await?,
            Appended::Conflict => return Ok(Turn::Again),
            Appended::TooLarge(fault) => return Err(CommitError::TooLarge(fault)),
        }
        known.saw(&scope, epoch);
        Ok(Turn::Over(Reply::Noted))
    }
}

/// Whether a command must not be decided again when its input is delivered again. The others are
/// told apart by what they say.
fn is_told_once(command: &Command) -> bool {
    match command {
        Command::Report(report) => matches!(report.body, Body::EffectSettled { .. }),
        Command::Submit { .. }
        | Command::Fire(_)
        | Command::Answer(_)
        | Command::Steer { .. }
        | Command::Signal(_)
        | Command::ChildEnded(_)
        | Command::Note(_)
        | Command::Reject { .. } => true,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "one case of two enums; all others are alike")]
fn is_effect_intent(command: &Command) -> bool {
    match command {
        Command::Report(report) => matches!(report.body, Body::EffectIntent { .. }),
        _ => false,
    }
}

/// Keeps what a task says that it is doing; says whether it did. This alone is answered from memory:
/// at worst an attempt that was given up elsewhere works on until its next report.
fn note_progress(known: &mut Known, command: &Command, reply: &Reply) -> bool {
    if let (Command::Report(report), Reply::Verdict(Verdict::Accepted)) = (command, reply)
        && let Body::Progress { note, .. } = &report.body
    {
        let note = note.chars().take(NOTE_CHARS_MAX).collect();
        known.note_progress(report.task.clone(), note);
        return true;
    }
    false
}

/// A result that does not fit into a record counts as a failed attempt; nothing else can be made
/// smaller.
fn shrink(told: &mut Told, fault: Fault) -> Result<Turn, CommitError> {
    if let Command::Report(report) = &mut told.command
        && let Body::Done { spent, .. } = &report.body
    {
        report.body = Body::Failed { fault: fault.clone(), spent: *spent };
        told.shrunk = Some(fault);
        return Ok(Turn::Again);
    }
    Err(CommitError::TooLarge(fault))
}
