//! What every value file renders to is kept in a file, so that a review reads what a change does to a cluster: the smallest
//! installation as a whole, every other one by what differs from it.
//! `UPDATE_GOLDEN=1 cargo test -p galley-tests-chart` writes them anew.

use std::collections::BTreeSet;
use std::fs;

use galley_tests_chart::chart::{cases, render};
use galley_tests_chart::tools::{root, run, tool};

/// The value file that others are compared with.
const SMALLEST: &str = "minimal";

#[test]
fn every_case_renders_to_its_golden_under_both_helms() {
    let (Some(three), Some(four)) = (tool("helm-3"), tool("helm-4")) else { return };
    let cases = cases();
    assert!(cases.len() >= 12, "{} cases", cases.len());
    let smallest =
        cases.iter().find(|case| case.name == SMALLEST).expect("there is a smallest one");
    let smallest = render(&four, &smallest.values).expect(SMALLEST);
    let mut stale = Vec::new();
    for case in &cases {
        let text = render(&four, &case.values).expect(&case.name);
        let old = render(&three, &case.values).expect(&case.name);
        assert!(text == old, "Helm 3 and Helm 4 render {} differently", case.name);
        let text = if case.name == SMALLEST { text } else { difference(&smallest, &text) };
        let golden = root().join(format!("tests/chart/golden/{}.yaml", case.name));
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

/// The objects of a render that another one does not have just so, after the names of those that it lacks.
fn difference(from: &str, text: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (documents(from), documents(text));
    let names: BTreeSet<String> = new.iter().map(|document| name(document)).collect();
    let gone = old.iter().map(|document| name(document)).filter(|name| !names.contains(name));
    let gone: String = gone.map(|name| format!("# without {name}\n")).collect();
    let other = new.into_iter().filter(|document| !old.contains(document));
    gone + &other.map(|document| format!("---\n{document}")).collect::<String>()
}

fn documents(text: &str) -> Vec<&str> {
    text.split("---\n").filter(|document| document.contains("kind:")).collect()
}

/// Kind and name, as `Job galley-bootstrap-…`.
fn name(document: &str) -> String {
    let after = |start: &str| {
        document.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default()
    };
    format!("{} {}", after("kind: "), after("  name: "))
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

#[test]
fn the_examples_render() {
    let Some(helm) = tool("helm-4") else { return };
    let folder = root().join("helm");
    for example in ["values-contained.yaml", "values-site.yaml", "values-strimzi.yaml"] {
        let [chart, smallest, example] = [
            folder.join("galley"),
            folder.join("galley/ci/minimal-values.yaml"),
            folder.join("examples").join(example),
        ]
        .map(|path| path.display().to_string());
        let args = ["template", "galley", &chart, "--values", &smallest, "--values", &example];
        run(&helm, &args).expect(&example);
    }
}

#[expect(clippy::disallowed_methods, reason = "how goldens are written, a person says")]
fn is_update() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}
