//! What is checked in is what the types say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use galley_schemas::generate;

/// Texts by their path below `schemas/`.
pub(crate) type Files = BTreeMap<String, String>;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn generated() -> Files {
    generate::files().into_iter().map(|file| (file.path, file.text)).collect()
}

/// The checked-in files that are generated: whatever lies in `json/`, and the AsyncAPI document.
fn checked_in() -> Files {
    let folder = fs::read_dir(root().join("json"));
    let schemas = folder.into_iter().flatten().map(|entry| entry.unwrap().path());
    schemas
        .chain([root().join("asyncapi.json")])
        .filter_map(|path: PathBuf| {
            let text = fs::read_to_string(&path).ok()?;
            let below = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            Some((below, text))
        })
        .collect()
}

/// What keeps the checked-in files from being the generated ones.
fn differences(want: &Files, have: &Files) -> Vec<String> {
    let wanted = want.iter().filter_map(|(path, text)| match have.get(path) {
        None => Some(format!("{path} is missing")),
        Some(there) if there != text => Some(format!("{path} is stale")),
        Some(_) => None,
    });
    let superfluous = have
        .keys()
        .filter(|path| !want.contains_key(*path))
        .map(|path| format!("{path} is superfluous"));
    wanted.chain(superfluous).collect()
}

fn write_anew(want: &Files, have: &Files) {
    fs::create_dir_all(root().join("json")).unwrap();
    for (path, text) in want.iter().filter(|(path, text)| have.get(*path) != Some(text)) {
        fs::write(root().join(path), text).unwrap();
    }
    for path in have.keys().filter(|path| !want.contains_key(*path)) {
        fs::remove_file(root().join(path)).unwrap();
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the switch that writes goldens anew is a variable")]
fn the_published_files_are_current() {
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        write_anew(&generated(), &checked_in());
    }
    let found = differences(&generated(), &checked_in());
    assert!(
        found.is_empty(),
        "the published wire contract is not what the types say:\n  {}\n\
         Run `UPDATE_GOLDEN=1 cargo test -p galley-schemas`, and read the diff: agents in other \
         languages are built on these files.\n",
        found.join("\n  ")
    );
}

#[test]
fn published_texts_can_be_read_without_the_code() {
    for (path, text) in generated() {
        for mark in ["[`", "crate::", "super::", "Self::"] {
            assert!(!text.contains(mark), "{path} holds {mark}: see schemas/src/generate/plain.rs");
        }
    }
}

#[test]
fn a_stale_a_missing_and_a_superfluous_file_are_told_apart() {
    let files = |list: &[(&str, &str)]| -> Files {
        list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    };
    let want = files(&[("json/a", "1"), ("json/b", "2"), ("json/c", "3")]);
    let have = files(&[("json/a", "1"), ("json/b", "old"), ("json/d", "4")]);
    let told = ["json/b is stale", "json/c is missing", "json/d is superfluous"];
    assert_eq!(differences(&want, &have), told);
    assert!(differences(&want, &want).is_empty());
}
