//! Who has the file open, and who died with loans in hand.
//!
//! Every opening of the file is a row in `instance`, and holds the operating system's lock on a file
//! of its own beside the database. The system takes the lock away when the process ends, however it
//! ends. So whoever gets the lock of an instance that still has its row knows that it died, gives
//! its loans back and deletes the row. No heartbeat, and no process id that could be used again.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

/// One opening of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InstanceNo(pub(crate) i64);

/// The sign of life of one opening: the lock, held while this lives.
#[derive(Debug)]
pub(crate) struct Presence {
    pub(crate) number: InstanceNo,
    _lock: File,
}

/// Why an instance could not be registered.
#[derive(Debug)]
pub(crate) enum RegisterError {
    Storage(rusqlite::Error),
    Lock(io::Error),
}

impl From<rusqlite::Error> for RegisterError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error)
    }
}

impl Presence {
    /// Registers an instance. Runs in a transaction: others see the row when the lock is held.
    pub(crate) fn register(
        conn: &Connection,
        database: &Path,
        now: i64,
    ) -> Result<Self, RegisterError> {
        conn.execute("INSERT INTO instance (opened_at) VALUES (?1)", [now])?;
        let number = InstanceNo(conn.last_insert_rowid());
        let lock = lock(&lock_path(database, number)).map_err(RegisterError::Lock)?;
        Ok(Self { number, _lock: lock })
    }
}

fn lock(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
    file.try_lock()?;
    Ok(file)
}

fn lock_path(database: &Path, instance: InstanceNo) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push(format!("-live-{}", instance.0));
    database.with_file_name(name)
}

/// The instances that died, of all but one's own.
pub(crate) fn dead(
    conn: &Connection,
    database: &Path,
    own: InstanceNo,
) -> rusqlite::Result<Vec<InstanceNo>> {
    let mut others = conn.prepare_cached("SELECT id FROM instance WHERE id <> ?1")?;
    let others = others.query_map([own.0], |row| row.get(0).map(InstanceNo))?;
    let dead = others.filter(|other| match other {
        Ok(other) => !is_alive(&lock_path(database, *other)),
        Err(_) => true,
    });
    dead.collect()
}

fn is_alive(lock: &Path) -> bool {
    match OpenOptions::new().write(true).open(lock) {
        // Ours for a moment, which another one that looks takes for life; then that one reaps.
        Ok(file) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// Gives an instance's loans back and deletes its row. Returns the consumers concerned.
pub(crate) fn retire(
    conn: &Connection,
    instance: InstanceNo,
    now: i64,
) -> rusqlite::Result<Vec<i64>> {
    let mut loans = conn.prepare_cached(
        "UPDATE loan SET lent = 0, due_at = ?2 WHERE instance = ?1 AND lent = 1 RETURNING consumer",
    )?;
    let consumers = loans.query_map(params![instance.0, now], |row| row.get(0))?;
    let mut consumers = consumers.collect::<rusqlite::Result<Vec<i64>>>()?;
    consumers.sort_unstable();
    consumers.dedup();
    conn.prepare_cached("DELETE FROM instance WHERE id = ?1")?.execute([instance.0])?;
    Ok(consumers)
}

/// Removes the lock file of an instance that has no row any more.
pub(crate) fn clear_up(database: &Path, instance: InstanceNo) {
    let path = lock_path(database, instance);
    if let Err(error) = std::fs::remove_file(&path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(path = %path.display(), %error, "could not remove a lock file");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_lives_as_long_as_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("g.db");
        let path = lock_path(&database, InstanceNo(3));
        assert_eq!(path.file_name().unwrap(), "g.db-live-3");
        assert!(!is_alive(&path));
        let held = lock(&path).unwrap();
        assert!(is_alive(&path));
        drop(held);
        assert!(!is_alive(&path));
        clear_up(&database, InstanceNo(3));
        assert!(!path.exists());
    }
}
