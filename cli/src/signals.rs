//! The first signal asks to end; the second ends at once.

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::failure::Exit;
use crate::out;

/// Cancels the token at the first interrupt or termination signal, and ends the process at the
/// second: what is durable stays so.
pub(crate) fn watch(parts: &mut JoinSet<()>, stop: &CancellationToken) {
    let stop = stop.clone();
    parts.spawn(async move {
        next().await;
        out::note("stopping; once more to stop at once");
        stop.cancel();
        next().await;
        #[expect(clippy::exit, reason = "a second signal asks for exactly this")]
        std::process::exit(Exit::Interrupted as i32);
    });
}

async fn next() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        biased;
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
