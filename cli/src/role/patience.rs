//! Waiting for a bus that is away: its server is not up yet, or nobody leads there for the moment. And for
//! a memory on Postgres that is.
//!
//! Processes of a role are started in any order with the server, and again whenever their machine is.
//! So what may pass by itself is waited out, however long it takes: it is said, and said again when it
//! is another reason; each try comes after a longer pause, up to a bound. What stays as it is (wrong
//! credentials, a server that is too old) is an error at once, and the signal to end is obeyed at once.

use std::net::SocketAddr;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Role, probed};
use crate::failure::{self, Failure};
use crate::out;

/// Pause after the first try that failed: doubled each time, up to the bound.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// One who waits.
pub(super) struct Patience<'a> {
    /// In which role.
    pub(super) role: &'a Role,
    /// Where its probes are answered.
    pub(super) probes: Option<SocketAddr>,
    stop: &'a CancellationToken,
    pause: Duration,
    /// Why it waits, as it was said last.
    told: Option<String>,
}

impl<'a> Patience<'a> {
    /// One who waits in this role until it is asked to end.
    pub(super) const fn new(
        role: &'a Role,
        probes: Option<SocketAddr>,
        stop: &'a CancellationToken,
    ) -> Self {
        Self { role, probes, stop, pause: PAUSE_FIRST, told: None }
    }

    /// Tries until it is done. None when this process is to end before.
    ///
    /// # Errors
    /// What does not pass by itself.
    pub(super) async fn until<T>(
        &mut self,
        mut attempt: impl AsyncFnMut() -> anyhow::Result<T>,
    ) -> anyhow::Result<Option<T>> {
        loop {
            let tried = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(None),
                tried = attempt() => tried,
            };
            match tried {
                Ok(done) => return Ok(Some(done)),
                Err(error) => self.tell(error)?,
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(None),
                () = tokio::time::sleep(self.pause) => {}
            }
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }

    /// Says why it waits, or gives back what is not worth waiting for.
    fn tell(&mut self, error: anyhow::Error) -> anyhow::Result<()> {
        let failure = failure::of(&error);
        let Some(why) = passing(&failure) else { return Err(error) };
        let what = awaited(&failure);
        tracing::warn!(error = why, "{what} is away; it is tried again");
        if self.told.as_ref() != Some(&why) {
            out::note(format!("{}: waits for {what}: {why}{}", self.role, probed(self.probes)));
            self.told = Some(why);
        }
        Ok(())
    }
}

/// What is away, as people know it.
fn awaited(failure: &Failure) -> &'static str {
    let is_memory = failure.faults.iter().any(|fault| fault.code.starts_with("GLY028"));
    if is_memory { "the memory on Postgres" } else { "the bus" }
}

/// Why something failed that may pass by itself; none when it will not.
fn passing(failure: &Failure) -> Option<String> {
    let [fault] = failure.faults.as_slice() else { return None };
    let why = std::iter::once(fault.to_string()).chain(fault.causes.iter().cloned());
    fault.retryable.then(|| why.collect::<Vec<_>>().join(": "))
}

#[cfg(test)]
mod tests {
    use galley_schemas::fault::Fault;

    use super::*;

    fn away() -> anyhow::Error {
        Failure::from(Fault::transient("GLY0221", "no NATS server answers")).into()
    }

    fn for_good() -> anyhow::Error {
        Failure::from(Fault::permanent("GLY0222", "the credentials are refused")).into()
    }

    /// What becomes of tries that end like this, one after the other, and how many were made.
    async fn check(
        mut ends: Vec<anyhow::Result<()>>,
        stop: &CancellationToken,
    ) -> (anyhow::Result<Option<()>>, usize) {
        let all = ends.len();
        ends.reverse();
        let mut patience = Patience::new(&Role::Relay, None, stop);
        let done = patience.until(async || ends.pop().expect("no more tries than that")).await;
        (done, all - ends.len())
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_waited_out_and_what_stays_is_an_error_at_once() {
        let stop = CancellationToken::new();
        let (done, tries) = check(vec![Err(away()), Err(away()), Ok(())], &stop).await;
        assert_eq!((done.unwrap(), tries), (Some(()), 3));
        let (done, tries) = check(vec![Err(away()), Err(for_good()), Ok(())], &stop).await;
        assert_eq!(
            (failure::of(&done.unwrap_err()).faults[0].code.as_str(), tries),
            ("GLY0222", 2)
        );
        let (done, tries) = check(vec![Err(anyhow::anyhow!("no code")), Ok(())], &stop).await;
        assert!(done.is_err() && tries == 1, "nobody knows whether it passes");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_ends_at_once_when_it_is_asked_to() {
        let stop = CancellationToken::new();
        let mut patience = Patience::new(&Role::Relay, None, &stop);
        let hangs = patience.until(async || std::future::pending::<anyhow::Result<()>>().await);
        let asks = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            stop.cancel();
        };
        assert_eq!(tokio::join!(hangs, asks).0.unwrap(), None);
        let (done, tries) = check(vec![Err(away())], &stop).await;
        assert_eq!((done.unwrap(), tries), (None, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_up_to_the_bound() {
        let stop = CancellationToken::new();
        let mut patience = Patience::new(&Role::Relay, None, &stop);
        let mut times = Vec::new();
        let done = patience.until(async || {
            times.push(tokio::time::Instant::now());
            if times.len() < 10 { Err(away()) } else { Ok(()) }
        });
        assert_eq!(done.await.unwrap(), Some(()));
        let pauses: Vec<_> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
        assert_eq!(pauses, [200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000]);
    }
}
