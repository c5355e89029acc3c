//! What was changed behind the bus's back is told, never handed out.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use galley_bus_core::artifacts::FetchError;
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::log::{ReadError, Seq};
use galley_bus_embedded::{Embedded, OpenError};
use galley_schemas::artifact::Digest;
use galley_schemas::id::MessageId;
use galley_schemas::record::Record;
use rusqlite::Connection;

async fn open(path: &Path) -> Result<Embedded, OpenError> {
    Embedded::open(path, Arc::new(SystemClock)).await
}

fn change(path: &Path, sql: &str) {
    let conn = Connection::open(path).expect("the bus made the file");
    assert_eq!(conn.execute(sql, []), Ok(1));
}

#[tokio::test]
async fn an_artifact_with_other_bytes_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("galley.db");
    let embedded = open(&path).await.unwrap();
    let artifacts = embedded.bus().artifacts;
    let stored = artifacts.put(Bytes::from_static(b"as it was"), "text/plain").await.unwrap();
    change(&path, "UPDATE artifact SET body = CAST('as it is' AS BLOB)");
    let read = artifacts.get(&stored.sha256).await;
    let Err(FetchError::Damaged { sha256, found }) = read else {
        panic!("expected damage, got {read:?}");
    };
    assert_eq!((sha256, found), (stored.sha256, Digest::of(b"as it is")));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("galley.db");
    let embedded = open(&path).await.unwrap();
    let log = embedded.bus().log;
    let now = SystemClock.now();
    let goal = SystemChance.goal_id(now);
    let record =
        Record { goal, at: now, cause: MessageId::new("1"), events: Vec::new(), acts: Vec::new() };
    let first = log.append(&goal, Seq::START, &record).await.unwrap();
    let second = log.append(&goal, first, &record).await.unwrap();
    change(&path, &format!("UPDATE log SET record = CAST('{{}}' AS BLOB) WHERE seq = {second}"));
    let read = log.read(&goal, Seq::START).await;
    assert!(matches!(read, Err(ReadError::Undecodable { seq, .. }) if seq == second), "{read:?}");
    assert_eq!(log.tail(Seq::START, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_was_overwritten_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("galley.db");
    open(&path).await.unwrap().close().await.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // The header stays, so that it is ours; what follows is noise.
    bytes.iter_mut().skip(100).for_each(|byte| *byte = 0xA5);
    std::fs::write(&path, bytes).unwrap();
    let error = open(&path).await.unwrap_err();
    assert_eq!(error.fault().code, "GLY0206", "{error:?}");
}
