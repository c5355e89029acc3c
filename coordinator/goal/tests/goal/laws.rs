//! Laws that hold whatever happens, on random workflows under random commands.
//!
//! [`World::tell`] checks after every decision that the audit is empty and that running and folding
//! agree; here come the laws that take a whole life to see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use galley_coordinator_goal::workflow::Workflow;
use galley_coordinator_goal::{evolve, view};
use galley_schemas::id::TaskId;
use galley_schemas::input::AnswerVerdict;
use galley_schemas::record::{Ending, Event};
use galley_schemas::report::Settlement;
use galley_schemas::view::View;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::chance::{Move, Plan, moves, plans};
use crate::life::Life;
use crate::world::{World, workflow};

fn cases() -> ProptestConfig {
    ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() }
}

fn live(plan: &Plan, moves: &[Move]) -> Life {
    let mut life = Life::new(World::new(workflow(&plan.yaml())));
    life.begin();
    for one in moves {
        life.make(one);
        within_budget(&life);
    }
    life
}

proptest! {
    #![proptest_config(cases())]

    /// Whatever happened, a goal whose stops are lifted and whose tasks are done comes to its end;
    /// what it recorded says the same as what it did.
    #[test]
    fn every_goal_can_end(plan in plans(), moves in moves()) {
        let mut life = live(&plan, &moves);
        life.settle_everything();
        prop_assert!(life.world.goal.ending().is_some(), "{:#?}", view(&life.world.goal));
        prop_assert_eq!(life.world.replay(), life.world.goal.clone());
        ends_once(&life.world);
        undoes_in_reverse(&life.world);
        undoes_what_was_written(&life.world);
    }

    /// A goal that is over stays as it is.
    #[test]
    fn closed_stays_closed(plan in plans(), first in moves(), later in moves()) {
        let mut life = live(&plan, &first);
        life.settle_everything();
        let (ending, spent) = (life.world.goal.ending().cloned(), life.world.goal.spent());
        for one in &later {
            life.make(one);
        }
        prop_assert_eq!((life.world.goal.ending().cloned(), life.world.goal.spent()), (ending, spent));
        ends_once(&life.world);
    }

    /// An event that does not belong where it comes is refused and changes nothing; one that does is
    /// folded, whoever sends it.
    #[test]
    fn events_out_of_place_change_nothing(
        plan in plans(),
        first in moves(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let mut life = live(&plan, &first);
        let middle = life.world.goal.clone();
        life.settle_everything();
        let events: Vec<Event> =
            life.world.records.iter().flat_map(|record| record.events.clone()).collect();
        let mut goal = middle;
        for pick in picks {
            let before = goal.clone();
            if evolve(&mut goal, pick.get(&events)).is_err() {
                prop_assert_eq!(&goal, &before);
            }
        }
    }
}

/// The lives above are worth something only if everything happens in them.
#[test]
fn random_lives_reach_every_event() {
    let schema = schemars::schema_for!(Event).to_value();
    let kinds = schema["oneOf"].as_array().unwrap().iter();
    let mut missing: BTreeSet<_> =
        kinds.map(|kind| kind["properties"]["is"]["const"].as_str().unwrap().to_owned()).collect();
    assert!(missing.len() > 20, "{missing:?}");
    let mut runner = TestRunner::deterministic();
    for _ in 0..400 {
        let plan = plans().new_tree(&mut runner).unwrap().current();
        let moves = moves().new_tree(&mut runner).unwrap().current();
        let mut life = live(&plan, &moves);
        life.settle_everything();
        for event in life.world.records.iter().flat_map(|record| &record.events) {
            missing.remove(event.name());
        }
        if missing.is_empty() {
            return;
        }
    }
    panic!("never seen: {missing:?}");
}

/// Unless somebody used more than allowed, what is spent and reserved lies within the budget.
#[track_caller]
fn within_budget(life: &Life) {
    let View { budget, spent, reserved, .. } = view(&life.world.goal);
    assert!(life.overran || budget.admits(&spent.plus(reserved)), "{spent:?} {reserved:?}");
}

/// Nothing but outcomes and rejections follows the end.
#[track_caller]
fn ends_once(world: &World) {
    let events = world.records.iter().flat_map(|record| &record.events);
    let mut after = events.skip_while(|event| !matches!(event, Event::Ended { .. })).skip(1);
    let is_late =
        |event: &Event| matches!(event, Event::OutcomeNoted { .. } | Event::InputRejected { .. });
    assert!(after.all(is_late));
}

/// Undos are handed out in the reverse order of what they undo, each once at a time.
#[track_caller]
fn undoes_in_reverse(world: &World) {
    let mut done: Vec<TaskId> = Vec::new();
    let mut undone: Vec<TaskId> = Vec::new();
    for event in world.records.iter().flat_map(|record| &record.events) {
        match event {
            Event::Done { task, .. } if has_undo(world.goal.workflow(), task) => {
                done.push(task.clone());
            }
            Event::TaskFailed { task, .. } if written(world).contains(task) => {
                done.push(task.clone());
            }
            Event::ChildEnded { ended } if has_undo(world.goal.workflow(), &ended.task) => {
                let succeeded = matches!(ended.ending, Ending::Succeeded { .. });
                done.extend(succeeded.then(|| ended.task.clone()));
            }
            Event::Offered { task, attempt: 1, .. } if task.as_str().ends_with('!') => {
                undone.extend((undone.last() != Some(task)).then(|| task.clone()));
            }
            _ => {}
        }
    }
    let reverse: Vec<_> = done.iter().rev().map(|task| TaskId::new(format!("{task}!"))).collect();
    assert!(reverse.starts_with(&undone), "done {done:?}, undone {undone:?}");
}

/// Nothing that can be undone stays written when a goal fails or is cancelled.
#[track_caller]
fn undoes_what_was_written(world: &World) {
    if let Some(Ending::Succeeded { .. }) = world.goal.ending() {
        return;
    }
    let events = || world.records.iter().flat_map(|record| &record.events);
    let undone: BTreeSet<_> = events()
        .filter_map(|event| match event {
            Event::Done { task, .. } | Event::UndoFailed { task, .. } => Some(task.as_str()),
            _ => None,
        })
        .collect();
    for task in written(world) {
        assert!(undone.contains(format!("{task}!").as_str()), "{task} stays written");
    }
}

/// The tasks with an undo that wrote, as far as anybody knows at the end.
fn written(world: &World) -> BTreeSet<TaskId> {
    let mut doubts = BTreeMap::new();
    let mut written = BTreeSet::new();
    for event in world.records.iter().flat_map(|record| &record.events) {
        match event {
            Event::EffectIntended { task, intent } => {
                written.insert((task.clone(), intent.key.clone()));
            }
            Event::EffectSettled { task, key, settlement: Settlement::NotDone { .. } } => {
                written.remove(&(task.clone(), key.clone()));
            }
            Event::EffectSettled { task, key, settlement: Settlement::Unknown { .. } } => {
                doubts.insert(task.clone(), key.clone());
            }
            Event::Answered { task, verdict: AnswerVerdict::DidNotHappen, .. } => {
                written.remove(&(task.clone(), doubts[task].clone()));
            }
            _ => {}
        }
    }
    let tasks = written.into_iter().map(|(task, _)| task);
    tasks.filter(|task| has_undo(world.goal.workflow(), task)).collect()
}

fn has_undo(workflow: &Arc<Workflow>, task: &TaskId) -> bool {
    let name = task.as_str().split(['.', '@']).next().unwrap();
    workflow.steps.iter().any(|step| step.name.as_str() == name && step.undo.is_some())
        && !task.as_str().ends_with('!')
}
