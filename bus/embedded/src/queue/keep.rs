//! Publishing, duplicates, bounds, and what is deleted when.

use galley_bus_core::message::Message;
use galley_bus_core::topology;
use rusqlite::{OptionalExtension as _, params};

use crate::store::{KnownStream, Topic, Tx, later, signed};

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    New,
    /// Its id was seen within the duplicate window.
    Duplicate,
    /// The stream holds as many as it may.
    NoRoom,
}

/// Puts a message on its stream.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    known: &KnownStream,
    message: &Message,
) -> rusqlite::Result<Kept> {
    if is_recent(tx, known, message)? {
        return Ok(Kept::Duplicate);
    }
    let counted = tx
        .conn
        .prepare_cached("UPDATE stream SET held = held + 1 WHERE id = ?1 AND held < ?2")?
        .execute([known.row, signed(known.stream.messages_max)])?;
    if counted == 0 {
        return Ok(Kept::NoRoom);
    }
    remember(tx, known, message)?;
    let headers = serde_json::to_string(&message.headers).expect("headers are texts");
    tx.conn
        .prepare_cached(
            "INSERT INTO message (stream, subject, id, headers, payload, published_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            known.row,
            message.subject,
            message.id.as_str(),
            headers,
            message.payload.as_ref(),
            tx.now
        ])?;
    tx.wake(Topic::Message { stream: known.row, subject: message.subject.clone() });
    Ok(Kept::New)
}

fn is_recent(tx: &Tx<'_>, known: &KnownStream, message: &Message) -> rusqlite::Result<bool> {
    let seen: Option<i64> = tx
        .conn
        .prepare_cached("SELECT published_at FROM recent WHERE stream = ?1 AND id = ?2")?
        .query_row(params![known.row, message.id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(seen.is_some_and(|at| later(at, known.stream.duplicate_window) > tx.now))
}

fn remember(tx: &Tx<'_>, known: &KnownStream, message: &Message) -> rusqlite::Result<()> {
    tx.conn
        .prepare_cached(
            "INSERT OR REPLACE INTO recent (stream, id, published_at) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![known.row, message.id.as_str(), tx.now])
        .map(|_| ())
}

/// Deletes a message that a consumer has settled, unless another one has yet to.
pub(super) fn settled(tx: &Tx<'_>, seq: i64) -> rusqlite::Result<()> {
    let found: Option<(i64, String)> = tx
        .conn
        .prepare_cached("SELECT stream, subject FROM message WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((stream, subject)) = found else { return Ok(()) };
    if is_owed(tx, stream, seq, &subject)? { Ok(()) } else { delete(tx, stream, seq) }
}

/// Whether a consumer has yet to settle a message.
fn is_owed(tx: &Tx<'_>, stream: i64, seq: i64, subject: &str) -> rusqlite::Result<bool> {
    let mut consumers = tx.conn.prepare_cached(
        "SELECT filter, cursor < ?2 OR EXISTS
             (SELECT 1 FROM loan WHERE loan.consumer = consumer.id AND loan.seq = ?2)
         FROM consumer WHERE stream = ?1",
    )?;
    let mut rows = consumers.query([stream, seq])?;
    while let Some(row) = rows.next()? {
        let filter = row.get_ref(0)?.as_str()?;
        let owed: bool = row.get(1)?;
        if owed && (filter.is_empty() || topology::matches(filter, subject)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn delete(tx: &Tx<'_>, stream: i64, seq: i64) -> rusqlite::Result<()> {
    let deleted = tx.conn.prepare_cached("DELETE FROM message WHERE seq = ?1")?.execute([seq])?;
    if deleted > 0 {
        tx.conn
            .prepare_cached("UPDATE stream SET held = held - 1 WHERE id = ?1")?
            .execute([stream])?;
    }
    Ok(())
}

/// Forgets ids past the duplicate window and deletes messages past their age, at most `max` of each.
/// Returns whether there may be more.
pub(crate) fn expire(tx: &mut Tx<'_>, known: &KnownStream, max: i64) -> rusqlite::Result<bool> {
    let window = i64::try_from(known.stream.duplicate_window.as_millis()).unwrap_or(i64::MAX);
    let forgotten = tx
        .conn
        .prepare_cached(
            "DELETE FROM recent WHERE stream = ?1 AND id IN
                 (SELECT id FROM recent WHERE stream = ?1 AND published_at <= ?2 LIMIT ?3)",
        )?
        .execute([known.row, tx.now.saturating_sub(window), max])?;
    let old = too_old(tx, known, max)?;
    for seq in &old {
        // By consumer, as the loans are keyed.
        tx.conn
            .prepare_cached(
                "DELETE FROM loan WHERE seq = ?1 AND consumer IN
                     (SELECT id FROM consumer WHERE stream = ?2)",
            )?
            .execute([*seq, known.row])?;
        delete(tx, known.row, *seq)?;
    }
    let most = [forgotten, old.len()].into_iter().max().and_then(|most| i64::try_from(most).ok());
    Ok(most == Some(max))
}

/// The messages at the head of a stream that are past its age.
fn too_old(tx: &Tx<'_>, known: &KnownStream, max: i64) -> rusqlite::Result<Vec<i64>> {
    let oldest = oldest(tx.now, known);
    let mut head = tx.conn.prepare_cached(
        "SELECT seq, published_at FROM message WHERE stream = ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = head.query([known.row, max])?;
    let mut old = Vec::new();
    while let Some(row) = rows.next()? {
        let published_at: i64 = row.get(1)?;
        if published_at > oldest {
            break;
        }
        old.push(row.get(0)?);
    }
    Ok(old)
}

/// What was published at this time or before is past the age of its stream.
pub(super) fn oldest(now: i64, known: &KnownStream) -> i64 {
    let age = i64::try_from(known.stream.age_max.as_millis()).unwrap_or(i64::MAX);
    now.saturating_sub(age)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use galley_bus_core::topology::{self, STREAM_TASK};
    use galley_schemas::id::MessageId;
    use rusqlite::Connection;

    use super::*;

    struct Bench {
        conn: Connection,
        known: KnownStream,
    }

    impl Bench {
        fn new() -> Self {
            let mut conn = Connection::open_in_memory().unwrap();
            crate::schema::prepare(&mut conn, "memory".as_ref()).unwrap();
            let mut stream =
                topology::streams().into_iter().find(|stream| stream.name == STREAM_TASK).unwrap();
            stream.age_max = Duration::from_millis(1_000);
            stream.duplicate_window = Duration::from_millis(100);
            conn.execute_batch("INSERT INTO stream (id, name) VALUES (1, 'GALLEY_TASK')").unwrap();
            Self { conn, known: KnownStream { row: 1, stream: Arc::new(stream) } }
        }

        fn at<T>(&self, now: i64, work: impl FnOnce(&mut Tx<'_>) -> rusqlite::Result<T>) -> T {
            work(&mut Tx { conn: &self.conn, now, topics: &mut Vec::new() }).unwrap()
        }

        fn publish(&self, now: i64, id: &str) -> Kept {
            let message = Message::new("galley.task.a", MessageId::new(id), id.to_owned());
            self.at(now, |tx| keep(tx, &self.known, &message))
        }

        fn count(&self, what: &str) -> i64 {
            self.conn.query_row(&format!("SELECT {what}"), [], |row| row.get(0)).unwrap()
        }
    }

    #[test]
    fn what_is_old_goes_a_batch_at_a_time_and_what_is_not_stays() {
        let bench = Bench::new();
        for number in 0..5 {
            assert_eq!(bench.publish(number, &number.to_string()), Kept::New);
        }
        assert_eq!(bench.publish(900, "new"), Kept::New);
        bench.conn.execute_batch("INSERT INTO consumer VALUES (7, 1, 'a', '', 9)").unwrap();
        bench.conn.execute_batch("INSERT INTO loan VALUES (7, 1, 1, 1, 99, 1)").unwrap();
        assert!(bench.at(1_500, |tx| expire(tx, &bench.known, 3)));
        assert_eq!(bench.count("count(*) FROM message"), 3);
        while bench.at(1_500, |tx| expire(tx, &bench.known, 3)) {}
        for (what, want) in [
            ("count(*) FROM message", 1),
            ("held FROM stream WHERE id = 1", 1),
            ("count(*) FROM loan", 0),
            ("count(*) FROM recent", 0),
        ] {
            assert_eq!(bench.count(what), want, "{what}");
        }
    }

    #[test]
    fn an_id_is_a_duplicate_until_its_window_is_over_swept_or_not() {
        let bench = Bench::new();
        assert_eq!(bench.publish(0, "1"), Kept::New);
        assert_eq!(bench.publish(99, "1"), Kept::Duplicate);
        assert_eq!(bench.publish(100, "1"), Kept::New);
        assert_eq!(bench.publish(199, "1"), Kept::Duplicate);
        assert_eq!(bench.count("count(*) FROM message"), 2);
    }

    #[test]
    fn a_message_is_deleted_by_the_last_who_settles_it() {
        let bench = Bench::new();
        bench.publish(0, "1");
        // One has taken it, one is before it, one reads something else.
        for consumer in
            ["7, 1, 'a', '', 1", "8, 1, 'b', 'galley.task.>', 0", "9, 1, 'c', 'galley.task.c', 0"]
        {
            bench.conn.execute_batch(&format!("INSERT INTO consumer VALUES ({consumer})")).unwrap();
        }
        bench.at(1, |tx| settled(tx, 1));
        assert_eq!(bench.count("count(*) FROM message"), 1, "b is before it");
        bench.conn.execute_batch("UPDATE consumer SET cursor = 1 WHERE id = 8").unwrap();
        bench.conn.execute_batch("INSERT INTO loan VALUES (8, 1, 1, 1, 99, 1)").unwrap();
        bench.at(1, |tx| settled(tx, 1));
        assert_eq!(bench.count("count(*) FROM message"), 1, "b has it on loan");
        bench.conn.execute_batch("DELETE FROM loan").unwrap();
        bench.at(1, |tx| settled(tx, 1));
        assert_eq!(bench.count("count(*) FROM message"), 0);
        assert_eq!(bench.count("held FROM stream WHERE id = 1"), 0);
    }

    #[test]
    fn looking_for_work_reads_no_settled_rows() {
        let bench = Bench::new();
        for (index, sql) in [
            ("message_subject", "stream = 1 AND seq > 5 AND subject = 's' ORDER BY seq LIMIT 1"),
            ("message_stream", "stream = 1 AND seq > 5 ORDER BY seq LIMIT 1"),
        ] {
            let plan = format!(
                "EXPLAIN QUERY PLAN SELECT seq FROM message INDEXED BY {index} WHERE {sql}"
            );
            let plan: String = bench.conn.query_row(&plan, [], |row| row.get(3)).unwrap();
            assert!(plan.starts_with("SEARCH") && plan.contains("seq>"), "{plan}");
        }
    }
}
