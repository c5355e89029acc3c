//! Waiting on conditions, within a bound. The one place in tests that sleeps.

use std::time::{Duration, Instant};

/// Longest wait for a condition.
pub const WAIT_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until `look` finds something.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a test waits in real time")]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < WAIT_MAX, "waited {WAIT_MAX:?} for {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Waits until `look` finds something, without holding up the runtime.
#[expect(clippy::disallowed_methods, reason = "a test waits in real time")]
pub async fn until_async<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < WAIT_MAX, "waited {WAIT_MAX:?} for {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
