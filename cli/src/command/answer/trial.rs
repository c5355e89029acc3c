//! What a goal would make of an answer, tried on a copy of it before it is told.
//!
//! The rules that decide are pure, so they can be asked here. A person who edits learns at once that
//! the next step cannot work with it; told to the goal, the same edit would fail it.

use galley_bus_core::artifacts::FetchError;
use galley_coordinator_goal::{Command, Decision, Goal, Ids, Reply, decide};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::fault::Fault;
use galley_schemas::id::{GoalId, InstanceId, LeaseToken};
use galley_schemas::input::{Answer, AnswerVerdict};
use galley_schemas::record::{Act, Ending, Event};
use galley_schemas::task::Offer;
use serde_json::Value;

use crate::assemble::House;
use crate::failure::{Exit, Failure};
use crate::goals;

/// Most misfits that are told at once.
const MISFITS_MAX: usize = 8;
/// Most references that are looked up in one input.
const REFERENCES_MAX: usize = 64;

/// Tries an answer. What a stop or a missing vote holds back is not looked at: nobody knows yet what
/// it will be given.
///
/// # Errors
/// The goal's own refusal; GLY0011 when an edit would fail the goal.
pub(super) async fn check(house: &House, answer: &Answer) -> anyhow::Result<()> {
    let goal = goals::folded(house, answer.goal).await?;
    let goal = goal.ok_or_else(|| goals::no_goal(&answer.goal.to_string()))?;
    let decision = decide_on(house, &goal, answer.clone());
    if let Reply::Refused(fault) = decision.reply {
        return Err(Failure::new(Exit::Usage, fault).into());
    }
    if !matches!(answer.verdict, AnswerVerdict::ApproveEdited { .. }) {
        return Ok(());
    }
    if let Some(fault) = decision.events.iter().find_map(failed) {
        return Err(unfit(&fault.message, fault.causes.clone()).into());
    }
    let unedited = Answer { verdict: AnswerVerdict::Approve, ..answer.clone() };
    let unedited = decide_on(house, &goal, unedited);
    for offer in offers(&decision) {
        let before = offers(&unedited).find(|before| before.task == offer.task);
        if let Some(name) = before.and_then(|before| lost(&before.input, &offer.input)) {
            let why = format!("step {} would be given no '{name}'", offer.step);
            return Err(unfit(&why, Vec::new()).into());
        }
        fits(house, offer).await?;
    }
    Ok(())
}

fn decide_on(house: &House, goal: &Goal, answer: Answer) -> Decision {
    decide(goal, Command::Answer(answer), house.clock.now(), &mut Tried(house))
}

/// The tasks that a decision hands out.
fn offers(decision: &Decision) -> impl Iterator<Item = &Offer> {
    decision.acts.iter().filter_map(|act| match act {
        Act::Offer { offer } => Some(&**offer),
        Act::Arm { .. }
        | Act::Disarm
        | Act::Submit { .. }
        | Act::Steer { .. }
        | Act::TellParent { .. } => None,
    })
}

/// What has a value before and none after.
fn lost<'a>(before: &'a Value, after: &Value) -> Option<&'a str> {
    let has = |value: &Value, name: &str| value.get(name).is_some_and(|value| !value.is_null());
    let names = before.as_object()?.keys();
    names.map(String::as_str).find(|name| has(before, name) && !has(after, name))
}

/// How an event says that the goal fails.
fn failed(event: &Event) -> Option<&Fault> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all else is no failure")]
    match event {
        Event::TaskFailed { fault, .. }
        | Event::Unwinding { ending: Ending::Failed { fault } }
        | Event::Ended { ending: Ending::Failed { fault }, .. } => Some(fault),
        _ => None,
    }
}

/// Holds what a task would be given to its agent's schema, and to what is stored.
async fn fits(house: &House, offer: &Offer) -> anyhow::Result<()> {
    let Some(card) = house.card(&offer.kind).await? else { return Ok(()) };
    let misfits = misfits(&card.input, &offer.input)?;
    if !misfits.is_empty() {
        let step = &offer.step;
        let message = format!("step {step} cannot be given what follows from it");
        return Err(unfit(&message, misfits).into());
    }
    let mut references = Vec::new();
    collect(&offer.input, &mut references);
    for reference in references {
        match house.bus.artifacts.get(&reference.sha256).await {
            Ok(_) => {}
            Err(FetchError::Unreachable(error)) => return Err(error.into()),
            Err(error @ (FetchError::Missing { .. } | FetchError::Damaged { .. })) => {
                return Err(unfit(&error.to_string(), Vec::new()).into());
            }
        }
    }
    Ok(())
}

/// Where a value does not fit a schema. One that cannot be read admits everything: what it says of
/// the value is not known.
fn misfits(schema: &Value, value: &Value) -> anyhow::Result<Vec<String>> {
    let Ok(schema) = jsonschema::validator_for(schema) else { return Ok(Vec::new()) };
    let told = schema.iter_errors(value).take(MISFITS_MAX);
    Ok(told.map(|error| format!("{}: {error}", error.instance_path())).collect())
}

/// Every reference to an artifact in a value.
fn collect(value: &Value, found: &mut Vec<ArtifactRef>) {
    if found.len() >= REFERENCES_MAX {
        return;
    }
    match value {
        Value::Object(map) => match serde_json::from_value(value.clone()) {
            Ok(reference) => found.push(reference),
            Err(_) => map.values().for_each(|value| collect(value, found)),
        },
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn unfit(why: &str, causes: Vec<String>) -> Failure {
    let message = format!("the edit would fail the goal: {why}");
    let hint = "the goal is untouched; galley show GOAL --json prints what is asked, as `shown`: \
                give it back with the same shape";
    let mut fault = Fault::permanent("GLY0011", message).hint(hint);
    fault.causes = causes;
    Failure::new(Exit::Usage, fault)
}

/// Ids for a decision that nobody records.
struct Tried<'a>(&'a House);

impl Ids for Tried<'_> {
    fn lease(&mut self) -> LeaseToken {
        self.0.chance.lease_token()
    }

    fn goal(&mut self) -> GoalId {
        self.0.chance.goal_id(self.0.clock.now())
    }

    fn instance(&self) -> InstanceId {
        self.0.chance.instance_id(self.0.clock.now())
    }
}

#[cfg(test)]
mod tests {
    use galley_schemas::id::AgentKind;
    use serde_json::json;

    use super::*;
    use crate::assemble::cards;

    #[test]
    fn a_value_is_held_to_the_schema_of_the_agent_that_gets_it() {
        let publishing = &cards()[&AgentKind::new("publishing").unwrap()].input;
        let check = |value: Value, fits: bool| {
            assert_eq!(misfits(publishing, &value).unwrap().is_empty(), fits, "{value}");
        };
        let article =
            json!({ "sha256": "0".repeat(64), "bytes": 3, "media_type": "application/json" });
        check(json!({ "article": article, "verdict": "pass" }), true);
        check(json!({ "article": 5 }), false);
        check(json!({ "article": { "sha256": "short" } }), false);
        check(json!({ "article": article, "verdict": "splendid" }), false);
    }

    #[test]
    fn what_an_edit_leaves_out_is_seen() {
        let before = json!({ "article": 1, "note": null });
        assert_eq!(lost(&before, &json!({ "article": 2 })), None);
        assert_eq!(lost(&before, &json!({ "article": null })), Some("article"));
        assert_eq!(lost(&before, &json!({})), Some("article"));
    }

    #[test]
    fn references_are_found_wherever_they_stand() {
        let reference = json!({ "sha256": "0".repeat(64), "bytes": 3, "media_type": "text/plain" });
        let mut found = Vec::new();
        collect(&json!({ "a": [{ "b": reference }], "c": { "sha256": "x" } }), &mut found);
        assert_eq!(found.len(), 1);
    }
}
