//! Steps that wait for a time or a signal.

use chrono::{DateTime, Utc};
use galley_schemas::input::Signal;
use galley_schemas::record::Event;
use galley_schemas::task::VALUE_BYTES_MAX;
use serde_json::Value;

use super::settle::{after, give_up};
use super::turn::Turn;
use crate::command::Reply;
use crate::content;
use crate::fault;
use crate::goal::TaskState;
use crate::place::Place;
use crate::workflow::{Action, parse_duration};

/// Begins to wait: until the time that the step names, else for as long as a signal may take.
pub(super) fn begin(turn: &mut Turn<'_>, place: &Place, until: Option<Value>, signal: bool) {
    let task = turn.goal().task_id(place);
    let within = turn.goal().plan(place.step).within;
    let latest = after(turn.now(), within);
    let until = match until {
        None => latest,
        Some(until) => match time(&until, turn.now()) {
            Some(time) if time <= latest => time,
            Some(_) => return give_up(turn, place, fault::too_late(&task, &until)),
            None => return give_up(turn, place, fault::not_a_time(&task, &until)),
        },
    };
    let step = turn.goal().step_name(place.step);
    turn.emit(Event::WaitBegan { task, step, round: place.round, until, signal });
}

/// The time has come. It is what the step waited for, unless it waited for a signal alone.
pub(super) fn out_of_time(turn: &mut Turn<'_>, place: &Place, until: DateTime<Utc>) {
    let task = turn.goal().task_id(place);
    match &turn.goal().plan(place.step).action {
        Action::Wait { until: None, .. } => give_up(turn, place, fault::no_signal(&task, until)),
        Action::Wait { until: Some(_), .. }
        | Action::Agent { .. }
        | Action::Approval { .. }
        | Action::Goal { .. } => turn.emit(Event::WaitEnded { task, value: Value::Null }),
    }
}

/// Ends the waiting of every task of a step.
pub(super) fn signal(turn: &mut Turn<'_>, signal: &Signal) -> Reply {
    let awaits = |state: &TaskState| matches!(state, TaskState::Waiting { signal: true, .. });
    let goal = turn.goal();
    let waiting: Vec<_> = goal
        .tasks()
        .filter(|(place, task)| goal.step_name(place.step) == signal.step && awaits(&task.state))
        .map(|(place, _)| goal.task_id(&place))
        .collect();
    if waiting.is_empty() {
        return Reply::Refused(fault::no_wait(&signal.step));
    }
    if let Some(excess) = content::excess(&signal.value, VALUE_BYTES_MAX) {
        return Reply::Refused(fault::unfit_signal(&signal.step, &excess));
    }
    for task in waiting {
        turn.emit(Event::WaitEnded { task, value: signal.value.clone() });
    }
    Reply::Noted
}

/// A time, or a span from now on: `2027-01-31T09:00:00Z`, `90s`, `2h`, `7d`.
fn time(until: &Value, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = until.as_str()?.trim();
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Some(time.to_utc()),
        Err(_) => Some(after(now, parse_duration(text).ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(until: &Value, want: Option<&str>) {
        let now = "2027-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(time(until, now), want.map(|want| want.parse().unwrap()));
    }

    #[test]
    fn a_time_is_a_date_or_a_span() {
        check(&json!("2027-01-31T09:00:00+01:00"), Some("2027-01-31T08:00:00Z"));
        check(&json!("1h30m"), Some("2027-01-01T01:30:00Z"));
        check(&json!("7d"), Some("2027-01-08T00:00:00Z"));
        for bad in [json!("soon"), json!("12"), json!(""), json!(5)] {
            check(&bad, None);
        }
    }
}
