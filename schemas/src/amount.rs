//! What work may cost and what it did cost.
//!
//! Money is counted in millionths of a US dollar, so that sums are exact.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What has been used up. Adds up; never negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Amount {
    /// Money in millionths of a US dollar.
    pub usd_micros: u64,
    /// Model tokens, read and written.
    pub tokens: u64,
    /// Model calls.
    pub calls: u64,
    /// Working time in milliseconds.
    pub wall_ms: u64,
}

impl Amount {
    /// The sum, holding at the greatest number rather than wrapping.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            usd_micros: self.usd_micros.saturating_add(other.usd_micros),
            tokens: self.tokens.saturating_add(other.tokens),
            calls: self.calls.saturating_add(other.calls),
            wall_ms: self.wall_ms.saturating_add(other.wall_ms),
        }
    }

    /// The difference, holding at zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            usd_micros: self.usd_micros.saturating_sub(other.usd_micros),
            tokens: self.tokens.saturating_sub(other.tokens),
            calls: self.calls.saturating_sub(other.calls),
            wall_ms: self.wall_ms.saturating_sub(other.wall_ms),
        }
    }
}

/// The most that may be used up: a budget of a goal, or the allowance given to a task. A part that
/// is absent is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Limits {
    /// Money in millionths of a US dollar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_micros: Option<u64>,
    /// Model tokens, read and written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Model calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// Working time in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
}

impl Limits {
    /// Whether `used` stays within every part that is limited.
    #[must_use]
    pub fn admits(&self, used: &Amount) -> bool {
        let within = |limit: Option<u64>, used: u64| limit.is_none_or(|limit| used <= limit);
        within(self.usd_micros, used.usd_micros)
            && within(self.tokens, used.tokens)
            && within(self.calls, used.calls)
            && within(self.wall_ms, used.wall_ms)
    }

    /// What is left of these limits after `used`, part by part, holding at zero.
    #[must_use]
    pub fn left(&self, used: &Amount) -> Self {
        let left = |limit: Option<u64>, used: u64| limit.map(|limit| limit.saturating_sub(used));
        Self {
            usd_micros: left(self.usd_micros, used.usd_micros),
            tokens: left(self.tokens, used.tokens),
            calls: left(self.calls, used.calls),
            wall_ms: left(self.wall_ms, used.wall_ms),
        }
    }

    /// The tighter of two limits, part by part.
    #[must_use]
    pub fn tighter(&self, other: &Self) -> Self {
        let least = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        Self {
            usd_micros: least(self.usd_micros, other.usd_micros),
            tokens: least(self.tokens, other.tokens),
            calls: least(self.calls, other.calls),
            wall_ms: least(self.wall_ms, other.wall_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_limit_admits_anything() {
        let limits = Limits { tokens: Some(10), ..Limits::default() };
        assert!(limits.admits(&Amount { usd_micros: u64::MAX, tokens: 10, ..Amount::default() }));
        assert!(!limits.admits(&Amount { tokens: 11, ..Amount::default() }));
    }

    #[test]
    fn left_holds_at_zero() {
        let limits = Limits { calls: Some(2), ..Limits::default() };
        let left = limits.left(&Amount { calls: 5, ..Amount::default() });
        assert_eq!(left, Limits { calls: Some(0), ..Limits::default() });
    }
}
