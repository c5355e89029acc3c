//! A real WordPress of the tests' own, by `deploy/services/wordpress`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::services;

/// A server. It is stopped when it is dropped.
#[derive(Debug)]
pub struct WordPress {
    folder: TempDir,
    url: String,
}

impl WordPress {
    /// A server of one's own. None, said aloud, where there is none and need not be one.
    #[must_use]
    #[expect(clippy::panic, clippy::print_stdout, reason = "what was not run is told, or fails")]
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let started = script(&["start", utf8(folder.path())]);
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if started.status.success() {
            return Some(Self { url: said(&started.stdout), folder });
        }
        let why = said(&started.stderr);
        if services::are_required() {
            panic!("a real WordPress is required here: {why}");
        }
        println!("skipped: {why}");
        None
    }

    /// Its address, with a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file with the application password of its user, `galley`.
    #[must_use]
    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    /// Adds PHP that runs with every request: a plug-in of the tests' own.
    pub fn plug_in(&self, name: &str, php: &str) {
        let folder = self.folder.path().join("content/mu-plugins");
        fs::create_dir_all(&folder).expect("the content is a folder");
        fs::write(folder.join(format!("{name}.php")), php).expect("a file can be written");
    }

    /// What SQL on its database gives: a row a line, cells parted by tabs.
    #[must_use]
    pub fn sql(&self, statement: &str) -> Vec<String> {
        let ran = script(&["sql", utf8(self.folder.path()), "-N", "-B", "-e", statement]);
        assert!(ran.status.success(), "{statement}: {ran:?}");
        String::from_utf8_lossy(&ran.stdout).lines().map(str::to_owned).collect()
    }

    /// The posts that came from Galley: id and state, in any state.
    #[must_use]
    pub fn posts(&self) -> Vec<String> {
        self.sql("SELECT ID, post_status FROM wp_posts WHERE post_type = 'post' AND post_content LIKE '%<!-- galley-%' ORDER BY ID")
    }

    /// Takes every post and picture away, as if there had been none.
    pub fn clear(&self) {
        drop(
            self.sql("DELETE FROM wp_posts WHERE post_type IN ('post', 'attachment', 'revision')"),
        );
    }
}

impl Drop for WordPress {
    fn drop(&mut self) {
        drop(script(&["stop", utf8(self.folder.path())]));
    }
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("it is UTF-8")
}

fn script(arguments: &[&str]) -> Output {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    Command::new(root.join("deploy/services/wordpress"))
        .args(arguments)
        .output()
        .expect("bash is here")
}
