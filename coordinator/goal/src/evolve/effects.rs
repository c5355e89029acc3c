//! Writes to the outside world: announced, settled, in doubt.

use std::sync::Arc;

use galley_schemas::amount::Amount;
use galley_schemas::id::EffectKey;
use galley_schemas::report::{Intent, Settlement};

use super::Why;
use crate::goal::{Effect, Goal, TaskState};
use crate::place::Place;

pub(super) fn intended(goal: &mut Goal, place: &Place, intent: &Intent) -> Result<(), Why> {
    let task = goal.admitted(place);
    let announced = Effect { intent: Arc::new(intent.clone()), settled: None };
    match task.effect_mut(&intent.key) {
        None => task.effects.push(announced),
        Some(effect) if effect.did_not_happen() => *effect = announced,
        Some(_) => return Err(Why::Effect),
    }
    Ok(())
}

pub(super) fn settled(
    goal: &mut Goal,
    place: &Place,
    key: &EffectKey,
    settlement: &Settlement,
) -> Result<(), Why> {
    let task = goal.admitted(place);
    let is_out = task.out().is_some();
    let effect = task.effect_mut(key).filter(|effect| effect.settled.is_none());
    let effect = effect.ok_or(Why::Effect)?;
    match settlement {
        // Only who has the attempt knows; that nobody knows may be found at any time.
        Settlement::Done { .. } | Settlement::NotDone { .. } if !is_out => return Err(Why::Effect),
        Settlement::Done { .. } | Settlement::NotDone { .. } => {
            effect.settled = Some(Arc::new(settlement.clone()));
            goal.drop_if_unwinding(place);
        }
        Settlement::Unknown { reason } => {
            let doubt = TaskState::Doubtful { key: key.clone(), reason: reason.clone() };
            goal.settle(place, Amount::default());
            goal.admitted(place).state = doubt;
        }
    }
    Ok(())
}
