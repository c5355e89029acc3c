//! What can go wrong, and how often it does in one run.
//!
//! Each seed draws which kinds of fault it has at all, and how many of each: a run with a few kinds
//! goes deeper than one with all of them a little.

use std::collections::BTreeMap;

use galley_tests_support::dice::Dice;

/// One way in which something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A call to the bus never reaches it.
    RequestLost,
    /// A call to the bus took effect, and the caller is told that it failed.
    AnswerLost,
    /// A call to the bus is said to have failed, and takes effect up to a minute later.
    Late,
    /// A call to the bus takes seconds.
    Slow,
    /// The process dies as it calls the bus.
    DiesBefore,
    /// The process dies after its call took effect.
    DiesAfter,
    /// One publish stores two messages.
    StoredTwice,
    /// A sign of life for a loan is said to have been taken, and was not.
    BeatLost,
    /// Acknowledgements of the last seconds are forgotten when the bus changes its leader.
    AckForgotten,
    /// A pull gets what it is given in another order.
    Reordered,
    /// A watch, a listener or a served subject ends.
    StreamEnds,
    /// A change in a bucket reaches a watcher seconds later.
    WatchLags,
    /// A broadcast does not reach one of its listeners.
    Unheard,
    /// A request is lost on the way.
    CallLost,
    /// The answer to a request is lost.
    ReplyLost,
    /// A request is worked on after its caller stopped waiting, up to minutes later.
    CallLate,
    /// A request is worked on twice.
    CallTwice,
    /// Nobody is found who serves a subject.
    NoResponder,
    /// An alarm goes off twice.
    AlarmTwice,
    /// An alarm never goes off.
    AlarmLost,
    /// A process dies at a random time.
    Crash,
    /// A process is stopped in order and started again.
    Restart,
    /// A process cannot reach the bus for a while.
    Cut,
    /// Nobody can reach the bus for a while: it has no leader.
    Outage,
    /// A machine's clock jumps.
    ClockJump,
    /// Somebody sends what cannot be read.
    Poison,
    /// A person gives an order to stop, resume or cancel.
    Order,
    /// A person says something twice, too late, or about something else.
    OddInput,
    /// An agent fails in a way that may pass.
    AgentFails,
    /// An agent fails for good.
    AgentGivesUp,
    /// An agent panics.
    AgentPanics,
    /// An agent takes longer than it may.
    AgentHangs,
    /// A write to the outside world happens, and the answer to it is lost.
    WriteUnheard,
    /// A write to the outside world does not happen, and nobody says so.
    WriteLost,
    /// The target refuses a write.
    WriteRefused,
    /// A write to the outside world takes long.
    WriteSlow,
    /// The target cannot be asked what it has.
    TargetSilent,
    /// The target cannot tell whether it has a write.
    TargetShrugs,
    /// The model's server fails.
    ModelFails,
}

/// Every fault, with the most of a thousand cases in which a run has it. For those that come by
/// time it is a weight among all that come by time.
const MOST: [(Fault, u32); 39] = [
    (Fault::RequestLost, 25),
    (Fault::AnswerLost, 25),
    (Fault::Late, 20),
    (Fault::Slow, 30),
    (Fault::DiesBefore, 2),
    (Fault::DiesAfter, 3),
    (Fault::StoredTwice, 40),
    (Fault::BeatLost, 300),
    (Fault::AckForgotten, 500),
    (Fault::Reordered, 300),
    (Fault::StreamEnds, 300),
    (Fault::WatchLags, 300),
    (Fault::Unheard, 400),
    (Fault::CallLost, 60),
    (Fault::ReplyLost, 80),
    (Fault::CallLate, 60),
    (Fault::CallTwice, 60),
    (Fault::NoResponder, 60),
    (Fault::AlarmTwice, 200),
    (Fault::AlarmLost, 60),
    (Fault::Crash, 300),
    (Fault::Restart, 100),
    (Fault::Cut, 150),
    (Fault::Outage, 60),
    (Fault::ClockJump, 100),
    (Fault::Poison, 60),
    (Fault::Order, 150),
    (Fault::OddInput, 200),
    (Fault::AgentFails, 80),
    (Fault::AgentGivesUp, 15),
    (Fault::AgentPanics, 30),
    (Fault::AgentHangs, 20),
    (Fault::WriteUnheard, 100),
    (Fault::WriteLost, 80),
    (Fault::WriteRefused, 30),
    (Fault::WriteSlow, 200),
    (Fault::TargetSilent, 60),
    (Fault::TargetShrugs, 60),
    (Fault::ModelFails, 60),
];

impl Fault {
    /// Every fault.
    pub fn all() -> impl Iterator<Item = Self> {
        MOST.into_iter().map(|(fault, _)| fault)
    }
}

/// The faults of one run: which there are, how often, and how often each was injected.
#[derive(Debug, Clone, Default)]
pub struct Weather {
    rates: BTreeMap<Fault, u32>,
    injected: BTreeMap<Fault, u64>,
    calm: bool,
}

impl Weather {
    /// Nothing goes wrong.
    pub(crate) fn calm() -> Self {
        Self { calm: true, ..Self::default() }
    }

    /// The weather that a seed draws.
    pub(crate) fn drawn(dice: &mut Dice) -> Self {
        let mut weather = Self::default();
        // One run in sixteen has everything, one in sixteen nothing but slow networks.
        let kinds = match dice.below(16) {
            0 => 1_000,
            1 => 0,
            _ => 550,
        };
        for (fault, most) in MOST {
            let rate = 1 + dice.below(u64::from(most));
            if dice.permille(kinds) {
                weather.rates.insert(fault, u32::try_from(rate).unwrap_or(most));
            }
        }
        weather
    }

    /// Only these faults, each at its highest rate.
    pub(crate) fn only(faults: &[Fault]) -> Self {
        let rates = MOST.into_iter().filter(|(fault, _)| faults.contains(fault)).collect();
        Self { rates, ..Self::default() }
    }

    /// From now on nothing goes wrong any more.
    pub(crate) fn clear_up(&mut self) {
        self.calm = true;
    }

    /// Whether a fault strikes now; it is counted then.
    pub(crate) fn strikes(&mut self, fault: Fault, dice: &mut Dice) -> bool {
        let rate = self.rates.get(&fault).copied().unwrap_or(0);
        let strikes = !self.calm && rate > 0 && dice.permille(rate);
        if strikes {
            self.count(fault);
        }
        strikes
    }

    /// What comes next of all that comes by time; none when this weather has nothing of that kind.
    pub(crate) fn next_event(&mut self, dice: &mut Dice) -> Option<Event> {
        let rate = |event: &Event| u64::from(self.rates.get(&event.fault()).copied().unwrap_or(0));
        let mut left = dice.below(EVENTS.iter().map(rate).sum());
        let found = EVENTS.into_iter().find(|event| {
            let rate = rate(event);
            let is_it = left < rate;
            left = left.saturating_sub(rate);
            is_it
        });
        let found = found.filter(|_| !self.calm)?;
        self.count(found.fault());
        Some(found)
    }

    /// Counts a fault that was injected.
    pub(crate) fn count(&mut self, fault: Fault) {
        *self.injected.entry(fault).or_default() += 1;
    }

    /// How often each fault was injected.
    pub(crate) const fn injected(&self) -> &BTreeMap<Fault, u64> {
        &self.injected
    }
}

/// What comes by time, not by call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Crash,
    Restart,
    Cut,
    Outage,
    ClockJump,
    Poison,
    Order,
    OddInput,
}

const EVENTS: [Event; 8] = [
    Event::Crash,
    Event::Restart,
    Event::Cut,
    Event::Outage,
    Event::ClockJump,
    Event::Poison,
    Event::Order,
    Event::OddInput,
];

impl Event {
    const fn fault(self) -> Fault {
        match self {
            Self::Crash => Fault::Crash,
            Self::Restart => Fault::Restart,
            Self::Cut => Fault::Cut,
            Self::Outage => Fault::Outage,
            Self::ClockJump => Fault::ClockJump,
            Self::Poison => Fault::Poison,
            Self::Order => Fault::Order,
            Self::OddInput => Fault::OddInput,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_in_the_table_once() {
        let mut faults: Vec<_> = MOST.iter().map(|(fault, _)| *fault).collect();
        faults.sort_unstable();
        faults.dedup();
        assert_eq!(faults.len(), MOST.len());
        assert!(EVENTS.iter().all(|event| faults.contains(&event.fault())));
    }

    #[test]
    fn nothing_strikes_in_calm_weather() {
        let mut dice = Dice::new(1);
        let mut weather = Weather::only(&[Fault::Crash, Fault::BeatLost]);
        assert!((0..100).any(|_| weather.strikes(Fault::BeatLost, &mut dice)));
        assert_eq!(weather.next_event(&mut dice), Some(Event::Crash));
        assert!(!(0..100).any(|_| weather.strikes(Fault::Slow, &mut dice)));
        weather.clear_up();
        assert!(!(0..100).any(|_| weather.strikes(Fault::BeatLost, &mut dice)));
        assert_eq!(weather.next_event(&mut dice), None);
    }
}
