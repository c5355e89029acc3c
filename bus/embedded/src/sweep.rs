//! What is level-triggered: loans of instances that died, ids past their window, messages past
//! their age, signs of deleted keys. Looks at the state, never at what woke it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::Unreachable;

use crate::instance;
use crate::queue;
use crate::store::{Store, Topic, Tx};

/// How often instances are looked at: the longest that a living process waits for the loans of one
/// that was killed.
const INSTANCES_EVERY: Duration = Duration::from_secs(1);
/// How many of those rounds pass between two sweeps of what is old.
const OLD_EVERY: u32 = 30;
/// How long the sign of a deleted key is kept for watchers that are behind.
pub(crate) const DELETED_KEPT: Duration = Duration::from_secs(60 * 60);
/// How many rows are deleted in one transaction.
const BATCH: i64 = 1_000;

/// Sweeps until the store is stopped.
pub(crate) async fn run(store: Arc<Store>, database: PathBuf) {
    let mut round: u32 = 0;
    loop {
        tokio::select! {
            biased;
            () = store.stop.cancelled() => return,
            () = store.clock.sleep(INSTANCES_EVERY) => {}
        }
        round = round.wrapping_add(1);
        if let Err(error) = retire_dead(&store, &database).await {
            tracing::warn!(%error, "could not look for instances that died");
        }
        if round.is_multiple_of(OLD_EVERY)
            && let Err(error) = delete_old(&store).await
        {
            tracing::warn!(%error, "could not delete what is old");
        }
    }
}

/// Gives back the loans of other processes that died. Takes the write lock only when there are any.
async fn retire_dead(store: &Arc<Store>, database: &Path) -> Result<(), Unreachable> {
    let (own, path) = (store.instance, database.to_owned());
    let dead =
        store.read("look at instances", move |conn| instance::dead(conn, &path, own)).await?;
    if dead.is_empty() {
        return Ok(());
    }
    let gone = dead.clone();
    let retire = move |tx: &mut Tx<'_>| {
        for other in &gone {
            for consumer in instance::retire(tx.conn, *other, tx.now)? {
                tx.wake(Topic::Loans { consumer });
            }
        }
        Ok(())
    };
    store.write("give back the loans of the dead", retire).await?;
    for other in dead {
        tracing::info!(instance = other.0, "an instance died; its loans were given back");
        instance::clear_up(database, other);
    }
    Ok(())
}

/// Deletes what is old, a batch at a time, so that nobody waits long behind it.
async fn delete_old(store: &Arc<Store>) -> Result<(), Unreachable> {
    loop {
        let streams = store.streams.clone();
        let more = store
            .write("delete what is old", move |tx| {
                let mut more = forget_deleted(tx)?;
                for known in streams.iter() {
                    more |= queue::expire(tx, known, BATCH)?;
                }
                Ok(more)
            })
            .await?;
        if !more || store.stop.is_cancelled() {
            return Ok(());
        }
    }
}

/// Removes the signs of deleted keys that every watcher has had time to see.
fn forget_deleted(tx: &mut Tx<'_>) -> rusqlite::Result<bool> {
    let kept = i64::try_from(DELETED_KEPT.as_millis()).unwrap_or(i64::MAX);
    let removed = tx
        .conn
        .prepare_cached(
            "DELETE FROM kv WHERE revision IN
                 (SELECT revision FROM kv WHERE value IS NULL AND changed_at <= ?1 LIMIT ?2)",
        )?
        .execute([tx.now.saturating_sub(kept), BATCH])?;
    Ok(i64::try_from(removed).is_ok_and(|removed| removed == BATCH))
}
