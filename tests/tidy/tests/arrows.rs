//! Who may know whom. The arrows of ARCHITECTURE.md, from the manifests.

#![expect(clippy::panic, reason = "in tests, a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use galley_tests_tidy::{hold, root};

const KINDS: [&str; 8] =
    ["ingestion", "ideation", "research", "drafting", "seo", "review", "publishing", "learning"];

/// What a crate may name, by its path. Absent: everything (cli and tests join things).
fn allowed(path: &str) -> Option<BTreeSet<String>> {
    let kind = path.strip_prefix("agents/").is_some_and(|name| KINDS.contains(&name));
    let list: &[&str] = match path {
        "schemas" => &[],
        "bus/core" | "coordinator/goal" | "agents/model" | "agents/knowledge" | "agents/web" => {
            &["schemas"]
        }
        "bus/embedded" | "bus/nats" | "bus/kafka" => &["bus/core", "schemas"],
        "coordinator/driver" | "coordinator/api" => &["coordinator/goal", "bus/core", "schemas"],
        // The relay and the learner carry no tasks: they read the log and the feedback topic, which are ports of the bus.
        "agents/learning" => {
            &["bus/core", "agents/sdk", "agents/model", "agents/knowledge", "agents/web", "schemas"]
        }
        "agents/sdk" => &["bus/core", "schemas", "agents/model", "agents/knowledge", "agents/web"],
        _ if kind => &["agents/sdk", "agents/model", "agents/knowledge", "agents/web", "schemas"],
        "cli" => return None,
        _ if path.starts_with("tests/") => return None,
        other => {
            panic!("{other} has no place in the design: give it one in tests/tidy/tests/arrows.rs")
        }
    };
    Some(list.iter().map(|path| (*path).to_owned()).collect())
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata reads the workspace")
}

fn path_of(package: &Package) -> String {
    let folder = package.manifest_path.parent().expect("a manifest lies in a folder");
    let folder = folder.as_std_path().canonicalize().expect("it exists");
    let root = root().canonicalize().expect("it exists");
    folder.strip_prefix(root).expect("a member lies below the root").to_string_lossy().into_owned()
}

#[test]
fn arrows_point_down() {
    let metadata = metadata();
    let paths: BTreeMap<&str, String> =
        metadata.packages.iter().map(|p| (p.name.as_str(), path_of(p))).collect();
    let mut offenders = Vec::new();
    for package in &metadata.packages {
        let path = path_of(package);
        let Some(allowed) = allowed(&path) else { continue };
        for dependency in &package.dependencies {
            let Some(to) = paths.get(dependency.name.as_str()) else { continue };
            let for_tests = dependency.kind == DependencyKind::Development;
            if !for_tests && !allowed.contains(to) {
                offenders.push(format!("{path} -> {to}"));
            }
        }
    }
    hold("a crate names only what lies below it (ARCHITECTURE.md, arrows)", &offenders);
}

#[test]
fn a_crate_is_named_after_its_path() {
    let offenders: Vec<String> = metadata()
        .packages
        .iter()
        .filter(|p| p.name.as_str() != format!("galley-{}", path_of(p).replace('/', "-")))
        .map(|p| format!("{} at {}", p.name, path_of(p)))
        .collect();
    hold("crate name = galley- + path with - for /", &offenders);
}

#[test]
fn heavy_clients_are_named_once() {
    let homes = [
        ("async-nats", "bus/nats"),
        ("rdkafka", "bus/kafka"),
        ("tokio-postgres", "agents/knowledge"),
        ("clap", "cli"),
        ("anyhow", "cli"),
    ];
    let mut offenders = Vec::new();
    for package in &metadata().packages {
        let path = path_of(package);
        for (name, home) in homes {
            // Tests that are programs read a command line.
            let tests_may = path.starts_with("tests/") && matches!(name, "anyhow" | "clap");
            // What bus/nats is measured against: the same client with nothing of ours around it.
            let tests_may = tests_may || (path == "tests/bench" && name == "async-nats");
            if package.dependencies.iter().any(|d| d.name == name) && path != home && !tests_may {
                offenders.push(format!("{path} names {name}, whose home is {home}"));
            }
        }
    }
    hold("one crate names a heavy client", &offenders);
}

#[test]
fn decisions_know_no_runtime() {
    let offenders: Vec<String> = metadata()
        .packages
        .iter()
        .filter(|p| ["schemas", "coordinator/goal"].contains(&path_of(p).as_str()))
        .flat_map(|p| p.dependencies.iter().map(move |d| (path_of(p), d)))
        .filter(|(_, d)| d.kind == DependencyKind::Normal)
        .filter(|(_, d)| {
            ["tokio", "reqwest", "rusqlite", "rand", "futures"].contains(&d.name.as_str())
        })
        .map(|(path, d)| format!("{path} -> {}", d.name))
        .collect();
    hold("decisions live in crates without a runtime, a clock or I/O", &offenders);
}
