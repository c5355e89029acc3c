//! The budget: what is spent, what is reserved, what is left.

use galley_schemas::amount::{Amount, Limits};

/// A goal's money, tokens, calls and working time.
///
/// Law: `spent + reserved <= budget + overrun`, part by part. A reservation is only ever granted from
/// what is left; a task may report more than it was allowed (a model call ran over), which is
/// recorded as it is and counted in `overrun`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ledger {
    budget: Limits,
    spent: Amount,
    reserved: Amount,
    overrun: Amount,
}

impl Ledger {
    pub(crate) fn new(budget: Limits) -> Self {
        Self { budget, ..Self::default() }
    }

    pub(crate) fn budget(&self) -> &Limits {
        &self.budget
    }

    pub(crate) fn spent(&self) -> Amount {
        self.spent
    }

    pub(crate) fn reserved(&self) -> Amount {
        self.reserved
    }

    /// What may still be reserved.
    pub(crate) fn left(&self) -> Limits {
        self.budget.left(&self.spent.plus(self.reserved))
    }

    /// Whether an allowance lies within what is left.
    pub(crate) fn covers(&self, allowance: &Limits) -> bool {
        self.left().admits(&amount(allowance))
    }

    /// Sets an allowance aside.
    pub(crate) fn reserve(&mut self, allowance: &Limits) {
        self.reserved = self.reserved.plus(amount(allowance));
    }

    /// Gives an allowance back and books what was used in its place.
    pub(crate) fn settle(&mut self, allowance: &Limits, spent: Amount) {
        self.reserved = self.reserved.minus(amount(allowance));
        self.spent = self.spent.plus(spent);
        self.overrun = self.overrun.plus(spent.minus(amount(allowance)));
    }

    /// Whether an allowance is limited wherever the goal is.
    pub(crate) fn limits(&self, allowance: &Limits) -> bool {
        let limits = |goal: Option<u64>, task: Option<u64>| goal.is_none() || task.is_some();
        limits(self.budget.usd_micros, allowance.usd_micros)
            && limits(self.budget.tokens, allowance.tokens)
            && limits(self.budget.calls, allowance.calls)
            && limits(self.budget.wall_ms, allowance.wall_ms)
    }

    /// Whether the law holds.
    pub(crate) fn is_sound(&self) -> bool {
        let granted = self.spent.plus(self.reserved).minus(self.overrun);
        self.budget.admits(&granted)
    }
}

/// What an allowance sets aside: where it has no limit, nothing.
fn amount(limits: &Limits) -> Amount {
    Amount {
        usd_micros: limits.usd_micros.unwrap_or(0),
        tokens: limits.tokens.unwrap_or(0),
        calls: limits.calls.unwrap_or(0),
        wall_ms: limits.wall_ms.unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(tokens: u64) -> Limits {
        Limits { tokens: Some(tokens), ..Limits::default() }
    }

    fn used(tokens: u64) -> Amount {
        Amount { tokens, ..Amount::default() }
    }

    #[test]
    fn what_is_not_used_comes_back() {
        let mut ledger = Ledger::new(tokens(100));
        ledger.reserve(&tokens(60));
        assert!(ledger.covers(&tokens(40)) && !ledger.covers(&tokens(41)));
        ledger.settle(&tokens(60), used(10));
        assert_eq!((ledger.left(), ledger.reserved()), (tokens(90), used(0)));
    }

    #[test]
    fn an_overrun_is_booked_and_shrinks_what_is_left() {
        let mut ledger = Ledger::new(tokens(100));
        ledger.reserve(&tokens(50));
        ledger.reserve(&tokens(50));
        ledger.settle(&tokens(50), used(80));
        assert_eq!((ledger.spent(), ledger.left()), (used(80), tokens(0)));
        assert!(ledger.is_sound());
    }
}
