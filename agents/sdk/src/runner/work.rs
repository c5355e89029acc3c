//! One run of the agent: within its time, and only while the attempt counts.

use std::sync::Arc;
use std::time::Duration;

use galley_schemas::fault::Fault;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument as _;

use crate::agent::{Agent, encode};
use crate::context::Context;
use crate::context::attempt::Attempt;
use crate::context::fate::Dropped;
use crate::faults;
use crate::runner::progress;

/// Longest text of a panic in characters.
const PANIC_CHARS_MAX: usize = 500;

/// How a run came to its end.
pub(crate) enum Outcome {
    /// With something to report.
    Ended(Result<Value, Fault>),
    /// With nothing to report.
    Dropped(Dropped),
}

/// Runs the agent once.
pub(crate) async fn run<A: Agent>(
    agent: Arc<A>,
    attempt: &Arc<Attempt>,
    notes: watch::Receiver<String>,
) -> Outcome {
    // In tasks of their own, so that a panic is caught, and neither waits for the other.
    let mut work = JoinSet::new();
    work.spawn(carry_out(agent, Arc::clone(attempt)).in_current_span());
    let mut telling = JoinSet::new();
    telling.spawn(progress::tell(Arc::clone(attempt), notes).in_current_span());

    let (limit, limit_ms) = time_left(attempt);
    let outcome = tokio::select! {
        biased;
        dropped = attempt.fate.dropped() => Outcome::Dropped(dropped),
        Some(joined) = work.join_next() => Outcome::Ended(joined.unwrap_or_else(panicked)),
        () = attempt.ports.clock.sleep(limit) => {
            Outcome::Ended(Err(faults::out_of_time(limit_ms)))
        }
    };
    telling.shutdown().await;
    work.shutdown().await;
    outcome
}

async fn carry_out<A: Agent>(agent: Arc<A>, attempt: Arc<Attempt>) -> Result<Value, Fault> {
    attempt.look_back().await?;
    let input = serde_json::from_value::<A::Input>(attempt.offer.input.clone())
        .map_err(|error| faults::malformed_input(A::KIND, &error))?;
    let output = agent.run(&Context::new(attempt), input).await?;
    encode(&output)
}

/// The time to the deadline or the end of the allowance, whichever comes first.
fn time_left(attempt: &Attempt) -> (Duration, u64) {
    let left = (attempt.offer.deadline - attempt.ports.clock.now()).num_milliseconds();
    let left = u64::try_from(left).unwrap_or(0);
    let millis = attempt.offer.allowance.wall_ms.map_or(left, |most| most.min(left));
    (Duration::from_millis(millis), millis)
}

fn panicked(error: JoinError) -> Result<Value, Fault> {
    let text = match error.try_into_panic() {
        Ok(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => match panic.downcast::<&'static str>() {
                Ok(text) => (*text).to_owned(),
                Err(_) => "no text".to_owned(),
            },
        },
        Err(error) => error.to_string(),
    };
    let text: String = text.chars().take(PANIC_CHARS_MAX).collect();
    tracing::error!(panic = text, "the agent panicked");
    Err(faults::panicked(&text))
}
