//! The verdict that is lost, on a result and on an announced write; and the task that comes again.

use std::time::Duration;

use galley_schemas::report::{Body, Report, Verdict};
use tokio::time::Instant;

use super::{Tried, how_it_ended, seconds};
use crate::conformance::contract::{Check, Finding};
use crate::conformance::course::{Course, is_ending};
use crate::conformance::stand_in::{Answer, Occupied, Terms};

/// How much longer than a loan lasts a sign of life is waited for.
const BEYOND: Duration = Duration::from_secs(3);

impl Tried<'_> {
    /// No verdict until the agent asked again and showed a sign of life.
    pub(super) async fn patience(&mut self) -> Result<Vec<Finding>, Occupied> {
        let offer = self.stand_in.offer(self.sample.input.clone());
        let loan = self.sample.loan;
        let patience = match self.wanted.contains(&Check::Heartbeat) {
            true => loan + BEYOND,
            false => Duration::ZERO,
        };
        let began = Instant::now();
        let rule = |course: &Course, report: &Report| {
            let beats = course.beat().is_some() || began.elapsed() >= patience;
            let is_lost = is_ending(&report.body) && (course.endings() == 0 || !beats);
            if is_lost { Answer::Nothing } else { Answer::AsACoordinator }
        };
        let terms = Terms { wait: patience + self.sample.wait, ..self.terms() };
        let course = self.stand_in.carry(&offer, terms, rule).await?;
        Ok(vec![asks_again(&course), heartbeat(&course, loan), acknowledges(&course)])
    }

    pub(super) async fn again(&mut self) -> Result<Vec<Finding>, Occupied> {
        let check = Check::Redelivered;
        let (offer, terms) = (self.stand_in.offer(self.sample.input.clone()), self.terms());
        let first = self.stand_in.carry(&offer, terms, super::honest).await?;
        if first.ended().is_none() {
            return Ok(vec![Finding::not_observed(
                check,
                "the first delivery was not reported on",
            )]);
        }
        // The task is over: only its result is accepted, once more.
        let rule = |_: &Course, report: &Report| match is_ending(&report.body) {
            true => Answer::Say(Verdict::Accepted),
            false => Answer::Say(Verdict::Stale { reason: "the task is over".to_owned() }),
        };
        let second = self.stand_in.carry(&offer, terms, rule).await?;
        let wrote = first.writes();
        Ok(vec![match (second.writes(), second.settled_for_good()) {
            (0, Some(_)) if second.endings() > 0 => {
                Finding::kept(check, format!("reported again; {wrote} writes, none again"))
            }
            (0, Some(_)) => Finding::kept(check, format!("dropped; {wrote} writes, none again")),
            (0, None) => {
                let seen = format!("not settled in {} when it came again", seconds(second.took));
                Finding::broken(check, seen)
            }
            (many, _) => Finding::broken(check, format!("{many} writes settled once more")),
        }])
    }

    pub(super) async fn announced(&mut self) -> Result<Vec<Finding>, Occupied> {
        let check = Check::Announces;
        let is_intent = |report: &Report| matches!(report.body, Body::EffectIntent { .. });
        let announces = |course: &Course| course.said.iter().any(|said| is_intent(&said.report));
        if !self.plain.as_ref().is_some_and(announces) {
            return Ok(vec![Finding::not_observed(check, "no write was announced")]);
        }
        let (offer, terms) = (self.stand_in.offer(self.sample.input.clone()), self.terms());
        let rule = |course: &Course, report: &Report| {
            if is_intent(report) && !announces(course) {
                Answer::Nothing
            } else {
                Answer::AsACoordinator
            }
        };
        let course = self.stand_in.carry(&offer, terms, rule).await?;
        let heard =
            course.said.iter().position(|said| is_intent(&said.report) && said.answer.is_some());
        let settled = course
            .said
            .iter()
            .position(|said| matches!(said.report.body, Body::EffectSettled { .. }));
        Ok(vec![match (heard, settled, course.ended()) {
            (Some(heard), Some(settled), Some(_)) if heard < settled && course.writes() <= 1 => {
                Finding::kept(check, "announced again, told to ask the target first, then settled")
            }
            (_, Some(_), Some(_)) => {
                Finding::broken(check, "it wrote although the verdict on its announcement was lost")
            }
            (_, None, Some(said)) => {
                let how = how_it_ended(&said.report.body);
                Finding::broken(check, format!("{how}, and the announced write was never settled"))
            }
            (_, _, None) => {
                Finding::broken(check, format!("it did not end in {}", seconds(course.took)))
            }
        }])
    }
}

fn asks_again(course: &Course) -> Finding {
    let check = Check::AsksAgain;
    let mut endings = course.said.iter().filter(|said| is_ending(&said.report.body));
    match (endings.next(), endings.next()) {
        (Some(first), Some(second)) if first.report == second.report => {
            let pause = seconds(second.after.saturating_sub(first.after));
            Finding::kept(check, format!("the same report again after {pause}"))
        }
        (Some(_), Some(_)) => Finding::broken(check, "another report of the same attempt came"),
        (Some(_), None) => {
            Finding::broken(check, format!("reported once in {}", seconds(course.took)))
        }
        (None, _) => Finding::broken(check, "nothing was reported"),
    }
}

fn heartbeat(course: &Course, loan: Duration) -> Finding {
    let check = Check::Heartbeat;
    match (course.beat(), course.settled_for_good()) {
        (Some(beat), _) if beat < loan => {
            let seen = format!("first after {}; the loan lasts {}", seconds(beat), seconds(loan));
            Finding::kept(check, seen)
        }
        (_, Some(settled)) if settled.after < loan => {
            let seen = format!("settled after {}, before any was due", seconds(settled.after));
            Finding::not_observed(check, seen)
        }
        (_, _) => Finding::broken(check, format!("none in {}", seconds(loan))),
    }
}

fn acknowledges(course: &Course) -> Finding {
    let check = Check::Acknowledges;
    match (course.settled_for_good(), course.released()) {
        (Some(settled), Some(verdict)) if settled.after >= verdict => {
            let pause = settled.after.saturating_sub(verdict).as_millis();
            Finding::kept(check, format!("{pause} ms after the verdict"))
        }
        (Some(settled), _) => {
            let seen = format!("settled after {}, before any verdict", seconds(settled.after));
            Finding::broken(check, seen)
        }
        (None, _) => Finding::broken(check, format!("not settled in {}", seconds(course.took))),
    }
}
