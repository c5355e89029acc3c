//! SQLite.

use std::sync::{Arc, Barrier};
use std::thread;

use galley_agents_knowledge::{Embedder, Knowledge, Offline, SqliteKnowledge};
use tempfile::TempDir;

use crate::place::Place;

/// A file in a folder of its own.
pub(crate) struct File(TempDir);

impl Place for File {
    async fn make() -> Option<Self> {
        Some(Self(tempfile::tempdir().unwrap()))
    }

    async fn open(&self, embedder: Arc<dyn Embedder>) -> Arc<dyn Knowledge> {
        Arc::new(SqliteKnowledge::open(&self.0.path().join("galley.db"), embedder).unwrap())
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("galley.db");
    std::fs::write(&path, "no database at all, but some text that is long enough for a header")
        .unwrap();
    assert!(SqliteKnowledge::open(&path, Arc::new(Offline)).is_err());
}

#[test]
fn many_may_open_a_new_file_at_the_same_time() {
    for _ in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let (path, all) = (folder.path().join("galley.db"), Barrier::new(16));
        thread::scope(|scope| {
            let opens: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| {
                        all.wait();
                        SqliteKnowledge::open(&path, Arc::new(Offline)).map(drop)
                    })
                })
                .collect();
            for open in opens {
                open.join().unwrap().unwrap();
            }
        });
    }
}
