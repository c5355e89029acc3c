//! A real Postgres with pgvector of the tests' own, by `deploy/services/postgres`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use crate::services::are_required;

/// A server. It is stopped when it is dropped.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    url: String,
}

impl Server {
    /// The one that other tests of this process use at this time, or a new one.
    #[must_use]
    pub fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let started = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    /// A server of one's own. None, said aloud, where there is none and need not be one.
    #[must_use]
    #[expect(clippy::panic, clippy::print_stdout, reason = "what was not run is told, or fails")]
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        match start(folder.path()) {
            Ok(url) => Some(Self { folder, url }),
            Err(why) if are_required() => panic!("a real Postgres is required here: {why}"),
            Err(why) => {
                println!("skipped: {why}");
                None
            }
        }
    }

    /// Whether it was started here: one that was named can be stopped by nobody here.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.folder.path().join("pid").exists()
    }

    /// Stops it.
    pub fn stop(&self) {
        let stopped = script(&["stop", utf8(self.folder.path())]);
        assert!(stopped.status.success(), "{stopped:?}");
    }

    /// Stops it and starts it again where it was.
    pub fn restart(&self) {
        self.stop();
        self.start_again();
    }

    /// Starts it again where it was, after [`Server::stop`].
    pub fn start_again(&self) {
        assert_eq!(start(self.folder.path()).as_deref(), Ok(self.url.as_str()));
    }

    /// Its address, with another database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').expect("an address names a database");
        format!("{server}/{database}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_own() {
            drop(script(&["stop", utf8(self.folder.path())]));
        }
    }
}

fn start(folder: &Path) -> Result<String, String> {
    // Nobody pulls the plug here, and making a database is mostly waiting for the disk.
    let started = script(&["start", utf8(folder), "-c", "fsync=off"]);
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if started.status.success() { Ok(said(&started.stdout)) } else { Err(said(&started.stderr)) }
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("it is UTF-8")
}

fn script(arguments: &[&str]) -> Output {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    Command::new(root.join("deploy/services/postgres"))
        .args(arguments)
        .output()
        .expect("bash is here")
}
