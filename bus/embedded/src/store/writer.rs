//! The one thread that writes.
//!
//! Steps:
//! 1. Take the first request that comes, and all that wait behind it, up to [`GROUP_MAX`].
//! 2. Take SQLite's write lock; run each request in a savepoint of its own, in order.
//! 3. Commit: one disk sync for all of them.
//! 4. Wake who waits for what changed, then answer each.
//!
//! Guarantees: nothing is answered `Ok` before it is on the disk; a request that fails takes nothing
//! with it; a commit that fails fails all of its group, and none of it is kept. While one group is
//! being synced the next gathers, so groups grow with the load and nobody waits for a timer.
//!
//! Between groups the thread looks whether another process committed, at most every [`POLL`].

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};

use galley_bus_core::clock::Clock;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

use super::trouble::Trouble;
use super::{POLL, Topic, Tx, Wakes};
use crate::error::StorageError;

/// How many requests one commit carries at most.
const GROUP_MAX: usize = 512;
/// How many requests wait at most; more wait for a slot.
const SLOTS: usize = 1_024;
/// Room beside the slots for what nobody waits for: loans given back, the order to stop.
const ASIDE: usize = 256;

/// Where requests are handed to the thread.
#[derive(Debug)]
pub(crate) struct Writer {
    requests: SyncSender<Request>,
    slots: Arc<Semaphore>,
}

/// The thread's end of it.
#[derive(Debug)]
pub(crate) struct Requests(Receiver<Request>);

enum Request {
    Work(Box<dyn Job>),
    Stop,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Work(_) => "Work",
            Self::Stop => "Stop",
        })
    }
}

impl Writer {
    pub(crate) fn new() -> (Self, Requests) {
        let (requests, end) = sync_channel(SLOTS + ASIDE);
        (Self { requests, slots: Arc::new(Semaphore::new(SLOTS)) }, Requests(end))
    }

    /// Runs `work` in the next group, and returns when the group is on the disk. Dropped before it
    /// ran, it does not run.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        F: FnOnce(&mut Tx<'_>) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.map_err(|_closed| StorageError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let job = Asked { work: Some(work), done: None, reply, slot };
        // With a slot in hand there is room; what fails is a thread that has ended.
        self.requests
            .try_send(Request::Work(Box::new(job)))
            .map_err(|_ended| StorageError::Closed)?;
        answer.await.map_err(|_ended| StorageError::Closed)?
    }

    /// Runs `work` in a later group, with nobody to wait for it. With no room it is not run.
    pub(crate) fn tell<F>(&self, work: F)
    where
        F: FnOnce(&mut Tx<'_>) -> rusqlite::Result<()> + Send + 'static,
    {
        if self.requests.try_send(Request::Work(Box::new(Told(Some(work))))).is_err() {
            tracing::debug!("the writer has no room for a request that nobody waits for");
        }
    }

    /// Refuses more requests; the thread ends behind those that it has.
    pub(crate) fn stop(&self) {
        self.slots.close();
        if self.requests.try_send(Request::Stop).is_err() {
            tracing::debug!("the writer has ended already");
        }
    }
}

/// A request as the thread sees it.
trait Job: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Outcome;
    fn answer(self: Box<Self>, committed: Result<(), StorageError>);
}

/// What becomes of a request's savepoint.
enum Outcome {
    Keep,
    Undo(StorageError),
}

struct Asked<F, T> {
    work: Option<F>,
    done: Option<Result<T, StorageError>>,
    reply: oneshot::Sender<Result<T, StorageError>>,
    slot: OwnedSemaphorePermit,
}

impl<F, T> Job for Asked<F, T>
where
    F: FnOnce(&mut Tx<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Outcome {
        let Some(work) = self.work.take().filter(|_| !self.reply.is_closed()) else {
            return Outcome::Keep;
        };
        let result = work(tx).map_err(StorageError::from);
        let outcome = match &result {
            Ok(_) => Outcome::Keep,
            Err(error) => Outcome::Undo(error.clone()),
        };
        self.done = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, committed: Result<(), StorageError>) {
        let Self { done, reply, slot, .. } = *self;
        drop(slot);
        let answer = match committed {
            Ok(()) => done.unwrap_or(Err(StorageError::Closed)),
            Err(error) => Err(error),
        };
        // Who asked may have gone; what it was given is then dropped here.
        drop(reply.send(answer));
    }
}

struct Told<F>(Option<F>);

impl<F> Job for Told<F>
where
    F: FnOnce(&mut Tx<'_>) -> rusqlite::Result<()> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Outcome {
        match self.0.take().map(|work| work(tx)) {
            Some(Ok(())) | None => Outcome::Keep,
            Some(Err(error)) => {
                tracing::warn!(%error, "a request that nobody waits for failed");
                Outcome::Undo(error.into())
            }
        }
    }

    fn answer(self: Box<Self>, _: Result<(), StorageError>) {}
}

impl Requests {
    /// Writes until told to stop.
    pub(crate) fn serve(self, conn: &Connection, clock: &dyn Clock, wakes: &Wakes) {
        let mut outside = Outside { version: None, looked: Instant::now() };
        let mut trouble = Trouble::default();
        loop {
            let first = match self.0.recv_timeout(POLL) {
                Ok(Request::Work(job)) => job,
                Err(RecvTimeoutError::Timeout) => {
                    outside.look(conn, wakes);
                    continue;
                }
                Ok(Request::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            };
            let (group, more) = self.gather(first);
            let now = clock.now().timestamp_millis();
            trouble.note(commit(conn, group, now, wakes));
            outside.look(conn, wakes);
            if !more {
                return;
            }
        }
    }

    /// All that wait, up to the bound, and whether there is more to come.
    fn gather(&self, first: Box<dyn Job>) -> (Vec<Box<dyn Job>>, bool) {
        let mut group = vec![first];
        while group.len() < GROUP_MAX {
            match self.0.try_recv() {
                Ok(Request::Work(job)) => group.push(job),
                Ok(Request::Stop) => return (group, false),
                Err(_empty) => break,
            }
        }
        (group, true)
    }
}

/// Writes a group; says what came of it.
fn commit(
    conn: &Connection,
    mut group: Vec<Box<dyn Job>>,
    now: i64,
    wakes: &Wakes,
) -> Result<(), StorageError> {
    let mut topics = Vec::new();
    let committed = run(conn, &mut group, now, &mut topics);
    match &committed {
        Ok(()) => wakes.wake(&topics),
        Err(error) => {
            tracing::debug!(requests = group.len(), %error, "a commit failed; none of it is kept");
            undo(conn, "ROLLBACK");
        }
    }
    for job in group {
        job.answer(committed.clone());
    }
    committed
}

fn run(
    conn: &Connection,
    group: &mut [Box<dyn Job>],
    now: i64,
    topics: &mut Vec<Topic>,
) -> Result<(), StorageError> {
    execute(conn, "BEGIN IMMEDIATE")?;
    for job in group {
        let before = topics.len();
        execute(conn, "SAVEPOINT job")?;
        match job.run(&mut Tx { conn, now, topics }) {
            Outcome::Keep => {}
            // SQLite took back the whole transaction, as it may when the disk is full.
            Outcome::Undo(error) if conn.is_autocommit() => return Err(error),
            Outcome::Undo(_) => {
                topics.truncate(before);
                execute(conn, "ROLLBACK TO job")?;
            }
        }
        execute(conn, "RELEASE job")?;
    }
    Ok(execute(conn, "COMMIT")?)
}

fn execute(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(|_| ())
}

fn undo(conn: &Connection, sql: &str) {
    if conn.is_autocommit() {
        return;
    }
    if let Err(error) = execute(conn, sql) {
        tracing::error!(%error, "could not take back a transaction");
    }
}

/// What is known of the commits of other processes.
struct Outside {
    version: Option<i64>,
    looked: Instant,
}

impl Outside {
    /// Wakes all who wait when another process committed. This connection's own commits do not
    /// count: SQLite's `data_version` leaves them out.
    fn look(&mut self, conn: &Connection, wakes: &Wakes) {
        let now = Instant::now();
        let early = now.saturating_duration_since(self.looked) < POLL && self.version.is_some();
        if early || wakes.nobody_waits() {
            return;
        }
        self.looked = now;
        let read = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        let version = conn
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], read));
        match version {
            Ok(version) => {
                if self.version.replace(version) != Some(version) {
                    wakes.wake_all();
                }
            }
            Err(error) => tracing::warn!(%error, "could not look for commits of other processes"),
        }
    }
}

#[cfg(test)]
mod tests;
