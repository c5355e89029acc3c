use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::*;
use crate::store::Interest;

/// A clock that ticks each time it is read. A group reads it once, so its time is its number.
#[derive(Debug, Default)]
struct Ticks(AtomicI64);

#[async_trait::async_trait]
impl Clock for Ticks {
    fn now(&self) -> DateTime<Utc> {
        let tick = self.0.fetch_add(1, Ordering::SeqCst);
        DateTime::from_timestamp_millis(tick).unwrap()
    }
    async fn sleep(&self, _: Duration) {}
}

struct Bench {
    writer: Writer,
    wakes: Arc<Wakes>,
    thread: Option<JoinHandle<()>>,
    folder: tempfile::TempDir,
}

impl Bench {
    /// A writer on a file with one table, whose size is bounded in pages.
    fn new(pages_max: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let conn = Connection::open(folder.path().join("g.db")).unwrap();
        let setup = format!(
            "PRAGMA journal_mode = WAL; CREATE TABLE t (x); PRAGMA max_page_count = {pages_max}"
        );
        conn.execute_batch(&setup).unwrap();
        let (writer, requests) = Writer::new();
        let wakes = Arc::new(Wakes::default());
        let woken = Arc::clone(&wakes);
        let thread = std::thread::spawn(move || requests.serve(&conn, &Ticks::default(), &woken));
        Self { writer, wakes, thread: Some(thread), folder }
    }

    async fn insert(&self, x: Vec<u8>) -> Result<i64, StorageError> {
        let insert = move |tx: &mut Tx<'_>| {
            tx.conn.execute("INSERT INTO t VALUES (?1)", [x])?;
            Ok(tx.now)
        };
        self.writer.write(insert).await
    }

    /// Keeps the thread busy until the sender is dropped.
    fn hold(&self) -> std::sync::mpsc::Sender<()> {
        let (release, held) = std::sync::mpsc::channel::<()>();
        self.writer.tell(move |_| {
            assert!(held.recv().is_err(), "it is dropped, not sent to");
            Ok(())
        });
        release
    }

    fn rows(&self) -> i64 {
        let conn = Connection::open(self.folder.path().join("g.db")).unwrap();
        conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.writer.stop();
        self.thread.take().unwrap().join().unwrap();
    }
}

#[tokio::test]
async fn what_waits_is_committed_together() {
    let bench = Bench::new(10_000);
    let release = bench.hold();
    let inserts = futures::future::join_all((0..100).map(|_| bench.insert(vec![0])));
    let (_, inserts) = tokio::join!(async { drop(release) }, inserts);
    let groups: std::collections::BTreeSet<i64> =
        inserts.into_iter().map(|group| group.unwrap()).collect();
    // Some may have been asked for while the first group ran, so two; far from a hundred.
    assert!(groups.len() <= 3, "{groups:?}");
    assert_eq!(bench.rows(), 100);
}

#[tokio::test]
async fn a_request_that_fails_takes_nothing_with_it() {
    let bench = Bench::new(10_000);
    let waiter = bench.wakes.on(Interest::Timer);
    // The first look does not know what came before, and wakes.
    waiter.woken().await;
    let release = bench.hold();
    let fails = bench.writer.write(|tx| {
        tx.wake(Topic::Timer);
        tx.conn.execute("INSERT INTO t VALUES (1)", [])?;
        tx.conn.execute("INSERT INTO nowhere VALUES (1)", [])
    });
    let (before, failed, after, ()) =
        tokio::join!(bench.insert(vec![0]), fails, bench.insert(vec![0]), async {
            drop(release);
        });
    assert!(matches!(failed, Err(StorageError::Failed(_))), "{failed:?}");
    assert!(before.is_ok() && after.is_ok());
    assert_eq!(bench.rows(), 2);
    assert!(tokio::time::timeout(POLL * 3, waiter.woken()).await.is_err());
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_next_request_that_fits_is_kept() {
    let bench = Bench::new(20);
    let full = bench.insert(vec![0; 200_000]).await;
    assert!(matches!(full, Err(StorageError::Full(_))), "{full:?}");
    bench.insert(vec![0]).await.unwrap();
    assert_eq!(bench.rows(), 1);
}

#[tokio::test]
async fn a_request_dropped_before_it_ran_does_not_run() {
    let bench = Bench::new(10_000);
    let release = bench.hold();
    let dropped = tokio::time::timeout(Duration::from_millis(20), bench.insert(vec![0])).await;
    assert!(dropped.is_err());
    drop(release);
    bench.insert(vec![0]).await.unwrap();
    assert_eq!(bench.rows(), 1);
}

#[tokio::test]
async fn a_stopped_writer_ends_what_it_has_and_refuses_more() {
    let bench = Bench::new(10_000);
    let release = bench.hold();
    let asked = bench.insert(vec![0]);
    let stopped = async {
        bench.writer.stop();
        drop(release);
    };
    let (asked, ()) = tokio::join!(asked, stopped);
    asked.unwrap();
    assert!(matches!(bench.insert(vec![0]).await, Err(StorageError::Closed)));
    assert_eq!(bench.rows(), 1);
}

#[tokio::test]
async fn a_commit_of_another_process_wakes_who_waits() {
    let bench = Bench::new(10_000);
    let waiter = bench.wakes.on(Interest::Log);
    // The first look does not know what came before, and wakes.
    waiter.woken().await;
    let other = Connection::open(bench.folder.path().join("g.db")).unwrap();
    other.execute("INSERT INTO t VALUES (1)", []).unwrap();
    waiter.woken().await;
    bench.insert(vec![0]).await.unwrap();
    assert!(tokio::time::timeout(POLL * 3, waiter.woken()).await.is_err(), "woken by its own");
}
