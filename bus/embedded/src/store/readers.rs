//! A few connections that only read, on the runtime's blocking threads.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::connect;
use crate::error::StorageError;

/// How many reads run at once; more wait for their turn.
const READERS_MAX: usize = 4;

/// Connections that only read, opened when first needed.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    slots: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Arc<Self> {
        let slots = Arc::new(Semaphore::new(READERS_MAX));
        Arc::new(Self { path, idle: Mutex::new(Vec::new()), slots })
    }

    pub(crate) async fn read<T, F>(self: &Arc<Self>, work: F) -> Result<T, StorageError>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.map_err(|_closed| StorageError::Closed)?;
        let this = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let conn = this.take()?;
            let result = work(&conn);
            this.give_back(conn);
            drop(slot);
            result
        });
        Ok(done.await.map_err(|_runtime_stops| StorageError::Closed)??)
    }

    /// Waits for running reads and refuses more.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(READERS_MAX).unwrap_or(u32::MAX);
        drop(self.slots.acquire_many(all).await);
        self.refuse();
    }

    /// Refuses more reads; running ones end by themselves.
    pub(crate) fn refuse(&self) {
        self.slots.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take(&self) -> rusqlite::Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(conn) => Ok(conn),
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                connect(&self.path, flags)
            }
        }
    }

    fn give_back(&self, conn: Connection) {
        if !self.slots.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
    }
}
