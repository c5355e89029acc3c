//! The tables, and the function that compares vectors.

use std::thread;
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::embed::cosine;
use crate::sqlite::BUSY;

/// How long a connection that found the file taken waits before it tries again.
const AGAIN: Duration = Duration::from_millis(20);

/// `knowledge_words` keeps no text of its own (`content=''`): it answers with row ids. A space's name is
/// part of every lookup, so it leads the unique index.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS knowledge_entries (
    id    INTEGER PRIMARY KEY,
    space TEXT NOT NULL,
    key   TEXT NOT NULL,
    title TEXT NOT NULL,
    text  TEXT NOT NULL,
    meta  TEXT NOT NULL,
    UNIQUE (space, key)
) STRICT;
CREATE TABLE IF NOT EXISTS knowledge_vectors (
    entry      INTEGER NOT NULL REFERENCES knowledge_entries (id) ON DELETE CASCADE,
    embedder   TEXT    NOT NULL,
    dimensions INTEGER NOT NULL,
    vector     BLOB    NOT NULL,
    PRIMARY KEY (entry, embedder)
) STRICT;
CREATE VIRTUAL TABLE IF NOT EXISTS knowledge_words USING fts5 (
    title, text, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2'
);
";

/// Makes a connection ready: modes, tables, functions.
pub(super) fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    write_ahead(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("knowledge_cosine", 2, flags, |context| {
        let (one, other) = (context.get_raw(0).as_blob()?, context.get_raw(1).as_blob()?);
        Ok(f64::from(cosine(&unpack(one), &unpack(other))))
    })?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    transaction.commit()
}

/// Switches the file to a write-ahead log. The lock that this takes is one that SQLite does not wait for,
/// which matters when several processes make the file at the same time.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    for _ in 0..BUSY.as_millis() / AGAIN.as_millis() {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                thread::sleep(AGAIN);
            }
            done => return done,
        }
    }
    connection.pragma_update(None, "journal_mode", "WAL")
}

/// A vector as bytes: little-endian `f32`, one after the other.
pub(super) fn pack(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn unpack(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_comes_back_from_its_bytes() {
        let vector = [0.0, -1.5, f32::MIN_POSITIVE, 3.25];
        assert_eq!(unpack(&pack(&vector)), vector);
    }
}
