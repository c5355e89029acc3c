//! What an agent promises, in the words that its author reads.

use clap::ValueEnum;
use serde::Serialize;

/// A promise of the contract that can be checked from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Check {
    Takes,
    NamesItsAttempt,
    ReportsTo,
    Output,
    UnknownField,
    FallsBack,
    AsksAgain,
    Heartbeat,
    Acknowledges,
    Redelivered,
    Announces,
    Stale,
    Stop,
    BadInput,
    Malformed,
    NoOffer,
}

impl Check {
    /// Every check, in the order in which they are tried.
    pub(crate) const ALL: [Self; 16] = [
        Self::Takes,
        Self::NamesItsAttempt,
        Self::ReportsTo,
        Self::Output,
        Self::UnknownField,
        Self::FallsBack,
        Self::AsksAgain,
        Self::Heartbeat,
        Self::Acknowledges,
        Self::Redelivered,
        Self::Announces,
        Self::Stale,
        Self::Stop,
        Self::BadInput,
        Self::Malformed,
        Self::NoOffer,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What the contract says.
    pub(crate) const fn law(self) -> &'static str {
        match self {
            Self::Takes => {
                "an agent takes the offers of its kind from the consumer and reports on each"
            }
            Self::NamesItsAttempt => {
                "a report names goal, task, kind, attempt, lease and epoch as its offer does"
            }
            Self::ReportsTo => "a report goes to the coordinator that the offer names, first",
            Self::Output => "an output meets the schema of the kind's card and has at most 64 KiB",
            Self::UnknownField => "fields that an agent does not know are passed over",
            Self::FallsBack => {
                "when the named coordinator is gone, the report goes to the subject of all"
            }
            Self::AsksAgain => "a report without a verdict is made again, for as long as it takes",
            Self::Heartbeat => {
                "a task in hand is kept alive (+WPI) before its wait is over, also while its verdict is missing"
            }
            Self::Acknowledges => {
                "a task is acknowledged after a verdict that ends it, never before"
            }
            Self::Redelivered => {
                "a task that comes again is reported on again or dropped; no outside write is done twice"
            }
            Self::Announces => {
                "a write is announced until there is a verdict; one that was announced before and not settled is not simply done"
            }
            Self::Stale => {
                "after the verdict stale, the work is dropped: acknowledged, not reported on again"
            }
            Self::Stop => {
                "after a stop, what was handed out under a lower epoch is dropped, at the latest when its report is stale"
            }
            Self::BadInput => {
                "input that cannot be used is a failure with a fault; the agent goes on"
            }
            Self::Malformed => {
                "after the verdict malformed (a result that is too large), the task is acknowledged; the agent goes on"
            }
            Self::NoOffer => "a message that is no offer is settled for good; the agent goes on",
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The promise was kept.
    Kept,
    /// It was broken.
    Broken,
    /// Nothing was seen that would tell.
    NotObserved,
}

/// What was found about one promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) outcome: Outcome,
    /// What was seen, in one line.
    pub(crate) seen: String,
}

impl Finding {
    pub(crate) fn kept(check: Check, seen: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Kept, seen: seen.into() }
    }

    pub(crate) fn broken(check: Check, seen: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Broken, seen: seen.into() }
    }

    pub(crate) fn not_observed(check: Check, seen: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::NotObserved, seen: seen.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_listed_once() {
        assert_eq!(Check::ALL.as_slice(), Check::value_variants());
    }
}
