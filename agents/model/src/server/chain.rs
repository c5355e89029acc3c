//! Models asked one after the other, until one answers.

use std::time::Duration;

use tokio::time::Instant;

use super::endpoint::{Bill, Endpoint, Errand, Unsaid};
use super::retry::may_pass;
use crate::chat::Heard;
use crate::port::{ModelError, Usage};
use crate::protocol::Collected;

/// How often a call looks whether a model may be asked again.
const ROUNDS_MAX: u32 = 8;

/// Models, the preferred one first; at least one.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) endpoints: Vec<Endpoint>,
    /// Longest wait for a model that may not be asked yet.
    pub(super) wait_most: Duration,
}

/// What came of asking all.
enum Walk {
    /// The one at this place answered.
    Said(usize, Collected),
    /// None was asked; one may be after so long.
    Later(Duration, ModelError),
    Failed(ModelError),
}

impl Chain {
    /// Asks the model at this place, then those after it, then those before it; says which one answered. When none may be asked now, it
    /// waits for the first that may, within the bounds: of all that wait, one is the probe, and the
    /// others wait for what becomes of it.
    pub(super) async fn ask(
        &self,
        from: usize,
        errand: &Errand<'_>,
        bill: &mut Bill,
    ) -> Result<(usize, Collected), ModelError> {
        let mut rounds = 1;
        let error = loop {
            match self.walk(from, errand, bill).await {
                Walk::Said(at, collected) => return Ok((at, collected)),
                Walk::Later(wait, _) if rounds < ROUNDS_MAX && self.admits(wait, errand) => {
                    tokio::time::sleep(wait).await;
                    rounds += 1;
                }
                Walk::Later(_, error) | Walk::Failed(error) => break error,
            }
        };
        Err(billed(error, bill.usage))
    }

    fn admits(&self, wait: Duration, errand: &Errand<'_>) -> bool {
        wait <= self.wait_most && Instant::now() + wait <= errand.until
    }

    async fn walk(&self, from: usize, errand: &Errand<'_>, bill: &mut Bill) -> Walk {
        let mut told: Option<ModelError> = None;
        let mut soonest: Option<Duration> = None;
        let mut asked = false;
        let count = self.endpoints.len();
        for (at, endpoint) in self.endpoints.iter().enumerate().cycle().skip(from).take(count) {
            if told.is_some() {
                errand.ear.hear(Heard::Anew);
            }
            let error = match endpoint.ask(errand, bill).await {
                Ok(collected) => return Walk::Said(at, collected),
                Err(Unsaid::Failed(error)) => {
                    asked = true;
                    error
                }
                Err(Unsaid::NotAsked { wait, error }) => {
                    soonest = Some(soonest.map_or(wait, |before| before.min(wait)));
                    error
                }
            };
            if !falls_back(&error) {
                return Walk::Failed(error);
            }
            tracing::warn!(purpose = errand.purpose(), model = %endpoint.model, %error, "model gives no reply");
            // What may pass counts: it is worth another attempt of the task.
            told = Some(match told {
                Some(before) if may_pass(&before) => before,
                Some(_) | None => error,
            });
        }
        let error = told.expect("a chain has a model, and each ends in a reply or an error");
        match soonest {
            Some(wait) if !asked => Walk::Later(wait, error),
            Some(_) | None => Walk::Failed(error),
        }
    }
}

/// Whether another model is asked. What one declines to say is not asked of another, and a reply that
/// does not meet its schema has been paid for twice already.
const fn falls_back(error: &ModelError) -> bool {
    match error {
        ModelError::Busy { .. }
        | ModelError::Unavailable { .. }
        | ModelError::Timeout { .. }
        | ModelError::Rejected { .. } => true,
        ModelError::Refused { .. } | ModelError::Invalid { .. } => false,
    }
}

/// The error with what was used until then.
pub(super) fn billed(error: ModelError, usage: Usage) -> ModelError {
    match error {
        ModelError::Refused { reason, .. } => ModelError::Refused { reason, usage },
        ModelError::Invalid { reason, .. } => ModelError::Invalid { reason, usage },
        same @ (ModelError::Busy { .. }
        | ModelError::Unavailable { .. }
        | ModelError::Timeout { .. }
        | ModelError::Rejected { .. }) => same,
    }
}
