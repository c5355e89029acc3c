//! Verdicts that end an attempt otherwise than it wished; input that is none; a message that is no
//! offer.

use std::time::Duration;

use galley_schemas::fault::Fault;
use galley_schemas::report::{Body, Report, Verdict};
use serde_json::json;
use tokio::time::Instant;

use super::{ON_ITS_WAY, Tried, how_it_ended, seconds};
use crate::conformance::contract::{Check, Finding};
use crate::conformance::course::{Course, is_ending};
use crate::conformance::ledger::UNFIT;
use crate::conformance::stand_in::{Answer, Heard, NO_OFFER, Occupied, Terms, over};

/// How long an agent that reports again would take to do so.
const AGAIN: Duration = Duration::from_secs(3);

impl Tried<'_> {
    pub(super) async fn stale(&mut self) -> Result<Vec<Finding>, Occupied> {
        let check = Check::Stale;
        let offer = self.stand_in.offer(self.sample.input.clone());
        let terms = Terms { linger: AGAIN, ..self.terms() };
        let rule = |_: &Course, _: &Report| {
            Answer::Say(Verdict::Stale { reason: "another attempt has taken its place".to_owned() })
        };
        let course = self.stand_in.carry(&offer, terms, rule).await?;
        Ok(vec![match dropped(&course) {
            Ok(seen) if course.writes() == 0 => Finding::kept(check, seen),
            Ok(_) => Finding::broken(check, "a write was settled after the verdict"),
            Err(seen) => Finding::broken(check, seen),
        }])
    }

    pub(super) async fn malformed(&mut self) -> Result<Vec<Finding>, Occupied> {
        let offer = self.stand_in.offer(self.sample.input.clone());
        let terms = Terms { linger: AGAIN, ..self.terms() };
        let rule = |_: &Course, report: &Report| match is_ending(&report.body) {
            true => {
                let fault = Fault::permanent(UNFIT, "the output has more than 65536 bytes");
                Answer::Say(Verdict::Malformed { fault })
            }
            false => Answer::AsACoordinator,
        };
        let course = self.stand_in.carry(&offer, terms, rule).await?;
        let finding = match dropped(&course) {
            Ok(seen) => Finding::kept(Check::Malformed, seen),
            Err(seen) => Finding::broken(Check::Malformed, seen),
        };
        self.and_goes_on(finding).await
    }

    pub(super) async fn bad_input(&mut self) -> Result<Vec<Finding>, Occupied> {
        let check = Check::BadInput;
        let bad = json!(17);
        let is_known_bad = self.sample.takes.as_ref().is_some_and(|schema| {
            jsonschema::validator_for(schema).is_ok_and(|schema| !schema.is_valid(&bad))
        });
        let course = self.any(bad).await?;
        let finding = match course.ended().map(|said| &said.report.body) {
            Some(Body::Failed { fault, .. })
                if fault.code.is_empty() || fault.message.is_empty() =>
            {
                Finding::broken(check, "failed, without a code or without words")
            }
            Some(body @ Body::Failed { .. }) => Finding::kept(check, how_it_ended(body)),
            Some(_) if is_known_bad => Finding::broken(check, "done, with input that is none"),
            Some(_) => Finding::not_observed(check, "done: the kind takes any input"),
            None => {
                let seen = format!("nothing was reported in {}", seconds(course.took));
                Finding::broken(check, seen)
            }
        };
        self.and_goes_on(finding).await
    }

    pub(super) async fn no_offer(&mut self) -> Result<Vec<Finding>, Occupied> {
        let check = Check::NoOffer;
        self.stand_in.publish(NO_OFFER).await?;
        let began = Instant::now();
        let mut settled = None;
        while let Some(heard) = self.stand_in.next(began + self.sample.wait).await {
            match heard {
                Heard::Settled { seq, how } if how.is_final() && !self.stand_in.is_over(seq) => {
                    self.stand_in.leave(seq);
                    settled = Some(began.elapsed());
                    break;
                }
                Heard::Settled { .. } => {}
                Heard::Asked(asked) => self.stand_in.answer(asked, Some(over())),
            }
        }
        let finding = match settled {
            Some(after) => Finding::kept(check, format!("settled after {}", seconds(after))),
            None => {
                let seen = format!("not settled in {}", seconds(began.elapsed()));
                Finding::broken(check, seen)
            }
        };
        self.and_goes_on(finding).await
    }
}

/// Whether a task was settled after a verdict that ended it, and not reported on again.
fn dropped(course: &Course) -> Result<String, String> {
    let Some(verdict) = course.released() else {
        return Err(format!("nothing was reported in {}", seconds(course.took)));
    };
    let late = course.said.iter().filter(|said| said.after > verdict + ON_ITS_WAY).count();
    match course.settled_for_good() {
        Some(settled) if settled.after < verdict => Err("settled before the verdict".to_owned()),
        Some(_) if late > 0 => Err(format!("reported {late} times more after the verdict")),
        Some(settled) => {
            let pause = settled.after.saturating_sub(verdict).as_millis();
            Ok(format!("settled {pause} ms after the verdict"))
        }
        None => Err(format!("not settled in {} after the verdict", seconds(course.took))),
    }
}
