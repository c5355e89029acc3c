//! What the attempt has used, against what it may use.
//!
//! A call is admitted with what it may cost at most, as far as that is known before; parallel calls
//! see each other's holds. How many tokens a text has is an estimate on the safe side, and so is the
//! money. A model without a price costs nothing as far as anybody can tell: its tokens hold.

use std::sync::{Mutex, PoisonError};

use galley_schemas::amount::{Amount, Limits};
use galley_schemas::fault::Fault;

use crate::faults;

/// What the attempt has used, against its allowance.
#[derive(Debug)]
pub(crate) struct Ledger {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spent: Amount,
    held: Amount,
}

impl Ledger {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    /// Charges what was spent: by a call, or by earlier attempts, which never reported it.
    pub(crate) fn charge(&self, owed: Amount) {
        self.with(|state| state.spent = state.spent.plus(owed));
    }

    pub(crate) fn spent(&self) -> Amount {
        self.with(|state| state.spent)
    }

    /// Holds the most that a call may cost, until it is settled or the hold is dropped.
    pub(crate) fn admit(&self, most: Amount) -> Result<Hold<'_>, Fault> {
        self.with(|state| {
            refuse(&self.limits, state.spent.plus(state.held), most)?;
            state.held = state.held.plus(most);
            Ok(Hold { ledger: self, most })
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn refuse(limits: &Limits, used: Amount, most: Amount) -> Result<(), Fault> {
    let all = used.plus(most);
    // A call is never free, also where its price is not known.
    let usd_micros = used.usd_micros.saturating_add(most.usd_micros.max(1));
    let parts = [
        ("calls", all.calls, limits.calls),
        ("tokens", all.tokens, limits.tokens),
        ("millionths of a dollar", usd_micros, limits.usd_micros),
    ];
    for (what, used, limit) in parts {
        if let Some(limit) = limit.filter(|limit| used > *limit) {
            return Err(faults::allowance_used_up(what, used, limit));
        }
    }
    Ok(())
}

/// A call that is under way.
#[must_use = "a hold that is dropped at once holds nothing"]
#[derive(Debug)]
pub(crate) struct Hold<'a> {
    ledger: &'a Ledger,
    most: Amount,
}

impl Hold<'_> {
    /// Charges what the call did cost.
    pub(crate) fn settle(self, cost: Amount) {
        self.ledger.charge(cost);
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.ledger.with(|state| state.held = state.held.minus(self.most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Amount = Amount { usd_micros: 0, tokens: 100, calls: 1, wall_ms: 0 };

    fn check(limits: Limits, admitted: usize) {
        let ledger = Ledger::new(limits);
        for n in 0..admitted {
            let hold = ledger.admit(CALL).unwrap_or_else(|fault| panic!("call {n}: {fault}"));
            hold.settle(Amount { usd_micros: 10, ..CALL });
        }
        assert_eq!(ledger.admit(CALL).unwrap_err().code, "GLY0308", "{limits:?}");
    }

    #[test]
    fn each_limit_refuses_the_call_that_would_pass_it() {
        check(Limits { calls: Some(3), ..Limits::default() }, 3);
        check(Limits { tokens: Some(299), ..Limits::default() }, 2);
        check(Limits { usd_micros: Some(30), ..Limits::default() }, 3);
        check(Limits { calls: Some(0), ..Limits::default() }, 0);
    }

    #[test]
    fn calls_under_way_count() {
        let ledger = Ledger::new(Limits { calls: Some(1), ..Limits::default() });
        let hold = ledger.admit(CALL).unwrap();
        assert!(ledger.admit(CALL).is_err());
        drop(hold);
        assert!(ledger.admit(CALL).is_ok(), "a call that broke off gives its hold back");
        assert_eq!(ledger.spent(), Amount::default());
    }

    #[test]
    fn what_was_never_reported_counts_against_the_allowance() {
        let owed = Amount { calls: 2, ..Amount::default() };
        let ledger = Ledger::new(Limits { calls: Some(2), ..Limits::default() });
        ledger.charge(owed);
        assert!(ledger.admit(CALL).is_err());
        assert_eq!(ledger.spent(), owed);
    }
}
