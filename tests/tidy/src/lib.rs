//! Checks on the code base itself. Each test prints the rule that it defends; the rules stand in
//! ARCHITECTURE.md.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file, with its path from the workspace's root.
#[derive(Debug)]
pub struct SourceFile {
    /// Its path, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The workspace's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("tests/tidy lies two folders below the root")
        .to_owned()
}

/// Every file below the root with one of these endings, sorted, without build output and hidden
/// folders.
///
/// # Panics
/// When a folder of the work tree cannot be read.
#[must_use]
pub fn files(endings: &[&str]) -> Vec<SourceFile> {
    let mut found = Vec::new();
    collect(&root(), endings, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).expect("the work tree is readable") {
        let entry = entry.expect("the work tree is readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "site" {
                collect(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending))
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root()).expect("found below the root");
            found.push(SourceFile { path: path.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

/// Fails with a rule and its offenders, when there are any.
///
/// # Panics
/// When there are offenders.
#[track_caller]
pub fn hold(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "\nrule: {rule}\n  {}\n", offenders.join("\n  "));
}
