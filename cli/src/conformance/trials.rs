//! What is tried with an agent, one offer after another.
//!
//! Each trial says what a coordinator may come to say, as no honest day has it: the verdict that is
//! lost, the coordinator that is gone, the attempt that counts no more.

mod endings;
mod first;
mod patience;
mod stop;

use std::collections::BTreeSet;
use std::time::Duration;

use galley_schemas::report::{Body, Report};
use serde_json::Value;

use super::contract::{Check, Finding};
use super::course::Course;
use super::stand_in::{Answer, Occupied, Sample, StandIn, Terms};

/// How long something that should not come is waited for after a task was settled.
const LINGER: Duration = Duration::from_millis(300);
/// What was on its way when a verdict was given is no answer to it.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    /// One offer, as any.
    Plain,
    /// An offer with fields that nobody knows.
    UnknownField,
    /// An offer whose coordinator is gone.
    Gone,
    /// The verdict is lost, again and again.
    Patience,
    /// The task comes again after it was accepted.
    Again,
    /// The verdict on an announced write is lost.
    Announced,
    /// Every report is stale.
    Stale,
    /// A stop while tasks are in hand.
    Stop,
    /// Input that is none.
    BadInput,
    /// The result is refused.
    Malformed,
    /// A message that is no offer.
    NoOffer,
}

const TRIALS: [Trial; 11] = [
    Trial::Plain,
    Trial::UnknownField,
    Trial::Gone,
    Trial::Patience,
    Trial::Again,
    Trial::Announced,
    Trial::Stale,
    Trial::Stop,
    Trial::BadInput,
    Trial::Malformed,
    Trial::NoOffer,
];

impl Trial {
    /// What it tells about.
    const fn checks(self) -> &'static [Check] {
        match self {
            Self::Plain => &[Check::Takes, Check::NamesItsAttempt, Check::ReportsTo, Check::Output],
            Self::UnknownField => &[Check::UnknownField],
            Self::Gone => &[Check::FallsBack],
            Self::Patience => &[Check::AsksAgain, Check::Heartbeat, Check::Acknowledges],
            Self::Again => &[Check::Redelivered],
            Self::Announced => &[Check::Announces],
            Self::Stale => &[Check::Stale],
            Self::Stop => &[Check::Stop],
            Self::BadInput => &[Check::BadInput],
            Self::Malformed => &[Check::Malformed],
            Self::NoOffer => &[Check::NoOffer],
        }
    }
}

/// Tries an agent, and tells each finding as soon as it is there. Only these checks are told.
///
/// # Errors
/// The bus was out of reach.
pub(crate) async fn run(
    stand_in: &mut StandIn,
    sample: &Sample,
    wanted: &BTreeSet<Check>,
    mut tell: impl FnMut(Finding),
) -> Result<(), Occupied> {
    let mut tried = Tried { stand_in, sample, wanted, plain: None };
    for trial in TRIALS {
        let is_wanted = trial.checks().iter().any(|check| wanted.contains(check));
        if !is_wanted && trial != Trial::Plain {
            continue;
        }
        let findings = match &tried.plain {
            Some(plain) if plain.ended().is_none() => trial
                .checks()
                .iter()
                .map(|check| Finding::not_observed(*check, "no agent reported on the first offer"))
                .collect(),
            Some(_) | None => tried.run(trial).await?,
        };
        findings.into_iter().filter(|finding| wanted.contains(&finding.check)).for_each(&mut tell);
    }
    Ok(())
}

/// What is tried, and what came of the first offer.
struct Tried<'a> {
    stand_in: &'a mut StandIn,
    sample: &'a Sample,
    wanted: &'a BTreeSet<Check>,
    plain: Option<Course>,
}

impl Tried<'_> {
    async fn run(&mut self, trial: Trial) -> Result<Vec<Finding>, Occupied> {
        match trial {
            Trial::Plain => self.plain().await,
            Trial::UnknownField => self.unknown_field().await,
            Trial::Gone => self.gone().await,
            Trial::Patience => self.patience().await,
            Trial::Again => self.again().await,
            Trial::Announced => self.announced().await,
            Trial::Stale => self.stale().await,
            Trial::Stop => self.stop().await,
            Trial::BadInput => self.bad_input().await,
            Trial::Malformed => self.malformed().await,
            Trial::NoOffer => self.no_offer().await,
        }
    }

    fn terms(&self) -> Terms {
        Terms { wait: self.sample.wait, linger: LINGER }
    }

    /// Hands out an offer as any, and answers as a coordinator does.
    async fn any(&mut self, input: Value) -> Result<Course, Occupied> {
        let (offer, terms) = (self.stand_in.offer(input), self.terms());
        self.stand_in.carry(&offer, terms, honest).await
    }

    /// The finding, unless the agent takes no further offer.
    async fn and_goes_on(&mut self, finding: Finding) -> Result<Vec<Finding>, Occupied> {
        let next = self.any(self.sample.input.clone()).await?;
        Ok(vec![match next.ended() {
            Some(_) => finding,
            None => {
                let seen = format!("{}; then it took no further offer", finding.seen);
                Finding::broken(finding.check, seen)
            }
        }])
    }
}

/// Answers as a coordinator does.
fn honest(_: &Course, _: &Report) -> Answer {
    Answer::AsACoordinator
}

/// A time, as it is told.
fn seconds(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

/// How an attempt ended, as it is told.
fn how_it_ended(body: &Body) -> String {
    match body {
        Body::Done { .. } => "done".to_owned(),
        Body::Failed { fault, .. } => {
            let words: String = fault.to_string().chars().take(160).collect();
            format!("failed with {words}")
        }
        Body::EffectIntent { .. } | Body::EffectSettled { .. } | Body::Progress { .. } => {
            "not over".to_owned()
        }
    }
}
