//! Lanes: the inputs of one goal are worked on one after the other, in the order of their places.
//!
//! Inputs are pulled many at a time and worked on at once. Those of different goals do not wait for
//! each other; those of one goal stand in its lane. A lane is short: what does not fit is given back
//! to the queue, and so is what comes behind it, until that has come again. An input that could not
//! be worked on and was given back holds up those behind it in the same way.
//!
//! What is promised: the inputs of one goal that one coordinator is delivered take effect in the
//! order of publishing. Among several coordinators this holds for orders only, which is the doing of
//! [`crate::fences`]; two answers that are given at the same moment may be taken in either order. A
//! given back input that does not come here again (another coordinator has it) is waited for until
//! [`PATIENCE`] is over, and only so many are remembered: a hint that keeps order as a rule, never
//! a lock.
//!
//! Nothing here knows what an input says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use galley_bus_core::queue::Place;
use galley_schemas::id::GoalId;
use tokio::sync::oneshot;

/// How many inputs of one goal are in hand at once.
const LANE_MAX: usize = 32;
/// How many given back inputs of one goal are remembered.
const OWED_MAX: usize = 4_096;
/// Within this, a lane full of inputs is worked on: what is given back comes again after as many of
/// these as there are lanes full before it.
const LANE_TIME: Duration = Duration::from_millis(100);
/// Shortest delay of what is given back.
const BACK_MIN: Duration = Duration::from_millis(50);
/// How long after its time a given back input is still waited for.
const PATIENCE: TimeDelta = TimeDelta::seconds(2);
/// When what was dropped unfinished is expected again.
const DROPPED: TimeDelta = TimeDelta::seconds(5);
/// With so many lanes, those that nothing is expected in any more are looked for.
const PURGE_MIN: usize = 1_024;

/// What an input is told when its turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Go {
    /// It is worked on now.
    Now,
    /// It is given back to the queue, for this long.
    Back(Duration),
}

/// The lanes of all goals that inputs are in hand for.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    lanes: BTreeMap<GoalId, Lane>,
    /// Tells two deliveries of one input apart.
    entered: u64,
    purge_at: usize,
}

/// An input in hand.
type Seat = (Place, u64);

#[derive(Debug, Default)]
struct Lane {
    at_work: Option<Seat>,
    waiting: BTreeMap<Seat, oneshot::Sender<Go>>,
    /// What was given back, and when it is expected again.
    owed: BTreeMap<Place, DateTime<Utc>>,
}

/// An input's place in its lane. Dropped without [`Ticket::leave`], it counts as given back.
#[derive(Debug)]
pub(crate) struct Ticket {
    lanes: Arc<Lanes>,
    goal: GoalId,
    seat: Seat,
    entered: DateTime<Utc>,
    go: oneshot::Receiver<Go>,
}

impl Lanes {
    /// Puts an input in its lane. Called in the order of delivery.
    pub(crate) fn enter(
        self: &Arc<Self>,
        goal: GoalId,
        place: Place,
        now: DateTime<Utc>,
    ) -> Ticket {
        let (tell, go) = oneshot::channel();
        let mut all = self.lock();
        all.entered = all.entered.wrapping_add(1);
        let seat = (place, all.entered);
        all.purge(now);
        all.lanes.entry(goal).or_default().enter(seat, tell, now);
        drop(all);
        Ticket { lanes: Arc::clone(self), goal, seat, entered: now, go }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an input out of its lane; `again` says when it is expected again.
    fn leave(&self, goal: GoalId, seat: Seat, again: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        let mut all = self.lock();
        let Some(lane) = all.lanes.get_mut(&goal) else { return };
        lane.leave(seat, again, now);
        if lane.is_empty() {
            all.lanes.remove(&goal);
        }
    }
}

impl Ticket {
    /// Waits for its turn.
    pub(crate) async fn turn(&mut self) -> Go {
        (&mut self.go).await.unwrap_or(Go::Back(BACK_MIN))
    }

    /// Lets the next one go: this one is done with, or it was given back for so long.
    pub(crate) fn leave(mut self, back: Option<Duration>, now: DateTime<Utc>) {
        let again = back.map(|delay| later(now, delay));
        self.lanes.leave(self.goal, self.seat, again, now);
        // Dropped from here on, it is in no lane.
        self.seat = (Place::default(), 0);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.seat.1 > 0 {
            self.lanes.leave(self.goal, self.seat, Some(self.entered + DROPPED), self.entered);
        }
    }
}

impl All {
    /// Drops lanes that only wait for what went elsewhere.
    fn purge(&mut self, now: DateTime<Utc>) {
        if self.lanes.len() >= self.purge_at.max(PURGE_MIN) {
            self.lanes.retain(|_, lane| {
                lane.forget(now);
                !lane.is_empty()
            });
            self.purge_at = self.lanes.len().saturating_mul(2);
        }
    }
}

impl Lane {
    fn enter(&mut self, seat: Seat, tell: oneshot::Sender<Go>, now: DateTime<Utc>) {
        self.owed.remove(&seat.0);
        let is_full = self.waiting.len() >= LANE_MAX
            && self.waiting.last_key_value().is_some_and(|(last, _)| *last < seat);
        if is_full {
            let before = self.owed.range(..seat.0).count() / LANE_MAX + 1;
            let delay = LANE_TIME.saturating_mul(u32::try_from(before).unwrap_or(u32::MAX));
            self.give_back(seat.0, tell, delay, now);
        } else {
            self.waiting.insert(seat, tell);
            self.go_on(now);
        }
    }

    fn leave(&mut self, seat: Seat, again: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        self.waiting.remove(&seat);
        if self.at_work == Some(seat) {
            self.at_work = None;
        }
        if let Some(again) = again {
            self.owe(seat.0, again);
        }
        self.go_on(now);
    }

    /// Lets the first one go that waits, if none is at work; gives back what comes behind one that
    /// was given back.
    fn go_on(&mut self, now: DateTime<Utc>) {
        self.forget(now);
        while self.at_work.is_none()
            && let Some((seat, tell)) = self.waiting.pop_first()
        {
            match self.owed.range(..seat.0).next() {
                Some((_, expected)) => {
                    let delay = (*expected - now).to_std().unwrap_or_default().max(BACK_MIN);
                    self.give_back(seat.0, tell, delay, now);
                }
                // One that stopped waiting says so itself when it leaves.
                None => {
                    if tell.send(Go::Now).is_ok() {
                        self.at_work = Some(seat);
                    }
                }
            }
        }
    }

    fn give_back(
        &mut self,
        place: Place,
        tell: oneshot::Sender<Go>,
        delay: Duration,
        now: DateTime<Utc>,
    ) {
        self.owe(place, later(now, delay));
        if tell.send(Go::Back(delay)).is_err() {
            tracing::debug!(?place, "what is given back was given up before");
        }
    }

    fn owe(&mut self, place: Place, again: DateTime<Utc>) {
        if self.owed.len() < OWED_MAX {
            self.owed.insert(place, again);
        }
    }

    /// Waits no longer for what should have come again long ago.
    fn forget(&mut self, now: DateTime<Utc>) {
        self.owed.retain(|_, expected| *expected + PATIENCE > now);
    }

    fn is_empty(&self) -> bool {
        self.at_work.is_none() && self.waiting.is_empty() && self.owed.is_empty()
    }
}

fn later(now: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    let delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests;
