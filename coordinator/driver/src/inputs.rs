//! Inputs from the stream: read, decided, settled. A message that cannot be acted on is kept as
//! refused and never stops the loop. The inputs of one goal take turns ([`crate::lanes`]).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::message::Message;
use galley_bus_core::queue::{Delivery, Place};
use galley_bus_core::serve::{Handler, Serve, Settle};
use galley_bus_core::{Unreachable, topology};
use galley_coordinator_goal::{Command, Reply};
use galley_schemas::fault::Fault;
use galley_schemas::id::GoalId;
use galley_schemas::input::Fired;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::commit::{CommitError, Told};
use crate::hands::Hands;
use crate::intake::{self, Input, Unreadable};
use crate::lanes::{Go, Lanes, Ticket};
use crate::{fault, rejects};

/// Delay before a delivery that could not be worked on comes again: doubled each time.
const AGAIN_FIRST: Duration = Duration::from_millis(250);
const AGAIN_MOST: Duration = Duration::from_secs(60);
/// How often an input for a goal that does not exist is looked at: its submission may be behind it.
const UNKNOWN_GOAL_TRIES: u64 = 4;
/// How often an input for a goal whose log cannot be read is looked at: a newer coordinator, which
/// can read it, may take it.
const DAMAGED_TRIES: u64 = 10;

/// For each input that is worked on, so many more may be in hand and wait in their lanes.
const IN_HAND_FACTOR: usize = 4;

/// The part that serves the stream of inputs.
pub(crate) async fn run(hands: Arc<Hands>, stop: CancellationToken) {
    let at_once = usize::try_from(hands.config.inputs_in_flight).unwrap_or(usize::MAX);
    let at_once = at_once.clamp(1, Semaphore::MAX_PERMITS);
    let serve = Serve {
        consumer: topology::inputs(),
        slots: at_once.saturating_mul(IN_HAND_FACTOR),
        grace: hands.config.grace(),
    };
    let queue = Arc::clone(&hands.bus.queue);
    let (lanes, arrived) = (Arc::default(), Mutex::default());
    let inputs = Inputs { hands, lanes, arrived, at_once: Semaphore::new(at_once) };
    serve.run(queue, Arc::new(inputs), stop).await;
}

struct Inputs {
    hands: Arc<Hands>,
    lanes: Arc<Lanes>,
    /// What arrived and is not handled yet, by place and delivery.
    arrived: Mutex<BTreeMap<(Place, u64), Arrived>>,
    /// Bounds how many are worked on at once.
    at_once: Semaphore,
}

/// What an input says, and its place in its goal's lane if it waits for its turn.
struct Arrived {
    input: Result<Input, Box<Unreadable>>,
    ticket: Option<Ticket>,
}

impl Inputs {
    fn read(&self, delivery: &Delivery) -> Arrived {
        let hands = &self.hands;
        let input = intake::decode(&delivery.message, &hands.config.default_workflow);
        let lane = input.as_ref().ok().and_then(Input::lane);
        let place = match input {
            // Before all else: what is said of a goal that is not there yet waits for it.
            Ok(Input::Submit(_)) => Place::default(),
            Ok(Input::Steer(_) | Input::Tell { .. }) | Err(_) => delivery.place,
        };
        let enter = |goal| self.lanes.enter(goal, place, hands.clock.now());
        Arrived { input, ticket: lane.map(enter) }
    }

    fn arrived(&self) -> MutexGuard<'_, BTreeMap<(Place, u64), Arrived>> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work(&self, delivery: &Delivery, input: Result<Input, Box<Unreadable>>) -> Settle {
        let Ok(_permit) = self.at_once.acquire().await else { return Settle::Leave };
        let Delivery { message, place, delivery: tries, .. } = delivery;
        let taken = Taken { message, place: *place, tries: *tries };
        match self.hands.take(taken, input).await {
            Ok(settle) => settle,
            Err(error) => {
                tracing::warn!(message = %message.id, %tries, %error, "input not worked on; again later");
                Settle::RetryLater(later(*tries))
            }
        }
    }
}

#[async_trait]
impl Handler for Inputs {
    fn arrived(&self, delivery: &Delivery) {
        let arrived = self.read(delivery);
        self.arrived().insert((delivery.place, delivery.delivery), arrived);
    }

    async fn handle(&self, delivery: Delivery, lost: CancellationToken) -> Settle {
        let arrived = self.arrived().remove(&(delivery.place, delivery.delivery));
        let Arrived { input, ticket } = arrived.unwrap_or_else(|| self.read(&delivery));
        let Some(mut ticket) = ticket else { return self.work(&delivery, input).await };
        let go = tokio::select! {
            biased;
            () = lost.cancelled() => return Settle::Leave,
            go = ticket.turn() => go,
        };
        let settle = match go {
            Go::Now => self.work(&delivery, input).await,
            Go::Back(delay) => Settle::RetryLater(delay),
        };
        let now = self.hands.clock.now();
        match settle {
            Settle::Ack | Settle::Discard => ticket.leave(None, now),
            Settle::RetryLater(delay) => ticket.leave(Some(delay), now),
            // It comes again, nobody knows when.
            Settle::Leave => drop(ticket),
        }
        settle
    }
}

/// The delay after so many tries.
fn later(tries: u64) -> Duration {
    let doubled = u32::try_from(tries.saturating_sub(1).min(16)).unwrap_or(16);
    AGAIN_FIRST.saturating_mul(1 << doubled).min(AGAIN_MOST)
}

/// An input in hand: what was delivered, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken<'a> {
    /// The message.
    pub message: &'a Message,
    /// Where it lies among the inputs.
    pub place: Place,
    /// Which delivery of it this is; 1 for the first.
    pub tries: u64,
}

impl Hands {
    /// Works on one message from the stream of inputs.
    ///
    /// # Errors
    /// What may pass: the message is to be delivered again.
    async fn take(
        &self,
        taken: Taken<'_>,
        input: Result<Input, Box<Unreadable>>,
    ) -> Result<Settle, Unreachable> {
        match input {
            Ok(Input::Submit(submission)) => self.take_submission(taken, submission).await,
            Ok(Input::Steer(control)) => self.take_control(taken, control).await,
            Ok(Input::Tell { goal, command }) => self.take_told(taken, goal, command).await,
            Err(unreadable) => self.refuse(taken, unreadable.goal, unreadable.fault).await,
        }
    }

    async fn take_told(
        &self,
        taken: Taken<'_>,
        goal: GoalId,
        command: Command,
    ) -> Result<Settle, Unreachable> {
        if let Command::Fire(fired) = &command
            && let Some(early) = self.early(fired)
        {
            return Ok(Settle::RetryLater(early));
        }
        let is_alarm = matches!(command, Command::Fire(_));
        match self.commit(Told::new(goal, taken.message.id.clone(), command)).await {
            // The alarm of a goal that was archived meanwhile.
            Err(CommitError::UnknownGoal(_)) if is_alarm => Ok(Settle::Ack),
            result => self.settle(taken, goal, result).await,
        }
    }

    /// How an input that was decided, or was not, is settled.
    pub(crate) async fn settle(
        &self,
        taken: Taken<'_>,
        goal: GoalId,
        result: Result<Reply, CommitError>,
    ) -> Result<Settle, Unreachable> {
        match result {
            Ok(Reply::Noted | Reply::Verdict(_)) => Ok(Settle::Ack),
            Ok(Reply::Refused(fault)) | Err(CommitError::TooLarge(fault)) => {
                self.refuse(taken, Some(goal), fault).await
            }
            Err(CommitError::UnknownGoal(_)) if taken.tries < UNKNOWN_GOAL_TRIES => {
                Ok(Settle::RetryLater(later(taken.tries)))
            }
            Err(CommitError::UnknownGoal(_)) => {
                self.refuse(taken, None, fault::unknown_goal(&goal)).await
            }
            Err(CommitError::Damaged(_)) if taken.tries < DAMAGED_TRIES => {
                Ok(Settle::RetryLater(later(taken.tries)))
            }
            Err(CommitError::Damaged(fault)) => self.refuse(taken, None, fault).await,
            Err(CommitError::Contended(_)) => Ok(Settle::RetryLater(later(taken.tries))),
            Err(CommitError::Unreachable(error)) => Err(error),
        }
    }

    /// Keeps a refused input: on the rejected subject as it came, and in the goal's log that it was
    /// refused.
    pub(crate) async fn refuse(
        &self,
        taken: Taken<'_>,
        goal: Option<GoalId>,
        fault: Fault,
    ) -> Result<Settle, Unreachable> {
        let now = self.clock.now();
        let keep = rejects::keep(&self.bus, taken.message, fault.clone(), now);
        self.within("keep a refused input", keep).await?;
        let Some(goal) = goal else { return Ok(Settle::Discard) };
        let told = Told::new(goal, taken.message.id.clone(), Command::Reject { fault });
        match self.commit(told).await {
            Ok(_)
            | Err(
                CommitError::UnknownGoal(_) | CommitError::Damaged(_) | CommitError::TooLarge(_),
            ) => Ok(Settle::Discard),
            Err(CommitError::Contended(_)) => Ok(Settle::RetryLater(later(taken.tries))),
            Err(CommitError::Unreachable(error)) => Err(error),
        }
    }

    /// How long an alarm went off too early by this machine's clock: it is not decided before its
    /// time.
    fn early(&self, fired: &Fired) -> Option<Duration> {
        let early = (fired.at - self.clock.now()).to_std().ok()?;
        (!early.is_zero()).then_some(early.min(AGAIN_MOST))
    }
}
