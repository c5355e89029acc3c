//! The outside writes that an agent announced, and how they stand: as a goal's log would have them.

use std::collections::BTreeMap;

use galley_schemas::fault::Fault;
use galley_schemas::id::EffectKey;
use galley_schemas::report::{Body, Intent, Settlement, Verdict};
use serde_json::Value;

/// An effect that nobody announced, or a report that cannot be read.
pub(super) const UNFIT: &str = "GLY0033";

/// How an announced write stands.
#[derive(Debug, Clone, PartialEq)]
enum Stand {
    Open(Intent),
    Done(Value),
}

/// The outside writes of one task.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    effects: BTreeMap<EffectKey, Stand>,
}

impl Ledger {
    /// What a coordinator answers to a report of the current attempt.
    pub(crate) fn answer(&mut self, body: &Body) -> Verdict {
        match body {
            Body::EffectIntent { intent } => self.intend(intent),
            Body::EffectSettled { key, settlement } => self.settle(key, settlement),
            Body::Done { .. } | Body::Failed { .. } | Body::Progress { .. } => Verdict::Accepted,
        }
    }

    fn intend(&mut self, intent: &Intent) -> Verdict {
        match self.effects.get(&intent.key) {
            Some(Stand::Open(earlier)) => Verdict::Reconcile { intent: earlier.clone() },
            Some(Stand::Done(receipt)) => Verdict::AlreadyDone { receipt: receipt.clone() },
            None => {
                self.effects.insert(intent.key.clone(), Stand::Open(intent.clone()));
                Verdict::Accepted
            }
        }
    }

    fn settle(&mut self, key: &EffectKey, settlement: &Settlement) -> Verdict {
        if !self.effects.contains_key(key) {
            let message = format!("the effect '{key}' was settled and never announced");
            return Verdict::Malformed { fault: Fault::permanent(UNFIT, message) };
        }
        match settlement {
            Settlement::Done { receipt } => {
                self.effects.insert(key.clone(), Stand::Done(receipt.clone()));
            }
            Settlement::NotDone { .. } => drop(self.effects.remove(key)),
            Settlement::Unknown { .. } => {}
        }
        Verdict::Accepted
    }
}

/// The answer to what is no report, or none on an offer of this check.
pub(crate) fn unfit(why: &str) -> Verdict {
    Verdict::Malformed { fault: Fault::permanent(UNFIT, why) }
}
