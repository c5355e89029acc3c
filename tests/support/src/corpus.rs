//! The real input that lies beside the project, where there is any.

use std::path::PathBuf;

/// The folder of a shared corpus; prints a line and gives none where it is absent.
#[must_use]
#[expect(clippy::print_stdout, reason = "a test says what it skips")]
pub fn shared(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus"));
    let folder = folder.join(name);
    if folder.is_dir() {
        return folder.canonicalize().ok();
    }
    println!("skipped: no shared corpus '{name}' at {}", folder.display());
    None
}
