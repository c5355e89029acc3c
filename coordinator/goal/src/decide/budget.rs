//! How much of the budget an attempt is given.

use galley_schemas::amount::Limits;

use crate::goal::Goal;

/// A part of the budget is short: nothing of it is left, or others hold what the step asks for.
pub(super) struct Short {
    /// Which part, for people.
    pub(super) part: &'static str,
}

/// What an attempt may use: what its step says, as far as it is left; where the step says nothing,
/// an equal share of what is left among those who are ready.
///
/// A step that asks for more than is left waits while others may give back what they do not use, and
/// makes do with what is left when nobody can. A part whose budget is zero from the beginning is not
/// short: the goal is to do without (without money, say), and its tasks are given zero of it.
pub(super) fn grant(goal: &Goal, wanted: &Limits, among: usize) -> Result<Limits, Short> {
    let (budget, left) = (goal.ledger.budget(), &goal.ledger.left());
    let reserved = goal.ledger.reserved();
    let among = u64::try_from(among.max(1)).unwrap_or(u64::MAX);
    let part = |name, of: fn(&Limits) -> Option<u64>, held: u64| {
        let part = Part {
            name,
            budget: of(budget),
            left: of(left),
            wanted: of(wanted),
            is_held: held > 0,
        };
        part.share(among)
    };
    Ok(Limits {
        usd_micros: part("dollars", |limits| limits.usd_micros, reserved.usd_micros)?,
        tokens: part("tokens", |limits| limits.tokens, reserved.tokens)?,
        calls: part("model calls", |limits| limits.calls, reserved.calls)?,
        wall_ms: part("milliseconds of work", |limits| limits.wall_ms, reserved.wall_ms)?,
    })
}

/// One part of the budget.
struct Part {
    name: &'static str,
    budget: Option<u64>,
    left: Option<u64>,
    wanted: Option<u64>,
    /// Whether others may give some of it back.
    is_held: bool,
}

impl Part {
    fn share(&self, among: u64) -> Result<Option<u64>, Short> {
        let (Some(budget), Some(left)) = (self.budget, self.left) else { return Ok(self.wanted) };
        match self.wanted {
            Some(0) => Ok(Some(0)),
            Some(_) | None if budget == 0 => Ok(Some(0)),
            Some(_) | None if left == 0 => Err(Short { part: self.name }),
            Some(wanted) if wanted > left && self.is_held => Err(Short { part: self.name }),
            Some(wanted) => Ok(Some(wanted.min(left))),
            None => Ok(Some(left.div_ceil(among))),
        }
    }
}

/// What an undo may use, and a task that must finish to be undone: all that is left. It is never
/// short, because what was done must be undone even when the budget is used up; its time is bounded by
/// its deadline alone.
pub(super) fn of_undo(goal: &Goal) -> Limits {
    Limits { wall_ms: None, ..goal.ledger.left() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of the budget, others holding some of it.
    fn part(budget: u64, left: u64, wanted: Option<u64>) -> Part {
        Part { name: "tokens", budget: Some(budget), left: Some(left), wanted, is_held: true }
    }

    #[track_caller]
    fn check(part: &Part, want: Option<u64>) {
        assert_eq!(part.share(3).ok(), want.map(Some));
    }

    #[test]
    fn a_share_is_an_equal_part_of_what_is_left() {
        check(&part(100, 100, None), Some(34));
        check(&part(100, 2, None), Some(1));
        check(&part(100, 0, None), None);
    }

    #[test]
    fn a_step_gets_what_it_asks_for_or_waits_for_it() {
        check(&part(100, 50, Some(20)), Some(20));
        check(&part(100, 10, Some(20)), None);
        check(&part(100, 0, Some(0)), Some(0));
        check(&Part { is_held: false, ..part(100, 10, Some(20)) }, Some(10));
    }

    #[test]
    fn a_budget_of_zero_is_no_shortage() {
        check(&part(0, 0, None), Some(0));
        check(&part(0, 0, Some(5)), Some(0));
    }

    #[test]
    fn what_is_not_limited_is_as_the_step_says() {
        let free = |wanted| Part { budget: None, left: None, ..part(0, 0, wanted) };
        check(&free(Some(5)), Some(5));
        assert_eq!(free(None).share(3).ok(), Some(None));
    }
}
