//! What is in the file, and whose file it is.
//!
//! The file carries Galley's `application_id` and, as `user_version`, the number of the last step of
//! [`STEPS`] that was applied to it. Both are looked at before anything is written, so that a file of
//! something else stays as it is. Other tables than ours are left alone.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, TransactionBehavior};

use crate::error::{OpenError, StorageError};

/// "GLEY", in the header of the file.
const APPLICATION_ID: i64 = 0x474C_4559;
/// The steps from an empty file to the newest format, in order.
const STEPS: [&str; 1] = [include_str!("schema/v1.sql")];
/// The newest format known here.
const NEWEST: i64 = 1;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Nobody's: there is nothing in it.
    Nobody,
    Galley {
        format: i64,
    },
    Other,
}

/// Checks that the file is ours, and brings it to the newest format.
pub(crate) fn prepare(conn: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed =
        |error| OpenError::Storage { path: path.to_owned(), cause: StorageError::from(error) };
    check(look(conn), path)?;
    settings(conn).map_err(failed)?;
    let format = check(look(conn), path)?;
    if format < NEWEST {
        // Another process may have done it in the meantime: looked at again under the lock.
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let format = check(owner(&tx), path)?;
        raise(&tx, format).map_err(failed)?;
        tx.commit().map_err(failed)?;
    }
    Ok(())
}

fn check(owner: rusqlite::Result<Owner>, path: &Path) -> Result<i64, OpenError> {
    match owner {
        Ok(Owner::Nobody) => Ok(0),
        Ok(Owner::Galley { format }) if format <= NEWEST => Ok(format),
        Ok(Owner::Galley { format }) => {
            Err(OpenError::Newer { path: path.to_owned(), found: format, known: NEWEST })
        }
        Ok(Owner::Other) => Err(OpenError::NotGalley { path: path.to_owned() }),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            Err(OpenError::NotGalley { path: path.to_owned() })
        }
        Err(error) => Err(OpenError::Storage { path: path.to_owned(), cause: error.into() }),
    }
}

/// Finds the owner in one transaction: another process may be making the file.
fn look(conn: &mut Connection) -> rusqlite::Result<Owner> {
    owner(&*conn.transaction()?)
}

fn owner(conn: &Connection) -> rusqlite::Result<Owner> {
    let number = |pragma| conn.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, format) = (number("application_id")?, number("user_version")?);
    if application == APPLICATION_ID {
        return Ok(Owner::Galley { format });
    }
    let table: Option<i64> =
        conn.query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |row| row.get(0)).optional()?;
    let empty = application == 0 && format == 0 && table.is_none();
    Ok(if empty { Owner::Nobody } else { Owner::Other })
}

/// Settings of the connection that writes.
fn settings(conn: &Connection) -> rusqlite::Result<()> {
    write_ahead(conn)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    // On a Mac, a plain sync leaves the bytes in the drive's cache. Without effect elsewhere.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    // A log that grew by a burst is cut again.
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    Ok(())
}

/// Switches the file to a write-ahead log. SQLite does not wait for the lock that this takes, which
/// matters when two processes make the file at the same time.
fn write_ahead(conn: &Connection) -> rusqlite::Result<()> {
    for _ in 0..100 {
        match conn.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return done,
        }
    }
    conn.pragma_update(None, "journal_mode", "WAL")
}

fn raise(conn: &Connection, format: i64) -> rusqlite::Result<()> {
    let done = usize::try_from(format).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        conn.execute_batch(step)?;
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update(None, "user_version", NEWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Connection {
        Connection::open(path).unwrap()
    }

    #[test]
    fn the_newest_format_is_the_number_of_steps() {
        assert_eq!(usize::try_from(NEWEST), Ok(STEPS.len()));
    }

    #[test]
    fn a_file_prepared_twice_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.db");
        prepare(&mut open(&path), &path).unwrap();
        prepare(&mut open(&path), &path).unwrap();
        assert_eq!(owner(&open(&path)), Ok(Owner::Galley { format: NEWEST }));
    }

    #[test]
    fn a_file_of_something_else_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.db");
        std::fs::write(&text, "not a database, but longer than the header of one ".repeat(40))
            .unwrap();
        let other = folder.path().join("other.db");
        open(&other).execute_batch("CREATE TABLE theirs (x)").unwrap();
        for path in [text, other] {
            let before = std::fs::read(&path).unwrap();
            let error = prepare(&mut open(&path), &path).unwrap_err();
            assert!(matches!(error, OpenError::NotGalley { .. }), "{error:?}");
            assert_eq!(error.fault().code, "GLY0201");
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.db");
        prepare(&mut open(&path), &path).unwrap();
        open(&path).pragma_update(None, "user_version", NEWEST + 1).unwrap();
        let error = prepare(&mut open(&path), &path).unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 2, known: 1, .. }), "{error:?}");
        assert_eq!(error.fault().code, "GLY0202");
    }
}
