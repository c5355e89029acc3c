//! Attempts are handed out to agents.

use std::sync::Arc;

use galley_schemas::id::AgentKind;
use galley_schemas::record::{Act, Event};
use galley_schemas::task::{Offer, Revision};

use super::budget;
use super::frame::Frame;
use super::settle::{after, undo_failed};
use super::start::Terms;
use super::turn::Turn;
use crate::goal::{Over, Undoable};
use crate::place::Place;

/// Hands a task to an agent of its kind.
pub(super) fn task(turn: &mut Turn<'_>, place: &Place, kind: AgentKind, terms: Terms) {
    let step = turn.goal().step(place.step);
    let revision = step.revisit.as_ref().map(|revisit| Revision {
        round: step.round,
        review: revisit.review.value(),
        previous: revisit.previous(place.item),
    });
    hand_out(turn, place, Handed { kind, terms, revision });
}

/// Hands out the undo of a task. Its expressions see that task's output under the name of its step,
/// in a fan-out too. An undo whose input has no value has failed.
pub(super) fn undo(turn: &mut Turn<'_>, place: &Place) {
    let workflow = Arc::clone(turn.goal().workflow());
    let frame = Frame::new(turn.goal(), &workflow);
    let Some(undo) = &frame.plan(place.step).undo else { return };
    let Some(Undoable { output, .. }) = turn.goal().undoable.last() else { return };
    let own = Over::Done { output: output.clone(), leases: Arc::new([]) };
    let outputs = frame.outputs(turn.goal()).with(place.step, own);
    let items = frame.items(&outputs, place.step).ok().flatten();
    let item = items.as_ref().and_then(|items| items.get(place.index()));
    match frame.look(&outputs, place, item, |scope| undo.with.eval(scope)) {
        Ok(input) => {
            let terms = Terms { input, allowance: budget::of_undo(turn.goal()) };
            hand_out(turn, place, Handed { kind: undo.kind.clone(), terms, revision: None });
        }
        Err(error) => undo_failed(turn, place, error.fault()),
    }
}

struct Handed {
    kind: AgentKind,
    terms: Terms,
    revision: Option<Revision>,
}

fn hand_out(turn: &mut Turn<'_>, place: &Place, handed: Handed) {
    let Handed { kind, terms: Terms { input, allowance }, revision } = handed;
    let lease = turn.new_lease();
    let goal = turn.goal();
    let plan = goal.plan(place.step);
    let undone = place.undo.then(|| goal.task_id(&Place { undo: false, ..*place }));
    let offer = Offer {
        goal: goal.id(),
        task: goal.task_id(place),
        step: plan.name.clone(),
        kind,
        attempt: goal.task(place).map_or(1, |task| task.attempt),
        lease,
        epoch: goal.epoch(),
        input,
        allowance,
        deadline: after(turn.now(), plan.within),
        report_to: turn.instance(),
        revision,
        undoes: undone,
    };
    turn.emit(offered(&offer, place));
    turn.act(Act::Offer { offer: Box::new(offer) });
}

fn offered(offer: &Offer, place: &Place) -> Event {
    Event::Offered {
        task: offer.task.clone(),
        step: offer.step.clone(),
        item: place.item,
        round: place.round,
        kind: offer.kind.clone(),
        attempt: offer.attempt,
        lease: offer.lease.clone(),
        epoch: offer.epoch,
        allowance: offer.allowance,
        deadline: offer.deadline,
    }
}
