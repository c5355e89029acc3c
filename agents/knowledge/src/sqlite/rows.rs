//! The statements: everything here runs inside the caller's transaction.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::port::{Entry, Hit};
use crate::rank::fuse;
use crate::sqlite::schema::pack;
use crate::words::{fold, words};

/// Candidates that each ranking hands to the fusion.
const CANDIDATES: usize = 200;
/// Words of a question that are looked up.
const WORDS_MAX: usize = 64;

/// What one recall looks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) space: &'a str,
    pub(super) text: &'a str,
    pub(super) embedder: &'a str,
    pub(super) vector: &'a [f32],
}

/// An entry without a vector of some embedder.
#[derive(Debug, Clone)]
pub(super) struct Unembedded {
    pub(super) id: i64,
    pub(super) text: String,
}

/// Puts an entry in, or in place of the one with its key; its old vectors go.
pub(super) fn put_entry(connection: &Connection, entry: &Entry) -> rusqlite::Result<i64> {
    drop_entry(connection, &entry.space, &entry.key)?;
    connection.execute(
        "INSERT INTO knowledge_entries (space, key, title, text, meta) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![entry.space, entry.key, entry.title, entry.text, entry.meta],
    )?;
    let id = connection.last_insert_rowid();
    connection.execute(
        "INSERT INTO knowledge_words (rowid, title, text) VALUES (?1, ?2, ?3)",
        params![id, entry.title, entry.text],
    )?;
    Ok(id)
}

/// Puts an entry's vector in, or in place of the one of the same embedder.
pub(super) fn put_vector(
    connection: &Connection,
    entry: i64,
    embedder: &str,
    vector: &[f32],
) -> rusqlite::Result<()> {
    // An entry that was forgotten or replaced while its vector was made needs none any more.
    connection.execute(
        "INSERT OR REPLACE INTO knowledge_vectors (entry, embedder, dimensions, vector)
         SELECT id, ?2, ?3, ?4 FROM knowledge_entries WHERE id = ?1",
        params![entry, embedder, i64::try_from(vector.len()).unwrap_or(i64::MAX), pack(vector)],
    )?;
    Ok(())
}

/// Drops an entry with all that belongs to it.
pub(super) fn drop_entry(connection: &Connection, space: &str, key: &str) -> rusqlite::Result<()> {
    let id: Option<i64> = connection
        .query_row(
            "DELETE FROM knowledge_entries WHERE space = ?1 AND key = ?2 RETURNING id",
            params![space, key],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(id) = id {
        connection.execute("DELETE FROM knowledge_words WHERE rowid = ?1", params![id])?;
    }
    Ok(())
}

/// Entries of a space without a vector of an embedder, oldest first.
pub(super) fn unembedded(
    connection: &Connection,
    space: &str,
    embedder: &str,
    limit: usize,
) -> rusqlite::Result<Vec<Unembedded>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, title || char(10) || text FROM knowledge_entries WHERE space = ?1 AND NOT EXISTS
         (SELECT 1 FROM knowledge_vectors WHERE entry = id AND embedder = ?2) ORDER BY id LIMIT ?3",
    )?;
    let rows = statement.query_map(params![space, embedder, bound(limit)], |row| {
        Ok(Unembedded { id: row.get(0)?, text: row.get(1)? })
    })?;
    rows.collect()
}

/// Finds entries by words and meaning, best first.
pub(super) fn recall(
    connection: &Connection,
    look: &Look<'_>,
    limit: usize,
) -> rusqlite::Result<Vec<Hit>> {
    let near = by_meaning(connection, look)?;
    let similarity: BTreeMap<i64, f64> = near.iter().copied().collect();
    let near: Vec<i64> = near.into_iter().map(|(id, _)| id).collect();
    let fused = fuse(&[by_words(connection, look)?, near]);
    fused
        .into_iter()
        .take(limit)
        .map(|(id, score)| {
            let entry = entry(connection, id)?;
            let similarity = match similarity.get(&id) {
                Some(known) => *known,
                None => similarity_of(connection, look, id)?,
            };
            Ok(Hit { entry, similarity, score })
        })
        .collect()
}

/// The nearest entries, with their similarity; of equals, the older first.
fn by_meaning(connection: &Connection, look: &Look<'_>) -> rusqlite::Result<Vec<(i64, f64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, knowledge_cosine(vector, ?3) AS similarity
         FROM knowledge_entries JOIN knowledge_vectors ON entry = id
         WHERE space = ?1 AND embedder = ?2 AND dimensions = ?4
         ORDER BY similarity DESC, id LIMIT ?5",
    )?;
    let dimensions = bound(look.vector.len());
    let rows = statement.query_map(
        params![look.space, look.embedder, pack(look.vector), dimensions, bound(CANDIDATES)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    rows.collect()
}

/// The entries that share words, best first; of equals, the older first.
fn by_words(connection: &Connection, look: &Look<'_>) -> rusqlite::Result<Vec<i64>> {
    let query = match_query(look.text);
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT id FROM knowledge_words JOIN knowledge_entries ON id = knowledge_words.rowid
         WHERE knowledge_words MATCH ?1 AND space = ?2
         ORDER BY bm25(knowledge_words, 2.0, 1.0), id LIMIT ?3",
    )?;
    let rows =
        statement.query_map(params![query, look.space, bound(CANDIDATES)], |row| row.get(0))?;
    rows.collect()
}

/// The words of a text as an FTS5 query. Each is quoted, so that nothing in it is an operator.
fn match_query(text: &str) -> String {
    let quoted = words(text).take(WORDS_MAX).map(|(_, word)| format!("\"{}\"", fold(word)));
    quoted.collect::<Vec<_>>().join(" OR ")
}

fn similarity_of(connection: &Connection, look: &Look<'_>, id: i64) -> rusqlite::Result<f64> {
    let found = connection
        .query_row(
            "SELECT knowledge_cosine(vector, ?3) FROM knowledge_vectors WHERE entry = ?1 AND embedder = ?2",
            params![id, look.embedder, pack(look.vector)],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found.unwrap_or(0.0))
}

fn entry(connection: &Connection, id: i64) -> rusqlite::Result<Entry> {
    let mut statement = connection.prepare_cached(
        "SELECT key, space, title, text, meta FROM knowledge_entries WHERE id = ?1",
    )?;
    statement.query_row(params![id], |row: &Row<'_>| {
        Ok(Entry {
            key: row.get(0)?,
            space: row.get(1)?,
            title: row.get(2)?,
            text: row.get(3)?,
            meta: row.get(4)?,
        })
    })
}

fn bound(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_question_is_an_operator() {
        assert_eq!(match_query("AND \"x* NEAR(a"), "\"and\" OR \"x\" OR \"near\" OR \"a\"");
        assert_eq!(match_query("…!"), "");
    }
}
