//! The statements, each a piece of work in one transaction.

use std::collections::BTreeMap;

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use pgvector::Vector;
use serde_json::Value;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use crate::port::{Entry, Hit};
use crate::postgres::language::{configuration, configurations};
use crate::postgres::link::Work;
use crate::rank::fuse;
use crate::words::{fold, words};

type Parameter<'a> = &'a (dyn ToSql + Sync);

/// Candidates that each ranking hands to the fusion.
const CANDIDATES: i64 = 200;
/// Words of a question that are looked up.
const WORDS_MAX: usize = 64;

/// Asks for nothing, to be answered.
#[derive(Debug)]
pub(super) struct Ping;

#[async_trait]
impl Work for Ping {
    type Done = ();
    const LOOKS: bool = true;

    async fn on(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        transaction.batch_execute("SELECT").await
    }
}

/// Puts entries in, or in place of those with their keys.
#[derive(Debug)]
pub(super) struct Put<'a> {
    /// By space and key: in one order for everybody, so that no two wait for each other.
    rows: BTreeMap<(String, String), NewRow>,
    embedder: &'a str,
}

/// All that is kept of an entry.
#[derive(Debug)]
struct NewRow {
    title: String,
    text: String,
    meta: Value,
    language: &'static str,
    title_words: String,
    text_words: String,
    vector: Vector,
}

impl NewRow {
    fn new(entry: &Entry, vector: Vec<f32>) -> Self {
        Self {
            title: without_nul(&entry.title),
            text: without_nul(&entry.text),
            meta: entry.meta.clone(),
            language: configuration(&entry.searched()),
            title_words: searchable(&entry.title),
            text_words: searchable(&entry.text),
            vector: Vector::from(vector),
        }
    }
}

impl<'a> Put<'a> {
    /// Entries with their vectors; of two with one key, the later counts.
    pub(super) fn new(entries: &[Entry], vectors: Vec<Vec<f32>>, embedder: &'a str) -> Self {
        let rows = entries.iter().zip(vectors).map(|(entry, vector)| {
            let key = (without_nul(&entry.space), without_nul(&entry.key));
            (key, NewRow::new(entry, vector))
        });
        Self { rows: rows.collect(), embedder }
    }

    async fn put_entries(&self, transaction: &Transaction<'_>) -> Result<Vec<i64>, Error> {
        const PUT: &str = "
            INSERT INTO knowledge_entries AS old (space, key, title, text, meta, language, words)
            SELECT space, key, title, text, meta, language,
                   setweight(to_tsvector(language::regconfig, title_words), 'A')
                || setweight(to_tsvector(language::regconfig, text_words), 'B')
            FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::json[], $6::text[],
                        $7::text[], $8::text[])
                 AS new (space, key, title, text, meta, language, title_words, text_words)
            ON CONFLICT (space, key) DO UPDATE SET
                revision = old.revision + 1, title = EXCLUDED.title, text = EXCLUDED.text,
                meta = EXCLUDED.meta, language = EXCLUDED.language, words = EXCLUDED.words
            RETURNING id, space, key";
        let spaces: Vec<&str> = self.rows.keys().map(|(space, _)| space.as_str()).collect();
        let keys: Vec<&str> = self.rows.keys().map(|(_, key)| key.as_str()).collect();
        let column = |of: fn(&NewRow) -> &str| self.rows.values().map(of).collect::<Vec<&str>>();
        let metas: Vec<&Value> = self.rows.values().map(|row| &row.meta).collect();
        let statement = transaction.prepare_cached(PUT).await?;
        let values: [Parameter<'_>; 8] = [
            &spaces,
            &keys,
            &column(|row| &row.title),
            &column(|row| &row.text),
            &metas,
            &column(|row| row.language),
            &column(|row| &row.title_words),
            &column(|row| &row.text_words),
        ];
        let mut ids = BTreeMap::new();
        for row in transaction.query(&statement, &values).await? {
            let key: (String, String) = (row.try_get(1)?, row.try_get(2)?);
            ids.insert(key, row.try_get(0)?);
        }
        Ok(self.rows.keys().filter_map(|key| ids.get(key).copied()).collect())
    }
}

#[async_trait]
impl Work for Put<'_> {
    type Done = ();
    const LOOKS: bool = false;

    async fn on(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        const OLD: &str = "DELETE FROM knowledge_vectors WHERE entry = ANY($1)";
        const NEW: &str = "
            INSERT INTO knowledge_vectors (entry, embedder, dimensions, vector)
            SELECT entry, $3, vector_dims(vector), vector
            FROM unnest($1::bigint[], $2::vector[]) AS new (entry, vector)";
        let ids = self.put_entries(transaction).await?;
        let vectors: Vec<&Vector> = self.rows.values().map(|row| &row.vector).collect();
        let statement = transaction.prepare_cached(OLD).await?;
        let _dropped = transaction.execute(&statement, &[&ids]).await?;
        let statement = transaction.prepare_cached(NEW).await?;
        let _put = transaction.execute(&statement, &[&ids, &vectors, &self.embedder]).await?;
        Ok(())
    }
}

/// Drops an entry with all that belongs to it.
#[derive(Debug)]
pub(super) struct Forget {
    space: String,
    key: String,
}

impl Forget {
    pub(super) fn new(space: &str, key: &str) -> Self {
        Self { space: without_nul(space), key: without_nul(key) }
    }
}

#[async_trait]
impl Work for Forget {
    type Done = ();
    const LOOKS: bool = false;

    async fn on(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        const DROP: &str = "DELETE FROM knowledge_entries WHERE space = $1 AND key = $2";
        let statement = transaction.prepare_cached(DROP).await?;
        let _dropped = transaction.execute(&statement, &[&self.space, &self.key]).await?;
        Ok(())
    }
}

/// An entry without a vector of some embedder.
#[derive(Debug)]
pub(super) struct Bare {
    id: i64,
    revision: i64,
    /// What its vector is to stand for.
    pub(super) text: String,
}

/// Looks for entries of a space without a vector of an embedder, oldest first.
#[derive(Debug)]
pub(super) struct FindBare<'a> {
    pub(super) space: &'a str,
    pub(super) embedder: &'a str,
    pub(super) limit: i64,
}

#[async_trait]
impl Work for FindBare<'_> {
    type Done = Vec<Bare>;
    const LOOKS: bool = true;

    async fn on(&self, transaction: &Transaction<'_>) -> Result<Vec<Bare>, Error> {
        const FIND: &str = "
            SELECT id, revision, title || chr(10) || text FROM knowledge_entries
            WHERE space = $1 AND NOT EXISTS
                (SELECT FROM knowledge_vectors WHERE entry = id AND embedder = $2)
            ORDER BY id LIMIT $3";
        let statement = transaction.prepare_cached(FIND).await?;
        let rows =
            transaction.query(&statement, &[&self.space, &self.embedder, &self.limit]).await?;
        let bare = |row: &Row| {
            Ok(Bare { id: row.try_get(0)?, revision: row.try_get(1)?, text: row.try_get(2)? })
        };
        rows.iter().map(bare).collect()
    }
}

/// Gives entries the vectors that were made for them.
#[derive(Debug)]
pub(super) struct Clothe<'a> {
    bare: &'a [Bare],
    vectors: Vec<Vector>,
    embedder: &'a str,
}

impl<'a> Clothe<'a> {
    pub(super) fn new(bare: &'a [Bare], vectors: Vec<Vec<f32>>, embedder: &'a str) -> Self {
        Self { bare, vectors: vectors.into_iter().map(Vector::from).collect(), embedder }
    }
}

#[async_trait]
impl Work for Clothe<'_> {
    type Done = ();
    const LOOKS: bool = false;

    async fn on(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        // An entry that was forgotten or replaced in between needs this vector no more; one that others
        // gave a vector to has the same one. The lock keeps it from being replaced until this is done.
        const NEW: &str = "
            INSERT INTO knowledge_vectors (entry, embedder, dimensions, vector)
            SELECT id, $4, vector_dims(new.vector), new.vector
            FROM unnest($1::bigint[], $2::bigint[], $3::vector[]) AS new (entry, revision, vector)
            JOIN knowledge_entries e ON e.id = new.entry AND e.revision = new.revision
            ORDER BY id FOR SHARE OF e
            ON CONFLICT DO NOTHING";
        let ids: Vec<i64> = self.bare.iter().map(|entry| entry.id).collect();
        let revisions: Vec<i64> = self.bare.iter().map(|entry| entry.revision).collect();
        let statement = transaction.prepare_cached(NEW).await?;
        let values: [Parameter<'_>; 4] = [&ids, &revisions, &self.vectors, &self.embedder];
        let _put = transaction.execute(&statement, &values).await?;
        Ok(())
    }
}

/// Finds entries by words and meaning, best first.
#[derive(Debug)]
pub(super) struct Look<'a> {
    space: String,
    question: String,
    embedder: &'a str,
    vector: Vector,
    dimensions: i32,
    limit: usize,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        (space, text): (&str, &str),
        (embedder, vector): (&'a str, Vec<f32>),
        limit: usize,
    ) -> Self {
        Self {
            space: without_nul(space),
            question: question(text),
            embedder,
            dimensions: i32::try_from(vector.len()).unwrap_or(i32::MAX),
            vector: Vector::from(vector),
            limit,
        }
    }

    /// The nearest entries; of equals, the older first. A vector of zeros has no direction: its distance
    /// is no number, which comes last.
    async fn by_meaning(&self, transaction: &Transaction<'_>) -> Result<Vec<i64>, Error> {
        const NEAR: &str = "
            SELECT e.id FROM knowledge_entries e JOIN knowledge_vectors v ON v.entry = e.id
            WHERE e.space = $1 AND v.embedder = $2 AND v.dimensions = $3
            ORDER BY v.vector <=> $4, e.id LIMIT $5";
        let statement = transaction.prepare_cached(NEAR).await?;
        let values: [Parameter<'_>; 5] =
            [&self.space, &self.embedder, &self.dimensions, &self.vector, &CANDIDATES];
        transaction.query(&statement, &values).await?.iter().map(|row| row.try_get(0)).collect()
    }

    /// The entries that share words, best first; of equals, the older first. The question is read in the
    /// language of each entry. A word in the title counts twice; long texts are damped.
    async fn by_words(&self, transaction: &Transaction<'_>) -> Result<Vec<i64>, Error> {
        const SHARE: &str = "
            SELECT e.id FROM unnest($3::text[]) AS known (language)
            CROSS JOIN LATERAL websearch_to_tsquery(known.language::regconfig, $2) AS question
            JOIN knowledge_entries e ON e.language = known.language AND e.words @@ question
            WHERE e.space = $1
            ORDER BY ts_rank('{0, 0, 0.5, 1}', e.words, question, 1) DESC, e.id LIMIT $4";
        if self.question.is_empty() {
            return Ok(Vec::new());
        }
        let statement = transaction.prepare_cached(SHARE).await?;
        let values: [Parameter<'_>; 4] =
            [&self.space, &self.question, &configurations(), &CANDIDATES];
        transaction.query(&statement, &values).await?.iter().map(|row| row.try_get(0)).collect()
    }

    async fn entries(
        &self,
        transaction: &Transaction<'_>,
        ids: &[i64],
    ) -> Result<BTreeMap<i64, (Entry, f64)>, Error> {
        const ENTRIES: &str = "
            SELECT e.id, e.key, e.space, e.title, e.text, e.meta,
                   coalesce(nullif(1 - (v.vector <=> $4), 'NaN'), 0)
            FROM knowledge_entries e LEFT JOIN knowledge_vectors v
                 ON v.entry = e.id AND v.embedder = $2 AND v.dimensions = $3
            WHERE e.id = ANY($1)";
        let statement = transaction.prepare_cached(ENTRIES).await?;
        let values: [Parameter<'_>; 4] = [&ids, &self.embedder, &self.dimensions, &self.vector];
        let rows = transaction.query(&statement, &values).await?;
        let read = |row: &Row| {
            let entry = Entry {
                key: row.try_get(1)?,
                space: row.try_get(2)?,
                title: row.try_get(3)?,
                text: row.try_get(4)?,
                meta: row.try_get(5)?,
            };
            Ok((row.try_get(0)?, (entry, row.try_get(6)?)))
        };
        rows.iter().map(read).collect()
    }
}

#[async_trait]
impl Work for Look<'_> {
    type Done = Vec<Hit>;
    const LOOKS: bool = true;

    async fn on(&self, transaction: &Transaction<'_>) -> Result<Vec<Hit>, Error> {
        let near = self.by_meaning(transaction).await?;
        let sharing = self.by_words(transaction).await?;
        let mut best = fuse(&[sharing, near]);
        best.truncate(self.limit);
        let ids: Vec<i64> = best.iter().map(|(id, _)| *id).collect();
        let mut entries = self.entries(transaction, &ids).await?;
        let hit = |(id, score)| {
            let (entry, similarity) = entries.remove(&id)?;
            Some(Hit { entry, similarity, score })
        };
        Ok(best.into_iter().filter_map(hit).collect())
    }
}

/// The words of a text as a question that any of them answers. Each is quoted, so that nothing in it is an
/// operator.
fn question(text: &str) -> String {
    let quoted = words(text).take(WORDS_MAX).map(|(_, word)| format!("\"{}\"", fold(word)));
    quoted.collect::<Vec<_>>().join(" or ")
}

/// Bytes of a text whose words count: Postgres keeps at most a megabyte of words of one document.
const SEARCHED_BYTES_MAX: usize = 200_000;

/// The words of a text as they are looked up, cut and folded here as those of a question are: so it does not
/// matter which letters the database's locale knows, and scripts without spaces have words too.
fn searchable(text: &str) -> String {
    let mut cut = String::new();
    for (_, word) in words(text) {
        if cut.len() + word.len() > SEARCHED_BYTES_MAX {
            break;
        }
        cut.push_str(&fold(word));
        cut.push(' ');
    }
    cut
}

/// Postgres keeps every text but one with a NUL in it.
pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_question_is_an_operator() {
        assert_eq!(question("-x \"or\" y:* & z"), "\"x\" or \"or\" or \"y\" or \"z\"");
        assert_eq!(question("…!"), "");
    }

    #[test]
    fn a_text_of_any_length_and_script_can_be_searched() {
        assert_eq!(searchable("Über 3.5 % — Bienen!"), "über 3.5 bienen ");
        assert_eq!(searchable("蜜蜂"), "蜜 蜂 ");
        assert!(searchable(&"bees ".repeat(100_000)).len() < SEARCHED_BYTES_MAX + 10);
    }
}
