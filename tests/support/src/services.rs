//! Real servers and tools: whether a test may do without them.

use std::env;

/// Whether tests fail, rather than say that they were not run, without the real parts: `CI` is set, or
/// `GALLEY_REQUIRE_SERVICES=1`.
#[must_use]
pub fn are_required() -> bool {
    set("CI").is_some_and(|ci| ci != "false" && ci != "0") || is_asked("GALLEY_REQUIRE_SERVICES")
}

/// Whether a variable of the surroundings asks for something (`NAME=1`).
#[must_use]
pub fn is_asked(name: &str) -> bool {
    set(name).is_some_and(|value| value == "1")
}

/// A variable of the surroundings that is set and not empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "how strict tests are is said by the environment")]
pub fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
