//! One offer as any; one with fields that nobody knows; one whose coordinator is gone.

use galley_schemas::report::{Body, Report};
use galley_schemas::task::{Offer, VALUE_BYTES_MAX};
use serde_json::{Value, json};

use super::{Tried, honest, how_it_ended, seconds};
use crate::conformance::contract::{Check, Finding};
use crate::conformance::course::{Course, Desk};
use crate::conformance::stand_in::Occupied;

/// Most faults of an output that are told.
const FAULTS_MAX: usize = 3;

impl Tried<'_> {
    pub(super) async fn plain(&mut self) -> Result<Vec<Finding>, Occupied> {
        let (offer, terms) = (self.stand_in.offer(self.sample.input.clone()), self.terms());
        let course = self.stand_in.carry(&offer, terms, honest).await?;
        let findings = vec![
            takes(&course),
            names_its_attempt(&course, &offer),
            reports_to(&course),
            output(&course, self.sample.gives.as_ref()),
        ];
        self.plain = Some(course);
        Ok(findings)
    }

    pub(super) async fn unknown_field(&mut self) -> Result<Vec<Finding>, Occupied> {
        let (offer, terms) = (self.stand_in.offer(self.sample.input.clone()), self.terms());
        let mut event = self.stand_in.envelope(&offer);
        let unknown = json!({ "unknown": [1, null] });
        for place in ["", "/data", "/data/allowance"] {
            if let Some(Value::Object(members)) = event.pointer_mut(place) {
                members.insert("conformance".to_owned(), unknown.clone());
            }
        }
        self.stand_in.publish(event.to_string()).await?;
        let course = self.stand_in.follow(&offer, terms, honest).await;
        let as_before = |now: &Body| {
            let before = self.plain.as_ref().and_then(Course::ended);
            before.is_some_and(|said| is_done(&said.report.body) == is_done(now))
        };
        Ok(vec![match course.ended() {
            Some(said) if as_before(&said.report.body) => {
                let seen = format!("{}, as without them", how_it_ended(&said.report.body));
                Finding::kept(Check::UnknownField, seen)
            }
            Some(said) => Finding::broken(Check::UnknownField, how_it_ended(&said.report.body)),
            None => {
                let seen = format!("nothing was reported in {}", seconds(course.took));
                Finding::broken(Check::UnknownField, seen)
            }
        }])
    }

    pub(super) async fn gone(&mut self) -> Result<Vec<Finding>, Occupied> {
        let report_to = self.stand_in.nobody();
        let offer = Offer { report_to, ..self.stand_in.offer(self.sample.input.clone()) };
        let terms = self.terms();
        let course = self.stand_in.carry(&offer, terms, honest).await?;
        Ok(vec![match course.ended() {
            Some(said) => Finding::kept(
                Check::FallsBack,
                format!("reported to all after {}", seconds(said.after)),
            ),
            None => {
                let seen =
                    format!("nothing came to the subject of all in {}", seconds(course.took));
                Finding::broken(Check::FallsBack, seen)
            }
        }])
    }
}

const fn is_done(body: &Body) -> bool {
    matches!(body, Body::Done { .. })
}

fn takes(course: &Course) -> Finding {
    let check = Check::Takes;
    let waited = seconds(course.took);
    match (course.ended(), course.unreadable.first(), course.settled_for_good()) {
        (Some(said), _, _) => {
            let how = how_it_ended(&said.report.body);
            Finding::kept(check, format!("{how} after {}", seconds(said.after)))
        }
        (None, Some(why), _) => Finding::broken(check, why.clone()),
        (None, None, Some(at)) => Finding::broken(
            check,
            format!("settled after {} and never reported on", seconds(at.after)),
        ),
        (None, None, None) if course.said.is_empty() && course.settled.is_empty() => {
            Finding::broken(
                check,
                format!("nothing was heard in {waited}: does an agent run here?"),
            )
        }
        (None, None, None) => {
            Finding::broken(check, format!("it did not end in {waited}: try --wait"))
        }
    }
}

fn names_its_attempt(course: &Course, offer: &Offer) -> Finding {
    let check = Check::NamesItsAttempt;
    if let Some(why) = course.unreadable.first() {
        return Finding::broken(check, why.clone());
    }
    let wrong = course.said.iter().flat_map(|said| differences(&said.report, offer)).next();
    match wrong {
        Some(wrong) => Finding::broken(check, wrong),
        None if course.said.is_empty() => Finding::not_observed(check, "nothing was reported"),
        None => {
            let many = course.said.len();
            Finding::kept(check, format!("in {many} of {many} reports"))
        }
    }
}

fn differences(report: &Report, offer: &Offer) -> Vec<String> {
    [
        ("task", report.task == offer.task),
        ("kind", report.kind == offer.kind),
        ("attempt", report.attempt == offer.attempt),
        ("lease", report.lease == offer.lease),
        ("epoch", report.epoch == offer.epoch),
    ]
    .into_iter()
    .filter(|(_, same)| !same)
    .map(|(name, _)| format!("the report has another {name} than its offer"))
    .collect()
}

fn reports_to(course: &Course) -> Finding {
    let check = Check::ReportsTo;
    match course.said.first() {
        Some(said) if said.desk == Desk::Named => Finding::kept(check, "to the one that is named"),
        Some(_) => Finding::broken(check, "the first report went to all"),
        None => Finding::not_observed(check, "nothing was reported"),
    }
}

fn output(course: &Course, schema: Option<&Value>) -> Finding {
    let check = Check::Output;
    let Some(said) = course.ended() else {
        return Finding::not_observed(check, "nothing was reported");
    };
    let Body::Done { output, .. } = &said.report.body else {
        let how = how_it_ended(&said.report.body);
        return Finding::not_observed(check, format!("{how}: give another --input"));
    };
    let bytes = output.to_string().len();
    if bytes > VALUE_BYTES_MAX {
        return Finding::broken(check, format!("{bytes} bytes, more than {VALUE_BYTES_MAX}"));
    }
    let Some(schema) = schema else {
        return Finding::not_observed(check, format!("{bytes} bytes; the kind has no card"));
    };
    let Ok(validator) = jsonschema::validator_for(schema) else {
        return Finding::broken(check, "the card's output is no JSON Schema");
    };
    let faults: Vec<String> = validator
        .iter_errors(output)
        .take(FAULTS_MAX)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    match faults.is_empty() {
        true => Finding::kept(check, format!("{bytes} bytes that meet the schema")),
        false => Finding::broken(check, faults.join("; ")),
    }
}
