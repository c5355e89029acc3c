//! The bounds of the workflow language, and what holds when a workflow does not say.

use std::time::Duration;

use galley_schemas::amount::Limits;

use super::model::Retry;

/// Most steps of a workflow.
pub const STEPS_MAX: usize = 64;
/// Most items of a fan-out, and of a list that an expression reads.
pub const ITEMS_MAX: usize = 1_000;
/// How many goals may stand above a sub-goal.
pub const DEPTH_MAX: u32 = 5;
/// Most further rounds of a `revise`.
pub const ROUNDS_MAX: u32 = 10;
/// Most attempts of a `retry`.
pub const TIMES_MAX: u32 = 20;
/// Most tasks of a fan-out that may be out at once.
pub const AT_MOST_MAX: u32 = 100;
/// Most people that an approval may need.
pub const QUORUM_MAX: u32 = 100;

/// How many tasks of a fan-out are out at once, unless `at_most` says.
pub const AT_MOST: u32 = 8;
/// How failures are tried again, unless `retry` says: three attempts, after 1s and 2s.
pub const RETRY: Retry =
    Retry { times: 3, first: Duration::from_secs(1), factor: 2.0, most: Duration::from_secs(60) };
/// How long an attempt of an agent may take, unless `within` says.
pub const WITHIN_AGENT: Duration = Duration::from_secs(30 * 60);
/// How long an approval stays open, unless `within` says.
pub const WITHIN_APPROVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a sub-goal may take, unless `within` says.
pub const WITHIN_GOAL: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a `wait` with a time may take, unless `within` says or its `for` is longer. One for a
/// signal alone must say.
pub const WITHIN_WAIT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a goal may use, when the workflow has no `budget`. One that has is not limited in the parts
/// that it leaves out.
pub const BUDGET: Limits = Limits {
    usd_micros: Some(5_000_000),
    tokens: Some(1_000_000),
    calls: Some(1_000),
    wall_ms: Some(4 * 60 * 60 * 1_000),
};
/// What one attempt of an agent may use, part by part, unless `allowance` says. It is set aside
/// while the attempt is out, so it also decides how many attempts a budget carries at once.
pub const ALLOWANCE: Limits = Limits {
    usd_micros: Some(250_000),
    tokens: Some(60_000),
    calls: Some(40),
    wall_ms: Some(10 * 60 * 1_000),
};
