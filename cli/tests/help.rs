//! Help as users read it: one golden file for each command. `UPDATE_GOLDEN=1` rewrites them.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Columns that help is made for.
const COLUMNS: usize = 80;

fn help(path: &[String]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_galley"))
        .args(path)
        .arg("--help")
        .env("COLUMNS", COLUMNS.to_string())
        .env("USER", "somebody")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{path:?}");
    String::from_utf8(ran.stdout).unwrap()
}

/// The names under "Commands:".
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    // What is indented further goes on with the line before.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

/// The help of a command and of every command below it, by its words.
fn collect(path: &[String], found: &mut BTreeMap<String, String>) {
    let text = help(path);
    for name in commands(&text) {
        collect(&[path, &[name]].concat(), found);
    }
    let name = std::iter::once("galley").chain(path.iter().map(String::as_str));
    found.insert(name.collect::<Vec<_>>().join("-"), text);
}

fn all() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(&[], &mut found);
    found
}

#[test]
fn help_is_as_reviewed() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/help"));
    let all = all();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        for (name, text) in &all {
            fs::write(folder.join(name).with_extension("txt"), text).unwrap();
        }
    }
    let mut golden = BTreeMap::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        golden.insert(name, fs::read_to_string(&path).unwrap());
    }
    for (name, text) in &all {
        let Some(golden) = golden.remove(name) else {
            panic!("{name} has no golden file; UPDATE_GOLDEN=1 writes it");
        };
        assert_eq!(&golden, text, "{name} changed; UPDATE_GOLDEN=1 accepts it");
    }
    assert_eq!(golden.into_keys().collect::<Vec<_>>(), Vec::<String>::new(), "no such command");
}

#[test]
fn help_fits_its_columns_and_gives_examples() {
    for (name, text) in all() {
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!(widest <= COLUMNS, "{name} has {widest} columns");
        let is_leaf = commands(&text).is_empty();
        assert!(!is_leaf || text.contains("\nExamples:\n"), "{name} gives no example");
    }
}

#[test]
fn help_tells_nothing_of_who_asks() {
    for (name, text) in all() {
        assert!(!text.contains("somebody"), "{name} shows the value of a variable");
    }
}

#[test]
fn completions_load_in_bash() {
    let made = Command::new(env!("CARGO_BIN_EXE_galley")).args(["completions", "bash"]).output();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("galley.bash");
    fs::write(&script, made.unwrap().stdout).unwrap();
    let Ok(checked) = Command::new("bash").arg("-n").arg(&script).output() else {
        println!("skipped: no bash");
        return;
    };
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert!(fs::read_to_string(&script).unwrap().contains("_galley"));
}
