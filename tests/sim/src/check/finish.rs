//! What must hold when the faults have stopped and time has passed.

use std::collections::BTreeSet;

use galley_bus_core::topology::STREAM_REJECTED;
use galley_coordinator_goal::{Goal, view};
use galley_schemas::id::{GoalId, MessageId, TaskId};
use galley_schemas::input::{Feedback, Rejected};
use galley_schemas::record::Event;
use galley_schemas::subject::bucket;
use galley_schemas::view::{Archived, Status};

use super::Known;
use crate::broker::Broker;
use crate::people::Acknowledged;
use crate::target::{Target, key};

/// Why the system is not quiet yet; empty once it is.
pub(crate) fn unrest(broker: &Broker, acknowledged: &[Acknowledged]) -> Vec<String> {
    let checks = &broker.world.checks;
    let mut unrest: Vec<String> = checks
        .each(|id, known| (!known.is_over()).then(|| live(broker, id, known)))
        .into_iter()
        .flatten()
        .collect();
    if !unrest.is_empty() {
        // The rest would be looked at in vain, and takes long.
        return unrest;
    }
    unrest.extend(broker.queues.busy());
    unrest.extend(checks.each(|id, known| status(broker, id, known)).into_iter().flatten());
    unrest.extend(acknowledged.iter().filter_map(|input| missing(broker, input)));
    unrest
}

fn live(broker: &Broker, id: &GoalId, known: &Known) -> String {
    let view = view(known.goal());
    let waits = view.steps.iter().flat_map(|step| &step.open);
    let waits: Vec<_> = waits.map(|open| format!("{} {:?}", open.task, open.waits)).collect();
    let name = broker.world.diary.name(id);
    format!("{name} is {:?} under {:?}, waits for {waits:?}", view.phase, view.stops)
}

/// What became of an input that was acknowledged; nothing when it is where it belongs.
fn missing(broker: &Broker, input: &Acknowledged) -> Option<String> {
    match input {
        Acknowledged::Goal { id, goal } => {
            let found = broker.world.checks.each(|known_id, known| match goal {
                Some(goal) => known_id == goal,
                None => known.records.first().is_some_and(|record| record.cause == *id),
            });
            (!found.contains(&true)).then(|| format!("the submission {id} came to nothing"))
        }
        Acknowledged::Feedback { id, feedback } => {
            let noted = noted(broker, feedback);
            let refused = rejected(broker).contains(id);
            (noted != 1 && !refused).then(|| format!("the outcome {id} is noted {noted} times"))
        }
        Acknowledged::Poison { id } => {
            (!rejected(broker).contains(id)).then(|| format!("the refused input {id} is not kept"))
        }
    }
}

fn noted(broker: &Broker, feedback: &Feedback) -> usize {
    let is_it =
        |event: &Event| matches!(event, Event::OutcomeNoted { feedback: f } if f == feedback);
    let of = |known: &Known| {
        known.records.iter().flat_map(|record| &record.events).filter(|e| is_it(e)).count()
    };
    broker.world.checks.each(|_, known| of(known)).into_iter().sum()
}

fn rejected(broker: &Broker) -> Vec<MessageId> {
    let kept = broker.queues.messages(STREAM_REJECTED);
    let read = |payload: &[u8]| serde_json::from_slice::<Rejected>(payload).ok();
    kept.iter().filter_map(|message| Some(read(&message.payload)?.id)).collect()
}

/// What does not hold in the end.
pub(crate) fn verdict(broker: &Broker, target: &Target) -> Vec<(Option<GoalId>, String)> {
    let checks = &broker.world.checks;
    let of_goal = |id: &GoalId, known: &Known| replay(known).map(|what| (Some(*id), what));
    let mut broken: Vec<_> = checks.each(of_goal).into_iter().flatten().collect();
    broken.extend(checks.each(|id, known| left_behind(target, id, known)).into_iter().flatten());
    // A request to arm that arrives late can leave an alarm behind, which goes off at its time.
    let armed = broker.alarms.keys().len();
    if armed > checks.each(|_, _| ()).len() {
        broken.push((None, format!("{armed} alarms are armed, more than there are goals")));
    }
    broken
}

/// The writes of a goal that show although it failed or was cancelled, and could have been undone.
fn left_behind(target: &Target, id: &GoalId, known: &Known) -> Vec<(Option<GoalId>, String)> {
    let events = known.records.iter().flat_map(|record| &record.events);
    let announced: BTreeSet<_> = events.filter_map(announced).collect();
    let shows = |(task, effect): &(&TaskId, &str)| {
        known.course.must_not_show(task) && target.count(&key(id, task.as_str(), effect)) > 0
    };
    let told = |(task, effect)| (Some(*id), format!("{effect} of {task} was never undone"));
    announced.into_iter().filter(shows).map(told).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "one of many events")]
fn announced(event: &Event) -> Option<(&TaskId, &str)> {
    match event {
        Event::EffectIntended { task, intent } => Some((task, intent.key.as_str())),
        _ => None,
    }
}

/// A replay of the log gives what the run gave.
fn replay(known: &Known) -> Option<String> {
    let workflow = std::sync::Arc::clone(known.goal().workflow());
    match Goal::fold(known.goal().id(), workflow, &known.records) {
        Ok(replayed) if replayed == *known.goal() => None,
        Ok(_) => Some("a replay of the log gives another goal than the run".to_owned()),
        Err(illegal) => Some(format!("the log does not fold: {illegal}")),
    }
}

/// Where a goal's status view does not agree with its log; nothing when it does. A record that comes
/// after the end changes no view: one that a crash kept from being shown stays unshown.
fn status(broker: &Broker, id: &GoalId, known: &Known) -> Option<String> {
    let key = id.to_string();
    let live = broker.buckets.get(bucket::GOALS, &key);
    let status = match live {
        Some(entry) => serde_json::from_slice::<Status>(&entry.value).ok(),
        None => {
            let archived = broker.buckets.get(bucket::ARCHIVED, &key)?;
            serde_json::from_slice::<Archived>(&archived.value).ok().map(|a| a.status)
        }
    };
    let name = broker.world.diary.name(id);
    let Some(status) = status else {
        return Some(format!("the status view of {name} cannot be read"));
    };
    let Status { seq, acted, .. } = status;
    if acted < seq {
        return Some(format!("the acts of {name} @{seq} are owed, its view says"));
    }
    // As it reads back: an output of null and no output are the same there.
    let text = serde_json::to_string(&view(known.goal())).unwrap_or_default();
    let agrees = serde_json::from_str(&text).ok().as_ref() == Some(&status.view);
    (!agrees).then(|| format!("the view of {name} is of @{seq}, its log ends @{}", known.last))
}
