//! How far the log was seen to reach: by our own appends, and by hints of the server.
//!
//! The stream sends the headers of everything it stores to whoever listens. That is no delivery: a
//! hint may be lost, and who waits for a change looks for itself now and then.

use std::sync::Arc;

use futures::StreamExt as _;
use tokio::sync::{OnceCell, watch};

use crate::error::NatsError;
use crate::nats::Tasks;
use crate::wire::{Wire, servers_header};

/// How far the log was seen to reach.
#[derive(Debug)]
pub(crate) struct Tail {
    wire: Wire,
    hints: String,
    tasks: Arc<Tasks>,
    seen: watch::Sender<u64>,
    listening: OnceCell<()>,
}

impl Tail {
    /// Sees nothing until somebody follows.
    pub(crate) fn new(wire: Wire, hints: String, tasks: Arc<Tasks>) -> Self {
        Self { wire, hints, tasks, seen: watch::Sender::new(0), listening: OnceCell::new() }
    }

    /// The log reaches at least this far.
    pub(crate) fn saw(&self, seq: u64) {
        raise(&self.seen, seq);
    }

    /// Follows how far it reaches. Whatever is stored after this returned is hinted at.
    pub(crate) async fn follow(&self) -> Result<watch::Receiver<u64>, NatsError> {
        self.listening.get_or_try_init(|| self.listen()).await?;
        Ok(self.seen.subscribe())
    }

    async fn listen(&self) -> Result<(), NatsError> {
        let mut hints = self.wire.listen(&self.hints, None).await?;
        let seen = self.seen.clone();
        self.tasks.spawn(async move {
            while let Some(hint) = hints.next().await {
                let seq = servers_header(hint.headers.as_ref(), "Nats-Sequence");
                if let Some(seq) = seq.and_then(|seq| seq.parse().ok()) {
                    raise(&seen, seq);
                }
            }
        });
        Ok(())
    }
}

fn raise(seen: &watch::Sender<u64>, seq: u64) {
    seen.send_if_modified(|seen| {
        let higher = seq > *seen;
        *seen = seq.max(*seen);
        higher
    });
}
