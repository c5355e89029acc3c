//! Growing pauses between tries, with jitter, so that many agents do not try in step.

use std::time::Duration;

use galley_bus_core::clock::{Chance, Clock};

const FIRST: Duration = Duration::from_millis(100);
const MOST: Duration = Duration::from_secs(5);

/// The pauses of one sequence of tries.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// Waits between half and all of the current pause, and doubles it up to the bound.
    pub(crate) async fn pause(&mut self, clock: &dyn Clock, chance: &dyn Chance) {
        let pause = self.next.mul_f64(0.5 + chance.unit() / 2.0);
        self.next = (self.next * 2).min(MOST);
        clock.sleep(pause).await;
    }
}
