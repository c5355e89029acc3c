//! What a task is doing, told to the coordinators: the last note wins, at most four a second. The
//! verdict on a note is also how an attempt learns, while it works, that it no longer counts.

use std::sync::Arc;
use std::time::Duration;

use galley_schemas::report::{Body, Verdict};
use tokio::sync::watch;

use crate::context::attempt::{Attempt, Watcher};
use crate::context::fate::Dropped;

/// The least time between two notes, and before the first: a task that is done sooner tells
/// nothing.
const PERIOD: Duration = Duration::from_millis(250);
/// A task that says nothing new repeats its last note after this time.
const REPEAT: Duration = Duration::from_secs(15);
/// How long a note waits for its verdict.
const WAIT: Duration = Duration::from_secs(2);

/// The last note of an attempt.
#[derive(Debug)]
pub(crate) struct Notes(watch::Sender<String>);

impl Notes {
    pub(crate) fn new() -> (Arc<Self>, watch::Receiver<String>) {
        let (sender, receiver) = watch::channel("at work".to_owned());
        (Arc::new(Self(sender)), receiver)
    }
}

impl Watcher for Notes {
    fn note(&self, note: String) {
        self.0.send_replace(note);
    }
}

/// Tells an attempt's notes until it is dropped, or the attempt no longer counts.
pub(crate) async fn tell(attempt: Arc<Attempt>, mut notes: watch::Receiver<String>) {
    let clock = Arc::clone(&attempt.ports.clock);
    loop {
        clock.sleep(PERIOD).await;
        let note = notes.borrow_and_update().clone();
        let body = Body::Progress { note, spent: attempt.spent() };
        match attempt.reporter.mention(body, WAIT).await {
            Some(Verdict::Stale { reason }) => {
                attempt.fate.seal(Dropped::Fenced { reason });
                return;
            }
            Some(Verdict::Malformed { fault }) => {
                tracing::warn!(%fault, "a note of progress was refused");
            }
            Some(Verdict::Accepted | Verdict::Reconcile { .. } | Verdict::AlreadyDone { .. })
            | None => {}
        }
        tokio::select! {
            biased;
            changed = notes.changed() => if changed.is_err() { return },
            () = clock.sleep(REPEAT) => {}
        }
    }
}
