//! Open, hand out the ports, close.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use galley_bus_core::clock::Clock;
use galley_bus_core::topology::{self, Stream};
use galley_bus_core::{Bus, Unreachable};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::alarms::{SqliteAlarms, timer};
use crate::artifacts::SqliteArtifacts;
use crate::broadcast::LocalBroadcast;
use crate::calls::LocalCalls;
use crate::error::{OpenError, StorageError};
use crate::instance::{self, Presence, RegisterError};
use crate::kv::SqliteKeyValue;
use crate::log::SqliteLog;
use crate::queue::SqliteQueue;
use crate::store::{Readers, Requests, Store, Streams, Wakes, Writer, connect};
use crate::{schema, sweep};

/// The bus on one SQLite file.
///
/// It has a thread (the writer) and two tasks (the timer, the sweep). [`Embedded::close`] ends them
/// when all that was asked is done, and gives back the loans of this instance. Dropping it ends them
/// too, but leaves the loans as a crash would: whoever opens the file next, or has it open, gives
/// them back at once. The ports of a closed bus answer that it is out of reach.
#[derive(Debug)]
pub struct Embedded {
    store: Arc<Store>,
    path: PathBuf,
    bus: Bus,
    tasks: JoinSet<()>,
    thread: Option<JoinHandle<()>>,
    presence: Option<Presence>,
}

impl Embedded {
    /// Opens a file, which is made if it is not there, with the streams of the topology.
    ///
    /// # Errors
    /// [`OpenError`] when the file is not ours, newer than this version, or cannot be written.
    pub async fn open(path: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_with(path, clock, topology::streams()).await
    }

    /// Opens a file with other streams than those of the topology: for tests of their bounds.
    ///
    /// # Errors
    /// [`OpenError`], as for [`Embedded::open`].
    pub async fn open_with(
        path: impl AsRef<Path>,
        clock: Arc<dyn Clock>,
        streams: Vec<Stream>,
    ) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let wakes = Arc::new(Wakes::default());
        let (writer, requests) = Writer::new();
        let ended = || OpenError::Storage { path: path.clone(), cause: StorageError::Closed };
        let (thread, opened) = Thread {
            path: path.clone(),
            clock: Arc::clone(&clock),
            wakes: Arc::clone(&wakes),
            streams,
            requests,
        }
        .start()?;
        let Opened { presence, streams } = opened.await.map_err(|_gone| ended())??;
        let store = Arc::new(Store {
            writer,
            readers: Readers::new(path.clone()),
            wakes,
            stop: CancellationToken::new(),
            instance: presence.number,
            streams,
            clock,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(timer::run(Arc::clone(&store)));
        tasks.spawn(sweep::run(Arc::clone(&store), path.clone()));
        Ok(Self {
            bus: ports(&store),
            store,
            path,
            tasks,
            thread: Some(thread),
            presence: Some(presence),
        })
    }

    /// The ports.
    #[must_use]
    pub fn bus(&self) -> Bus {
        self.bus.clone()
    }

    /// Does what was asked before, gives back the loans of this instance, and ends.
    ///
    /// # Errors
    /// [`Unreachable`] when the loans could not be given back; whoever opens the file next does it.
    pub async fn close(mut self) -> Result<(), Unreachable> {
        self.store.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        let own = self.store.instance;
        let given_back = self
            .store
            .write("closing", move |tx| instance::retire(tx.conn, own, tx.now).map(|_| ()))
            .await;
        // Readers first: the last to close brings the log into the file, and may not be one of them.
        self.store.readers.close().await;
        self.store.writer.stop();
        if let Some(thread) = self.thread.take() {
            // The last commit may take its time; the runtime goes on meanwhile.
            drop(tokio::task::spawn_blocking(move || thread.join()).await);
        }
        self.presence = None;
        if given_back.is_ok() {
            instance::clear_up(&self.path, own);
        }
        given_back
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.store.stop.cancel();
        self.tasks.abort_all();
        self.store.readers.refuse();
        self.store.writer.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer panicked");
        }
    }
}

fn ports(store: &Arc<Store>) -> Bus {
    let shared = || Arc::clone(store);
    Bus {
        log: Arc::new(SqliteLog::new(shared())),
        queue: Arc::new(SqliteQueue::new(shared())),
        calls: Arc::new(LocalCalls::new(Arc::clone(&store.clock), store.stop.clone())),
        broadcast: Arc::new(LocalBroadcast::new(store.stop.clone())),
        alarms: Arc::new(SqliteAlarms::new(shared())),
        kv: Arc::new(SqliteKeyValue::new(shared())),
        artifacts: Arc::new(SqliteArtifacts::new(shared())),
    }
}

/// What the writer's thread starts with.
struct Thread {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    wakes: Arc<Wakes>,
    streams: Vec<Stream>,
    requests: Requests,
}

/// What it found.
struct Opened {
    presence: Presence,
    streams: Streams,
}

type Opening = oneshot::Receiver<Result<Opened, OpenError>>;

impl Thread {
    fn start(self) -> Result<(JoinHandle<()>, Opening), OpenError> {
        let (found, opened) = oneshot::channel();
        let path = self.path.clone();
        let thread = std::thread::Builder::new()
            .name("galley-bus-writer".to_owned())
            .spawn(move || self.run(found))
            .map_err(|cause| OpenError::NotWritable { path, cause })?;
        Ok((thread, opened))
    }

    fn run(self, found: oneshot::Sender<Result<Opened, OpenError>>) {
        match open(&self.path, self.streams, self.clock.now().timestamp_millis()) {
            Ok((conn, opened)) => {
                if found.send(Ok(opened)).is_ok() {
                    self.requests.serve(&conn, &*self.clock, &self.wakes);
                }
            }
            Err(error) => drop(found.send(Err(error))),
        }
    }
}

fn open(path: &Path, streams: Vec<Stream>, now: i64) -> Result<(Connection, Opened), OpenError> {
    let not_writable = |cause| OpenError::NotWritable { path: path.to_owned(), cause };
    let failed = |error: rusqlite::Error| OpenError::Storage {
        path: path.to_owned(),
        cause: StorageError::from(error),
    };
    let mut conn = connect_to_write(path)?;
    schema::prepare(&mut conn, path)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let streams = Streams::register(&tx, streams).map_err(failed)?;
    let presence = Presence::register(&tx, path, now).map_err(|error| match error {
        RegisterError::Storage(error) => failed(error),
        RegisterError::Lock(error) => not_writable(error),
    })?;
    let dead = instance::dead(&tx, path, presence.number).map_err(failed)?;
    for other in &dead {
        instance::retire(&tx, *other, now).map_err(failed)?;
    }
    tx.commit().map_err(failed)?;
    for other in dead {
        instance::clear_up(path, other);
    }
    Ok((conn, Opened { presence, streams }))
}

/// Connects for writing.
///
/// The file is never opened by other means than SQLite's: closing such a handle would take the locks
/// away from every other connection of this process.
fn connect_to_write(path: &Path) -> Result<Connection, OpenError> {
    let not_writable = |cause| OpenError::NotWritable { path: path.to_owned(), cause };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(not_writable)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = connect(path, flags).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen) => not_writable(io::Error::other(error)),
        Some(_) | None => OpenError::Storage { path: path.to_owned(), cause: error.into() },
    })?;
    // SQLite falls back to reading only, and would say so much later.
    match conn.is_readonly(rusqlite::MAIN_DB) {
        Ok(false) => Ok(conn),
        Ok(true) => Err(not_writable(io::ErrorKind::PermissionDenied.into())),
        Err(error) => Err(OpenError::Storage { path: path.to_owned(), cause: error.into() }),
    }
}
