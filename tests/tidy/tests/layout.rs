//! Sizes, names and habits, from the text of the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use galley_tests_tidy::{SourceFile, files, hold, root};

/// Longest file without its tests, in lines.
const FILE_LINES_MAX: usize = 500;

/// Files over the cap, each with its reason. A ratchet: the list may only become shorter.
const TOO_LONG: [&str; 0] = [];

/// Lines up to the tests at the end of the file.
fn code_lines(file: &SourceFile) -> usize {
    let code = file.text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().count()
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

#[test]
fn files_are_short() {
    let offenders: Vec<String> = files(&[".rs"])
        .iter()
        .filter(|file| code_lines(file) > FILE_LINES_MAX && !TOO_LONG.contains(&file.path.as_str()))
        .map(|file| format!("{}: {} lines", file.path, code_lines(file)))
        .collect();
    hold("a file has at most 500 lines without its tests", &offenders);
}

#[test]
fn modules_are_foo_rs() {
    let offenders: Vec<String> = files(&["mod.rs"])
        .into_iter()
        .map(|file| file.path)
        .filter(|path| path.ends_with("/mod.rs"))
        .collect();
    hold("foo.rs beside foo/, never mod.rs", &offenders);
}

#[test]
fn modules_say_what_they_are_for() {
    let offenders: Vec<String> = files(&[".rs"])
        .into_iter()
        .filter(|file| file.path.contains("/src/") && !is_test(&file.path))
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    hold("every module opens with what it is for", &offenders);
}

#[test]
fn subjects_stand_in_one_place() {
    let homes = ["schemas/src/subject.rs", "bus/core/src/topology.rs"];
    let heads =
        ["\"galley.in.", "\"galley.task.", "\"galley.goal.", "\"galley.report.", "\"galley.alarm."];
    let offenders: Vec<String> = files(&[".rs"])
        .into_iter()
        .filter(|file| !is_test(&file.path) && !homes.contains(&file.path.as_str()))
        .filter(|file| {
            let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
            heads.iter().any(|head| code.contains(head))
        })
        .map(|file| file.path)
        .collect();
    hold("subjects are spelled in schemas/src/subject.rs alone", &offenders);
}

#[test]
fn manifests_inherit() {
    let mut offenders = Vec::new();
    for file in files(&["Cargo.toml"]).iter().filter(|file| file.path != "Cargo.toml") {
        if !file.text.contains("[lints]\nworkspace = true") {
            offenders.push(format!("{}: no `[lints] workspace = true`", file.path));
        }
        let versions = file.text.lines().filter(|line| {
            (line.contains("version = \"") || line.contains("= \""))
                && line.contains("\"")
                && line.split('=').nth(1).is_some_and(|value| {
                    let value = value.trim().trim_start_matches("{ version").trim();
                    value.trim_matches(['"', ' ', '=']).starts_with(|c: char| c.is_ascii_digit())
                })
        });
        offenders.extend(versions.map(|line| format!("{}: {line}", file.path)));
    }
    hold("lints and versions stand at the root", &offenders);
}

#[test]
fn the_fold_has_no_catch_all() {
    let offenders: Vec<String> = files(&["evolve.rs"])
        .iter()
        .filter(|file| file.path.starts_with("coordinator/goal/"))
        .flat_map(|file| {
            let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
            code.lines()
                .filter(|line| {
                    let line = line.trim();
                    line.starts_with("_ =>")
                        || line.starts_with("(_, _)")
                        || line.starts_with("_ if")
                })
                .map(|line| format!("{}: {}", file.path, line.trim()))
                .collect::<Vec<_>>()
        })
        .collect();
    hold("evolve spells every refusal out", &offenders);
}

#[test]
fn nothing_is_left_undone() {
    let marks = ["todo!(", "unimplemented!(", "TODO", "FIXME", "#[ignore", "dbg!("];
    let offenders: Vec<String> = files(&[".rs"])
        .into_iter()
        .filter(|file| file.path != "tests/tidy/tests/layout.rs")
        .filter(|file| marks.iter().any(|mark| file.text.contains(mark)))
        .map(|file| file.path)
        .collect();
    hold("no stubs, no ignored tests, no notes to self", &offenders);
}

#[test]
fn tests_wait_on_conditions() {
    let sleeps = ["thread::sleep(", "tokio::time::sleep(Duration::from_"];
    // `tests/support/src/wait.rs` is where a condition is polled, within a bound.
    let offenders: Vec<String> = files(&[".rs"])
        .into_iter()
        .filter(|file| is_test(&file.path) && file.path != "tests/tidy/tests/layout.rs")
        .filter(|file| file.path != "tests/support/src/wait.rs")
        // On paused time a sleep takes no time: it moves the clock.
        .filter(|file| !file.text.contains("start_paused = true"))
        .filter(|file| sleeps.iter().any(|sleep| file.text.contains(sleep)))
        .map(|file| file.path)
        .collect();
    hold("tests wait on conditions, never for a time", &offenders);
}

#[test]
fn agent_kinds_have_equal_files() {
    let kinds = ["ingestion", "ideation", "research", "drafting", "seo", "review", "publishing"];
    let mut offenders = Vec::new();
    for kind in kinds {
        for name in ["lib.rs", "agent.rs", "config.rs", "rules.rs"] {
            let path = format!("agents/{kind}/src/{name}");
            if !root().join(&path).exists() {
                offenders.push(path);
            }
        }
    }
    hold("equal parts have equal file names", &offenders);
}

#[test]
fn every_code_is_explained() {
    let help = fs::read_to_string(root().join("schemas/src/fault/codes.md")).expect("it exists");
    let explained: BTreeSet<&str> =
        help.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim).collect();
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for file in
        files(&[".rs"]).iter().filter(|file| file.path.contains("/src/") && !is_test(&file.path))
    {
        let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        for part in code.split("\"GLY").skip(1) {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            if digits.len() == 4 {
                used.entry(format!("GLY{digits}")).or_insert_with(|| file.path.clone());
            }
        }
    }
    let missing: Vec<String> = used
        .iter()
        .filter(|(code, _)| !explained.contains(code.as_str()))
        .map(|(code, path)| format!("{code}, used in {path}"))
        .collect();
    hold("every code has an entry in schemas/src/fault/codes.md", &missing);
    let unused: Vec<String> = explained
        .iter()
        .filter(|code| !used.contains_key(**code))
        .map(|code| (*code).to_owned())
        .collect();
    hold("every entry in codes.md is used", &unused);
}

#[test]
fn the_readme_names_what_exists() {
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let offenders: Vec<String> = readme
        .split('`')
        .filter(|word| word.contains('/') && !word.contains([' ', '<', '*', '$', '\n', ':']))
        .filter(|word| !word.starts_with(['/', '.', '~']) && !word.starts_with("site/"))
        .filter(|word| !root().join(word).exists())
        .map(str::to_owned)
        .collect();
    hold("a path in the README exists", &offenders);
}
