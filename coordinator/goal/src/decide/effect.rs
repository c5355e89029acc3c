//! Writes to the outside world: intent, do, settle.
//!
//! 1. An intent is recorded before the write. Whoever announces it while an earlier announcement of
//!    the same key is not settled must first ask the target whether the write happened. That holds
//!    for the same attempt too: it may have written, crashed, and been handed the same task again.
//! 2. A settled write is never done again: its receipt is given back.
//! 3. A write whose outcome nobody can tell ends the attempt and opens a question; a person's answer
//!    settles it, and the task is handed out as a new attempt.
//! 4. A goal that unwinds begins no write but those of its undos.

use galley_schemas::amount::Amount;
use galley_schemas::id::EffectKey;
use galley_schemas::record::Event;
use galley_schemas::report::{Intent, Settlement, Verdict};

use super::settle;
use super::turn::Turn;
use crate::content;
use crate::fault;
use crate::goal::Effect;
use crate::place::Place;

/// Most effects of one task.
const EFFECTS_MAX: usize = 64;

/// Largest announcement of an effect in bytes of JSON.
const INTENT_BYTES_MAX: usize = 8 * 1024;

/// Largest receipt or reason of a settlement in bytes of JSON.
const SETTLEMENT_BYTES_MAX: usize = 16 * 1024;

pub(super) fn intend(turn: &mut Turn<'_>, place: &Place, intent: Intent) -> Verdict {
    let task = turn.goal().task_id(place);
    let effects = turn.goal().task(place).map_or(&[][..], |task| &task.effects);
    let known = effects.iter().find(|effect| effect.intent.key == intent.key);
    match known.map(|Effect { intent, settled }| (intent, settled.as_deref())) {
        None if effects.len() >= EFFECTS_MAX => {
            Verdict::Malformed { fault: fault::too_many_effects(&task, EFFECTS_MAX) }
        }
        None if content::bytes(&intent) > INTENT_BYTES_MAX => {
            let excess = format!("announces an effect in more than {INTENT_BYTES_MAX} bytes");
            Verdict::Malformed { fault: fault::unfit_report(&task, &excess) }
        }
        None | Some((_, Some(Settlement::NotDone { .. })))
            if turn.is_unwinding() && !place.undo =>
        {
            let fault = fault::is_unwinding(&task);
            settle::attempt_failed(turn, place, fault.clone(), Amount::default());
            Verdict::Stale { reason: fault.message }
        }
        None | Some((_, Some(Settlement::NotDone { .. }))) => {
            turn.emit(Event::EffectIntended { task, intent });
            Verdict::Accepted
        }
        Some((_, Some(Settlement::Done { receipt }))) => {
            Verdict::AlreadyDone { receipt: receipt.clone() }
        }
        Some((known, Some(Settlement::Unknown { .. }) | None)) => {
            Verdict::Reconcile { intent: known.as_ref().clone() }
        }
    }
}

pub(super) fn settled(
    turn: &mut Turn<'_>,
    place: &Place,
    key: EffectKey,
    settlement: Settlement,
) -> Verdict {
    let task = turn.goal().task_id(place);
    let told = serde_json::to_value(&settlement).unwrap_or_default();
    if let Some(excess) = content::excess(&told, SETTLEMENT_BYTES_MAX) {
        return Verdict::Malformed { fault: fault::unfit_report(&task, &excess) };
    }
    match turn.goal().task(place).and_then(|task| task.effect(&key)) {
        None => Verdict::Malformed { fault: fault::effect_unknown(&task, &key) },
        // Settled before: the answer got lost.
        Some(Effect { settled: Some(_), .. }) => Verdict::Accepted,
        Some(Effect { settled: None, .. }) => {
            turn.emit(Event::EffectSettled { task, key, settlement });
            Verdict::Accepted
        }
    }
}
