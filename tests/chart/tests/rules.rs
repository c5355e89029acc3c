//! The checkers that platform engineers hold charts to, over every value file.

use std::fs;

use galley_tests_chart::chart::{at, cases, folder, rendered};
use galley_tests_chart::schemas;
use galley_tests_chart::tools::{root, run, source, tool};
use serde_json::Value;
use tempfile::TempDir;

/// Every case, rendered into a file of its own; none without Helm.
fn files() -> Option<TempDir> {
    let into = tempfile::tempdir().expect("there is room for a folder");
    for (case, text) in rendered()? {
        let file = into.path().join(format!("{}.yaml", case.name));
        fs::write(file, text).expect("it can be written");
    }
    Some(into)
}

#[test]
fn lint_has_nothing_to_say() {
    let Some(helm) = tool("helm-4") else { return };
    for case in cases() {
        let chart = folder();
        let args = ["lint".as_ref(), chart.as_os_str(), "--strict".as_ref(), "--quiet".as_ref()];
        let values = ["--values".as_ref(), case.values.as_os_str()];
        let ran = run(&helm, &[&args[..], &values[..]].concat());
        ran.expect(&case.name);
    }
}

#[test]
fn every_object_fits_the_schema_of_its_kind_on_the_oldest_and_the_newest_kubernetes() {
    let (Some(rendered), Some(check)) = (files(), tool("kubeconform")) else { return };
    let names = ["kubernetes-oldest", "kubernetes-newest", "keda", "prometheus-operator"];
    let [Some(oldest), Some(newest), Some(keda), Some(operator)] = names.map(source) else {
        return;
    };
    let schemas = tempfile::tempdir().expect("there is room for a folder");
    for (version, sources) in [("oldest", oldest), ("newest", newest)] {
        let into = schemas.path().join(version);
        schemas::kubernetes(&sources, &into);
        schemas::custom(&keda.join("config/crd/bases"), &into);
        schemas::custom(&operator.join("example/prometheus-operator-crd"), &into);
        let template = format!(
            "{}/{{{{.Group}}}}_{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json",
            into.display()
        );
        let args = [
            "-strict",
            "-summary",
            "-schema-location",
            &template,
            &rendered.path().display().to_string(),
        ];
        let said = run(&check, &args).expect(version);
        assert!(said.contains("Invalid: 0, Errors: 0, Skipped: 0"), "{said}");
        println!("kubeconform, {version}: {}", said.trim());
    }
}

/// What kube-score must not look for in a case, from `exceptions.yaml`.
fn exceptions(case: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("tests/chart/exceptions.yaml")).expect("it is there");
    let all: Value = serde_saphyr::from_str(&text).expect("it is YAML");
    let all = all.as_array().expect("it is a list");
    let applies = |exception: &&Value| {
        assert!(!at(exception, "/why").is_empty(), "{exception} has no reason");
        let only = exception.get("only").and_then(Value::as_array);
        only.is_none_or(|cases| cases.iter().any(|only| only == case))
    };
    all.iter().filter(applies).map(|exception| at(exception, "/check").to_owned()).collect()
}

#[test]
fn kube_score_finds_nothing_that_is_not_explained() {
    let (Some(rendered), Some(score)) = (files(), tool("kube-score")) else { return };
    let mut found = String::new();
    for case in cases() {
        let mut score_args =
            vec!["score", "--kubernetes-version", "v1.30", "--output-format", "ci"];
        score_args.extend(["--exit-one-on-warning", "--ignore-container-cpu-limit"]);
        let exceptions = exceptions(&case.name);
        score_args.extend(exceptions.iter().flat_map(|check| ["--ignore-test", check]));
        let file = rendered.path().join(format!("{}.yaml", case.name)).display().to_string();
        let ran = run(&score, &[&score_args[..], &[&file]].concat());
        if !ran.ok {
            let worth = |line: &&str| !line.starts_with("[OK]") && !line.starts_with("[SKIPPED]");
            let lines: Vec<&str> = ran.out.lines().filter(worth).collect();
            found.push_str(&format!("{}\n{}{}\n", case.name, lines.join("\n"), ran.err));
        }
    }
    assert!(found.is_empty(), "kube-score:\n{found}");
}

#[test]
fn the_templates_unit_tests_pass() {
    let Some(unit) = tool("helm-unittest") else { return };
    let chart = folder();
    let said = run(&unit, &["--strict".as_ref(), chart.as_os_str()])
        .expect("the unit tests of the templates");
    println!("{}", said.trim());
}

#[test]
fn the_readme_shows_every_value() {
    let Some(docs) = tool("helm-docs") else { return };
    let chart = root().join("helm");
    let args = [
        "--dry-run".as_ref(),
        "--chart-search-root".as_ref(),
        chart.as_os_str(),
        "--log-level=error".as_ref(),
    ];
    let made = run(&docs, &args).expect("helm-docs");
    let readme = folder().join("README.md");
    let there = fs::read_to_string(&readme).unwrap_or_default();
    if there.trim() != made.trim() {
        assert!(is_update(), "helm/galley/README.md is stale; UPDATE_GOLDEN=1 writes it");
        fs::write(readme, format!("{}\n", made.trim())).expect("it can be written");
    }
}

#[expect(clippy::disallowed_methods, reason = "how goldens are written, a person says")]
fn is_update() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}
