//! What every value file renders to is kept in a file, so that a review reads what a change does to a cluster.
//! `UPDATE_GOLDEN=1 cargo test -p galley-tests-chart` writes them anew.

use std::fs;

use galley_tests_chart::chart::{cases, render};
use galley_tests_chart::tools::{root, tool};

#[test]
fn every_case_renders_to_its_golden_under_both_helms() {
    let (Some(three), Some(four)) = (tool("helm-3"), tool("helm-4")) else { return };
    let folder = root().join("tests/chart/golden");
    let cases = cases();
    assert!(cases.len() >= 12, "{} cases", cases.len());
    let mut stale = Vec::new();
    for case in &cases {
        let text =
            render(&four, &case.values).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let old =
            render(&three, &case.values).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(text, old, "Helm 3 and Helm 4 render {} differently", case.name);
        let golden = folder.join(format!("{}.yaml", case.name));
        if fs::read_to_string(&golden).unwrap_or_default() == text {
            continue;
        }
        if is_update() {
            fs::write(&golden, text).expect("a golden can be written");
        } else {
            stale.push(case.name.as_str());
        }
    }
    assert!(
        stale.is_empty(),
        "renders differ from tests/chart/golden: {stale:?}; UPDATE_GOLDEN=1 writes them"
    );
}

#[test]
fn every_golden_has_its_case() {
    let names: Vec<String> = cases().into_iter().map(|case| case.name).collect();
    for file in fs::read_dir(root().join("tests/chart/golden")).expect("there are goldens") {
        let file = file.expect("it is readable").path();
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        assert!(names.contains(&name), "{} has no value file", file.display());
    }
}

#[expect(clippy::disallowed_methods, reason = "how goldens are written, a person says")]
fn is_update() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}
