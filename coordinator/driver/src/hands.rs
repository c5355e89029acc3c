//! What the parts of a coordinator share: its ports, and what it knows.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_bus_core::clock::{Chance, Clock};
use galley_bus_core::{BoxError, Bus, Unreachable};
use galley_coordinator_goal::Ids;
use galley_schemas::id::{GoalId, InstanceId, LeaseToken};

use crate::config::Config;
use crate::fences::Fences;
use crate::kinds::Kinds;
use crate::load::Goals;
use crate::registry::Registry;
use crate::views::Board;

/// What the parts of a coordinator share.
pub(crate) struct Hands {
    pub bus: Bus,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
    pub config: Config,
    pub instance: InstanceId,
    pub registry: Registry,
    pub fences: Fences,
    pub goals: Goals,
    pub board: Board,
    pub kinds: Kinds,
    /// Whether it was said that archiving waits for learning; once is enough.
    pub overdue_told: AtomicBool,
}

impl Hands {
    /// Makes one call to the bus, bounded in time: what takes longer counts as out of reach.
    pub(crate) async fn within<T, E: From<Unreachable>>(
        &self,
        what: &str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let limit = self.config.bus_timeout();
        tokio::time::timeout(limit, call).await.unwrap_or_else(|elapsed| {
            let cause: BoxError = Box::new(elapsed);
            Err(Unreachable { what: what.to_owned(), cause }.into())
        })
    }

    /// The ids for one decision.
    pub(crate) fn ids(&self, now: DateTime<Utc>) -> Drawn<'_> {
        Drawn { hands: self, now }
    }

    /// Waits before the next try of something that failed `tries` times: doubled each time, with
    /// chance in it, so that those who collided do not collide again.
    pub(crate) async fn back_off(&self, tries: u32) {
        const FIRST_MS: u64 = 1;
        const MOST_MS: u64 = 200;
        let most = FIRST_MS.saturating_mul(1 << tries.min(16)).min(MOST_MS);
        let share = self.chance.unit();
        let wait = Duration::from_millis(most).mul_f64(0.5 + share / 2.0);
        self.clock.sleep(wait).await;
    }
}

/// Ids drawn from the port of chance.
pub(crate) struct Drawn<'a> {
    hands: &'a Hands,
    now: DateTime<Utc>,
}

impl Ids for Drawn<'_> {
    fn lease(&mut self) -> LeaseToken {
        self.hands.chance.lease_token()
    }

    fn goal(&mut self) -> GoalId {
        self.hands.chance.goal_id(self.now)
    }

    fn instance(&self) -> InstanceId {
        self.hands.instance
    }
}
