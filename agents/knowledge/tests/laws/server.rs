//! A real Postgres with pgvector, shared by the tests that run at the same time.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// A server. It is stopped when the last test that uses it is done.
pub(crate) struct Server {
    folder: TempDir,
    url: String,
}

impl Server {
    /// The one that is running, or a new one. None, said aloud, where there is none and need not be one.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let started = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    /// A server of one's own.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        match start(folder.path()) {
            Ok(url) => Some(Self { folder, url }),
            Err(why) if is_required() => panic!("a real Postgres is required here: {why}"),
            Err(why) => {
                println!("skipped: {why}");
                None
            }
        }
    }

    /// Whether it was started here: one that was named can be stopped by nobody here.
    pub(crate) fn is_own(&self) -> bool {
        self.folder.path().join("pid").exists()
    }

    /// Stops it and starts it again where it was.
    pub(crate) fn restart(&self) {
        let stopped = script(&["stop", self.folder.path().to_str().unwrap()]);
        assert!(stopped.status.success(), "{stopped:?}");
        assert_eq!(start(self.folder.path()).as_deref(), Ok(self.url.as_str()));
    }

    /// Its address, with another database.
    pub(crate) fn url(&self, database: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').unwrap();
        format!("{server}/{database}")
    }

    /// Does something in a database, and returns the first column of what comes.
    pub(crate) async fn sql(&self, database: &str, sql: &str) -> Vec<String> {
        let (client, connection) =
            tokio_postgres::connect(&self.url(database), NoTls).await.unwrap();
        let mut both = tokio::task::JoinSet::new();
        both.spawn(connection);
        let said = client.simple_query(sql).await.unwrap();
        let first = |message: &SimpleQueryMessage| {
            let SimpleQueryMessage::Row(row) = message else { return None };
            row.get(0).map(str::to_owned)
        };
        said.iter().filter_map(first).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_own() {
            drop(script(&["stop", self.folder.path().to_str().unwrap_or_default()]));
        }
    }
}

fn start(folder: &Path) -> Result<String, String> {
    // Nobody pulls the plug here, and making a database is mostly waiting for the disk.
    let started = script(&["start", folder.to_str().unwrap(), "-c", "fsync=off"]);
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if started.status.success() { Ok(said(&started.stdout)) } else { Err(said(&started.stderr)) }
}

fn script(arguments: &[&str]) -> Output {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    Command::new(root.join("deploy/services/postgres")).args(arguments).output().unwrap()
}

/// Whether tests fail, rather than say that they were skipped, without the real parts.
#[expect(clippy::disallowed_methods, reason = "how strict a test is, its surroundings say")]
fn is_required() -> bool {
    std::env::var("CI").is_ok_and(|ci| !ci.is_empty() && ci != "false")
        || std::env::var("GALLEY_REQUIRE_SERVICES").is_ok_and(|required| required == "1")
}
